"""Mails to people of sellers when a statement is closed, if they want them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory_ops.models import User
from inventory_ops.operations import audit
from inventory_ops.operations.notifications import deliveries
from inventory_ops.queries import shop
from lost_damaged import formula
from lost_damaged.models import StatementMail


@dataclass(frozen=True, slots=True)
class Closed:
    """One statement that was closed, and the one that is open now."""

    number: str
    following: str
    merchant_id: int
    currency: str
    closing: Decimal
    payout: Decimal

    def said(self, amount: Decimal) -> str:
        return f"{formula.rounded(amount, formula.minor_units(self.currency)):f} {self.currency}"


@transaction.atomic
def want(*, user: User, wanted: bool) -> None:
    """Mail a person of a seller each statement that is closed, or no longer."""
    if wanted:
        StatementMail.objects.get_or_create(user=user)
    else:
        StatementMail.objects.filter(user=user).delete()
    audit.record(
        action="statement.mail",
        by=user,
        summary="Mails of closed statements: " + ("wanted" if wanted else "not wanted"),
        merchant_id=user.merchant_id,
    )


def announce(closed: Sequence[Closed]) -> None:
    """Mail the statements to those who want it, with the balance and where the PDF is. Call it in the transaction."""
    wanted = StatementMail.objects.filter(
        user__merchant__in={each.merchant_id for each in closed}, user__is_active=True
    ).select_related("user")
    people: dict[int, list[User]] = {}
    for row in wanted.order_by("pk"):
        people.setdefault(row.user.merchant_id or 0, []).append(row.user)
    for each in closed:
        for person in people.get(each.merchant_id, []):
            _write(person, each)


def _write(person: User, closed: Closed) -> None:
    with shop.written_to(person):
        text = _("Closing balance: %(closing)s. Payout: %(payout)s. The statement as PDF, after signing in: %(url)s")
        deliveries.create_letter(
            user=person,
            title=_("Statement %(number)s is closed") % {"number": closed.number},
            text=text
            % {
                "closing": closed.said(closed.closing),
                "payout": closed.said(closed.payout),
                "url": f"{settings.PUBLIC_URL}{reverse('statement', args=[closed.number])}?_export=pdf",
            },
            now=timezone.now(),
        )
