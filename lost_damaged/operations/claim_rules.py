"""Who may act on a claim, and while it is held."""

from __future__ import annotations

from django.utils.translation import gettext as _

from inventory_ops.models import User
from lost_damaged.errors import ClaimRefused
from lost_damaged.models import Claim


def held(claim: Claim) -> Claim:
    """The claim, held until the end of the transaction."""
    rows = Claim.objects.select_for_update(of=("self",))
    return rows.select_related("product", "order_item", "decided_by", "merchant", "write_off").get(pk=claim.pk)


def refuse_same_person(claim: Claim, by: User) -> None:
    """Whoever opened it, or decided before an appeal, does not decide. Raises ClaimRefused."""
    if claim.opened_by_id == by.pk:
        raise ClaimRefused(_("You opened this claim yourself: somebody else has to decide it."))
    if claim.appeal_is_open and claim.appealed_from_id == by.pk:
        raise ClaimRefused(_("You decided before the appeal: somebody else has to decide now."))
