"""Work on findings from a report's list: assign, acknowledge, snooze, comment, reopen; single rows and in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from inventory_ops.forms.findings import ACTIONS, Action
from inventory_ops.kit.bulk import choose
from inventory_ops.kit.numbers import whole
from inventory_ops.kit.reports import Report
from inventory_ops.models import Finding, User
from inventory_ops.operations import findings, scans
from inventory_ops.queries.findings import identity_key
from inventory_ops.registries.permissions import ADMIN, OPERATIONS, roles_required, viewer
from inventory_ops.views.addresses import safe_next
from inventory_ops.views.reports import find

MOST_ROWS = 2_000
SHOWN_ROWS = 50


def _day_ahead(day: Any) -> datetime:
    return datetime.combine(day, time.max, UTC)


@dataclass(slots=True)
class Row:
    key: str
    label: str
    outcome: str = ""
    reason: str = ""


@dataclass(slots=True)
class ConfirmPage:
    """The context `page` of templates/inventory_ops/confirm_bulk.html."""

    title: str
    subtitle: str
    breadcrumbs: list[tuple[str, str | None]]
    action_label: str
    cancel_url: str
    danger: bool = False
    numbers: list[Any] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    rows_total: str = ""
    skipped: list[Row] = field(default_factory=list)
    skipped_total: str = ""
    confirm_count: int | None = None
    confirm_error: str = ""
    hidden: list[tuple[str, str]] = field(default_factory=list)
    changed: str = ""


@roles_required(OPERATIONS, ADMIN)
@require_POST
def bulk(request: HttpRequest, slug: str) -> HttpResponse:
    """Confirm page for the chosen rows; with `confirm`, carry it out."""
    report = find(slug)
    if not getattr(report, "has_workflow", False):
        raise Http404
    if not report.allows(viewer(request)):
        raise PermissionDenied
    action = next((each for each in ACTIONS if each.name == request.POST.get("action")), None)
    back = safe_next(request, report.url)
    if action is None:
        messages.error(request, _("Choose what to do with the rows."))
        return HttpResponseRedirect(back)
    try:
        chosen, changed = _chosen(report, request)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(back)
    if not chosen:
        messages.warning(request, _("No row was selected. Tick the rows, or “Select all”."))
        return HttpResponseRedirect(back)
    confirmed = bool(request.POST.get("confirm"))
    form = action.form(request.POST if confirmed else None) if action.form else None
    if confirmed and (form is None or form.is_valid()) and not changed:
        return _carry_out(request, action, form, chosen, back)
    page = _confirm_page(report, action, chosen, request, back)
    page.changed = changed
    return render(
        request, "inventory_ops/confirm_bulk.html", {"page": page, "form": form}, status=422 if confirmed else 200
    )


def _chosen(report: Report, request: HttpRequest) -> tuple[list[Finding], str]:
    """The findings of the chosen rows, and a warning when “all N matching” is no longer the N that were seen."""
    user = viewer(request)
    chosen = choose(request.POST, report, viewer=user, key=identity_key(report), most=MOST_ROWS)
    keys = chosen.keys
    found = {row.key: row for row in Finding.objects.visible_to(user).filter(report=report.slug, key__in=keys)}
    if len(found) < len(set(keys)):
        # rows that no scan has seen yet: look now, so that they can be worked on
        findings.scan_report(report, as_of=timezone.now())
        found = {row.key: row for row in Finding.objects.visible_to(user).filter(report=report.slug, key__in=keys)}
    return list(found.values()), chosen.changed


def _confirm_page(
    report: Report, action: Action, chosen: Sequence[Finding], request: HttpRequest, back: str
) -> ConfirmPage:
    able = [row for row in chosen if row.state != Finding.State.RESOLVED]
    skipped = [row for row in chosen if row.state == Finding.State.RESOLVED]
    count = ngettext("%(n)d finding", "%(n)d findings", len(able)) % {"n": len(able)}
    hidden = [("action", action.name), ("next", back)]
    hidden += [(name, request.POST.get(name, "")) for name in ("scope", "query", "count_seen")]
    if request.POST.get("scope") != "all":
        hidden += [("ids", row.key) for row in chosen]
    hidden += [(f"version_{row.pk}", str(row.version)) for row in chosen[:MOST_ROWS]]
    return ConfirmPage(
        title=f"{action.verb} {count}",
        subtitle=str(report.title),
        breadcrumbs=[(str(report.title), report.url), (str(action.label), None)],
        action_label=f"{action.verb} {count}",
        cancel_url=back,
        rows=[Row(key=row.label, label=str(row.get_state_display())) for row in able[:SHOWN_ROWS]],
        rows_total=_("… and %(n)d more") % {"n": len(able) - SHOWN_ROWS} if len(able) > SHOWN_ROWS else "",
        skipped=[Row(key=row.label, label="", reason=_("Resolved: the last scan no longer saw it")) for row in skipped],
        hidden=hidden,
    )


def _carry_out(
    request: HttpRequest, action: Action, form: forms.Form | None, chosen: Sequence[Finding], back: str
) -> HttpResponse:
    values: dict[str, Any] = form.cleaned_data if form else {}
    user, now = viewer(request), timezone.now()
    done, refused = 0, []
    for finding in chosen:
        version = whole(request.POST.get(f"version_{finding.pk}"))
        try:
            _apply(action, finding, values, user=user, now=now, version=version)
            done += 1
        except (findings.FindingChanged, findings.InvalidChange) as error:
            refused.append(str(error))
    if done:
        messages.success(request, ngettext("%(n)d finding changed.", "%(n)d findings changed.", done) % {"n": done})
    for text in refused[:5]:
        messages.warning(request, text)
    if len(refused) > 5:
        messages.warning(request, _("… and %(n)d more were left alone.") % {"n": len(refused) - 5})
    return HttpResponseRedirect(back)


def _apply(
    action: Action, finding: Finding, values: dict[str, Any], *, user: User, now: datetime, version: int | None
) -> None:
    match action.name:
        case "assign":
            findings.assign(finding=finding, to=values["assignee"], by=user, version=version)
        case "acknowledge":
            until = _day_ahead(values["until"])
            findings.acknowledge(
                finding=finding, reason=values["reason"], until=until, by=user, as_of=now, version=version
            )
        case "snooze":
            findings.snooze(
                finding=finding,
                until=_day_ahead(values["until"]),
                until_worse=values["until_worse"],
                by=user,
                as_of=now,
                version=version,
            )
        case "reopen":
            findings.reopen(finding=finding, by=user, version=version)
        case "comment":
            findings.comment(finding=finding, text=values["text"], by=user)


@roles_required(OPERATIONS, ADMIN)
@require_POST
def run_scan(request: HttpRequest, name: str) -> HttpResponse:
    """Ask the workers for a scan; without any, the page's live rows are right all the same."""
    try:
        scans.request(name, by=viewer(request).email)
    except scans.UnknownScan:
        raise Http404 from None
    except scans.ScanUnavailable as reason:
        messages.error(request, str(reason))
        return HttpResponseRedirect(safe_next(request))
    messages.success(request, _("The scan has been started. Reload in a moment to see what it found."))
    return HttpResponseRedirect(safe_next(request))


@roles_required(OPERATIONS, ADMIN)
@require_POST
def run_scans(request: HttpRequest) -> HttpResponse:
    """Ask the workers for the scans that make findings of loaded data (Scan.of_data)."""
    for name in scans.names_of_data():
        scans.request(name, by=viewer(request).email)
    messages.success(request, _("The scans have been started. Reload in a moment to see what they found."))
    return HttpResponseRedirect(safe_next(request))
