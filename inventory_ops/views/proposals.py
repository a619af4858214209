"""One proposed change of a rule: seen, approved, rejected or withdrawn; and how lists of them are shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from inventory_ops.kit.page import Page
from inventory_ops.models import Proposal, User
from inventory_ops.operations import proposals
from inventory_ops.queries import proposals as queries
from inventory_ops.registries.permissions import ADMIN, FINANCE, OPERATIONS, roles_required, signs_in_again, viewer

TONES = {
    Proposal.State.PROPOSED: "warning",
    Proposal.State.APPROVED: "good",
    Proposal.State.REJECTED: "critical",
    Proposal.State.WITHDRAWN: "neutral",
}


@dataclass(frozen=True, slots=True)
class Change:
    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Row:
    """A proposal as a list shows it. `is_to_come`: approved, and begins later."""

    proposal: Proposal
    title: str
    whose: str
    changes: list[Change]
    tone: str
    is_to_come: bool


def rows(found: Iterable[Proposal], *, now: datetime) -> list[Row]:
    return [row(each, now=now) for each in found]


def row(proposal: Proposal, *, now: datetime) -> Row:
    kind = proposals.kind(proposal.kind)
    return Row(
        proposal=proposal,
        title=str(kind.title),
        whose=str(proposal.merchant) if proposal.merchant else proposal.subject or _("All without their own"),
        changes=[
            Change(
                str(kind.labels.get(name, "")) if len(proposal.values) > 1 else "",
                proposal.before.get(name) or _("none"),
                proposal.values[name] or _("none"),
            )
            for name in sorted(proposal.values, key=list(kind.labels or proposal.values).index)
        ],
        tone=TONES[Proposal.State(proposal.state)],
        is_to_come=proposals.may_withdraw(proposal, now=now),
    )


@roles_required(OPERATIONS, FINANCE, ADMIN)
@signs_in_again()
@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What would change. POST decides: verb=approve, or verb=end, which rejects or withdraws."""
    user, now = viewer(request), timezone.now()
    found = get_object_or_404(queries.all_of(), pk=pk)
    if not user.has_role(*proposals.kind(found.kind).proposers):
        raise Http404
    address = reverse("proposal", args=[pk])
    if request.method == "POST":
        decide = {"approve": proposals.approve, "end": proposals.end}.get(request.POST.get("verb", ""))
        if decide is None:
            raise Http404
        try:
            found = decide(pk=pk, by=user)
        except proposals.Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, f"{proposals.kind(found.kind).title}: {found.get_state_display()}")
        return HttpResponseRedirect(address)
    return render(request, "inventory_ops/proposal.html", _context(found, user, now=now))


def _context(found: Proposal, user: User, *, now: datetime) -> dict[str, object]:
    shown = row(found, now=now)
    own, waits = found.requested_by_id == user.pk, found.state == Proposal.State.PROPOSED
    decides, may_end = user.has_role(FINANCE, ADMIN), waits or shown.is_to_come
    return {
        "page": Page(
            title=_("%(rule)s: proposed change") % {"rule": shown.title},
            subtitle=shown.whose,
            breadcrumbs=[
                (_("Administration"), None),
                (_("Finance settings"), reverse("finance-settings") if decides else None),
                (shown.title, None),
            ],
        ),
        "row": shown,
        "may_approve": waits and not own and decides,
        "waits_for_other": waits and own,
        "end_label": (_("Withdraw") if own or not waits else _("Reject")) if decides and may_end else "",
    }
