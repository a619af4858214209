"""Adjustments of statements: an amount that people agreed on, proposed by one and approved by another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory_ops.models import Merchant, Proposal
from inventory_ops.operations import proposals
from inventory_ops.operations.proposals import Refused
from lost_damaged.models import Adjustment, Statement, StatementLine


@transaction.atomic
def adjust(
    *, merchant: Merchant, currency: str, amount: Decimal, reason: str, proposal: Proposal, at: datetime
) -> Adjustment:
    """Put an amount on the seller's open statement: + raises what the shop owes. Raises Refused without one."""
    # who closes it meanwhile is waited for, and the next one is open then
    opened = Statement.objects.filter(merchant=merchant, currency=currency, state=Statement.State.OPEN)
    while (found := opened.first()) and not opened.select_for_update(of=("self",)).filter(pk=found.pk).exists():
        pass
    if found is None:
        raise Refused(
            _("%(seller)s has no open statement in %(currency)s.") % {"seller": merchant, "currency": currency}
        )
    with connection.cursor() as cursor:
        cursor.execute("select lost_damaged_number('AD', 'lost_damaged_adjustment_seq')")
        number = cursor.fetchone()[0]
    made = Adjustment.objects.create(
        number=number,
        merchant=merchant,
        currency=currency,
        amount=amount,
        reason=reason,
        proposal=proposal,
    )
    StatementLine.objects.create(
        statement=found,
        merchant=merchant,
        currency=currency,
        kind=StatementLine.Kind.ADJUSTMENT,
        adjustment=made,
        amount=amount,
        occurred_at=at,
    )
    return made


class AdjustmentKind(proposals.Kind):
    """Values: `amount`, `currency`, `reason`. On the statement that is open when it is approved."""

    name, title, of_merchants, at_once = "adjustment", gettext_lazy("Adjustment of a statement"), True, True
    labels: Mapping[str, object] = {
        "amount": gettext_lazy("amount"),
        "currency": gettext_lazy("currency"),
        "reason": gettext_lazy("reason"),
    }

    def before(self, merchant: Merchant | None, subject: str) -> dict[str, str]:
        return {"amount": "0", "currency": "", "reason": ""}

    def apply(self, proposal: Proposal, begins: datetime) -> int:
        assert proposal.merchant is not None
        return adjust(
            merchant=proposal.merchant,
            currency=proposal.values["currency"],
            amount=Decimal(proposal.values["amount"]),
            reason=proposal.values["reason"],
            proposal=proposal,
            at=begins,
        ).pk

    def withdraw(self, proposal: Proposal) -> None:
        raise NotImplementedError("It is on a statement since it was approved: propose the opposite.")


ADJUSTMENT = proposals.register(AdjustmentKind())
