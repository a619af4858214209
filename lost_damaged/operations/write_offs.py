"""Writing units off: one function for API, CSV and page, and the reversal."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import wraps
from typing import Any

import structlog
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import ngettext
from psycopg.errors import DeadlockDetected, SerializationFailure

from inventory_ops.kit.db.prepared import fetch_prepared
from inventory_ops.models import User
from inventory_ops.operations import audit
from lost_damaged import errors
from lost_damaged.errors import ItemError
from lost_damaged.items import Item
from lost_damaged.models import Reason, SellerTransaction, Source
from lost_damaged.operations import booking, judging, stock
from lost_damaged.queries import settings as finance_settings

log = structlog.get_logger(__name__)
MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one item: `booked`, `repeat` (booked before with the same data), `waits` (for a second person,
    `error` says for which limit), `ready` (dry run) or `error`.

    `number` is that of the write-off and its credit; `amount` what is, or would be, credited.
    """

    position: int
    uid: str
    state: str
    number: str = ""
    amount: Decimal | None = None
    currency: str = ""
    warnings: list[str] = field(default_factory=list)
    error: ItemError | None = None
    merchant_id: int | None = None


class CannotReverse(Exception):
    """The write-off cannot be reversed; the message says why."""


def repeated_on_deadlock[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Run a whole transaction again when PostgreSQL chose it as the victim of a deadlock (a price import, say)."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(MOST_TRIES - 1):
            try:
                return function(*args, **kwargs)
            except OperationalError as error:
                # inside a caller's transaction everything is lost anyway: the caller has to begin again
                if connection.in_atomic_block or not isinstance(
                    error.__cause__, DeadlockDetected | SerializationFailure
                ):
                    raise
                log.warning("booking_repeated", reason=type(error.__cause__).__name__)
        return function(*args, **kwargs)

    return run


@repeated_on_deadlock
def write_off(
    items: Sequence[Item],
    *,
    source: Source,
    by: User | None,
    reason: str = Reason.OTHER,
    import_id: uuid.UUID | None = None,
    as_of: datetime | None = None,
    dry_run: bool = False,
) -> list[Outcome]:
    """Write off every item that can be, whole or not at all; answer one outcome an item, in the order of positions.

    Each unit is credited to its seller with the price and factor of this moment, in double entry, in the same
    transaction. With `dry_run` nothing is written and what would be booked is `ready`.
    """
    if not items:
        return []
    if len(items) == 1 and not dry_run:
        try:
            # what it took hold of is let go again where it cannot be booked like this
            with transaction.atomic():
                return [_write_off_one(items[0], source=source, by=by, reason=reason, import_id=import_id, as_of=as_of)]
        except _NotSimple:
            pass
    with transaction.atomic(), connection.cursor() as cursor:
        stage()
        with cursor.copy(f"copy pg_temp.ld_item ({', '.join(judging.ITEM_COLUMNS)}) from stdin") as copy:
            for item in items:
                copy.write_row((item.position, item.sku, item.uid, item.uid_key, item.shop_item_id, None))
        write_off_staged(source=source, by=by, reason=reason, import_id=import_id, as_of=as_of, dry_run=dry_run)
        cursor.execute(
            "select position, uid, state, number, amount, currency, warnings, problem, merchant_id"
            " from pg_temp.ld_result order by position"
        )
        return [_outcome(*row) for row in cursor.fetchall()]


def _outcome(
    position: int,
    uid: str,
    state: str,
    number: str,
    amount: Decimal | None,
    currency: str,
    warnings: Any,
    problem: str | None,
    merchant_id: int | None,
) -> Outcome:
    if isinstance(warnings, str):  # Django's cursors leave jsonb as text
        warnings = json.loads(warnings)
    return Outcome(
        position=position,
        uid=uid,
        state=state,
        number=number,
        amount=amount,
        currency=currency,
        warnings=warnings,
        error=errors.of_reason(problem, number=number) if problem else None,
        merchant_id=merchant_id,
    )


class _NotSimple(Exception):
    """A single unit cannot be booked in one statement: it is booked like many."""


def _write_off_one(
    item: Item, *, source: Source, by: User | None, reason: str, import_id: uuid.UUID | None, as_of: datetime | None
) -> Outcome:
    """Book a unit that nothing stands in the way of, or answer a repeat, in a few prepared statements.

    Raises _NotSimple otherwise.
    """
    params = _params(source=source, by=by, reason=reason, import_id=import_id, as_of=as_of, actor="")
    unit = {"sku": item.sku, "uid": item.uid, "uid_key": item.uid_key, "shop_item_id": item.shop_item_id}
    if by:
        person = {"person": by.pk}
        taken = fetch_prepared(judging.TAKE_SLOT, person) or fetch_prepared(judging.WAIT_FOR_SLOT, person)
        params |= {"slot": taken[0][0], "others": judging.SLOTS - 1}
    if item.shop_item_id is not None:
        fetch_prepared(judging.LOCK_ORDER_ITEM, unit)
    booked = fetch_prepared(booking.BOOK_ONE, params | unit)
    if not booked:
        for number, amount, currency, warnings, merchant_id in fetch_prepared(booking.KNOWN_ONE, unit):
            return _outcome(item.position, item.uid, "repeat", number, amount, currency, warnings, None, merchant_id)
        raise _NotSimple
    [(uid, number, amount, currency, warnings, merchant_id, product_id)] = booked
    if product_id is not None:
        stock.take_out_one(
            product_id=product_id, uid=uid, number=number, source=source, actor=params["actor"], now=params["now"]
        )
    _tell(1, source=source, by=by, import_id=import_id)
    return _outcome(item.position, uid, "booked", number, amount, currency, warnings, None, merchant_id)


def _params(
    *, source: Source, by: User | None, reason: str, import_id: uuid.UUID | None, as_of: datetime | None, actor: str
) -> dict[str, Any]:
    return {
        "now": as_of or timezone.now(),
        "year": str(timezone.now().year),
        "digits": judging.digits_json(),
        "reason": reason,
        "source": str(source),
        "import": import_id,
        "actor": by.email if by else actor,
        "person": by.pk if by else None,
        "together": False,
        "slot": 0,
        "others": 0,
    }


def _tell(booked: int, *, source: Source, by: User | None, import_id: uuid.UUID | None) -> None:
    audit.record(
        action="write_off.book",
        by=by,
        summary=ngettext("%(n)d unit written off (%(source)s)", "%(n)d units written off (%(source)s)", booked)
        % {"n": booked, "source": source.label},
        data={"units": booked, "source": str(source), "import": str(import_id or "")},
    )


def stage() -> None:
    """Make the temporary table `ld_item` that `write_off_staged` takes; it goes at the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists " + ", ".join(f"pg_temp.{name}" for name in judging.TABLES))
        cursor.execute(judging.CREATE)


def write_off_staged(
    *,
    source: Source,
    by: User | None,
    reason: str = Reason.OTHER,
    import_id: uuid.UUID | None = None,
    as_of: datetime | None = None,
    dry_run: bool = False,
    together: bool = False,
    approved: bool = False,
    actor: str = "",
) -> int:
    """Book all rows of `ld_item` in the caller's transaction and answer how many are new; `ld_result` tells of each.

    Units above the limits of `by` wait for a second person; `together` lets all wait if one has to. `approved` are
    those that a second person let through: no limit holds but the `most` of each row. The system, which `by` None is,
    has no limits; its `actor` is written down.
    """
    with connection.cursor() as cursor:
        # statistics of what is joined by: those of all columns take a tenth of a booking
        cursor.execute("analyze pg_temp.ld_item (sku, uid_key, shop_item_id)")
        if by and not dry_run and not approved:
            cursor.execute(judging.LOCK_PERSON, {"person": by.pk})
        if not dry_run:
            cursor.execute(judging.LOCK_PRODUCTS)
            cursor.execute(judging.LOCK_ORDER_ITEMS)
        # after the locks: the moment that counts
        params = _params(source=source, by=by, reason=reason, import_id=import_id, as_of=as_of, actor=actor)
        now = params["now"]
        params |= {"locked": finance_settings.is_locked(finance_settings.current(), now), "together": together}
        if approved:
            params["person"] = None
        cursor.execute(judging.CHECK, params)
        cursor.execute("analyze pg_temp.ld_checked (uid_key)")
        booked = 0 if dry_run else _insert(cursor, params)
        waits = 0 if dry_run or params["person"] is None else _keep_waiting(cursor, params)
        if booked:
            _hold_statements(cursor, params)
            cursor.execute(booking.INSERT_TRANSACTIONS, params)
            cursor.execute(booking.INSERT_SPENT, params)
            stock.take_out(source=source, actor=params["actor"], now=now)
            cursor.execute(booking.RESULT_OF_BOOKED)
            if booked < _checked(cursor):
                cursor.execute(booking.ADD_RESULT)
        else:
            if dry_run:
                cursor.execute(booking.NUMBER_NONE)
            cursor.execute(booking.RESULT)
        if booked:
            _tell(booked, source=source, by=by, import_id=import_id)
        if waits:
            _tell_waiting(waits, source=source, by=by, import_id=import_id)
    return booked


def _keep_waiting(cursor: Any, params: dict[str, Any]) -> int:
    cursor.execute(booking.INSERT_WAITING, params)
    return int(cursor.rowcount)


def _tell_waiting(units: int, *, source: Source, by: User | None, import_id: uuid.UUID | None) -> None:
    audit.record(
        action="write_off.wait",
        by=by,
        summary=f"{units} units above a limit wait for a second person ({source})",
        data={"units": units, "source": str(source), "import": str(import_id or "")},
    )


def _insert(cursor: Any, params: dict[str, Any]) -> int:
    """Fill `ld_booked` with the units that are written off now; answers how many."""
    cursor.execute(booking.NUMBER, params)
    numbered = cursor.rowcount
    cursor.execute("analyze pg_temp.ld_booked (id, merchant_id, product_id)")
    cursor.execute(booking.INSERT_WRITE_OFFS, params)
    booked = int(cursor.rowcount)
    if booked < numbered:
        cursor.execute(booking.DROP_LOST)
    return booked


def _checked(cursor: Any) -> int:
    cursor.execute("select count(*) from pg_temp.ld_checked")
    return int(cursor.fetchone()[0])


def _hold_statements(cursor: Any, params: dict[str, Any], sellers: str = "pg_temp.ld_booked") -> None:
    """Hold the open statement of every seller in a table, so that none is closed before this commits."""
    cursor.execute(f"select count(distinct merchant_id) from {sellers}")
    count = cursor.fetchone()[0]
    while True:
        cursor.execute(booking.OPEN_STATEMENTS.format(sellers=sellers), params)
        cursor.execute(booking.LOCK_STATEMENTS.format(sellers=sellers))
        if len(cursor.fetchall()) == count:
            return
        # one was closed while we waited for it: its successor is open now


@repeated_on_deadlock
@transaction.atomic
def reverse(*, number: str, note: str, by: User | None, as_of: datetime | None = None) -> SellerTransaction:
    """Book the unit as found: the debit that takes its credit back, once. The UID stays used.

    Raises CannotReverse when there is no such write-off, it is reversed already, or the period is locked.
    """
    now = as_of or timezone.now()
    if not note.strip():
        raise CannotReverse("Say why it is reversed.")
    if finance_settings.is_locked(finance_settings.current(), now):
        raise CannotReverse(errors.MESSAGES["locked"][1])
    with connection.cursor() as cursor:
        # the queue of those who would reverse it at once; nobody may lock a row that can never be changed
        cursor.execute("select pg_advisory_xact_lock(hashtext('lost_damaged.reverse'), hashtext(%s))", [number])
        cursor.execute("select id from lost_damaged_writeoff where number = %s", [number])
        if not (found := cursor.fetchone()):
            raise CannotReverse(f"There is no write-off {number}.")
        credit = SellerTransaction.objects.get(write_off_id=found[0], type=SellerTransaction.Type.CREDIT)
        if SellerTransaction.objects.filter(reverses=credit).exists():
            raise CannotReverse(f"{number} is reversed already.")
        seller = f"(values ({int(credit.merchant_id)}::bigint)) seller(merchant_id)"
        _hold_statements(cursor, {"now": now}, seller)
        cursor.execute(
            booking.INSERT_REVERSAL,
            {"credit": credit.pk, "note": note.strip()[:500], "actor": by.email if by else "", "now": now},
        )
        debit = SellerTransaction.objects.get(reverses=credit)
        stock.put_back(number=number, actor=by.email if by else "", now=now)
    audit.record(
        action="write_off.reverse",
        by=by,
        subject=debit,
        summary=f"{number} reversed by {debit.number}",
        merchant_id=credit.merchant_id,
    )
    return debit
