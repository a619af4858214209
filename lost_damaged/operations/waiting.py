"""Units above a limit: a second person approves or rejects them, and what is approved is booked then."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from inventory_ops.models import Import, User
from inventory_ops.operations import audit
from lost_damaged import errors
from lost_damaged.models import Source, WaitingUnit, WriteOff, WriteOffRow
from lost_damaged.operations import claims, imports, judging, write_offs

MOST_AT_ONCE = 500


class CannotDecide(Exception):
    """Nothing was decided; the message says why."""


@dataclass(frozen=True, slots=True)
class Decided:
    """How many units were booked, and how many wait on since they have changed."""

    booked: int = 0
    left: int = 0


@write_offs.repeated_on_deadlock
@transaction.atomic
def approve(*, seen: Mapping[int, Decimal], by: User) -> Decided:
    """Book waiting units, given by id with the amount that `by` saw. Raises CannotDecide.

    Each is priced again: one whose amount is higher now is not booked, shows its new amount and waits on. Units of an
    import that books all or nothing are approved together.
    """
    units = _held(list(seen), by=by)
    for unit in units:
        if unit.amount > seen[unit.pk]:
            raise CannotDecide(f"The amount of {unit.uid} has changed since you looked. Look at it again.")
    _whole(units)
    booked = 0
    groups = groupby(units, key=lambda unit: (unit.requested_by, unit.source, unit.reason, unit.import_id))
    for (asker, source, reason, import_id), group in groups:
        booked += _book(list(group), asker=asker, source=Source(source), reason=reason, import_id=import_id, by=by)
    _count_imports(units)
    audit.record(
        action="write_off.approve",
        by=by,
        summary=f"{booked} of {len(units)} waiting units approved and written off",
        data={"units": [unit.pk for unit in units], "requested_by": sorted({unit.requested_by_id for unit in units})},
    )
    return Decided(booked, len(units) - booked)


@transaction.atomic
def reject(*, ids: Sequence[int], note: str, by: User) -> int:
    """Drop waiting units, which are not written off; answers how many. Whoever asked may do so, too."""
    if not note.strip():
        raise CannotDecide("Say why they are rejected.")
    units = _held(ids, by=None)
    text = note.strip()[:2000]
    WaitingUnit.objects.filter(pk__in=[unit.pk for unit in units]).update(
        state=WaitingUnit.State.REJECTED, rejected_by=by, decided_at=timezone.now(), note=text
    )
    for unit in units:
        _row(unit).update(
            state=WriteOffRow.State.ERROR, error_code=errors.Code.LOCKED, error_message=f"Rejected: {text}"[:500]
        )
    _count_imports(units)
    audit.record(
        action="write_off.reject",
        by=by,
        summary=f"{len(units)} waiting units rejected",
        data={"units": [unit.pk for unit in units], "note": text},
    )
    return len(units)


def _held(ids: Sequence[int], *, by: User | None) -> list[WaitingUnit]:
    """The units, locked; `by` is who approves them and must not have asked for any."""
    if not ids or len(ids) > MOST_AT_ONCE:
        raise CannotDecide(f"Choose from 1 to {MOST_AT_ONCE} units.")
    rows = WaitingUnit.objects.filter(pk__in=ids, state=WaitingUnit.State.WAITING).order_by("pk")
    units = list(rows.select_for_update(of=["self"]).select_related("requested_by"))
    if len(units) < len(set(ids)):
        raise CannotDecide("Some of these units no longer wait: somebody else has decided. Look at the list again.")
    if by is not None and any(unit.requested_by_id == by.pk for unit in units):
        raise CannotDecide("You asked for these units yourself: a second person has to approve them.")
    return units


def _whole(units: Sequence[WaitingUnit]) -> None:
    """Refuse a part of an import that books all or nothing."""
    of_imports = {unit.import_id for unit in units if unit.import_id}
    together = Import.objects.filter(pk__in=of_imports, all_or_nothing=True).values_list("pk", "file_name")
    chosen = {unit.pk for unit in units}
    for pk, name in together:
        waiting = WaitingUnit.objects.filter(import_id=pk, state=WaitingUnit.State.WAITING).exclude(pk__in=chosen)
        if waiting.exists():
            raise CannotDecide(f"All units of {name} are imported, or none: approve them together.")


def _book(
    units: list[WaitingUnit], *, asker: User, source: Source, reason: str, import_id: uuid.UUID | None, by: User
) -> int:
    """Book units of one asker and occasion, each up to the amount that was approved; answers how many."""
    write_offs.stage()
    with connection.cursor() as cursor:
        with cursor.copy(f"copy pg_temp.ld_item ({', '.join(judging.ITEM_COLUMNS)}) from stdin") as copy:
            for unit in units:
                copy.write_row((unit.pk, unit.sku, unit.uid, unit.uid_key, unit.shop_item_id, unit.amount))
        write_offs.write_off_staged(source=source, by=asker, reason=reason, import_id=import_id, approved=True)
        cursor.execute("select position, state, problem, number, amount from pg_temp.ld_result")
        results = {row[0]: row[1:] for row in cursor.fetchall()}
    numbers = [number for state, _problem, number, _amount in results.values() if state in {"booked", "repeat"}]
    made = {each.number: each for each in WriteOff.objects.filter(number__in=numbers)}
    booked = 0
    for unit in units:
        state, problem, number, amount = results[unit.pk]
        if state in {"booked", "repeat"}:
            _settle(unit, made[number], amount, by=by)
            booked += 1
        else:
            unit.problem = errors.of_reason(problem, number=number).message
            unit.amount = unit.amount if amount is None else amount
            unit.save(update_fields=["problem", "amount"])
    return booked


def _settle(unit: WaitingUnit, write_off: WriteOff, amount: Decimal, *, by: User) -> None:
    unit.state, unit.approved_by, unit.decided_at = WaitingUnit.State.BOOKED, by, timezone.now()
    unit.write_off, unit.amount, unit.problem = write_off, amount, ""
    unit.save(update_fields=["state", "approved_by", "decided_at", "write_off", "amount", "problem"])
    _row(unit).update(
        state=WriteOffRow.State.BOOKED, number=write_off.number, amount=amount, error_code="", error_message=""
    )
    if unit.claim_id:
        claims.settle(unit, write_off)


def _row(unit: WaitingUnit) -> QuerySet[WriteOffRow]:
    return WriteOffRow.objects.filter(file_id=unit.import_id, uid_key=unit.uid_key, state=WriteOffRow.State.WAITS)


def _count_imports(units: Sequence[WaitingUnit]) -> None:
    ids = {unit.import_id for unit in units if unit.import_id}
    for record in Import.objects.filter(pk__in=ids, write_off_file__isnull=False).select_for_update().order_by("pk"):
        imports.count(record)
        record.save()
