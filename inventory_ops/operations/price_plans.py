"""One change for the prices or costs of many products: what it would do to each, shown before it is done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory_ops.models import Product
from inventory_ops.operations.prices import Prices, judge
from inventory_ops.queries import price_guard
from inventory_ops.queries.currencies import DIGITS, to_minor_unit

LARGEST = Decimal(10) ** 12


class Part(TextChoices):
    """What is changed."""

    PRICE = "price", gettext_lazy("Regular price")
    SPECIAL = "special_price", gettext_lazy("Special price")
    COST = "cost", gettext_lazy("Cost of goods")


class How(TextChoices):
    """How the new amount is found; those that calculate round to the currency's smallest unit."""

    SET = "set", gettext_lazy("Set to the amount")
    ADD = "add", gettext_lazy("Add the amount (negative: subtract)")
    PERCENT = "percent", gettext_lazy("Change by percent (negative: lower)")
    OF_COST = "of_cost", gettext_lazy("Cost of goods plus percent")
    NONE = "none", gettext_lazy("Remove the special price")


@dataclass(frozen=True, slots=True)
class PriceChangePlan:
    """The same change for many. From and to are of a special price: None leaves them open."""

    part: Part
    how: How
    amount: Decimal = Decimal(0)
    special_from: datetime | None = None
    special_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What comes of a product: new prices, or why it is skipped. `warning`: the price guard's words, accepted."""

    product: Product
    to: Prices | None = None
    skipped: str = ""
    warning: str = ""


def preview(
    products: Sequence[Product], plan: PriceChangePlan, *, as_of: datetime, accept_loss: bool = False
) -> list[Step]:
    """What the plan would do to each product; they come with their merchants."""
    modes = price_guard.modes_of({product.merchant_id for product in products})
    sales = price_guard.lowest_sales((product.pk for product in products), as_of=as_of)
    steps = []
    for product in products:
        step = _step(product, plan)
        if step.to is not None:
            loss = judge(product, step.to, mode=modes[product.merchant_id], sale=sales.get(product.pk), as_of=as_of)
            if loss is not None and loss.may_go_on and accept_loss:
                step = replace(step, warning=str(loss))
            elif loss is not None:
                step = Step(product, skipped=str(loss))
        steps.append(step)
    return steps


def _step(product: Product, plan: PriceChangePlan) -> Step:
    now = Prices.of(product)
    if plan.how == How.NONE:
        to = replace(now, special_price=None, special_from=None, special_to=None)
        return Step(product, skipped=_("It has no special price.")) if to == now else Step(product, to)
    amount, why = _amount(product, plan)
    if amount is None:
        return Step(product, skipped=why)
    match plan.part:
        case Part.PRICE:
            to = replace(now, price=amount)
        case Part.COST:
            to = replace(now, cost=amount)
        case Part.SPECIAL:
            to = replace(now, special_price=amount, special_from=plan.special_from, special_to=plan.special_to)
    return Step(product, skipped=_("It is that already.")) if to == now else Step(product, to)


def _amount(product: Product, plan: PriceChangePlan) -> tuple[Decimal | None, str]:
    """The new amount, or why there is none."""
    currency = product.merchant.currency
    before: Decimal | None = getattr(product, plan.part.value)
    if plan.how == How.OF_COST:
        before = product.cost
    if plan.how != How.SET and before is None:
        if plan.part == Part.SPECIAL and plan.how != How.OF_COST:
            return None, _("It has no special price.")
        return None, _("Its cost of goods is missing.")
    match plan.how:
        case How.SET:
            amount = plan.amount
            if amount != to_minor_unit(amount, currency):
                text = _("%(currency)s has %(n)d decimals.")
                return None, text % {"currency": currency, "n": DIGITS.get(currency, 2)}
        case How.ADD:
            amount = to_minor_unit((before or Decimal(0)) + plan.amount, currency)
        case _:
            amount = to_minor_unit((before or Decimal(0)) * (100 + plan.amount) / 100, currency)
    if amount < 0 or (plan.part == Part.SPECIAL and amount == 0):
        return None, _("It would be %(amount)s.") % {"amount": f"{amount:f}"}
    if amount > LARGEST:
        return None, _("It would be too large.")
    return amount, ""


def will(steps: Iterable[Step]) -> dict[int, Prices]:
    """The new prices of those that are changed, by their keys."""
    return {step.product.pk: step.to for step in steps if step.to is not None}
