"""Take the products of findings off sale, or put them live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy, ngettext

from inventory_ops.bulk_actions.base import FindingAction
from inventory_ops.bulk_actions.of_products import OfFound
from inventory_ops.forms.availability import AvailabilityForm
from inventory_ops.kit.bulk.action import Outcome, register
from inventory_ops.models import Finding, Product, User
from inventory_ops.operations import availability
from inventory_ops.queries.findings import product_ids


class SetLive(OfFound, FindingAction):
    """Of findings about products, and about items of orders."""

    live: ClassVar[bool]
    form_class = AvailabilityForm
    hint = gettext_lazy("Channels get the quantity 0 for what is taken off, and the quantity again once it is live.")

    def suits(self, row: Finding) -> bool:
        return Product.objects.filter(pk__in=product_ids([row])).exclude(is_live=self.live).exists()

    def apply(self, finding: Finding, *, by: User, values: dict[str, Any], version: int | None) -> None:
        availability.set_live(products=product_ids([finding]), live=self.live, reason=values["why"], by=by)

    def run(self, rows: Sequence[Finding], *, by: User, values: dict[str, Any], seen: Mapping[str, str]) -> Outcome:
        wanted = product_ids(rows)
        changed = availability.set_live(products=wanted, live=self.live, reason=values["why"], by=by)
        if self.live:
            said = ngettext("%(n)d product put live.", "%(n)d products put live.", len(changed))
        else:
            said = ngettext("%(n)d product taken off.", "%(n)d products taken off.", len(changed))
        same = len(wanted) - len(changed)
        unchanged = ngettext("%(n)d product was left as it was.", "%(n)d products were left as they were.", same)
        return Outcome(said % {"n": len(changed)}, [unchanged % {"n": same}] if same else [])


@register
class TakeOff(SetLive):
    name = "take-off"
    label = gettext_lazy("Take off sale")
    icon = "eye-off"
    danger = True
    live = False


@register
class PutLive(SetLive):
    name = "put-live"
    label = gettext_lazy("Put live")
    icon = "eye"
    live = True
