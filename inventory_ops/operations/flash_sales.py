"""Flash sales, planned and ended by people. Files of sales: operations/imports/flash_sales.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from inventory_ops.kit import showing
from inventory_ops.models import FlashSale, PriceGuard, Product, User
from inventory_ops.operations import audit
from inventory_ops.queries import price_guard
from inventory_ops.queries.currencies import to_minor_unit


class InvalidSale(Exception):
    """Nothing was planned or ended; says why."""


@dataclass(frozen=True, slots=True)
class Sale:
    """What is planned: so many percent off the regular price, from a moment (None: at once) until just before one."""

    percentage: Decimal
    ends_at: datetime
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What comes of a product: a sale (not saved yet), or why there is none. `warning`: the price guard's words."""

    product: Product
    sale: FlashSale | None = None
    refused: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    made: list[FlashSale] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


def preview(products: Sequence[Product], sale: Sale, *, as_of: datetime, accept_loss: bool = False) -> list[Step]:
    """What planning would do to each product; they come with their merchants. Raises InvalidSale."""
    start = sale.starts_at or as_of
    if start < as_of:
        raise InvalidSale(_("The start is over already. Leave it empty to begin at once."))
    if sale.ends_at <= start:
        raise InvalidSale(_("The sale must end after it starts."))
    if not 0 < sale.percentage <= 100:
        raise InvalidSale(_("The percentage has to be above 0, and 100 at most."))
    modes = price_guard.modes_of({product.merchant_id for product in products})
    running = _others(products, start, sale.ends_at)
    return [_step(product, sale, start, running.get(product.pk), modes, accept_loss) for product in products]


def _step(
    product: Product,
    sale: Sale,
    start: datetime,
    other: FlashSale | None,
    modes: dict[int, PriceGuard.Mode],
    accept_loss: bool,
) -> Step:
    if other is not None:
        return Step(product, refused=_overlap(product, other))
    price = to_minor_unit(product.price * (100 - sale.percentage) / 100, product.merchant.currency)
    made = FlashSale(
        merchant_id=product.merchant_id,
        product=product,
        starts_at=start,
        ends_at=sale.ends_at,
        percentage=sale.percentage,
        snapshot_price=product.price,
        sale_price=min(price, product.price),
    )
    mode = modes[product.merchant_id]
    if mode == PriceGuard.Mode.OFF or product.cost is None or product.cost <= made.sale_price:
        return Step(product, made)
    words = price_guard.below_cost(product, cost=product.cost, lowest=made.sale_price, mode=mode)
    if mode == PriceGuard.Mode.BLOCK or not accept_loss:
        return Step(product, refused=words)
    return Step(product, made, warning=words)


@transaction.atomic
def plan(*, products: Iterable[int], sale: Sale, by: User, as_of: datetime, accept_loss: bool = False) -> Planned:
    """Plan the same sale for products, by id; answers what was made, and why others were refused. Raises InvalidSale.

    Sales of one product do not overlap: the one that is in the way is named.
    """
    # an import that writes sales of these products waits, or is waited for: its rows refer to them
    rows = Product.objects.select_for_update(of=["self"]).filter(pk__in=list(products)).select_related("merchant")
    steps = preview(list(rows.order_by("merchant_id", "sku")), sale, as_of=as_of, accept_loss=accept_loss)
    made = FlashSale.objects.bulk_create(step.sale for step in steps if step.sale is not None)
    audit.record_many(
        action="flash_sale.plan",
        by=by,
        entries=[
            audit.Entry(each, f"{each.product.sku}: {_words(each)}", _data(each), each.merchant_id) for each in made
        ],
    )
    return Planned(made, {step.product.pk: step.refused for step in steps if step.refused})


@transaction.atomic
def end(*, sales: Iterable[int], by: User, as_of: datetime) -> list[FlashSale]:
    """End sales that run, and cancel those that have not begun, by id; answers them. Those that are over stay.

    A sale that ran keeps standing in the history with its new end; one that was cancelled is in the audit log alone.
    """
    found = FlashSale.objects.select_for_update(of=["self"]).filter(pk__in=list(sales), ends_at__gt=as_of)
    rows = list(found.select_related("product").order_by("product_id", "starts_at"))
    running = [each for each in rows if each.starts_at < as_of]
    coming = [each for each in rows if each.starts_at >= as_of]
    for action, some in (("flash_sale.end", running), ("flash_sale.cancel", coming)):
        entries = [
            audit.Entry(each, f"{each.product.sku}: {_words(each)}", _data(each), each.merchant_id) for each in some
        ]
        audit.record_many(action=action, by=by, entries=entries)
    FlashSale.objects.filter(pk__in=[each.pk for each in running]).update(ends_at=as_of)
    FlashSale.objects.filter(pk__in=[each.pk for each in coming]).delete()
    return rows


def _others(products: Sequence[Product], start: datetime, end: datetime) -> dict[int, FlashSale]:
    """The first sale of each product that would overlap."""
    found = FlashSale.objects.filter(product__in=products, starts_at__lt=end, ends_at__gt=start)
    return {sale.product_id: sale for sale in found.order_by("-starts_at")}


def _overlap(product: Product, other: FlashSale) -> str:
    return _("%(sku)s has a flash sale of %(percent)s %% off from %(start)s until %(end)s. Sales do not overlap.") % {
        "sku": product.sku,
        "percent": f"{other.percentage.normalize():f}",
        "start": showing.moment(other.starts_at),
        "end": showing.moment(other.ends_at),
    }


def _words(sale: FlashSale) -> str:
    times = f"{sale.starts_at:%Y-%m-%d %H:%M} – {sale.ends_at:%Y-%m-%d %H:%M}"
    return f"{sale.percentage.normalize():f} % off, {times}"


def _data(sale: FlashSale) -> dict[str, str]:
    return {
        "starts_at": sale.starts_at.isoformat(),
        "ends_at": sale.ends_at.isoformat(),
        "percentage": str(sale.percentage),
        "snapshot_price": str(sale.snapshot_price),
        "sale_price": str(sale.sale_price),
    }
