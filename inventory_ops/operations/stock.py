"""Manual inventory: what people type. Each change is one booking in the ledger and one line in the audit log.

None of them takes stock below zero. `key` (a form's own id) makes a change happen once, however often it is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.models import AdjustmentReason, EventKey, InventoryEvent, Product, StockBalance, User
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import audit, ledger
from inventory_ops.operations.ledger import LedgerRefusal, Movement
from inventory_ops.operations.ledger_single import REPEATED, book_one


@dataclass(frozen=True, slots=True)
class Place:
    """Where units lie: the balance need not exist yet."""

    product: Product
    inventory_type: str = "good"
    location: str = "MAIN"
    lot: str = ""
    expires_on: date | None = None

    @classmethod
    def of(cls, balance: StockBalance) -> Place:
        return cls(
            product=balance.product,
            inventory_type=balance.inventory_type.code,
            location=balance.location.code,
            lot=balance.lot,
            expires_on=balance.expires_on,
        )


@dataclass(frozen=True, slots=True)
class ChangeDetails:
    """Why: `reason` is the code of an AdjustmentReason; `key` is the form's or call's own id, '' for none."""

    reason: str
    note: str = ""
    reference: str = ""
    key: str = ""
    source: EventSource = EventSource.PAGE


@dataclass(frozen=True, slots=True)
class Changed:
    """What came of it: events booked; `repeated` when the same form was sent before, and nothing was booked now."""

    events: int
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """A count whose stock is no longer what the counter saw, and the event that moved it last."""

    place: Place
    seen: int
    on_hand: int
    counted: int
    last: InventoryEvent | None


class StockMoved(Exception):
    """Stock moved between the page and its answer; nothing was booked."""

    def __init__(self, moved: list[Moved]) -> None:
        self.moved = moved
        super().__init__(f"{len(moved)} counted balances moved meanwhile.")


@dataclass(frozen=True, slots=True)
class Count:
    """A counted balance: units counted, and units on hand that the counter's page showed."""

    place: Place
    counted: int
    seen: int


@transaction.atomic
def adjust_by(*, place: Place, quantity: int, details: ChangeDetails, by: User) -> Changed:
    """Change what is on hand by a signed number of units. Raises InsufficientStock or LedgerRefusal."""
    check_reason(details.reason)
    booked = book([new_movement(place, EventKind.ADJUSTED, quantity, details)], by=by, details=details)
    if booked.events:
        summary = _("%(sku)s adjusted by %(n)s (%(reason)s)") % {
            "sku": place.product.sku,
            "n": f"{quantity:+d}",
            "reason": details.reason,
        }
        record("stock.adjust", place, summary, {"quantity": quantity}, details, by)
    return booked


def set_to(*, place: Place, counted: int, seen: int, details: ChangeDetails, by: User) -> Changed:
    """Set one balance to a counted number. Raises StockMoved when it no longer is what was `seen`."""
    return count([Count(place, counted, seen)], details=details, by=by)


@transaction.atomic
def count(counts: Sequence[Count], *, details: ChangeDetails, by: User) -> Changed:
    """Set balances to counted numbers, all or none: each difference is an adjustment that keeps the count.

    Raises StockMoved with every balance that moved since it was seen, LedgerRefusal for a negative count.
    """
    check_reason(details.reason)
    if any(each.counted < 0 for each in counts):
        raise LedgerRefusal(_("A count cannot be below zero. Nothing was booked."))
    ledger.stage()
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into pg_temp.ledger_booking (ord, product_id, kind, quantity, inventory_type, location, lot,"
            " expires_on, reason, note, reference, counted_quantity, key)"
            " values (%s, %s, 'adjusted', 0, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    index,
                    each.place.product.pk,
                    each.place.inventory_type,
                    each.place.location,
                    each.place.lot,
                    each.place.expires_on,
                    details.reason,
                    details.note,
                    details.reference,
                    each.counted,
                    _key(details.key, index),
                )
                for index, each in enumerate(counts)
            ],
        )
        ledger.lock_balances()
        # only now: a rival with the same key has committed, or has not begun
        if details.key and EventKey.objects.filter(key__in=[_key(details.key, n) for n in range(len(counts))]).exists():
            return Changed(0, repeated=True)
        cursor.execute(
            "select x.ord, b.id, b.on_hand from pg_temp.ledger_booking x"
            " join inventory_ops_stockbalance b on b.id = x.balance_id order by x.ord"
        )
        found = cursor.fetchall()
        moved = [
            Moved(counts[index].place, counts[index].seen, on_hand, counts[index].counted, last_change(balance))
            for index, balance, on_hand in found
            if on_hand != counts[index].seen
        ]
        if moved:
            raise StockMoved(moved)
        if len({balance for _index, balance, _on_hand in found}) < len(counts):
            raise LedgerRefusal(_("The same stock was counted twice. Nothing was booked."))
        cursor.execute(
            "update pg_temp.ledger_booking x set quantity = x.counted_quantity - b.on_hand"
            " from inventory_ops_stockbalance b where b.id = x.balance_id"
        )
        cursor.execute("delete from pg_temp.ledger_booking where quantity = 0")
    booked = ledger.book_staged(source=details.source, actor=by.email, below_zero=False)
    _record_count(counts, booked.events, details, by)
    return Changed(booked.events)


@transaction.atomic
def change_type(*, place: Place, to: str, quantity: int, details: ChangeDetails, by: User) -> Changed:
    """Move units to another inventory type of the same place and lot: two events of one batch."""
    check_reason(details.reason)
    if quantity < 1:
        raise LedgerRefusal(_("Move one unit or more. Nothing was booked."))
    if to == place.inventory_type:
        raise LedgerRefusal(_("They are of this type already. Nothing was booked."))
    target = Place(place.product, to, place.location, place.lot, place.expires_on)
    booked = book(
        [
            new_movement(place, EventKind.ADJUSTED, -quantity, details),
            new_movement(target, EventKind.ADJUSTED, quantity, details),
        ],
        by=by,
        details=details,
    )
    if booked.events:
        summary = _("%(n)s of %(sku)s moved from %(before)s to %(after)s") % {
            "n": quantity,
            "sku": place.product.sku,
            "before": place.inventory_type,
            "after": to,
        }
        record("stock.type_change", place, summary, {"quantity": quantity, "to": to}, details, by)
    return booked


def last_change(balance_id: int) -> InventoryEvent | None:
    """The newest event of a balance."""
    return InventoryEvent.objects.filter(balance_id=balance_id).order_by("-sequence").first()


def check_reason(code: str) -> None:
    if not AdjustmentReason.objects.filter(code=code, is_active=True).exists():
        raise LedgerRefusal(_("Choose a reason. “%(code)s” is none of them.") % {"code": code[:30]})


def event_of(key: str) -> InventoryEvent | None:
    """The first event that was booked with a form's or call's own id."""
    known = EventKey.objects.filter(key=_key(key, 0)).first() if key else None
    events = InventoryEvent.objects.select_related("product", "inventory_type", "location", "balance")
    return events.filter(pk=known.event_id or 0).first() if known else None


def _key(key: str, index: int) -> str | None:
    return f"form:{key}:{index}" if key else None


def new_movement(place: Place, kind: EventKind, quantity: int, details: ChangeDetails) -> Movement:
    if quantity == 0:
        raise LedgerRefusal(_("A change by zero changes nothing."))
    return Movement(
        product_id=place.product.pk,
        kind=kind,
        quantity=quantity,
        inventory_type=place.inventory_type,
        location=place.location,
        lot=place.lot,
        expires_on=place.expires_on,
        reason=details.reason,
        note=details.note,
        reference=details.reference,
    )


def book(movements: list[Movement], *, by: User, details: ChangeDetails) -> Changed:
    keyed = [replace(each, key=_key(details.key, index)) for index, each in enumerate(movements)]
    if len(keyed) == 1:
        events = book_one(keyed[0], source=details.source, actor=by.email)
        if events is not None:
            return Changed(events, repeated=events == REPEATED)
    booked = ledger.book(keyed, source=details.source, actor=by.email, below_zero=False)
    return Changed(booked.events, repeated=bool(booked.repeated))


def record(action: str, place: Place, summary: str, data: dict[str, object], details: ChangeDetails, by: User) -> None:
    where = {"type": place.inventory_type, "location": place.location, "lot": place.lot}
    audit.record(
        action=action,
        by=by,
        subject=place.product,
        summary=summary,
        data=where | data | {"reason": details.reason, "reference": details.reference},
        merchant_id=place.product.merchant_id,
    )


def _record_count(counts: Sequence[Count], events: int, details: ChangeDetails, by: User) -> None:
    if len(counts) == 1:
        [only] = counts
        summary = _("%(sku)s counted: %(seen)s → %(counted)s") % {
            "sku": only.place.product.sku,
            "seen": only.seen,
            "counted": only.counted,
        }
        record("stock.count", only.place, summary, {"seen": only.seen, "counted": only.counted}, details, by)
        return
    merchants = {each.place.product.merchant_id for each in counts}
    audit.record(
        action="stock.count",
        by=by,
        summary=ngettext(
            "%(n)s balance counted, %(events)s differed", "%(n)s balances counted, %(events)s differed", len(counts)
        )
        % {"n": len(counts), "events": events},
        data={
            "counts": [
                [each.place.product.sku, each.seen, each.counted] for each in counts if each.seen != each.counted
            ],
            "reason": details.reason,
        },
        merchant_id=merchants.pop() if len(merchants) == 1 else None,
    )
