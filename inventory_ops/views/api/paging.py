"""Lists that are read on from the last row's id."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from inventory_ops.kit.numbers import whole
from inventory_ops.kit.reports.request import changed

MOST, USUAL = 200, 50


def number(request: Request, name: str, *, default: int, low: int, high: int = 2**62) -> int:
    """A whole number of the address. Raises ValidationError."""
    text = request.query_params.get(name)
    if text is None:
        return default
    found = whole(text, low=low, high=high)
    if found is None:
        raise ValidationError({name: [f"Use a whole number from {low} to {high}."]})
    return found


def known(request: Request, names: Sequence[str]) -> None:
    """Raises ValidationError for a parameter that is none of `names`, which a typing error would be."""
    offered = {*names, "after", "per_page"}
    for name in request.query_params:
        if name not in offered:
            raise ValidationError({name: [f"There is no such parameter. Use: {', '.join(sorted(offered))}."]})
        if "\0" in request.query_params[name]:
            raise ValidationError({name: ["It contains a NUL character. Remove it."]})


def filtered(request: Request, rows: QuerySet[Any], paths: Mapping[str, str]) -> QuerySet[Any]:
    """Rows by the parameters of the address, each equal to the field that `paths` says. Raises ValidationError."""
    known(request, tuple(paths))
    given = {path: request.query_params[name] for name, path in paths.items() if name in request.query_params}
    return rows.filter(**given)


def answer(request: Request, rows: QuerySet[Any], show: Callable[[Any], dict[str, Any]]) -> Response:
    """One page in the order of ids, and the address of the next."""
    after = number(request, "after", default=0, low=0)
    size = number(request, "per_page", default=USUAL, low=1, high=MOST)
    found = list(rows.filter(pk__gt=after).order_by("pk")[: size + 1])
    more = len(found) > size
    page = found[:size]
    query = changed(request._request.GET, after=page[-1].pk if page else None)
    return Response({"results": [show(row) for row in page], "next": request.path + query if more else None})
