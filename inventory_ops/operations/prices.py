"""Prices and cost of one product, changed by hand; and the rule that guards them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from inventory_ops.models import Merchant, PriceChange, PriceGuard, Product, Proposal, User
from inventory_ops.operations import audit, proposals
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


@transaction.atomic
def change(*, product: Product, to: Prices, seen: str, by: User, as_of: datetime, accept_loss: bool = False) -> bool:
    """Set price, special price and cost; answers whether anything changed.

    Raises PricesChanged when `seen` is no longer the product's version, and BelowCost as the vendor's rule says:
    `accept_loss` goes on after a warning, never over a block.
    """
    locked = Product.objects.select_for_update(of=["self"]).select_related("merchant").get(pk=product.pk)
    if version(locked) != seen:
        last = locked.price_changes.order_by("-at").first()
        who = f" ({last.actor or last.source})" if last else ""
        raise PricesChanged(f"The prices were changed since you opened this page{who}. Look at them again.")
    before = Prices.of(locked)
    if before == to:
        return False
    _guard(locked, to, as_of=as_of, accept_loss=accept_loss)
    for name in FIELDS:
        setattr(locked, name, getattr(to, name))
    locked.save(update_fields=[*FIELDS, "updated_at"])
    if (before.price, before.special_price, before.cost) != (to.price, to.special_price, to.cost):
        PriceChange.objects.create(
            merchant_id=locked.merchant_id,
            product=locked,
            at=as_of,
            price_before=before.price,
            price_after=to.price,
            special_price_before=before.special_price,
            special_price_after=to.special_price,
            cost_before=before.cost,
            cost_after=to.cost,
            source="page",
            actor=by.email,
        )
    audit.record(
        action="product.price",
        by=by,
        subject=locked,
        summary=f"{locked.sku}: price {before.price.normalize():f} → {to.price.normalize():f}",
        data={name: str(getattr(to, name)) for name in FIELDS},
        merchant_id=locked.merchant_id,
    )
    return True


def _guard(product: Product, to: Prices, *, as_of: datetime, accept_loss: bool) -> None:
    if to.cost is None:
        return
    mode = price_guard.mode_of(merchant_id=product.merchant_id)
    if mode == PriceGuard.Mode.OFF or (mode == PriceGuard.Mode.WARN and accept_loss):
        return
    lowest = price_guard.lowest_price(
        product=product, price=to.price, special=to.special_price, special_to=to.special_to, as_of=as_of
    )
    if to.cost <= lowest:
        return
    text = (
        f"The cost of goods ({to.cost.normalize():f}) is above what it is or will be sold at ({lowest.normalize():f})."
    )
    if mode == PriceGuard.Mode.BLOCK:
        text += f" The price guard of {product.merchant} refuses that: finance can propose another rule."
    raise BelowCost(text, may_go_on=mode == PriceGuard.Mode.WARN)


def set_rule(*, merchant: Merchant | None, mode: str, set_by: str = "", valid_from: datetime) -> PriceGuard:
    """Let a rule hold from a moment on, of a merchant or of all without one. For approvals: people propose."""
    return PriceGuard.objects.create(merchant=merchant, mode=mode, valid_from=valid_from, changed_by=set_by)


class PriceGuardKind(proposals.Kind):
    """Value: `mode`, one of PriceGuard.Mode."""

    name, title, of_merchants = "price_guard", gettext_lazy("Price guard"), True
    proposers = ("operations", *proposals.ROLES)  # they see what is sold at a loss

    def before(self, merchant: Merchant | None, subject: str) -> dict[str, str]:
        return {"mode": price_guard.rule_of(merchant_id=merchant.pk if merchant else None)}

    def apply(self, proposal: Proposal, begins: datetime) -> int:
        by = proposal.requested_by.email
        return set_rule(merchant=proposal.merchant, mode=proposal.values["mode"], set_by=by, valid_from=begins).pk

    def withdraw(self, proposal: Proposal) -> None:
        PriceGuard.objects.filter(pk=proposal.made_id or 0).update(withdrawn_at=timezone.now())


GUARD = proposals.register(PriceGuardKind())
