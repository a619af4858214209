"""Closing account statements."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from inventory_ops.models import User
from inventory_ops.operations import audit, jobs
from lost_damaged.models import Statement
from lost_damaged.queries import statements as queries


class CannotClose(Exception):
    """The statement is closed already, or its period would be empty."""


@transaction.atomic
def close(*, number: str, by: User | None, as_of: datetime | None = None) -> Statement:
    """Freeze a statement at this moment and open the next one with what is carried forward; answers the next.

    Bookings that run hold the statement: they are waited for, and those that come after go to the next one.
    """
    statement = Statement.objects.select_for_update(of=("self",)).get(number=number)
    now = as_of or timezone.now()
    if statement.state != Statement.State.OPEN:
        raise CannotClose(f"{number} is closed already.")
    if now <= statement.starts_at:
        raise CannotClose(f"{number} begins only now: there is nothing to close.")
    found = queries.figures(statement, until=now)
    statement.state, statement.ends_at = Statement.State.CLOSED, now
    statement.orders_amount, statement.fees_amount, statement.refunds_amount = found.orders, found.fees, found.refunds
    statement.credits_amount, statement.credits_count = found.credits, found.credits_count
    statement.debits_amount, statement.debits_count = found.debits, found.debits_count
    statement.closing_amount, statement.payout_amount = found.closing, found.payout
    statement.closed_by = by.email if by else ""
    statement.save()
    with connection.cursor() as cursor:
        cursor.execute("select lost_damaged_number('ST', 'lost_damaged_statement_seq')")
        following = Statement.objects.create(
            number=cursor.fetchone()[0],
            merchant_id=statement.merchant_id,
            currency=statement.currency,
            starts_at=now,
            previous=statement,
            opening_amount=found.carried_forward,
        )
    audit.record(
        action="statement.close",
        by=by,
        subject=statement,
        merchant_id=statement.merchant_id,
        summary=f"{number} closed with {found.closing} {statement.currency}, payout {found.payout}",
    )
    return following


@jobs.handler("statements.close")
def _close_all(context: jobs.Context) -> None:
    """Close every statement that was open when this was asked for, each by itself."""
    numbers = list(
        Statement.objects.filter(state=Statement.State.OPEN, starts_at__lt=context.job.created_at)
        .order_by("pk")
        .values_list("number", flat=True)
    )
    for done, number in enumerate(numbers, 1):
        with suppress(CannotClose):  # somebody was faster
            close(number=number, by=context.job.created_by)
        context.progress(done, len(numbers))
    context.finish(f"{len(numbers):,} statements closed.")
