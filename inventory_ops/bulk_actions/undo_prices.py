"""Take back changes of prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from inventory_ops.bulk_actions.of_products import amount, some
from inventory_ops.kit.bulk.action import BulkAction, Line, Outcome, register
from inventory_ops.kit.reports.selection import numbers_of
from inventory_ops.models import PriceChange, User
from inventory_ops.operations import price_undo


class AcceptLossForm(forms.Form):
    accept_loss = forms.BooleanField(label=gettext_lazy("Also undo what the price guard warns of"), required=False)


@register
class UndoPrices(BulkAction[PriceChange]):
    on = "price-changes"
    name = "undo"
    label = gettext_lazy("Undo")
    icon = "arrow-back-up"
    form_class = AcceptLossForm
    hint = gettext_lazy("Sets what it was before, where nobody changed the prices again since.")

    def rows(self, keys: Sequence[str], *, report: Any, viewer: User) -> list[PriceChange]:
        found = PriceChange.objects.visible_to(viewer).filter(pk__in=numbers_of(keys))
        return list(found.select_related("product__merchant", "undone_by").order_by("-at", "pk"))

    def line(self, row: PriceChange) -> Line:
        product = row.product
        pairs = (
            (row.price_after, row.price_before),
            (row.special_price_after, row.special_price_before),
            (row.cost_after, row.cost_before),
        )
        steps = [f"{amount(now, product)} → {amount(then, product)}" for now, then in pairs if now != then]
        return Line(product.sku, product.name, outcome=f"{', '.join(steps)} {product.merchant.currency}")

    def counted(self, count: int) -> str:
        return ngettext("%(n)d change", "%(n)d changes", count) % {"n": count}

    def reason_to_skip(self, row: PriceChange) -> str:
        return price_undo.why_not_undone(row, undone=hasattr(row, "undone_by"))

    def run(self, rows: Sequence[PriceChange], *, by: User, values: dict[str, Any], seen: Mapping[str, str]) -> Outcome:
        applied, left = price_undo.undo(
            changes=[row.pk for row in rows], by=by, as_of=timezone.now(), accept_loss=values["accept_loss"]
        )
        count = len(applied.changed)
        said = ngettext("%(n)d change undone.", "%(n)d changes undone.", count) % {"n": count}
        return Outcome(said if count else "", some(left))
