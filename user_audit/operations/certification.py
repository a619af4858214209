"""Campaigns: start, answer, remind, close. Answers are final; a new campaign asks again."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.kit.db import locks
from inventory_ops.models import User
from inventory_ops.operations import people
from user_audit.models import Campaign, Certification, CertificationPlan, Manager
from user_audit.operations import log
from user_audit.queries import certification as queries

State = Certification.State


class NotPossible(Exception):
    """Nothing was changed; the message says why."""


@transaction.atomic
def save_plan(plan: CertificationPlan, *, by: User) -> None:
    """Keep how often campaigns begin; without a day, the next one begins one interval from today."""
    plan.pk = 1
    if plan.months and plan.next_on is None:
        plan.next_on = _months_later(timezone.now().date(), plan.months)
    plan.save()
    log.write(
        "certification_plan",
        by=by,
        subject="",
        summary=f"Certification every {plan.months} months, {plan.days} days to answer",
        data={"next_on": str(plan.next_on or "")},
    )


@transaction.atomic
def set_manager(*, user: User, manager: User | None, by: User) -> None:
    """Say who confirms an account. What waits of it is asked of the new one. Raises NotPossible."""
    if manager is not None and (manager.pk == user.pk or not manager.is_active or manager.is_service):
        raise NotPossible(_("The manager has to be another, active person."))
    if manager is None:
        Manager.objects.filter(user=user).delete()
    else:
        Manager.objects.update_or_create(user=user, defaults={"manager": manager})
    moved = Certification.objects.filter(user_id=user.pk, state=State.WAITING)
    if moved.update(manager=manager, reminders=0, reminded_at=None) and manager is not None:
        _ask(manager, 1, Campaign.objects.get(is_open=True).due_on)
    log.write(
        "manager", by=by, subject=f"u{user.pk}", summary=f"Manager of {user.email}: {manager.email if manager else ''}"
    )


@transaction.atomic
def start(*, by: User | None, now: datetime | None = None) -> Campaign:
    """Ask about everybody who has access, and notify those who answer. Raises NotPossible while one is open."""
    locks.wait_for("user_audit.certification")
    now = now or timezone.now()
    if Campaign.objects.filter(is_open=True).exists():
        raise NotPossible(_("A campaign is open: it ends before the next one starts."))
    plan = queries.plan()
    campaign = Campaign.objects.create(
        started_at=now, started_by=by.email if by else "", due_on=_day(now) + timedelta(days=plan.days)
    )
    identities = list(queries.subjects().select_related("user"))
    managers = dict(Manager.objects.filter(manager__is_active=True).values_list("user", "manager"))
    Certification.objects.bulk_create(
        Certification(
            campaign=campaign,
            subject=row.key,
            label=row.email or row.user_name,
            role=row.role,
            user_id=row.user_id,
            iam_user_id=row.iam_user_id,
            manager_id=managers.get(row.user_id or 0) or (row.user.responsible_id if row.user else None),
        )
        for row in identities
    )
    if plan.months:
        plan.next_on = _months_later(_day(now), plan.months)
        plan.save()
    _remind(campaign, now=now, rows=campaign.certifications.all())
    log.write(
        "certification_start",
        by=by,
        subject="",
        summary=f"Certification of {len(identities)} accounts, due on {campaign.due_on}",
    )
    return campaign


@transaction.atomic
def answer(*, keys: Sequence[int], confirm: bool, note: str = "", by: User) -> int:
    """Confirm accounts or say that they are no longer needed; answers how many. Others are left alone.

    Raises NotPossible without a reason for what is no longer needed.
    """
    if not confirm and not note.strip():
        raise NotPossible(_("Say why it is no longer needed."))
    rows = Certification.objects.select_for_update(of=["self"]).filter(pk__in=keys).order_by("pk")
    found = [row for row in rows if not queries.why_not(row, by=by)]
    state = State.CONFIRMED if confirm else State.REFUSED
    Certification.objects.filter(pk__in=[row.pk for row in found]).update(
        state=state, note=note.strip()[:500], answered_by=by.email, answered_by_id=by.pk, answered_at=timezone.now()
    )
    for row in found:
        log.write("certify", by=by, subject=row.subject, summary=f"{state.label}: {row.label}", data={"note": note})
    return len(found)


def run_due(*, now: datetime | None = None) -> None:
    """Start the campaign that is due, remind of what waits, end what is over. Safe to run at any time, by many."""
    now = now or timezone.now()
    with transaction.atomic():
        locks.wait_for("user_audit.certification")
        plan, campaign = queries.plan(), Campaign.objects.filter(is_open=True).first()
        if campaign is not None and campaign.due_on < _day(now):
            _close(campaign, now=now)
        elif campaign is not None:
            before = now - timedelta(days=plan.remind_every)
            _remind(campaign, now=now, rows=campaign.certifications.filter(reminded_at__lte=before))
        elif plan.months and plan.next_on is not None and plan.next_on <= _day(now):
            start(by=None, now=now)


def _remind(campaign: Campaign, *, now: datetime, rows: QuerySet[Certification]) -> None:
    """One message for each manager, and for administrators one about accounts without a manager."""
    waiting = rows.filter(state=State.WAITING)
    counts = Counter(waiting.values_list("manager", flat=True))
    named = User.objects.in_bulk([pk for pk in counts if pk is not None])
    for pk, count in counts.items():
        asked = [named[pk]] if pk in named else _administrators()
        for person in asked:
            _ask(person, count, campaign.due_on)
    waiting.update(reminders=F("reminders") + 1, reminded_at=now)


def _ask(person: User, count: int, due_on: date) -> None:
    people.notify(
        person,
        title=lambda: (
            ngettext("Confirm %(n)s account by %(day)s", "Confirm %(n)s accounts by %(day)s", count)
            % {"n": count, "day": due_on.isoformat()}
        ),
        text=lambda: _(
            "Say for each whether its access is still needed. What is not answered goes to the administrators."
        ),
        url=reverse("certifications") + "?state=waiting",
    )


def _close(campaign: Campaign, *, now: datetime) -> None:
    lapsed = campaign.certifications.filter(state=State.WAITING).update(state=State.LAPSED)
    refused = campaign.certifications.filter(state=State.REFUSED).count()
    campaign.is_open, campaign.closed_at = False, now
    campaign.save(update_fields=["is_open", "closed_at"])

    def title() -> str:
        found = {"lapsed": lapsed, "refused": refused}
        return _("Certification has ended: %(lapsed)s not answered, %(refused)s no longer needed") % found

    for person in _administrators():
        people.notify(
            person,
            title=title,
            text=lambda: _("The user audit lists these accounts under “Not certified”."),
            url=reverse("user-audit") + "?certification=open&show=all",
        )
    log.write("certification_end", by=None, subject="", summary=title())


def _administrators() -> list[User]:
    return list(User.objects.filter(role="admin", is_active=True, is_service=False).order_by("pk"))


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))
