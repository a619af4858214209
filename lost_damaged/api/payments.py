"""The action RecordPayments: what a bank or an ERP paid for closed statements."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from inventory_ops.registries.permissions import FINANCE
from lost_damaged.api import body, refusals
from lost_damaged.api.answers import Answer
from lost_damaged.api.calls import Call
from lost_damaged.models import Payment
from lost_damaged.operations import payments
from lost_damaged.operations.payments import NewPayment

FIELD, REFUSED = "2001", "2012"
NAMES = {"number": "statement"}


def record_payments(call: Call, data: bytes) -> Answer:
    """Book the payments of the body; each is booked or refused by itself, a known reference is not an error.

    `DryRun=1` books nothing.
    """
    if not call.user.has_role(FINANCE):
        raise refusals.not_allowed()
    good: list[tuple[int, NewPayment]] = []
    failed: list[dict[str, Any]] = []
    for position, each in enumerate(body.items(data, "Payment")):
        try:
            good.append((position, _payment(each)))
        except ValueError as error:
            failed.append(_error(position, FIELD, str(error)))
    outcomes = payments.record(
        [payment for _position, payment in good],
        source=Payment.Source.API,
        by=call.user,
        dry_run=call.flag("DryRun"),
    )
    for (position, _each), outcome in zip(good, outcomes, strict=True):
        if outcome.state == "refused":
            name = NAMES.get(outcome.field, outcome.field)
            failed.append(_error(position, REFUSED, f"{name}: {outcome.problem}"))
    return Answer({}, sorted(failed, key=lambda each: each["Position"]))


def _payment(item: Any) -> NewPayment:
    """Raises ValueError that says which field has to be what."""
    if not isinstance(item, dict):
        raise ValueError("The item is not an object with statement, amount, paid_on and reference.")
    texts = {}
    for name, most in (("statement", 20), ("amount", 30), ("currency", 3), ("paid_on", 10), ("reference", 100)):
        value = item.get(name)
        if value in (None, "") and name == "currency":
            value = ""
        elif not isinstance(value, str) or not value.strip():
            raise ValueError(f"{name} must be a text.")
        if len(value) > most or not value.isprintable():
            raise ValueError(f"{name} must have at most {most} characters that can be seen.")
        texts[name] = value.strip()
    try:
        amount = Decimal(texts["amount"])
        if not amount.is_finite() or abs(amount) >= Decimal(10) ** 15:
            raise InvalidOperation
    except InvalidOperation:
        raise ValueError("amount must be a decimal number in a text, like 430.00.") from None
    try:
        paid_on = date.fromisoformat(texts["paid_on"])
    except ValueError:
        raise ValueError("paid_on must be a day, like 2026-06-05.") from None
    return NewPayment(texts["statement"].upper(), amount, texts["currency"].upper(), paid_on, texts["reference"])


def _error(position: int, code: str, message: str) -> dict[str, Any]:
    return {"ErrorCode": code, "ErrorMessage": message, "Position": position}
