"""What the finding of an item that was not shipped says about its cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from inventory_ops.models import Finding, Product, User
from inventory_ops.queries import verdicts
from inventory_ops.queries.verdicts import Verdict
from inventory_ops.registries.finding_hints import Hint

REPORT = "shipping-issues"
WINDOW = timedelta(days=365)


def of_cases(finding: Finding, products: Sequence[Product], viewer: User, now: datetime) -> list[Hint]:
    """How many cases there are of each verdict, with the way to them."""
    if finding.report != REPORT or not products:
        return []
    counts = verdicts.of_product(products[0].pk, viewer=viewer, as_of=now, after=now - WINDOW)
    if not counts:
        return []
    words = ", ".join(f"{Verdict(verdict).label} {count}" for verdict, count in counts.items())
    url = reverse("unshipped-orders", query={"product": products[0].pk})
    return [Hint(_("Why it was not shipped: %(verdicts)s.") % {"verdicts": words}, str(_("See the cases")), url)]
