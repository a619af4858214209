"""Types of cells that know the domain."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from inventory_ops.kit.addresses import is_web_address
from inventory_ops.kit.imports.values import BadValue, Text
from inventory_ops.queries.currencies import is_currency

_CARD_NUMBER = re.compile(r"[0-9](?:[ -]?[0-9]){12,18}")


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


@dataclass(frozen=True, slots=True)
class CurrencyCode:
    sql: ClassVar[str] = "text"

    def parse(self, text: str) -> str:
        code = text.upper()
        if not is_currency(code):
            raise BadValue("is not an ISO 4217 currency code: use a code like GBP", code="currency")
        return code


@dataclass(frozen=True, slots=True)
class Timezone:
    sql: ClassVar[str] = "text"

    def parse(self, text: str) -> str:
        if text not in _zones():
            raise BadValue("is not an IANA time zone: use a name like Europe/Berlin", code="timezone")
        return text


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail address, in lower case."""

    sql: ClassVar[str] = "text"

    def parse(self, text: str) -> str:
        if len(text) > 254:
            raise BadValue("is longer than 254 characters", code="too_long")
        try:
            validate_email(text)
        except ValidationError as error:
            raise BadValue("is not an e-mail address: use one like name@example.com", code="email") from error
        return text.lower()


@dataclass(frozen=True, slots=True)
class WebAddress:
    """The address of a page that a person may be sent to."""

    sql: ClassVar[str] = "text"

    def parse(self, text: str) -> str:
        if len(text) > 500:
            raise BadValue("is longer than 500 characters", code="too_long")
        if not is_web_address(text):
            raise BadValue("is not a web address: use one like https://example.com/cart/1", code="address")
        return text


@dataclass(frozen=True, slots=True)
class CardIssue:
    """A payment processor's `code: message`. What looks like a card number is refused and not repeated."""

    sql: ClassVar[str] = "text"

    def parse(self, text: str) -> str:
        if _CARD_NUMBER.search(text):
            raise BadValue("holds what looks like a card number: remove it", code="card_number", hidden=True)
        return Text(300).parse(text)
