"""NAV batches: made once, frozen, confirmed or rejected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date
from hashlib import sha256
from itertools import groupby
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from inventory_ops.kit.db import locks
from inventory_ops.models import Merchant, User
from inventory_ops.operations import audit
from lost_damaged import formula
from lost_damaged.models import FinanceSettings, NavBatch, NavBatchLine, SellerTransaction
from lost_damaged.nav import lines
from lost_damaged.nav.lines import Entry, Journal
from lost_damaged.queries import nav as queries
from lost_damaged.queries import settings as finance_settings
from lost_damaged.queries.nav import EVERYTHING, Choice


class CannotDecide(Exception):
    """The batch was decided on before, or what is needed is missing."""


@dataclass(frozen=True, slots=True)
class Exported:
    """The batches that were made, and how many transactions and statements are held for want of a vendor number."""

    batches: list[NavBatch]
    held: int


@dataclass(frozen=True, slots=True)
class _Document:
    """What goes into a batch whole: a transaction or a statement, with its entries."""

    of: dict[str, int]
    entries: list[Entry] = field(default_factory=list)

    @property
    def group(self) -> tuple[str, date]:
        """The currency and posting month of its batch."""
        return self.entries[0].currency, self.entries[0].posted_on.replace(day=1)


@transaction.atomic
def export(*, by: User | None, choice: Choice = EVERYTHING, posting_date: date | None = None) -> Exported:
    """Put what waits and is chosen into batches: one a currency and posting month.

    Everything is posted on `posting_date`, or without it on its own day. Sellers without a vendor number are left out,
    and amounts of 0. Exports queue up behind each other.
    """
    locks.wait_for("lost_damaged.nav_export")
    settings = finance_settings.current()
    waiting = sorted(_documents(choice, settings, posting_date), key=lambda each: each.group)
    held = sum(each.count for each in queries.held(choice))
    chosen: dict[str, Any] = {
        "first_day": choice.first,
        "last_day": choice.last,
        "posting_date": posting_date,
        "sellers": _vendor_numbers(choice),
        "created_by": by,
    }
    batches = [
        _make(currency, month, list(documents), settings, chosen)
        for (currency, month), documents in groupby(waiting, key=lambda each: each.group)
    ]
    if batches:
        audit.record(
            action="nav_batch.export",
            by=by,
            summary=f"NAV export: {', '.join(batch.number for batch in batches)}; {held} held",
        )
    return Exported(batches, held)


def _vendor_numbers(choice: Choice) -> str:
    rows = Merchant.objects.filter(pk__in=choice.sellers).order_by("vendor_number")
    return ", ".join(rows.values_list("vendor_number", flat=True))


def _documents(choice: Choice, settings: FinanceSettings, posting_date: date | None) -> Iterator[_Document]:
    for each in queries.transactions(choice).filter(merchant__nav_account__isnull=False):
        yield _Document({"transaction_id": each.pk}, [_of_transaction(each, settings, posting_date)])
    for statement in queries.statements(choice).filter(merchant__nav_account__isnull=False):
        yield _Document({"statement_id": statement.pk}, list(_of_statement(statement, settings, posting_date)))


def _of_transaction(each: SellerTransaction, settings: FinanceSettings, posting_date: date | None) -> Entry:
    day = each.created_at.astimezone(UTC).date()
    product = each.write_off.product
    return Entry(
        number=each.number,
        external=each.write_off.uid,
        description=f"{each.get_type_display()} {product.sku}",
        amount=each.amount,
        currency=each.currency,
        digits=each.minor_units,
        posted_on=posting_date or day,
        document_on=day,
        account_no=settings.nav_expense_account,
        vendor_no=each.merchant.nav_account.vendor_no,
        reason_code=lines.REASON_CODES.get(each.write_off.reason, "OTHER"),
        category=product.category.name if product.category else "",
    )


def _of_statement(statement: Any, settings: FinanceSettings, posting_date: date | None) -> Iterator[Entry]:
    """The sums of a closed statement's groups, all under its number."""
    sales, commission = settings.nav_sales_account, settings.nav_commission_account
    for name, title, account, credits_vendor in (
        ("orders", "Item price", sales, True),
        ("fees", "Commission", commission, False),
        ("refunds", "Item price refunded", sales, False),
        ("fee_refunds", "Commission returned", commission, True),
        ("adjustments", "Adjustments", settings.nav_adjustment_account, statement.adjustments_amount > 0),
    ):
        if amount := getattr(statement, f"{name}_amount"):
            yield Entry(
                number=statement.number,
                external=statement.number,
                description=f"{title} ({getattr(statement, f'{name}_count')})",
                amount=amount,
                currency=statement.currency,
                digits=formula.minor_units(statement.currency),
                posted_on=posting_date or statement.last_day,
                document_on=statement.last_day,
                account_no=account,
                vendor_no=statement.merchant.nav_account.vendor_no,
                credits_vendor=credits_vendor,
            )


def _make(
    currency: str, month: date, documents: list[_Document], settings: FinanceSettings, chosen: dict[str, Any]
) -> NavBatch:
    journal = Journal(
        template=settings.nav_template,
        batch=settings.nav_journal,
        shop_dimension=settings.nav_shop_dimension,
        local_currency=settings.nav_local_currency,
    )
    found = list(lines.lines(entry for document in documents for entry in document.entries))
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
        debit_amount=sum(line.debit for line in found),
        credit_amount=sum(line.credit for line in found),
        **chosen,
    )
    NavBatchLine.objects.bulk_create([NavBatchLine(batch=batch, **each.of) for each in documents], batch_size=5000)
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
    """Write down that NAV did not take the batch: what is in it can go into a new one. Raises CannotDecide."""
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
