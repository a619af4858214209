"""A seller's account in a glance: what the open statement comes to, what waits to be paid, what was paid last."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, Sum

from lost_damaged.models import Payment, Statement
from lost_damaged.queries import statements


@dataclass(frozen=True, slots=True)
class Account:
    """One currency of a seller. `balance` is of the open statement so far, `due` what closed ones still pay."""

    currency: str
    open: Statement
    balance: Decimal
    due: Decimal
    last: Payment | None


def accounts(*, merchant_id: int) -> list[Account]:
    """The seller's accounts, by currency; [] before the first statement."""
    rows = Statement.objects.filter(merchant_id=merchant_id)
    due = dict(
        rows.filter(state=Statement.State.CLOSED)
        .order_by()
        .values_list("currency")
        .annotate(due=Sum(F("payout_amount") - F("paid_amount")))
    )
    payments = Payment.objects.filter(
        statement__merchant_id=merchant_id, reverses__isnull=True, reversal__isnull=True
    ).select_related("statement")
    return [
        Account(
            each.currency,
            each,
            statements.figures(each).closing,
            due.get(each.currency) or Decimal(0),
            payments.filter(statement__currency=each.currency).order_by("-paid_on", "-pk").first(),
        )
        for each in rows.filter(state=Statement.State.OPEN).order_by("currency")
    ]
