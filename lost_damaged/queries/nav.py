"""What waits for an export to NAV, and for whom it is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, DateField, Exists, F, Func, OuterRef, Q, QuerySet, Sum

from lost_damaged.models import NavBatchLine, SellerTransaction, Statement
from lost_damaged.queries import settings as finance_settings


@dataclass(frozen=True, slots=True)
class Choice:
    """What is exported: the days, both inclusive, and the keys of sellers; nothing chosen is everything that waits."""

    first: date | None = None
    last: date | None = None
    sellers: Sequence[int] = ()


EVERYTHING = Choice()


def transactions(choice: Choice = EVERYTHING) -> QuerySet[SellerTransaction]:
    """Transactions with an amount that are in no active batch, oldest first. Their days are those of UTC."""
    exported = NavBatchLine.objects.filter(transaction=OuterRef("pk"), active=True)
    rows = SellerTransaction.objects.exclude(amount=0).filter(~Exists(exported))
    if choice.first:
        rows = rows.filter(created_at__gte=datetime.combine(choice.first, time(), UTC))
    if choice.last:
        rows = rows.filter(created_at__lt=datetime.combine(choice.last + timedelta(days=1), time(), UTC))
    if choice.sellers:
        rows = rows.filter(merchant__in=choice.sellers)
    return rows.select_related("merchant__nav_account", "write_off__product__category").order_by("created_at", "pk")


def statements(choice: Choice = EVERYTHING) -> QuerySet[Statement]:
    """Closed statements with amounts for NAV that are in no active batch, with their `last_day`; none if the shop does
    not want whole statements there. Their days are those of the seller's zone.
    """
    since = finance_settings.current().nav_statements_from
    if since is None:
        return Statement.objects.none()
    exported = NavBatchLine.objects.filter(statement=OuterRef("pk"), active=True)
    last_day = Func(
        F("merchant__timezone"),
        F("ends_at") - timedelta(microseconds=1),
        template="timezone(%(expressions)s)::date",
        output_field=DateField(),
    )
    rows = (
        Statement.objects.filter(~Exists(exported), state__in=Statement.FROZEN)
        .exclude(**dict.fromkeys(Statement.NAV_AMOUNTS, 0))
        .annotate(last_day=last_day)
        .filter(last_day__gte=max(since, choice.first) if choice.first else since)
    )
    if choice.last:
        rows = rows.filter(last_day__lte=choice.last)
    if choice.sellers:
        rows = rows.filter(merchant__in=choice.sellers)
    return rows.select_related("merchant__nav_account").order_by("last_day", "pk")


@dataclass(frozen=True, slots=True)
class Ready:
    """What would be exported in one currency."""

    currency: str
    transactions: int
    statements: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Held:
    """A seller whose lines cannot be exported, since it has no vendor number."""

    vendor_number: str
    name: str
    currency: str
    count: int
    amount: Decimal


def ready(choice: Choice = EVERYTHING) -> list[Ready]:
    """What would be exported, by currency."""
    transactions, statements = (
        {currency: (count, amount) for currency, count, amount in rows}
        for rows in _both(choice, Q(merchant__nav_account__isnull=False), "currency")
    )
    nothing = (0, Decimal(0))
    return [
        Ready(
            currency,
            transactions.get(currency, nothing)[0],
            statements.get(currency, nothing)[0],
            transactions.get(currency, nothing)[1] + statements.get(currency, nothing)[1],
        )
        for currency in sorted({*transactions, *statements})
    ]


def held(choice: Choice = EVERYTHING) -> list[Held]:
    """Transactions and statements that wait for a vendor number, by seller."""
    names = ("merchant__vendor_number", "merchant__name", "currency")
    found: dict[tuple[str, str, str], tuple[int, Decimal]] = {}
    for rows in _both(choice, Q(merchant__nav_account__isnull=True), *names):
        for number, name, currency, count, amount in rows:
            had = found.get((number, name, currency), (0, Decimal(0)))
            found[number, name, currency] = had[0] + count, had[1] + amount
    return [Held(*key, *sums) for key, sums in sorted(found.items())]


def _both(choice: Choice, condition: Q, *names: str) -> list[QuerySet[Any, tuple[Any, ...]]]:
    """Count and amount by `names`, of transactions and of statements."""
    first, *others = (F(name) for name in Statement.NAV_AMOUNTS)
    total = sum(others, start=first)
    return [
        rows.filter(condition).order_by(*names).values_list(*names).annotate(count=Count("pk"), total=Sum(amount))
        for rows, amount in ((transactions(choice), F("amount")), (statements(choice), total))
    ]
