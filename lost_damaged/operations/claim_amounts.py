"""Another amount than the credit of the write-off: agreed with a reason, and proposed as an adjustment."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from inventory_ops.models import User
from inventory_ops.operations import proposals
from lost_damaged import formula
from lost_damaged.errors import ClaimRefused
from lost_damaged.models import Claim, ClaimStep, Side
from lost_damaged.operations import claim_steps as steps
from lost_damaged.operations.adjustments import ADJUSTMENT


def agree(claim: Claim, amount: Decimal | None, reason: str) -> None:
    """Keep the amount that is given instead of the credit, and why."""
    if amount is None:
        claim.agreed_amount, claim.agreed_reason = None, ""
    else:
        digits = formula.minor_units(claim.merchant.currency)
        if amount < 0 or formula.rounded(amount, digits) != amount:
            raise ClaimRefused(_("Give an amount of 0 or more, in the currency's smallest unit."), "amount")
        if not reason.strip():
            raise ClaimRefused(_("Say why it is another amount: the seller sees it."), "amount_reason")
        claim.agreed_amount, claim.agreed_reason = amount, reason.strip()[:250]
    claim.save(update_fields=["agreed_amount", "agreed_reason"])


def propose(claim: Claim, difference: Decimal, *, by: User) -> None:
    """The difference to the credit waits for a second person, as every adjustment does."""
    reason = f"{claim.number}: {claim.agreed_reason}"
    steps.record(
        claim, ClaimStep.Kind.AMOUNT, side=Side.SHOP, by=by, text=claim.agreed_reason, amount=claim.agreed_amount
    )
    values = {"amount": f"{difference:f}", "currency": claim.merchant.currency, "reason": reason[:300]}
    try:
        proposals.propose(kind=ADJUSTMENT, values=values, merchant=claim.merchant, subject=claim.number, by=by)
    except proposals.Refused as refused:
        raise ClaimRefused(str(refused), "amount") from refused
