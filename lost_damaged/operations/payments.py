"""Payments of closed statements: typed by hand, read from the bank's file, or told by API. One function for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.urls import reverse as reverse_url
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory_ops.models import User
from inventory_ops.operations import audit, people
from lost_damaged import formula
from lost_damaged.models import Payment, Statement

EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class NewPayment:
    """What the bank paid: a statement's number, and the bank's own reference, which tells repeats."""

    number: str
    amount: Decimal
    currency: str
    paid_on: date
    reference: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one payment: `booked`, `repeat` (it is known with the same data) or `refused`, by `problem`.

    `field` names the part of the payment that has to be corrected.
    """

    state: str
    problem: str = ""
    field: str = ""
    code: str = "refused"  # of the error, where it stands in a file


@transaction.atomic
def record(
    payments: Sequence[NewPayment], *, source: Payment.Source, by: User | None, dry_run: bool = False
) -> list[Outcome]:
    """Book each payment that can be; answer one outcome a payment, in their order. With `dry_run` nothing is booked.

    A statement is paid when its payouts are its payout; no payment goes above what is left of it.
    """
    numbers = {each.number for each in payments}
    statements = {
        each.number: each
        for each in Statement.objects.select_for_update(of=("self",)).filter(number__in=numbers).order_by("pk")
    }
    known = {
        (each.statement_id, each.reference): each for each in Payment.objects.filter(statement__in=statements.values())
    }
    outcomes: list[Outcome] = []
    made: list[Payment] = []
    for new in payments:
        statement = statements.get(new.number)
        outcome = _judge(new, statement, known)
        outcomes.append(outcome)
        if statement is None or outcome.state != "booked":
            continue
        payment = Payment(
            statement=statement,
            amount=new.amount,
            paid_on=new.paid_on,
            reference=new.reference,
            source=source,
            actor=by.email if by else "",
        )
        made.append(payment)
        known[statement.pk, new.reference] = payment
        statement.paid_amount += new.amount
        if statement.paid_amount == statement.payout_amount:
            statement.state = Statement.State.PAID
    if not dry_run:
        _write(made, by)
    return outcomes


class CannotReverse(Exception):
    """Nothing was changed; `field` names what has to be corrected, the text says why."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def reverse(*, payment: Payment, returned_on: date, reference: str, reason: str, by: User) -> Payment:
    """Book that the bank returned a payment: its statement waits for the money again, and the seller is notified.

    Raises CannotReverse for one that is reversed already, and for what does not fit it.
    """
    statement = (
        Statement.objects.select_for_update(of=("self",)).select_related("merchant").get(pk=payment.statement_id)
    )
    if payment.reverses_id is not None or Payment.objects.filter(reverses=payment).exists():
        raise CannotReverse(_("This payment is reversed already."))
    if not payment.paid_on <= returned_on <= timezone.now().date():
        raise CannotReverse(_("Give a day from the payment on, not in the future."), "returned_on")
    if not reason.strip():
        raise CannotReverse(_("Say why it came back: the seller sees it."), "reason")
    if Payment.objects.filter(statement=statement, reference=reference).exists():
        raise CannotReverse(_("This reference is known: give the one of the return."), "reference")
    made = Payment.objects.create(
        statement=statement,
        amount=-payment.amount,
        paid_on=returned_on,
        reference=reference,
        reverses=payment,
        reason=reason.strip()[:200],
        source=Payment.Source.PAGE,
        actor=by.email,
    )
    statement.paid_amount -= payment.amount
    statement.state = Statement.State.CLOSED
    statement.save(update_fields=["paid_amount", "state"])
    said = _amount(payment.amount, statement.currency)
    _notify(
        statement,
        title=lambda: _("%(number)s: a payment of %(amount)s came back") % {"number": statement.number, "amount": said},
        text=lambda: _("Reason: %(reason)s. It will be paid again.") % {"reason": made.reason},
    )
    audit.record(
        action="statement.payment_returned",
        by=by,
        subject=statement,
        summary=f"{statement.number}: {said} came back on {returned_on}",
        data={"reference": reference, "of": payment.reference, "reason": made.reason},
        merchant_id=statement.merchant_id,
    )
    return made


def _notify(statement: Statement, *, title: Callable[[], str], text: Callable[[], str]) -> None:
    sellers = User.objects.filter(merchant=statement.merchant_id, is_active=True, is_service=False).order_by("pk")
    for person in sellers:
        people.notify(person, title=title, text=text, url=reverse_url("statement", args=[statement.number]))


def _judge(new: NewPayment, statement: Statement | None, known: dict[tuple[int, str], Payment]) -> Outcome:
    if statement is None:
        return Outcome("refused", _("There is no statement of this number."), "number", "unknown")
    if new.currency and new.currency != statement.currency:
        return Outcome("refused", _("The statement is in %(currency)s.") % {"currency": statement.currency}, "currency")
    if before := known.get((statement.pk, new.reference)):
        if (before.amount, before.paid_on) == (new.amount, new.paid_on):
            return Outcome("repeat")
        text = _("This reference is known with another amount or day: %(amount)s on %(day)s.")
        return Outcome("refused", text % {"amount": before.amount, "day": before.paid_on}, "reference")
    if statement.state not in Statement.FROZEN:
        return Outcome("refused", _("The statement is open: close it before it is paid."), "number")
    if not EARLIEST <= new.paid_on <= timezone.now().date():
        return Outcome("refused", _("The day of a payment is not in the future, nor before 2000."), "paid_on")
    digits = formula.minor_units(statement.currency)
    if new.amount <= 0 or formula.rounded(new.amount, digits) != new.amount:
        text = _("Give an amount above 0 with at most %(n)s decimals.")
        return Outcome("refused", text % {"n": digits}, "amount")
    left = (statement.payout_amount or Decimal(0)) - statement.paid_amount
    if new.amount > left:
        text = _("Of this statement %(left)s are left to pay.")
        return Outcome("refused", text % {"left": _amount(left, statement.currency)}, "amount")
    return Outcome("booked")


def _amount(amount: Decimal, currency: str) -> str:
    return f"{formula.rounded(amount, formula.minor_units(currency)):f} {currency}"


def _write(made: Sequence[Payment], by: User | None) -> None:
    Payment.objects.bulk_create(made)
    paid = {payment.statement.pk: payment.statement for payment in made}
    Statement.objects.bulk_update(paid.values(), ["paid_amount", "state"])
    audit.record_many(
        action="statement.pay",
        by=by,
        entries=[
            audit.Entry(
                each.statement,
                f"{each.statement.number}: {_amount(each.amount, each.statement.currency)} paid on {each.paid_on}",
                {"reference": each.reference, "source": str(each.source)},
                each.statement.merchant_id,
            )
            for each in made
        ],
    )
