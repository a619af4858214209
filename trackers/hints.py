"""What trackers suggest about findings: one for a product that was short again and again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal

from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from inventory_ops.models import Finding, Product, User
from inventory_ops.queries import verdicts
from inventory_ops.queries.verdicts import Verdict
from inventory_ops.registries.finding_hints import Hint
from inventory_ops.registries.permissions import ADMIN, MERCHANT, OPERATIONS
from trackers.models import ProductDay, Tracker

REPEATED = 2  # shortages that make a pattern
WINDOW, SALES_DAYS, COVERED_DAYS = timedelta(days=365), 30, 14


def after_shortages(finding: Finding, products: Sequence[Product], viewer: User, now: datetime) -> list[Hint]:
    """A tracker of stock for a product that was short repeatedly and has none, with its numbers filled in."""
    if finding.report != "shipping-issues" or not products or not viewer.has_role(OPERATIONS, MERCHANT, ADMIN):
        return []
    product = products[0]
    counts = verdicts.of_product(product.pk, viewer=viewer, as_of=now, after=now - WINDOW)
    short = counts.get(Verdict.SHORTAGE, 0)
    if short < REPEATED:
        return []
    if Tracker.objects.filter(product=product, is_enabled=True).exclude(mechanism="stalled_days").exists():
        said = _("It was short %(n)d times in 12 months although a tracker watches it: raise its number.")
        return [Hint(said % {"n": short}, str(_("Its trackers")), reverse("trackers", query={"q": product.sku}))]
    since = (now - timedelta(days=SALES_DAYS)).date()
    sold = ProductDay.objects.filter(product=product, day__gt=since).aggregate(n=Sum("sold"))["n"] or 0
    wanted = (Decimal(sold) * COVERED_DAYS / SALES_DAYS).to_integral_value(ROUND_CEILING)
    quantity = max(int(wanted), REPEATED)
    text = _(
        "It was short %(n)d times in 12 months and sold %(sold)d units in 30 days: a tracker that alerts below "
        "%(quantity)d units covers %(days)d days."
    ) % {"n": short, "sold": sold, "quantity": quantity, "days": COVERED_DAYS}
    query = {"product": product.pk, "mechanism": "stock_quantity", "stock_quantity-quantity": quantity}
    return [Hint(text, str(_("Make this tracker")), reverse("tracker-new", query=query))]
