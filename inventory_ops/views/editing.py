"""Pages that edit something stored: one person saves at a time."""

from __future__ import annotations

from functools import wraps
from typing import cast

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase

from inventory_ops.kit.db import locks
from inventory_ops.registries.permissions import View


def one_at_a_time[**P](view: View[P]) -> View[P]:
    """Let one POST to an address after the other in: the form merges with what the one before stored.

    Put it below `roles_required`, so that nobody else waits, or makes others wait.
    """

    @wraps(view)
    def locked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        with transaction.atomic():
            locks.wait_for(f"edit {request.path}")
            return view(request, *args, **kwargs)

    return cast("View[P]", locked)
