"""JSON API of the reports: the same rows, filters, order and permissions as the pages."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from inventory_ops.kit.db import size
from inventory_ops.kit.reports import registry
from inventory_ops.kit.reports import request as asking
from inventory_ops.kit.reports.paging import by_findings
from inventory_ops.registries.permissions import viewer
from inventory_ops.views.reports import find


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


TEXT = {"type": "string"}
ADDRESS = {"type": "string", "nullable": True}
REFUSED = {403: _object(detail=TEXT)}
UNKNOWN = {404: _object(detail=TEXT)}
WRONG = {400: _object(errors={"type": "array", "items": TEXT})}


class ReportList(APIView):
    """The reports that the caller may read."""

    @extend_schema(
        operation_id="reports_list",
        responses={
            200: _object(results={"type": "array", "items": _object(slug=TEXT, title=TEXT, url=TEXT)}),
            **REFUSED,
        },
    )
    def get(self, request: Request) -> Response:
        user = viewer(request._request)
        return Response(
            {
                "results": [
                    {"slug": report.slug, "title": str(report.title), "url": reverse("api-report", args=[report.slug])}
                    for report in registry
                    if report.allows(user)
                ]
            }
        )


class ReportRows(APIView):
    """One page of a report: `results` keyed by the columns' headers, money as exact strings."""

    @extend_schema(
        operation_id="reports_rows",
        parameters=[
            OpenApiParameter("sort", str, description="a column's key, with - in front: descending"),
            OpenApiParameter("page", {"type": "integer", "minimum": 1, "maximum": asking.DEEPEST_PAGE}),
            OpenApiParameter("per_page", {"type": "integer", "minimum": 1, "maximum": asking.PER_PAGE[-1]}),
            OpenApiParameter("as_of", str, description="ISO 8601 moment that windows end at"),
            OpenApiParameter("q", str, description="search; the other filters are those of the page"),
        ],
        responses={
            200: _object(results={"type": "array", "items": {"type": "object"}}, next=ADDRESS, previous=ADDRESS),
            **WRONG,
            **REFUSED,
            **UNKNOWN,
        },
    )
    def get(self, request: Request, slug: str) -> Response:
        report = find(slug)
        user = viewer(request._request)
        if not report.allows(user):
            raise PermissionDenied
        params = request._request.GET
        known = {*report.filterset_class.base_filters, "sort", "page", "per_page", "as_of", "format"}
        unknown = sorted(set(params) - known)
        if unknown:
            names = ", ".join(sorted(known - {"format"}))
            return Response({"errors": [f"{unknown[0]}: there is no such parameter. Use: {names}."]}, status=400)
        try:
            checked = asking.read(report, params, viewer=user)
            selection = report.select(params, viewer=user, as_of=checked.as_of)
        except asking.PageError as error:
            return Response({"errors": error.messages}, status=400)
        except ValidationError as error:
            return Response({"errors": error.messages}, status=400)
        start = checked.offset
        most = checked.per_page + 1
        if checked.sort_column.late and size.is_large(selection.rows.model):
            rows = by_findings.in_order(selection, checked)
            start = 0
        else:
            rows = selection.rows.order_by(*report.ordering(checked.sort, selection.rows))
        texts: list[tuple[Any, ...]] = list(report.export_values(rows, viewer=user)[start : start + most])
        more = len(texts) > checked.per_page
        columns = report.exported_columns
        results = [
            {column.header: column.json(text) for column, text in zip(columns, row, strict=True)}
            for row in texts[: checked.per_page]
        ]
        address = reverse("api-report", args=[slug])
        return Response(
            {
                "results": results,
                "next": address + checked.url(page=checked.page + 1) if more else None,
                "previous": address + checked.url(page=checked.page - 1) if checked.page > 1 else None,
            }
        )
