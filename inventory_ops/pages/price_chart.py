"""The charts of a product's prices, stock and sales: what the script draws, and the same as tables for readers without
pictures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from inventory_ops.kit import showing
from inventory_ops.models import Product
from inventory_ops.queries import price_history
from inventory_ops.queries.price_history import History, Step, Week


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: a change of values, or an event."""

    at: datetime
    price: Decimal | None = None
    sale: Decimal | None = None
    cost: Decimal | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class PriceChart:
    """`data` is for the script; `has_sale`, `has_cost` say which lines there are."""

    rows: list[Row]
    weeks: list[Week]
    data: dict[str, Any]
    has_sale: bool
    has_cost: bool
    label: str


def of(product: Product, *, now: datetime) -> PriceChart:
    history = price_history.of_product(product, now=now)
    steps = [*history.steps, Step(history.until, *_last(history.steps))]
    rows = [Row(step.at, step.price, step.sale, step.cost) for step in history.steps]
    rows += [Row(event.at, text=event.text) for event in history.events]
    data = {
        "times": [step.at.timestamp() for step in steps],
        "price": [_number(step.price) for step in steps],
        "sale": [_number(step.sale) for step in steps],
        "cost": [_number(step.cost) for step in steps],
        "zone": showing.zone_name(),
        "levels": _levels(history),
        "events": [{"at": each.at.timestamp(), "kind": each.kind, "text": each.text} for each in history.events],
    }
    return PriceChart(
        rows=sorted(rows, key=lambda row: row.at, reverse=True),
        weeks=history.weeks[::-1],
        data=data,
        has_sale=any(step.sale is not None for step in steps),
        has_cost=any(step.cost is not None for step in steps),
        label=_("Price, sale price and cost over time, in %(currency)s") % {"currency": product.merchant.currency},
    )


def _last(steps: list[Step]) -> tuple[Decimal, Decimal | None, Decimal | None]:
    last = steps[-1]
    return last.price, last.sale, last.cost


def _levels(history: History) -> dict[str, list[Any]]:
    """Stock and weekly sales on one axis of time, that of the prices: what held at each moment that either changed."""
    since = history.steps[0].at
    weeks = history.weeks
    moments = {since, history.until}
    moments |= {at for at, _units in history.levels if at > since} | {
        week.start for week in weeks if week.start > since
    }
    stock: list[int | None] = []
    sold: list[int] = []
    for moment in sorted(moments):
        known = [units for at, units in history.levels if at <= moment]
        stock.append(known[-1] if known else None)
        sold.append([week.ordered for week in weeks if week.start <= moment][-1] if weeks else 0)
    return {"times": [moment.timestamp() for moment in sorted(moments)], "stock": stock, "sold": sold}


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
