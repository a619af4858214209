"""Claims: opened and withdrawn by sellers, accepted or rejected by finance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory_ops.kit import showing
from inventory_ops.models import Merchant, OrderItemKey, Product, User
from inventory_ops.operations import audit
from lost_damaged.errors import ClaimRefused
from lost_damaged.items import Item
from lost_damaged.models import Claim, ClaimStep, Side, Source, WaitingUnit, WriteOff
from lost_damaged.operations import claim_amounts as amounts
from lost_damaged.operations import claim_rules as rules
from lost_damaged.operations import claim_steps as steps
from lost_damaged.operations import evidence, write_offs
from lost_damaged.queries import claims as queries
from lost_damaged.queries import settings

Kind = ClaimStep.Kind


@dataclass(frozen=True, slots=True)
class ClaimDetails:
    """What a seller tells of one unit; `uid` and `shop_item_id` where they are known."""

    sku: str
    reason: str
    happened_on: date
    text: str
    uid: str = ""
    shop_item_id: str | None = None
    evidence: Sequence[UploadedFile[bytes]] = field(default_factory=tuple)


def open_claim(*, details: ClaimDetails, merchant: Merchant, by: User) -> Claim:
    """Open a claim for a unit of `merchant`. Raises ClaimRefused outside the window and for a unit that is settled."""
    product = Product.objects.filter(merchant=merchant, sku=details.sku).first()
    if product is None:
        raise ClaimRefused(_("You have no product with this SKU."), "sku")
    order_item = _order_item(details, product)
    _check_window(details.happened_on)
    if details.uid:
        _refuse_settled(details.uid.upper(), merchant)
    try:
        with evidence.stored(details.evidence) as files, transaction.atomic():
            claim = Claim.objects.create(
                number=_number(),
                merchant=merchant,
                product=product,
                order_item=order_item,
                uid=details.uid,
                uid_key=details.uid.upper(),
                reason=details.reason,
                happened_on=details.happened_on,
                text=details.text,
                opened_by=by,
            )
            steps.record(claim, Kind.OPENED, side=Side.SELLER, by=by, text=details.text, files=files)
            steps.turn(claim, Side.SHOP)
            summary = _("Claim %(number)s for %(sku)s") % {"number": claim.number, "sku": product.sku}
            audit.record(action="claim.open", by=by, subject=claim, summary=summary, merchant_id=merchant.pk)
    except IntegrityError:
        raise ClaimRefused(_("There is an open claim for this UID."), "uid") from None
    return claim


@transaction.atomic
def withdraw(*, claim: Claim, by: User) -> None:
    """The seller no longer wants it. Raises ClaimRefused when it is decided, or its unit waits for approval."""
    if WaitingUnit.objects.filter(claim=claim, state=WaitingUnit.State.WAITING).exists():
        raise ClaimRefused(_("The claim was accepted, and its unit waits for a second person to approve it."))
    _decide(claim, Claim.State.WITHDRAWN, by=by)


@transaction.atomic
def reject(*, claim: Claim, answer: str, by: User) -> None:
    """Raises ClaimRefused when it is decided already, or by who opened it or decided before an appeal."""
    rules.refuse_same_person(_locked(claim), by)
    _decide(claim, Claim.State.REJECTED, by=by, answer=answer)


@transaction.atomic
def accept(
    *,
    claim: Claim,
    uid: str,
    reason: str,
    answer: str,
    by: User,
    amount: Decimal | None = None,
    amount_reason: str = "",
) -> WriteOff | None:
    """Write the unit off under `uid` and credit its seller, in one transaction. Raises ClaimRefused.

    None when the amount is above a limit of `by`: the claim is accepted when a second person approves the unit. A UID
    that is written off already settles no claim: the unit was paid. With another `amount` than the credit, which needs
    a reason, the difference is proposed as an adjustment of the seller's statement.
    """
    locked = _locked(claim)
    rules.refuse_same_person(locked, by)
    amounts.agree(locked, amount, amount_reason)
    if WaitingUnit.objects.filter(claim=locked, state=WaitingUnit.State.WAITING).exists():
        raise ClaimRefused(_("The claim was accepted, and its unit waits for a second person to approve it."))
    [outcome] = write_offs.write_off(
        [Item(0, locked.product.sku, uid, locked.order_item.shop_item_id if locked.order_item else None)],
        source=Source.PAGE,
        by=by,
        reason=reason,
    )
    if outcome.state == "waits":
        kept = WaitingUnit.objects.filter(uid_key=uid.upper(), state=WaitingUnit.State.WAITING, requested_by=by)
        kept = kept.filter(merchant=locked.merchant_id, claim__isnull=True)
        if not kept.update(claim=locked, note=answer):
            raise ClaimRefused(_("A unit with this UID waits for a second person already."), "uid")
        return None
    if outcome.error:
        raise ClaimRefused(f"{outcome.error.message} ({outcome.error.code})", "uid")
    if outcome.state != "booked":
        raise ClaimRefused(
            _("This UID is written off already (%(number)s): its seller was paid. Reject the claim.")
            % {"number": outcome.number},
            "uid",
        )
    write_off = WriteOff.objects.get(number=outcome.number)
    if write_off.merchant_id != locked.merchant_id:
        raise ClaimRefused(_("Several sellers have this SKU, and the unit is another one's."), "uid")
    _decide(claim, Claim.State.ACCEPTED, by=by, answer=answer, write_off=write_off)
    return write_off


def settle(unit: WaitingUnit, write_off: WriteOff) -> None:
    """Accept the claim whose unit a second person has approved, as whoever asked for it answered."""
    assert unit.claim is not None
    if unit.claim.state == Claim.State.OPEN:
        _decide(unit.claim, Claim.State.ACCEPTED, by=unit.requested_by, answer=unit.note, write_off=write_off)


def _decide(claim: Claim, state: Claim.State, *, by: User, answer: str = "", write_off: WriteOff | None = None) -> None:
    locked = _locked(claim)
    locked.state, locked.answer, locked.write_off = state, answer, write_off
    locked.decided_by, locked.decided_at, locked.appeal_is_open = by, timezone.now(), False
    locked.save(update_fields=["state", "answer", "write_off", "decided_by", "decided_at", "appeal_is_open"])
    side = Side.SELLER if state == Claim.State.WITHDRAWN else Side.SHOP
    credited = queries.credited(locked) if write_off else None
    steps.record(locked, Kind(state.value), side=side, by=by, text=answer, amount=credited)
    if credited is not None and locked.agreed_amount is not None and locked.agreed_amount != credited:
        amounts.propose(locked, locked.agreed_amount - credited, by=by)
    steps.turn(locked, "")
    audit.record(
        action=f"claim.{state.value}",
        by=by,
        subject=locked,
        summary=f"{locked.number}: {state.label}",
        data={"write_off": write_off.number if write_off else ""},
        merchant_id=locked.merchant_id,
    )


def _locked(claim: Claim) -> Claim:
    found = rules.held(claim)
    if found.state != Claim.State.OPEN:
        raise ClaimRefused(
            _("%(number)s is %(state)s since %(at)s, by %(by)s.")
            % {
                "number": found.number,
                "state": found.get_state_display().lower(),
                "at": f"{found.decided_at:%Y-%m-%d %H:%M} UTC",
                "by": found.decided_by.email if found.decided_by else "",
            }
        )
    return found


def _order_item(details: ClaimDetails, product: Product) -> OrderItemKey | None:
    if details.shop_item_id is None:
        return None
    found = list(OrderItemKey.objects.filter(shop_item_id=details.shop_item_id, product=product)[:2])
    if not found:
        raise ClaimRefused(_("No order of yours has this item for this SKU."), "shop_item_id")
    if len(found) > 1:
        raise ClaimRefused(_("Several stores have this order item ID for this SKU."), "shop_item_id")
    return found[0]


def _check_window(happened_on: date) -> None:
    days, today = settings.current().claim_days, showing.today()
    if happened_on > today + timedelta(days=1):  # a seller east of Greenwich may be a day ahead
        raise ClaimRefused(_("The day lies in the future."), "happened_on")
    if happened_on < today - timedelta(days=days):
        raise ClaimRefused(
            _("A loss can be claimed for %(days)s days; that day is longer ago.") % {"days": days}, "happened_on"
        )


def _refuse_settled(uid_key: str, merchant: Merchant) -> None:
    settled = WriteOff.objects.filter(uid_key=uid_key).first()
    if settled is None:
        return
    if settled.merchant_id == merchant.pk:
        raise ClaimRefused(_("This unit was written off and credited: %(number)s.") % {"number": settled.number}, "uid")
    raise ClaimRefused(_("This UID cannot be claimed."), "uid")


def _number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select lost_damaged_number('CL', 'lost_damaged_claim_seq')")
        return str(cursor.fetchone()[0])
