"""The offer to undo what was just done, shown as a toast (after a redirect, by the next page), and taking it up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from inventory_ops.kit.undo import Undo
from inventory_ops.operations import undoing
from inventory_ops.pages import frame
from inventory_ops.registries.permissions import ADMIN, OPERATIONS, roles_required, viewer
from inventory_ops.views.addresses import safe_next


@dataclass(frozen=True, slots=True)
class Toast:
    """The context `toast` of templates/components/toast.html. Without `token` nothing can be undone."""

    text: str
    token: str = ""
    tone: str = "good"


def toast(request: HttpRequest, done: Sequence[Undo], text: str) -> Toast | None:
    """The offer to undo what was `done`; None where it cannot be."""
    token = undoing.offer(done, by=viewer(request))
    return Toast(text, token) if token else None


def say(request: HttpRequest, text: str, shown: Toast | None) -> None:
    """Say on the next page what was done, with the offer where there is one."""
    if shown is None:
        messages.success(request, text)
    else:
        request.session[frame.TOAST] = asdict(shown)


@roles_required(OPERATIONS, ADMIN)
@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """Undo; a list is told to read its rows again, and a drawer its part."""
    try:
        result = undoing.take_back(request.POST.get("token", ""), by=viewer(request))
    except undoing.NotOffered as error:
        return _answer(request, str(error), "warning")
    return _answer(request, result.text, "warning" if result.left else "good")


def _answer(request: HttpRequest, text: str, tone: str) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        (messages.success if tone == "good" else messages.warning)(request, text)
        return HttpResponseRedirect(safe_next(request))
    response = render(request, "components/toast.html", {"toast": Toast(text, tone=tone)})
    response["HX-Trigger"] = json.dumps({"ops:list": "", "ops:undone": ""})
    return response
