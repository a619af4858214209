"""Answers in the words of the Seller Center API, as JSON or XML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

from django.http import HttpResponse

CONTENT_TYPES = {"JSON": "application/json", "XML": "application/xml; charset=utf-8"}


def success(action: str, body: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    head = {
        "RequestId": "",
        "RequestAction": action,
        "ResponseType": "",
        "Timestamp": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S%z}",
    }
    return {"SuccessResponse": {"Head": head, "Body": dict(body)}}


def failure(
    action: str, *, code: str, message: str, kind: str = "Sender", body: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    head = {"RequestAction": action, "ErrorType": kind, "ErrorCode": code, "ErrorMessage": message}
    return {"ErrorResponse": {"Head": head, "Body": dict(body or {})}}


def text(answer: Mapping[str, Any], form: str) -> str:
    if form != "XML":
        return json.dumps(answer, ensure_ascii=True)
    [(name, content)] = answer.items()
    root = ET.Element(name)
    _fill(root, content)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _fill(parent: ET.Element, content: Any) -> None:
    if isinstance(content, Mapping):
        for name, value in content.items():
            for each in value if isinstance(value, list) else [value]:
                _fill(ET.SubElement(parent, name), each)
    elif content is not None:
        parent.text = str(content).lower() if isinstance(content, bool) else str(content)


def response(body: str, form: str, *, status: int = 200) -> HttpResponse:
    return HttpResponse(body, status=status, content_type=CONTENT_TYPES[form], headers={"Cache-Control": "no-store"})
