"""The reports in the JSON API: the same rows, filters, order and permissions as the pages."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from inventory_ops.kit.db import size
from inventory_ops.kit.reports import registry
from inventory_ops.kit.reports import request as asking
from inventory_ops.kit.reports.paging import by_findings
from inventory_ops.registries.permissions import viewer
from inventory_ops.views.api import shapes
from inventory_ops.views.api.endpoint import Endpoint, refused
from inventory_ops.views.reports import find

REPORT = shapes.fields(slug=shapes.TEXT, title=shapes.TEXT, url=shapes.TEXT)
ROWS = shapes.fields(results=shapes.listed({"type": "object"}), next=shapes.TEXT_OR_NULL, previous=shapes.TEXT_OR_NULL)


class ReportList(Endpoint):
    """The reports that the caller may read."""

    @extend_schema(
        operation_id="reports_list",
        responses={
            200: shapes.fields(results={"type": "array", "items": REPORT}),
            **shapes.READS,
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


class ReportRows(Endpoint):
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
            200: shapes.fields(
                results={"type": "array", "items": {"type": "object"}},
                next=shapes.TEXT_OR_NULL,
                previous=shapes.TEXT_OR_NULL,
            ),
            **shapes.WRONG,
            **shapes.READS,
            **shapes.NOT_THERE,
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
            return refused(400, f"{unknown[0]}: there is no such parameter. Use: {names}.")
        try:
            checked = asking.read(report, params, viewer=user)
            selection = report.select(params, viewer=user, as_of=checked.as_of)
        except asking.PageError as error:
            return refused(400, *error.messages)
        except ValidationError as error:
            return refused(400, *error.messages)
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
