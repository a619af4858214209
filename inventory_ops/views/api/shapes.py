"""Shapes of answers, for the API's description."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter

type Json = dict[str, Any]


def fields(**properties: Any) -> Json:
    """An object that has all of these."""
    return {"type": "object", "required": list(properties), "properties": properties}


def listed(of: Json) -> Json:
    return {"type": "array", "items": of}


def page_of(row: Json) -> Json:
    return fields(results=listed(row), next=TEXT_OR_NULL)


TEXT: Json = {"type": "string"}
TEXT_OR_NULL: Json = {"type": "string", "nullable": True}
MOMENT: Json = {"type": "string", "format": "date-time"}
MOMENT_OR_NULL: Json = {"type": "string", "format": "date-time", "nullable": True}
DAY_OR_NULL: Json = {"type": "string", "format": "date", "nullable": True}
NUMBER: Json = {"type": "integer"}
NUMBER_OR_NULL: Json = {"type": "integer", "nullable": True}
TRUTH: Json = {"type": "boolean"}
TROUBLE = fields(errors=listed(TEXT))

NOBODY = {401: fields(detail=TEXT)}
FORBIDDEN = {403: fields(detail=TEXT)}
NOT_THERE = {404: fields(detail=TEXT)}
WRONG = {400: TROUBLE}
NO_JSON = {415: fields(detail=TEXT)}
READS = {**NOBODY, **FORBIDDEN}
WRITES = {**NOBODY, **FORBIDDEN, **WRONG, **NO_JSON}

AFTER = OpenApiParameter("after", {"type": "integer", "minimum": 0}, description="the last `id` of the page before")
PER_PAGE = OpenApiParameter("per_page", {"type": "integer", "minimum": 1, "maximum": 200}, description="default 50")
