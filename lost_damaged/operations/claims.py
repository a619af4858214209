"""Claims: opened and withdrawn by sellers, accepted or rejected by finance."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

from django.conf import settings as django_settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory_ops.kit import showing
from inventory_ops.models import Merchant, OrderItem, Product, User
from inventory_ops.operations import audit
from lost_damaged.items import Item
from lost_damaged.models import Claim, ClaimFile, Source, WaitingUnit, WriteOff
from lost_damaged.operations import write_offs
from lost_damaged.queries import settings

MOST_FILES = 5
LARGEST_FILE = 5 * 1024 * 1024
# what a file says of itself is not asked: its first bytes are
KINDS = {
    b"%PDF-": ("application/pdf", "pdf"),
    b"\x89PNG\r\n\x1a\n": ("image/png", "png"),
    b"\xff\xd8\xff": ("image/jpeg", "jpg"),
}


class ClaimRefused(Exception):
    """Nothing was changed; `field` of the form says where, the text why and what to do."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


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


def folder() -> Path:
    path: Path = django_settings.MEDIA_ROOT / "claims"
    path.mkdir(parents=True, exist_ok=True)
    return path


def open_claim(*, details: ClaimDetails, merchant: Merchant, by: User) -> Claim:
    """Open a claim for a unit of `merchant`. Raises ClaimRefused outside the window and for a unit that is settled."""
    product = Product.objects.filter(merchant=merchant, sku=details.sku).first()
    if product is None:
        raise ClaimRefused(_("You have no product with this SKU."), "sku")
    order_item = _order_item(details, product)
    _check_window(details.happened_on)
    if details.uid:
        _refuse_settled(details.uid.upper(), merchant)
    evidence = [_evidence(each) for each in details.evidence]
    if len(evidence) > MOST_FILES:
        raise ClaimRefused(_("At most %(n)s files.") % {"n": MOST_FILES}, "evidence")
    written: list[Path] = []
    try:
        with transaction.atomic():
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
            for content, row in evidence:
                path = folder() / row.stored_name
                with path.open("xb") as file:
                    written.append(path)
                    file.write(content)
                path.chmod(0o600)
                row.claim = claim
            ClaimFile.objects.bulk_create([row for _content, row in evidence])
            summary = _("Claim %(number)s for %(sku)s") % {"number": claim.number, "sku": product.sku}
            audit.record(action="claim.open", by=by, subject=claim, summary=summary, merchant_id=merchant.pk)
    except IntegrityError:
        _forget(written)
        raise ClaimRefused(_("There is an open claim for this UID."), "uid") from None
    except BaseException:
        _forget(written)
        raise
    return claim


@transaction.atomic
def withdraw(*, claim: Claim, by: User) -> None:
    """The seller no longer wants it. Raises ClaimRefused when it is decided, or its unit waits for approval."""
    if WaitingUnit.objects.filter(claim=claim, state=WaitingUnit.State.WAITING).exists():
        raise ClaimRefused(_("The claim was accepted, and its unit waits for a second person to approve it."))
    _decide(claim, Claim.State.WITHDRAWN, by=by)


@transaction.atomic
def reject(*, claim: Claim, answer: str, by: User) -> None:
    """Raises ClaimRefused when it is decided already, or by who opened it."""
    if claim.opened_by_id == by.pk:
        raise ClaimRefused(_("You opened this claim yourself: somebody else has to decide it."))
    _decide(claim, Claim.State.REJECTED, by=by, answer=answer)


@transaction.atomic
def accept(*, claim: Claim, uid: str, reason: str, answer: str, by: User) -> WriteOff | None:
    """Write the unit off under `uid` and credit its seller, in one transaction. Raises ClaimRefused.

    None when the amount is above a limit of `by`: the claim is accepted when a second person approves the unit. A UID
    that is written off already settles no claim: the unit was paid.
    """
    locked = _locked(claim)
    if locked.opened_by_id == by.pk:
        raise ClaimRefused(_("You opened this claim yourself: somebody else has to decide it."))
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
    locked.decided_by, locked.decided_at = by, timezone.now()
    locked.save(update_fields=["state", "answer", "write_off", "decided_by", "decided_at"])
    audit.record(
        action=f"claim.{state.value}",
        by=by,
        subject=locked,
        summary=f"{locked.number}: {state.label}",
        data={"write_off": write_off.number if write_off else ""},
        merchant_id=locked.merchant_id,
    )


def _locked(claim: Claim) -> Claim:
    found = (
        Claim.objects.select_for_update(of=("self",))
        .select_related("product", "order_item", "decided_by")
        .get(pk=claim.pk)
    )
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


def _order_item(details: ClaimDetails, product: Product) -> OrderItem | None:
    if details.shop_item_id is None:
        return None
    found = list(OrderItem.objects.filter(shop_item_id=details.shop_item_id, product=product)[:2])
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


def _evidence(upload: UploadedFile[bytes]) -> tuple[bytes, ClaimFile]:
    name = Path(str(upload.name or "file")).name[:150] or "file"
    if (upload.size or 0) > LARGEST_FILE:
        raise ClaimRefused(_("%(name)s is larger than 5 MB.") % {"name": name}, "evidence")
    content = upload.read()
    kind = next((kind for start, kind in KINDS.items() if content.startswith(start)), None)
    if kind is None:
        raise ClaimRefused(_("%(name)s is not a PDF, PNG or JPEG.") % {"name": name}, "evidence")
    return content, ClaimFile(
        name=name,
        stored_name=f"{uuid.uuid4().hex}.{kind[1]}",
        content_type=kind[0],
        size=len(content),
        sha256=sha256(content).hexdigest(),
    )


def _number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select lost_damaged_number('CL', 'lost_damaged_claim_seq')")
        return str(cursor.fetchone()[0])


def _forget(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
