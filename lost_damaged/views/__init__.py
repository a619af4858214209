"""Pages of lost and damaged."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def posted(request: HttpRequest) -> tuple[Any, Any]:
    """Data and files to bind a form to; an empty POST binds it too, so that it says what is missing."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)
