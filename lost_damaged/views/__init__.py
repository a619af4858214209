"""Pages of lost and damaged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest


@dataclass(slots=True)
class Page:
    """What every page's head shows, and a form's buttons."""

    title: str
    subtitle: str = ""
    breadcrumbs: list[tuple[str, str | None]] = field(default_factory=list)
    submit_label: str = ""
    cancel_url: str = ""


def posted(request: HttpRequest) -> tuple[Any, Any]:
    """Data and files to bind a form to; an empty POST binds it too, so that it says what is missing."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)
