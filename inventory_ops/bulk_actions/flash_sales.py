"""Plan a flash sale of many products; end or cancel those of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inventory_ops.bulk_actions.of_products import OfFound, ProductAction, amount, outcome_line, skipped_line, some
from inventory_ops.forms.product_acts import FlashSaleForm
from inventory_ops.kit import showing
from inventory_ops.kit.bulk.action import BulkAction, Line, Outcome, Preview, Refused, register
from inventory_ops.kit.reports.selection import numbers_of
from inventory_ops.models import FlashSale, Product, User
from inventory_ops.operations import flash_sales


@register
class PlanSale(ProductAction):
    name = "flash-sale"
    label = gettext_lazy("Plan a flash sale")
    icon = "bolt"
    form_class = FlashSaleForm
    previews = True
    hint = gettext_lazy("Sales of one product do not overlap; one that is in the way is named.")

    def preview(self, rows: Sequence[Product], *, values: dict[str, Any]) -> Preview:
        try:
            steps = flash_sales.preview(
                rows, FlashSaleForm.sale(values), as_of=timezone.now(), accept_loss=values["accept_loss"]
            )
        except flash_sales.InvalidSale as error:
            raise Refused(str(error)) from error
        return Preview(
            [outcome_line(step.product, _words(step.sale), step.warning) for step in steps if step.sale],
            [skipped_line(step.product, step.refused) for step in steps if step.refused],
        )

    def run(self, rows: Sequence[Product], *, by: User, values: dict[str, Any], seen: Mapping[str, str]) -> Outcome:
        try:
            planned = flash_sales.plan(
                products=[row.pk for row in rows],
                sale=FlashSaleForm.sale(values),
                by=by,
                as_of=timezone.now(),
                accept_loss=values["accept_loss"],
            )
        except flash_sales.InvalidSale as error:
            raise Refused(str(error)) from error
        count = len(planned.made)
        said = ngettext("%(n)d flash sale planned.", "%(n)d flash sales planned.", count) % {"n": count}
        return Outcome(said if count else "", some(planned.refused.values()))


@register
class PlanSaleOfFound(OfFound, PlanSale):
    """Of the products that findings are about."""


@register
class EndSales(BulkAction[FlashSale]):
    on = "flash-sales"
    name = "end-sale"
    label = gettext_lazy("End")
    icon = "player-stop"
    danger = True
    hint = gettext_lazy("Those that run end now; those that have not begun are cancelled.")

    def rows(self, keys: Sequence[str], *, report: Any, viewer: User) -> list[FlashSale]:
        found = FlashSale.objects.visible_to(viewer).filter(pk__in=numbers_of(keys))
        return list(found.select_related("product__merchant").order_by("product__sku", "starts_at"))

    def line(self, row: FlashSale) -> Line:
        runs = row.starts_at < timezone.now()
        return Line(row.product.sku, _words(row), outcome=_("Ends now") if runs else _("Is cancelled"))

    def counted(self, count: int) -> str:
        return ngettext("%(n)d flash sale", "%(n)d flash sales", count) % {"n": count}

    def reason_to_skip(self, row: FlashSale) -> str:
        return _("It is over.") if row.ends_at <= timezone.now() else ""

    def run(self, rows: Sequence[FlashSale], *, by: User, values: dict[str, Any], seen: Mapping[str, str]) -> Outcome:
        count = len(flash_sales.end(sales=[row.pk for row in rows], by=by, as_of=timezone.now()))
        said = ngettext("%(n)d flash sale ended.", "%(n)d flash sales ended.", count) % {"n": count}
        return Outcome(said if count else "", [] if count else [_("Somebody else ended it already.")])


def _words(sale: FlashSale) -> str:
    """“20 % off: 10.00 → 8.00 EUR, until 1 Dec 2026, 12:00”."""
    product = sale.product
    start = showing.moment(sale.starts_at) if sale.starts_at > timezone.now() else _("now")
    return _("%(percent)s %% off: %(old)s → %(new)s %(currency)s, from %(start)s until %(end)s") % {
        "percent": f"{sale.percentage.normalize():f}",
        "old": amount(sale.snapshot_price, product),
        "new": amount(sale.sale_price, product),
        "currency": product.merchant.currency,
        "start": start,
        "end": showing.moment(sale.ends_at),
    }
