"""Change prices or costs of many products, shown before it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inventory_ops.bulk_actions.of_products import OfFound, ProductAction, amount, outcome_line, skipped_line, some
from inventory_ops.forms.product_acts import PricesOfManyForm
from inventory_ops.kit.bulk.action import Outcome, Preview, register
from inventory_ops.models import Product, User
from inventory_ops.operations import price_plans, prices
from inventory_ops.operations.price_plans import Step
from inventory_ops.operations.prices import Prices


@register
class ChangePrices(ProductAction):
    name = "change-prices"
    label = gettext_lazy("Change prices")
    icon = "tag"
    form_class = PricesOfManyForm
    previews = True
    hint = gettext_lazy("The price guard of each vendor holds. What you change can be undone under Price changes.")

    def seen(self, row: Product) -> tuple[str, str]:
        return f"version_{row.pk}", prices.version(row)

    def _steps(self, rows: Sequence[Product], values: dict[str, Any]) -> list[Step]:
        plan = PricesOfManyForm.plan(values)
        return price_plans.preview(rows, plan, as_of=timezone.now(), accept_loss=values["accept_loss"])

    def preview(self, rows: Sequence[Product], *, values: dict[str, Any]) -> Preview:
        steps = self._steps(rows, values)
        return Preview(
            [
                outcome_line(step.product, _old_and_new(step.product, step.to), step.warning)
                for step in steps
                if step.to
            ],
            [skipped_line(step.product, step.skipped) for step in steps if step.skipped],
        )

    def run(self, rows: Sequence[Product], *, by: User, values: dict[str, Any], seen: Mapping[str, str]) -> Outcome:
        wanted = price_plans.will(self._steps(rows, values))
        applied = prices.change_many(
            wanted=wanted,
            seen={pk: seen.get(f"version_{pk}", "") for pk in wanted},
            by=by,
            as_of=timezone.now(),
            source="bulk",
            accept_loss=values["accept_loss"],
        )
        skus = {row.pk: row.sku for row in rows}
        left = some(f"{skus[pk]}: {error}" for pk, error in applied.refused.items())
        count = len(applied.changed)
        said = ngettext("Prices of %(n)d product changed.", "Prices of %(n)d products changed.", count) % {"n": count}
        return Outcome(said if count else "", left)


@register
class ChangePricesOfFound(OfFound, ChangePrices):
    """Of the products that findings are about."""


def _old_and_new(product: Product, to: Prices) -> str:
    """“Price 10.00 → 12.00 EUR”, of what changes."""
    before = Prices.of(product)
    pairs = (
        (_("Price"), before.price, to.price),
        (_("Special price"), before.special_price, to.special_price),
        (_("Cost"), before.cost, to.cost),
    )
    found = [f"{label} {amount(old, product)} → {amount(new, product)}" for label, old, new in pairs if old != new]
    return f"{', '.join(found) or _('Days of the special price')} {product.merchant.currency}"
