"""NAV batches: made once, frozen, confirmed or rejected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal
from hashlib import sha256
from itertools import groupby

from django.db import connection, transaction
from django.utils import timezone

from inventory_ops.kit.db import locks
from inventory_ops.models import User
from inventory_ops.operations import audit
from lost_damaged.models import NavBatch, NavBatchLine
from lost_damaged.nav import lines
from lost_damaged.nav.lines import Entry, Journal
from lost_damaged.queries import nav as queries
from lost_damaged.queries import settings as finance_settings


class CannotDecide(Exception):
    """The batch was decided on before, or what is needed is missing."""


@dataclass(frozen=True, slots=True)
class Exported:
    """The batches that were made, and how many transactions are held for want of a vendor number."""

    batches: list[NavBatch]
    held: int


@transaction.atomic
def export(*, by: User | None) -> Exported:
    """Put every transaction that is in no active batch into one: a batch a currency and posting month.

    Sellers without a vendor number are left out, and amounts of 0. Exports queue up behind each other.
    """
    locks.wait_for("lost_damaged.nav_export")
    settings = finance_settings.current()
    journal = Journal(
        template=settings.nav_template,
        batch=settings.nav_journal,
        expense_account=settings.nav_expense_account,
        shop_dimension=settings.nav_shop_dimension,
        local_currency=settings.nav_local_currency,
    )
    waiting = [_entry(each) for each in queries.waiting().filter(merchant__nav_account__isnull=False)]
    held = queries.waiting().filter(merchant__nav_account__isnull=True).count()
    batches = []
    waiting.sort(key=_group)
    for (currency, month), entries in groupby(waiting, key=_group):
        batches.append(_make(currency, month, list(entries), journal, by))
    if batches:
        audit.record(
            action="nav_batch.export",
            by=by,
            summary=f"NAV export: {', '.join(batch.number for batch in batches)}; {held} transactions held",
        )
    return Exported(batches, held)


def _group(entry: Entry) -> tuple[str, date]:
    return entry.currency, entry.booked_on.replace(day=1)


def _entry(each: queries.Waiting) -> Entry:
    return Entry(
        transaction_id=each.pk,
        number=each.number,
        uid=each.write_off.uid,
        sku=each.write_off.product.sku,
        type_name=str(each.get_type_display()),
        amount=each.amount,
        currency=each.currency,
        digits=each.minor_units,
        booked_on=each.created_at.astimezone(UTC).date(),
        vendor_no=each.merchant.nav_account.vendor_no,
        reason=each.write_off.reason,
        category=each.write_off.product.category.name if each.write_off.product.category else "",
    )


def _make(currency: str, month: date, entries: list[Entry], journal: Journal, by: User | None) -> NavBatch:
    found = list(lines.lines(entries, journal))
    debit = sum((line.debit for line in found), Decimal(0))
    credit = sum((line.credit for line in found), Decimal(0))
    with connection.cursor() as cursor:
        cursor.execute("select lost_damaged_number('NAV', 'lost_damaged_nav_seq')")
        number = cursor.fetchone()[0]
    content = lines.as_csv(found, journal, number)
    batch = NavBatch.objects.create(
        number=number,
        currency=currency,
        month=month,
        csv=content,
        json=lines.as_json(found, journal),
        sha256=sha256(content).hexdigest(),
        line_count=len(found),
        debit_amount=debit,
        credit_amount=credit,
        created_by=by,
    )
    NavBatchLine.objects.bulk_create(
        [NavBatchLine(batch=batch, transaction_id=entry.transaction_id) for entry in entries], batch_size=5000
    )
    return batch


@transaction.atomic
def confirm(*, number: str, posted_number: str, by: User) -> NavBatch:
    """Write down that NAV has posted the batch, and as what; not by who made it. Raises CannotDecide."""
    batch = _undecided(number)
    if batch.created_by_id == by.pk:
        raise CannotDecide("You made this batch: a second person has to confirm that NAV posted it.")
    batch.state, batch.posted_number = NavBatch.State.CONFIRMED, posted_number.strip()
    return _decide(batch, by)


@transaction.atomic
def reject(*, number: str, note: str, by: User) -> NavBatch:
    """Write down that NAV did not take the batch: its transactions can go into a new one. Raises CannotDecide."""
    if not note.strip():
        raise CannotDecide("Say why the batch was rejected.")
    batch = _undecided(number)
    batch.state, batch.note = NavBatch.State.REJECTED, note.strip()
    NavBatchLine.objects.filter(batch=batch).update(active=False)
    return _decide(batch, by)


def _undecided(number: str) -> NavBatch:
    batch = NavBatch.objects.select_for_update().defer("csv", "json").get(number=number)
    if batch.state != NavBatch.State.EXPORTED:
        raise CannotDecide(f"{number} is {batch.get_state_display().lower()} already.")
    return batch


def _decide(batch: NavBatch, by: User) -> NavBatch:
    batch.decided_by, batch.decided_at = by, timezone.now()
    batch.save(update_fields=["state", "posted_number", "note", "decided_by", "decided_at"])
    audit.record(action=f"nav_batch.{batch.state}", by=by, subject=batch, summary=f"{batch.number} {batch.state}")
    return batch
