"""Findings sent to their vendors: asked by mail and bell, answered by the vendor, reminded until then."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.kit import showing
from inventory_ops.models import Finding, FindingEvent, User, VendorRequest
from inventory_ops.models.users import Role
from inventory_ops.operations import audit, people
from inventory_ops.operations.findings import InvalidChange

REMIND_EVERY = timedelta(days=3)
MOST_REMINDERS = 5
MOST_LINES = 200  # of a mail; the list has all of them


@dataclass(frozen=True, slots=True)
class Reply:
    """What a vendor answers: that it will be fixed by a day, or why it is not theirs."""

    answer: str
    fix_by: date | None = None
    text: str = ""


@transaction.atomic
def ask(*, finding: Finding, note: str, by: User, now: datetime) -> VendorRequest:
    """Ask the vendor of a finding about it; `send` notifies them. Raises InvalidChange."""
    if finding.merchant_id is None:
        raise InvalidChange(_("“%(name)s” belongs to no single vendor.") % {"name": finding.label})
    if finding.state == Finding.State.RESOLVED:
        raise InvalidChange(_("“%(name)s” is resolved.") % {"name": finding.label})
    try:
        with transaction.atomic():
            made = VendorRequest.objects.create(
                finding=finding, merchant_id=finding.merchant_id, note=note.strip(), asked_by=by, asked_at=now
            )
    except IntegrityError:
        raise InvalidChange(_("“%(name)s” waits for its vendor already.") % {"name": finding.label}) from None
    _log(made, "asked", note.strip(), by, now)
    return made


@transaction.atomic
def reply(*, finding: Finding, reply: Reply, by: User, now: datetime) -> VendorRequest:
    """Answer the request that waits, as the vendor or for it. Raises InvalidChange."""
    waiting = VendorRequest.objects.select_for_update().filter(finding=finding, answer="").first()
    if waiting is None or not (by.sees_all_merchants or by.own_merchant_id == waiting.merchant_id):
        raise InvalidChange(_("Nobody waits for an answer to this any more."))
    will_fix = reply.answer == VendorRequest.Answer.WILL_FIX
    if will_fix and (reply.fix_by is None or reply.fix_by < showing.local(now).date()):
        raise InvalidChange(_("Say by which day it will be fixed: today or later."))
    if not will_fix and not reply.text.strip():
        raise InvalidChange(_("Say why it is not yours."))
    waiting.answer, waiting.text = reply.answer, reply.text.strip()
    waiting.fix_by = reply.fix_by if will_fix else None
    waiting.answered_by, waiting.answered_at = by, now
    waiting.save()
    _log(waiting, "answered", _said(waiting), by, now)
    people.notify(
        waiting.asked_by,
        title=lambda: _("%(vendor)s answered: %(name)s") % {"vendor": waiting.merchant, "name": finding.label},
        text=lambda: _said(waiting),
        url=reverse("finding", args=[finding.report, finding.key]),
    )
    return waiting


def _said(request: VendorRequest) -> str:
    day = f"{request.fix_by:%Y-%m-%d}" if request.fix_by else ""
    return " · ".join(filter(None, (str(request.get_answer_display()), day, request.text)))


@transaction.atomic
def send(requests: Iterable[VendorRequest], *, title: Callable[[], str] | None = None) -> list[str]:
    """One mail and one line in the bell a vendor, with all of its findings; names the vendors that have nobody."""
    by_vendor: dict[int, list[VendorRequest]] = {}
    for each in requests:
        by_vendor.setdefault(each.merchant_id, []).append(each)
    unreached = []
    for merchant_id, rows in by_vendor.items():
        readers = User.objects.filter(merchant=merchant_id, role=Role.MERCHANT, is_active=True, is_service=False)
        for reader in readers:
            _write(reader, rows, title)
        if not readers:
            unreached.append(str(rows[0].merchant))
    return unreached


def _write(reader: User, rows: list[VendorRequest], title: Callable[[], str] | None) -> None:
    def count() -> str:
        return ngettext("%(n)d finding waits for you", "%(n)d findings wait for you", len(rows)) % {"n": len(rows)}

    people.notify(reader, title=title or count, text=lambda: _letter(rows), url=reverse("vendor-requests"))


def _letter(rows: list[VendorRequest]) -> str:
    lines = [_("Please say by when you will fix each, or why it is not yours:"), ""]
    for each in rows[:MOST_LINES]:
        found = each.finding
        address = f"{settings.PUBLIC_URL}{reverse('finding', args=[found.report, found.key])}"
        lines += [f"{found.label}{f' ({each.note})' if each.note else ''}", f"  {address}"]
    if len(rows) > MOST_LINES:
        lines.append(_("… and %(n)d more.") % {"n": len(rows) - MOST_LINES})
    return "\n".join(lines)


@transaction.atomic
def remind(*, now: datetime) -> int:
    """Remind vendors of what waits for their answer since three days, and of what they promised for a day that passed.

    Two at once remind once. What was resolved meanwhile is not asked for.
    """
    quiet = Q(reminded_at=None) | Q(reminded_at__lte=now - REMIND_EVERY)
    waits = Q(answer="", asked_at__lte=now - REMIND_EVERY)
    broken = Q(answer=VendorRequest.Answer.WILL_FIX, fix_by__lt=showing.local(now).date())
    rows = list(
        VendorRequest.objects.select_for_update(of=["self"], skip_locked=True)
        .filter(quiet, waits | broken, reminders__lt=MOST_REMINDERS)
        .exclude(finding__state=Finding.State.RESOLVED)
        .select_related("finding", "merchant")
        .order_by("pk")[:1000]
    )
    for each in rows:
        each.reminded_at, each.reminders = now, each.reminders + 1
        each.save(update_fields=["reminded_at", "reminders"])
        FindingEvent.objects.create(finding=each.finding, at=now, kind="reminded", text=str(each.merchant))
    send(rows, title=lambda: _("Reminder: findings wait for you"))
    return len(rows)


def _log(request: VendorRequest, kind: str, text: str, by: User, now: datetime) -> None:
    finding = request.finding
    FindingEvent.objects.create(
        finding=finding, at=now, actor=by.email, kind=kind, text=text[:1000], value=finding.value
    )
    audit.record(
        action=f"finding.{kind}",
        by=by,
        subject=finding,
        summary=f"{finding.label}: {text}",
        merchant_id=finding.merchant_id,
    )
