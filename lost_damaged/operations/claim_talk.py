"""Both sides of a claim: messages with evidence, and the appeal of a decision."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory_ops.models import User
from inventory_ops.operations import audit
from lost_damaged.errors import ClaimRefused
from lost_damaged.models import Claim, ClaimStep, Side
from lost_damaged.operations import claim_amounts as amounts
from lost_damaged.operations import claim_rules as rules
from lost_damaged.operations import claim_steps as steps
from lost_damaged.operations import evidence as files
from lost_damaged.queries import claims as queries

Kind = ClaimStep.Kind
MOST_STEPS = 200


@transaction.atomic
def say(
    *, claim: Claim, text: str, by: User, evidence: Sequence[UploadedFile[bytes]] = (), asks: bool = False
) -> ClaimStep:
    """Add a message with evidence to a claim that is not settled. Raises ClaimRefused.

    The other side has its turn then: the shop after each message of the seller, the seller when the shop `asks`.
    """
    locked = _discussed(claim)
    if not text.strip():
        raise ClaimRefused(_("Write a message."), "text")
    side = Side.SELLER if by.merchant_id else Side.SHOP
    kind = Kind.QUESTION if asks and side == Side.SHOP else Kind.MESSAGE
    with files.stored(evidence) as rows:
        step = steps.record(locked, kind, side=side, by=by, text=text[:2000], files=rows)
        if side == Side.SELLER or kind == Kind.QUESTION:
            steps.turn(locked, Side.SHOP if side == Side.SELLER else Side.SELLER)
    return step


@transaction.atomic
def appeal(*, claim: Claim, text: str, by: User) -> None:
    """Ask for another decision, once, by another person: of a rejection, or of another amount. Raises ClaimRefused."""
    locked = rules.held(claim)
    if why := queries.why_no_appeal(locked):
        raise ClaimRefused(why)
    if not text.strip():
        raise ClaimRefused(_("Say why the decision is wrong."), "text")
    locked.appealed_at, locked.appealed_from, locked.appeal_is_open = timezone.now(), locked.decided_by, True
    if locked.state == Claim.State.REJECTED:
        locked.state, locked.decided_by, locked.decided_at = Claim.State.OPEN, None, None
    try:
        with transaction.atomic():
            locked.save()
    except IntegrityError:
        raise ClaimRefused(_("There is an open claim for this UID.")) from None
    steps.record(locked, Kind.APPEALED, side=Side.SELLER, by=by, text=text[:2000])
    steps.turn(locked, Side.SHOP)
    audit.record(
        action="claim.appeal", by=by, subject=locked, summary=f"{locked.number}: appeal", merchant_id=locked.merchant_id
    )


@transaction.atomic
def settle_appeal(*, claim: Claim, answer: str, by: User, amount: Decimal | None = None) -> None:
    """Decide the appeal of an amount: keep it, or agree on another one. Raises ClaimRefused."""
    locked = rules.held(claim)
    if not locked.appeal_is_open or locked.state != Claim.State.ACCEPTED or locked.agreed_amount is None:
        raise ClaimRefused(_("No appeal of an amount is open."))
    rules.refuse_same_person(locked, by)
    if not answer.strip():
        raise ClaimRefused(_("Say why: the seller sees it."), "answer")
    before = locked.agreed_amount
    locked.decided_by, locked.decided_at, locked.appeal_is_open = by, timezone.now(), False
    locked.save(update_fields=["decided_by", "decided_at", "appeal_is_open"])
    if amount is None or amount == before:
        steps.record(locked, Kind.UPHELD, side=Side.SHOP, by=by, text=answer[:2000], amount=before)
    else:
        amounts.agree(locked, amount, answer)
        amounts.propose(locked, amount - before, by=by)
    steps.turn(locked, "")
    audit.record(
        action="claim.settle", by=by, subject=locked, summary=f"{locked.number}: appeal decided",
        merchant_id=locked.merchant_id,
    )  # fmt: skip


def _discussed(claim: Claim) -> Claim:
    """The claim, if something can still be said about it."""
    locked = rules.held(claim)
    if locked.state != Claim.State.OPEN and not locked.appeal_is_open:
        raise ClaimRefused(_("%(number)s is decided.") % {"number": locked.number})
    if locked.steps.count() >= MOST_STEPS:
        raise ClaimRefused(_("This claim has too many messages."))
    return locked
