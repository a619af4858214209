"""Answering with a list page, or with the part of it that htmx swaps."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

PART = "report-results"  # id of the element that is swapped
PART_TEMPLATE = "inventory_ops/_report_results.html"


def answer(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """`context["page"]` in `template`, or its part alone where that is to be swapped.

    By htmx's own word for the target: boosted links (tabs, heads of columns, pages) swap the part, too. Going back in
    the history asks for the whole page, whatever was swapped then.
    """
    is_part = request.headers.get("HX-Target") == PART and not request.headers.get("HX-History-Restore-Request")
    status = 400 if context["page"].errors else 200
    response = render(request, PART_TEMPLATE if is_part else template, context, status=status)
    response["Vary"] = "HX-Target, HX-History-Restore-Request"
    return response
