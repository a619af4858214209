"""Mark products for liquidation or promotion, and remove the mark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inventory_ops.bulk_actions.of_products import OfFound, ProductAction, skipped_line
from inventory_ops.forms.product_acts import MarkForm
from inventory_ops.kit.bulk.action import Outcome, Plan, Refused, register
from inventory_ops.models import Product, ProductMark, User
from inventory_ops.operations import marks


@register
class Mark(ProductAction):
    name = "mark"
    label = gettext_lazy("Mark for …")
    icon = "star"
    form_class = MarkForm
    hint = gettext_lazy("The mark stands in lists, exports and on the product's page. Another mark is replaced.")

    def title(self, count: int) -> str:
        return _("Mark %(products)s") % {"products": self.counted(count)}

    def run(self, rows: Sequence[Product], *, by: User, values: dict[str, Any], seen: Mapping[str, str]) -> Outcome:
        try:
            done = marks.mark(products=[row.pk for row in rows], by=by, **values)
        except marks.InvalidMark as error:
            raise Refused(str(error)) from error
        same = len(rows) - len(done)
        said = ngettext("%(n)d product marked.", "%(n)d products marked.", len(done)) % {"n": len(done)}
        had = ngettext("%(n)d product had the mark already.", "%(n)d products had the mark already.", same)
        return Outcome(said if done else "", [had % {"n": same}] if same else [])


@register
class MarkFound(OfFound, Mark):
    """Of the products that findings are about."""


@register
class Unmark(ProductAction):
    name = "unmark"
    label = gettext_lazy("Remove the mark")
    icon = "x"

    def title(self, count: int) -> str:
        return _("Remove the mark of %(products)s") % {"products": self.counted(count)}

    def plan(self, rows: Sequence[Product]) -> Plan[Product]:
        standing = ProductMark.objects.filter(product__in=rows, removed_at__isnull=True)
        marked = set(standing.values_list("product", flat=True))
        plan = super().plan([row for row in rows if row.pk in marked])
        plan.skipped.extend(skipped_line(row, _("It has no mark.")) for row in rows if row.pk not in marked)
        return plan

    def run(self, rows: Sequence[Product], *, by: User, values: dict[str, Any], seen: Mapping[str, str]) -> Outcome:
        done = marks.unmark(products=[row.pk for row in rows], by=by)
        said = ngettext("%(n)d mark removed.", "%(n)d marks removed.", len(done)) % {"n": len(done)}
        return Outcome(said if done else "", [] if done else [_("Somebody else removed it already.")])


@register
class UnmarkFound(OfFound, Unmark):
    """Of the products that findings are about."""
