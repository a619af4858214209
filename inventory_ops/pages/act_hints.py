"""What the steps of the reports suggest to do about a finding's product, with the page where it is done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory_ops.kit.reports import registry
from inventory_ops.models import Finding, Product, User
from inventory_ops.queries import marks
from inventory_ops.registries.finding_hints import Hint
from inventory_ops.registries.permissions import ADMIN, OPERATIONS

UNSOLD = "products-without-orders"


def of_acts(finding: Finding, products: Sequence[Product], viewer: User, now: datetime) -> list[Hint]:
    """For whoever may do it: change prices, plan a flash sale, mark the product, or what the mark says already."""
    of_cost = getattr(registry.find(finding.report), "guarded", False)
    if not products or not viewer.has_role(OPERATIONS, ADMIN) or not (of_cost or finding.report == UNSOLD):
        return []
    product = products[0]
    prices = Hint(
        _("Correct the price, or write down what the vendor charges now.")
        if of_cost
        else _("A lower price may sell it."),
        _("Change prices"),
        reverse("product-prices", args=[product.pk]),
    )
    if of_cost:
        return [prices]
    sale = Hint(_("A promotion may sell it."), _("Plan a flash sale"), reverse("product-sale", args=[product.pk]))
    return [prices, sale, _mark(product)]


def _mark(product: Product) -> Hint:
    standing = marks.mark_of(product.pk, on=timezone.localdate())
    address = reverse("product-mark", args=[product.pk])
    if standing is None:
        return Hint(_("Decide what becomes of it."), _("Mark for liquidation or promotion"), address)
    said = _("It is marked for %(kind)s: %(reason)s.") % {
        "kind": standing.get_kind_display().lower(),
        "reason": standing.reason,
    }
    return Hint(said, _("Change the mark"), address)
