"""Keyset paging: the rows after (or before) a row, found by one descent of an index however deep the page.

Wraps Django's tuple lookups, which are not public, in one place. PostgreSQL compares rows as a whole,
`(a, id) > (x, y)`; the form with OR is fifty times slower.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Field, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils.timezone import is_naive


class BadToken(ValueError):
    """The text is not a token of this list."""


def beyond(
    rows: QuerySet[Any], names: Sequence[str], values: Sequence[Any], *, greater: bool, bounded: bool = False
) -> QuerySet[Any]:
    """Rows whose `names` (fields or annotations, none of them nullable) compare greater or less than `values`.

    Names of two tables can be compared by no index: `bounded` says the same of the first alone, which one can.
    """
    lookup = TupleGreaterThan if greater else TupleLessThan
    if bounded:
        rows = rows.filter(**{f"{names[0]}__{'gte' if greater else 'lte'}": values[0]})
    return rows.filter(lookup(Tuple(*names), tuple(values)))


def write_token(values: Sequence[Any]) -> str:
    """Values of a row as text for an address."""
    texts = json.dumps([value if isinstance(value, int | bool) else str(value) for value in values])
    return base64.urlsafe_b64encode(texts.encode()).decode().rstrip("=")


def read_token(text: str, fields: Sequence[Field[Any, Any]]) -> list[Any]:
    """The values of a token, each as its field understands it. Raises BadToken."""
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(values, list) or len(values) != len(fields):
            raise BadToken
        read = [field.to_python(value) for field, value in zip(fields, values, strict=True)]
    except (ValueError, TypeError, ArithmeticError, OverflowError, binascii.Error, ValidationError) as error:
        raise BadToken from error
    if not all(map(_comparable, read)):
        raise BadToken
    return read


def _comparable(value: Any) -> bool:
    """Can the database compare it with its rows? A moment without a zone is none that a list has written."""
    if isinstance(value, datetime):
        return not is_naive(value)
    return value is not None and (not isinstance(value, str) or _storable(value))


def _storable(text: str) -> bool:
    """Can PostgreSQL hold it? JSON writes halves of characters (`\\ud800`), which UTF-8 has none for."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
