"""The page that shows the API's OpenAPI description: made of it by the server, so that it needs no script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from inventory_ops.kit.page import Page

METHODS = ("get", "post", "patch", "put", "delete")
TONES = {"get": "neutral", "post": "brand", "patch": "warning", "put": "warning", "delete": "critical"}

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a body or an answer."""

    name: str
    type: str
    where: str = ""
    required: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    meaning: str
    fields: list[Field]


@dataclass(slots=True)
class Call:
    """One operation."""

    anchor: str
    method: str
    tone: str
    path: str
    text: str
    scope: str
    parameters: list[Field] = field(default_factory=list)
    body: list[Field] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Every call with its parameters, body and answers."""
    title = _("API description")
    context = {
        "page": Page(
            title=title,
            subtitle=_("Every call of the JSON API, as its OpenAPI description says."),
            breadcrumbs=[(_("My account"), None), (title, None)],
        ),
        "groups": groups(),
    }
    return render(request, "inventory_ops/api_description.html", context)


@cache
def schema() -> Json:
    """The description; it is always the sameybody."""
    generator: Any = SchemaGenerator
    made = generator().get_schema(request=None, public=True)
    found: Json = json.loads(json.dumps(made, default=str))
    return found


@cache
def groups() -> list[tuple[str, list[Call]]]:
    """The calls, by the first part of their path."""
    found: dict[str, list[Call]] = {}
    for path, methods in sorted(schema()["paths"].items()):
        group = path.removeprefix("/api/v1/").partition("/")[0]
        for method in METHODS:
            if method in methods:
                found.setdefault(group, []).append(_call(path, method, methods[method]))
    return [(name.capitalize(), calls) for name, calls in found.items()]


def _call(path: str, method: str, operation: Json) -> Call:
    group = path.removeprefix("/api/v1/").partition("/")[0]
    media = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return Call(
        anchor=operation["operationId"],
        method=method.upper(),
        tone=TONES[method],
        path=path,
        text=operation.get("description", ""),
        scope="read" if method == "get" else group,
        parameters=[
            Field(
                each["name"],
                _type(each["schema"]),
                each["in"],
                each.get("required", False),
                each.get("description", ""),
            )
            for each in operation.get("parameters", [])
        ],
        body=list(_fields(media.get("schema", {}))),
        answers=[_answer(status, response) for status, response in sorted(operation["responses"].items())],
    )


def _answer(status: str, response: Json) -> Answer:
    content: Json = next(iter(response.get("content", {}).values()), {})
    return Answer(status, HTTPStatus(int(status)).phrase, list(_fields(content.get("schema", {}))))


def _resolved(shape: Json) -> Json:
    """A shape, or the one that it refers to."""
    while "$ref" in shape or len(shape.get("allOf", ())) == 1:
        if "$ref" in shape:
            shape = schema()["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
        else:
            shape = shape["allOf"][0]
    return shape


def _fields(shape: Json, prefix: str = "") -> Iterator[Field]:
    """The fields of an object, and of the objects in it."""
    shape = _resolved(shape)
    if shape.get("type") == "array":
        yield from _fields(shape["items"], prefix)
        return
    needed = shape.get("required", ())
    for name, each in shape.get("properties", {}).items():
        inner = _resolved(each)
        yield Field(prefix + name, _type(each), "", name in needed, inner.get("description", ""))
        is_list = inner.get("type") == "array"
        if (_resolved(inner["items"]) if is_list else inner).get("properties"):
            yield from _fields(inner, f"{prefix}{name}{'[]' if is_list else ''}.")


def _type(shape: Json) -> str:
    """A type in words."""
    shape = _resolved(shape)
    if "oneOf" in shape:
        return " / ".join(_type(each) for each in shape["oneOf"])
    if shape.get("enum"):
        return " | ".join(str(each) for each in shape["enum"] if each is not None)
    if shape.get("type") == "array":
        return f"{_type(shape['items'])}[]"
    words = [shape.get("format") or shape.get("type") or "any"]
    if "minimum" in shape or "maximum" in shape:
        words.append(f"{shape.get('minimum', '…')} – {shape.get('maximum', '…')}")
    if "maxLength" in shape:
        words.append(f"≤ {shape['maxLength']}")
    if shape.get("nullable"):
        words.append("or null")
    return " ".join(words)
