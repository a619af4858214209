"""What is said and done about a claim, step by step: whose turn it is, until when, and who is notified."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from inventory_ops.kit import showing
from inventory_ops.models import User
from inventory_ops.operations import people
from lost_damaged.models import Claim, ClaimFile, ClaimStep, Side
from lost_damaged.queries import settings

Kind = ClaimStep.Kind


def record(
    claim: Claim,
    kind: ClaimStep.Kind,
    *,
    side: Side,
    by: User | None,
    text: str = "",
    amount: Decimal | None = None,
    files: Sequence[ClaimFile] = (),
) -> ClaimStep:
    """Write a step down and notify the other side of it."""
    step = ClaimStep.objects.create(claim=claim, kind=kind, side=side, by=by, text=text.strip(), amount=amount)
    for each in files:
        each.claim, each.step = claim, step
    ClaimFile.objects.bulk_create(files)
    if kind != Kind.OPENED:  # finance sees new ones in its list
        _notify(sellers(claim) if side == Side.SHOP else _who_answered(claim), claim, step)
    return step


def turn(claim: Claim, side: str) -> None:
    """Say whose turn it is: within the days of the settings, or nobody's."""
    days = settings.current().claim_answer_days
    claim.waits_for = side
    claim.due_on = showing.today() + timedelta(days=days) if side else None
    claim.reminded_on = None
    claim.save(update_fields=["waits_for", "due_on", "reminded_on"])


def sellers(claim: Claim) -> list[User]:
    """The people of the claim's seller."""
    return list(User.objects.filter(merchant=claim.merchant_id, is_active=True, is_service=False).order_by("pk"))


def finance() -> list[User]:
    return list(User.objects.filter(role="finance", is_active=True, is_service=False).order_by("pk"))


def _who_answered(claim: Claim) -> list[User]:
    """Those of the shop who took part."""
    steps = ClaimStep.objects.filter(claim=claim, side=Side.SHOP, by__isnull=False)
    return list(User.objects.filter(pk__in=steps.values("by"), is_active=True).order_by("pk"))


def _notify(asked: Iterable[User], claim: Claim, step: ClaimStep) -> None:
    for person in asked:
        people.notify(
            person,
            title=lambda: f"{claim.number}: {step.get_kind_display()}",
            text=lambda: step.text[:500] or str(step.get_kind_display()),
            url=reverse("claim", args=[claim.number]),
        )


def run_due() -> None:
    """Remind who has to answer within two days, and end the turn of a seller who did not. Safe to run at any time."""
    today = showing.today()
    waiting = Claim.objects.exclude(waits_for="").filter(due_on__isnull=False)
    soon = waiting.filter(Q(reminded_on__isnull=True), due_on__lte=today + timedelta(days=2))
    late = waiting.filter(due_on__lt=today)
    for pk in sorted({*soon.values_list("pk", flat=True), *late.values_list("pk", flat=True)}):
        _remind(pk)


@transaction.atomic
def _remind(pk: int) -> None:
    today = showing.today()
    claim = Claim.objects.select_for_update(of=("self",)).select_related("merchant").get(pk=pk)
    if not claim.waits_for or claim.due_on is None:
        return
    if claim.waits_for == Side.SELLER and claim.due_on < today:
        record(claim, Kind.UNANSWERED, side=Side.SELLER, by=None)
        turn(claim, Side.SHOP)
    elif claim.reminded_on is None or (claim.due_on < today and claim.reminded_on < today - timedelta(days=6)):
        text = _("An answer is due on %(day)s.") % {"day": claim.due_on.isoformat()}
        step = ClaimStep.objects.create(claim=claim, kind=Kind.REMINDED, side=claim.waits_for, text=text)
        _notify(sellers(claim) if claim.waits_for == Side.SELLER else finance(), claim, step)
        claim.reminded_on = today
        claim.save(update_fields=["reminded_on"])
