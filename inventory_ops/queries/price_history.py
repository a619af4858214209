"""What a product's price, sale price, cost, stock and sales were over time, and what happened to it meanwhile.

Every change of a price or cost is recorded (`PriceChange`: page, import, API), so between two of them nothing changed.
Of special prices the span is known for the present one alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.db.models.functions import TruncWeek
from django.utils.translation import gettext as _

from inventory_ops.models import AuditEvent, FlashSale, OrderItem, PriceChange, Product
from inventory_ops.queries import ledger

SPAN = timedelta(days=365)
AVAILABILITY = {"product.put_live": "live", "product.take_off": "off"}


@dataclass(frozen=True, slots=True)
class Step:
    """What was in force from a moment until the next step. `sale` is a flash sale's price, else a special price."""

    at: datetime
    price: Decimal
    sale: Decimal | None
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: kind is sale, end, out, back, live or off."""

    at: datetime
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Week:
    """A week of the merchant's zone: units ordered in it, and on hand at its end (None: before any is known)."""

    start: datetime
    ordered: int
    on_hand: int | None


@dataclass(frozen=True, slots=True)
class History:
    """`levels` are units on hand from a moment on."""

    steps: list[Step]
    events: list[Event]
    until: datetime
    levels: list[tuple[datetime, int]]
    weeks: list[Week]


@dataclass(frozen=True, slots=True)
class _Values:
    since: datetime
    price: Decimal
    special: Decimal | None
    cost: Decimal | None


def of_product(product: Product, *, now: datetime, span: timedelta = SPAN) -> History:
    """The last year of a product, from its creation on at most."""
    since = min(max(product.created_at, now - span), now)
    sales = list(product.flash_sales.filter(ends_at__gt=since, starts_at__lte=now).order_by("starts_at"))
    values = _values(product, since, now)
    moments = {since, *(each.since for each in values), *(at for at in _edges(sales, product) if since < at <= now)}
    steps = [_step(at, product, values, sales) for at in sorted(moments)]
    changed = [step for index, step in enumerate(steps) if not index or _differs(step, steps[index - 1])]
    levels = ledger.levels_by_day(product_id=product.pk)
    events = [*_of_sales(sales, since, now), *_of_stock(levels, since), *_of_availability(product, since)]
    events.sort(key=lambda event: event.at)
    return History(changed, events, now, levels, _weeks(product, levels, since=since, now=now))


def _weeks(product: Product, levels: Sequence[tuple[datetime, int]], *, since: datetime, now: datetime) -> list[Week]:
    """Every week from `since` on, also those in which nothing was ordered."""
    zone = ZoneInfo(product.merchant.timezone)
    lines = OrderItem.objects.placed().filter(product=product, ordered_at__gte=since, ordered_at__lte=now)
    rows = lines.annotate(week=TruncWeek("ordered_at", tzinfo=zone)).values_list("week").annotate(n=Sum("quantity"))
    ordered = {week.astimezone(zone).date(): units for week, units in rows.order_by()}
    first = since.astimezone(zone).date()
    start = first - timedelta(days=first.weekday())
    found: list[Week] = []
    while (begins := datetime.combine(start, time.min, zone)) <= now:
        ends = datetime.combine(start + timedelta(days=7), time.min, zone)
        known = [units for at, units in levels if at < ends]
        found.append(Week(begins, ordered.get(start, 0), known[-1] if known else None))
        start += timedelta(days=7)
    return found


def _differs(step: Step, before: Step) -> bool:
    return (step.price, step.sale, step.cost) != (before.price, before.sale, before.cost)


def _values(product: Product, since: datetime, now: datetime) -> list[_Values]:
    """Read backwards from the present: each change says what was before it."""
    changes: Iterable[PriceChange] = product.price_changes.filter(at__gt=since, at__lte=now).order_by("-at", "-pk")
    price, special, cost = product.price, product.special_price, product.cost
    found: list[_Values] = []
    for change in changes:
        found.append(_Values(change.at, price, special, cost))
        price = change.price_before if change.price_before is not None else change.price_after
        special, cost = change.special_price_before, change.cost_before
    found.append(_Values(since, price, special, cost))
    return found[::-1]


def _edges(sales: Sequence[FlashSale], product: Product) -> Iterator[datetime]:
    for sale in sales:
        yield from (sale.starts_at, sale.ends_at)
    yield from filter(None, (product.special_from, product.special_to))


def _step(at: datetime, product: Product, values: Sequence[_Values], sales: Sequence[FlashSale]) -> Step:
    held = next(each for each in reversed(values) if each.since <= at)
    flash = next((sale.sale_price for sale in sales if sale.starts_at <= at < sale.ends_at), None)
    special = held.special
    if special is not None and special == product.special_price:
        begun = product.special_from is None or product.special_from <= at
        over = product.special_to is not None and product.special_to <= at
        special = special if begun and not over else None
    return Step(at, held.price, flash if flash is not None else special, held.cost)


def _of_sales(sales: Sequence[FlashSale], since: datetime, now: datetime) -> Iterator[Event]:
    for sale in sales:
        off = f"{Decimal(sale.percentage).normalize():f}"
        if sale.starts_at >= since:
            yield Event(sale.starts_at, "sale", _("Flash sale begins: %(off)s%% off") % {"off": off})
        if sale.ends_at <= now:
            yield Event(sale.ends_at, "end", _("Flash sale ends"))


def _of_stock(levels: Sequence[tuple[datetime, int]], since: datetime) -> Iterator[Event]:
    """Days on which the last unit left, and on which there was one again."""
    had: bool | None = None
    for at, on_hand in levels:
        has = on_hand > 0
        if at >= since and had is not None and has != had:
            yield Event(at, "back" if has else "out", _("In stock again") if has else _("Out of stock"))
        had = has


def _of_availability(product: Product, since: datetime) -> Iterator[Event]:
    found = AuditEvent.objects.filter(subject_type="product", subject_id=str(product.pk), at__gte=since)
    for event in found.filter(action__in=AVAILABILITY).order_by("at"):
        kind = AVAILABILITY[event.action]
        reason = str(event.data.get("reason", ""))
        text = _("Put live: %(why)s") if kind == "live" else _("Taken off sale: %(why)s")
        yield Event(event.at, kind, text % {"why": reason})
