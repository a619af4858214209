"""Claims: what was credited, and what a seller can still do."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from lost_damaged.models import Claim, SellerTransaction
from lost_damaged.queries import settings


def credited(claim: Claim) -> Decimal | None:
    """The credit of its write-off."""
    rows = SellerTransaction.objects.filter(write_off=claim.write_off_id, type=SellerTransaction.Type.CREDIT)
    return rows.values_list("amount", flat=True).first()


def why_no_appeal(claim: Claim) -> str:
    """Why the seller cannot appeal now, or ''."""
    if claim.appealed_at is not None:
        return _("There is one appeal of a claim.")
    cut = claim.state == Claim.State.ACCEPTED and claim.agreed_amount is not None
    if claim.decided_at is None or not (cut or claim.state == Claim.State.REJECTED):
        return _("Only a rejection, or another amount, can be appealed.")
    days = settings.current().appeal_days
    if claim.decided_at < timezone.now() - timedelta(days=days):
        return _("The %(days)s days for an appeal are over.") % {"days": days}
    return ""
