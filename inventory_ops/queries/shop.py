"""Whose installation this is, and how a person sees its pages."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import QuerySet, Subquery
from django.db.models.functions import JSONObject

from inventory_ops.kit import money, showing
from inventory_ops.models import Shop, User
from inventory_ops.queries import rates
from inventory_ops.queries.currencies import DIGITS

BEFORE_SET_UP = {"name": "", "timezone": "", "currency": ""}
PRODUCT = "Inventory Ops"
CURRENCY = "GBP"  # before the shop is set up


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the shop; all '' before it is set up."""

    name: str
    timezone: str
    currency: str


def with_shop(users: QuerySet[User]) -> QuerySet[Any]:
    """Users with the shop and its exchange rates beside them, for `facts` and `shown_to`: one query says all."""
    row = Shop.objects.values(json=JSONObject(name="name", timezone="timezone", currency="currency"))
    return users.annotate(shop=Subquery(row[:1]), rates=rates.as_json())


def facts(user: User | None = None) -> Facts:
    """The shop, as it was read with `user`, else by a query of its own."""
    unread = object()
    row: Any = getattr(user, "shop", unread)
    if row is unread:
        row = Shop.objects.values("name", "timezone", "currency").first()
    return Facts(**(row or BEFORE_SET_UP))


def brand() -> str:
    """What mails call the sender."""
    return facts().name or PRODUCT


def currency() -> str:
    """What prices are in where nothing else says it."""
    return facts().currency or CURRENCY


def zone_of(user: User) -> str:
    """The zone that a person's pages are in: their own, else the shop's, else UTC."""
    found = user.time_zone or facts(user).timezone
    # a name that this machine's data does not know (any more) breaks no page
    return found if found in _known() else "UTC"


def formats_of(user: User, language: str = "") -> showing.Formats:
    """How a person wants days and numbers written: as they chose, else as the language does ('' is the product's)."""
    usual = showing.OF_LANGUAGES.get(language, showing.PLAIN)
    return showing.Formats(user.date_format or usual.date, user.number_format or usual.number)


def shown_to(user: User | None, *, asks_for: str = "") -> AbstractContextManager[None]:
    """Everything inside is shown as `user` likes to see it; None is nobody, for whom it is in UTC.

    `asks_for` is the language of the browser, for who has chosen none; '' is the product's.
    """
    if user is None:
        return showing.shown(formats=showing.OF_LANGUAGES.get(asks_for, showing.PLAIN), language=asks_for)
    return _as_liked_by(user, asks_for)


def written_to(user: User) -> AbstractContextManager[None]:
    """Everything inside is written to `user`, who is not here: in the language they chose, else in the product's."""
    return shown_to(user, asks_for=settings.LANGUAGE_CODE)


def _rates_beside(user: User) -> money.Rates | None:
    """What was read with the user; None: nothing was."""
    unread = object()
    found: Any = getattr(user, "rates", unread)
    return None if found is unread else rates.read(found or {})


@contextmanager
def _as_liked_by(user: User, asks_for: str) -> Iterator[None]:
    language = user.language or asks_for
    shown = showing.shown(zone=zone_of(user), formats=formats_of(user, language), language=language)
    with shown, money.known(_rates_beside(user)):
        yield


def timezones() -> list[str]:
    """The zones to choose from."""
    return sorted(name for name in _known() if name != "localtime")


def currencies() -> list[str]:
    return sorted(DIGITS)


@cache
def _known() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
