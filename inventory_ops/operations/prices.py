"""Prices and costs of products, changed by people under the price guard of their vendors."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange as Range
from django.utils import timezone

from inventory_ops.kit import undo
from inventory_ops.models import PriceChange, PriceGuard, Product, User
from inventory_ops.operations import audit
from inventory_ops.queries import price_guard

FIELDS = ("price", "special_price", "special_from", "special_to", "cost")


class PricesChanged(Exception):
    """Somebody else changed the prices since they were shown."""


class BelowCost(Exception):
    """The product would be sold below its cost. `may_go_on`: the rule only warns."""

    def __init__(self, message: str, *, may_go_on: bool) -> None:
        super().__init__(message)
        self.may_go_on = may_go_on


@dataclass(frozen=True, slots=True)
class Prices:
    """What a product is sold at, in its merchant's currency; None is not given."""

    price: Decimal
    special_price: Decimal | None = None
    special_from: datetime | None = None
    special_to: datetime | None = None
    cost: Decimal | None = None

    @classmethod
    def of(cls, product: Product) -> Prices:
        return cls(**{name: getattr(product, name) for name in FIELDS})


def version(product: Product) -> str:
    """Stands for the prices that a page shows: another one means that somebody changed them meanwhile."""
    values = (getattr(product, name) for name in FIELDS)
    texts = (value.normalize() if isinstance(value, Decimal) else value for value in values)
    return hashlib.sha256("|".join(map(str, texts)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Applied:
    """What was written, and why the other products were left alone, by their keys."""

    changes: list[PriceChange] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    refused: dict[int, PricesChanged | BelowCost] = field(default_factory=dict)


def change(*, product: Product, to: Prices, seen: str, by: User, as_of: datetime, accept_loss: bool = False) -> bool:
    """Set price, special price and cost; answers whether anything changed.

    Raises PricesChanged when `seen` is no longer the product's version, and BelowCost as the vendor's rule says:
    `accept_loss` goes on after a warning, never over a block.
    """
    applied = change_many(
        wanted={product.pk: to}, seen={product.pk: seen}, by=by, as_of=as_of, source="page", accept_loss=accept_loss
    )
    if product.pk in applied.refused:
        raise applied.refused[product.pk]
    return bool(applied.changed)


@transaction.atomic
def change_many(
    *,
    wanted: Mapping[int, Prices],
    seen: Mapping[int, str],
    by: User,
    as_of: datetime,
    source: str,
    accept_loss: bool = False,
    undoes: Mapping[int, PriceChange] = MappingProxyType({}),
) -> Applied:
    """Set the prices of products, by their keys, each as `change` does: those that it would refuse are left alone.

    `undoes` are the changes that this takes back.
    """
    # in the order of imports, which change many products too
    locked = Product.objects.select_for_update(of=["self"]).filter(pk__in=wanted).select_related("merchant")
    rows = list(locked.order_by("merchant_id", "sku"))
    modes = price_guard.modes_of({product.merchant_id for product in rows})
    sales = price_guard.lowest_sales(wanted, as_of=as_of)
    refused: dict[int, PricesChanged | BelowCost] = {}
    changing: list[tuple[Product, Prices]] = []
    for product in rows:
        to = wanted[product.pk]
        if version(product) != seen.get(product.pk, ""):
            refused[product.pk] = PricesChanged(_changed_by(product))
        elif Prices.of(product) != to:
            loss = judge(product, to, mode=modes[product.merchant_id], sale=sales.get(product.pk), as_of=as_of)
            if loss is None or (loss.may_go_on and accept_loss):
                changing.append((product, Prices.of(product)))
                _set(product, to)
            else:
                refused[product.pk] = loss
    for product, _before in changing:
        product.updated_at = timezone.now()
    Product.objects.bulk_update([product for product, _before in changing], [*FIELDS, "updated_at"], batch_size=500)
    changes = _history(changing, by=by, as_of=as_of, source=source, undoes=undoes)
    for each in changes:
        if each.product_id not in undoes:
            undo.note("price", change=each.pk)
    return Applied(changes, [product.pk for product, _before in changing], refused)


def _changed_by(product: Product) -> str:
    last = product.price_changes.order_by("-at").first()
    who = f" ({last.actor or last.source})" if last else ""
    return f"The prices were changed since you opened this page{who}. Look at them again."


def _set(product: Product, to: Prices) -> None:
    for name in FIELDS:
        setattr(product, name, getattr(to, name))


def _history(
    changing: Sequence[tuple[Product, Prices]],
    *,
    by: User,
    as_of: datetime,
    source: str,
    undoes: Mapping[int, PriceChange],
) -> list[PriceChange]:
    changes = PriceChange.objects.bulk_create(
        PriceChange(
            merchant_id=product.merchant_id,
            product=product,
            at=as_of,
            price_before=before.price,
            price_after=product.price,
            special_price_before=before.special_price,
            special_price_after=product.special_price,
            special_window_before=Range(before.special_from, before.special_to),
            cost_before=before.cost,
            cost_after=product.cost,
            source=source,
            actor=by.email,
            undoes=undoes.get(product.pk),
        )
        for product, before in changing
        if product.pk in undoes
        or (before.price, before.special_price, before.cost) != (product.price, product.special_price, product.cost)
    )
    audit.record_many(
        action="product.price",
        by=by,
        entries=[
            audit.Entry(
                product,
                f"{product.sku}: {_words(before, Prices.of(product))}",
                {name: str(getattr(product, name)) for name in FIELDS},
                product.merchant_id,
            )
            for product, before in changing
        ],
    )
    return changes


def _words(before: Prices, after: Prices) -> str:
    """“price 10 → 12”, of what changed."""

    def word(value: Decimal | None) -> str:
        return "none" if value is None else f"{value.normalize():f}"

    pairs = [(name, getattr(before, name), getattr(after, name)) for name in ("price", "special_price", "cost")]
    found = [f"{name.replace('_', ' ')} {word(old)} → {word(new)}" for name, old, new in pairs if old != new]
    return ", ".join(found) or "days of the special price"


def judge(
    product: Product, to: Prices, *, mode: PriceGuard.Mode, sale: Decimal | None, as_of: datetime
) -> BelowCost | None:
    """What the rule says of a product that would be sold at these prices, with the lowest of its flash sales."""
    if to.cost is None or mode == PriceGuard.Mode.OFF:
        return None
    lowest = price_guard.lowest_price(
        price=to.price, special=to.special_price, special_to=to.special_to, sale=sale, as_of=as_of
    )
    if to.cost <= lowest:
        return None
    text = price_guard.below_cost(product, cost=to.cost, lowest=lowest, mode=mode)
    return BelowCost(text, may_go_on=mode == PriceGuard.Mode.WARN)
