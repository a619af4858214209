"""Asking for the scans that make findings."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from inventory_ops.kit import markup
from inventory_ops.kit.reports.request import parse_moment
from inventory_ops.models import ScanRun
from inventory_ops.operations import scans
from inventory_ops.registries.permissions import ADMIN, EVERYBODY, OPERATIONS, roles_required, viewer
from inventory_ops.views.addresses import safe_next

PROGRESS = "scan-progress"  # id of the element that says how far a scan is
LONGEST_WAIT = timedelta(minutes=2)  # for a worker


@roles_required(OPERATIONS, ADMIN)
@require_POST
def run_scan(request: HttpRequest, name: str) -> HttpResponse:
    """Ask the workers for a scan; without any, the page's live rows are right anyway."""
    try:
        scans.request(name, by=viewer(request).email)
    except scans.UnknownScan:
        raise Http404 from None
    except scans.ScanUnavailable as reason:
        messages.error(request, str(reason))
        return HttpResponseRedirect(safe_next(request))
    if request.headers.get("HX-Target") == PROGRESS:
        return _progress(request, name, since=timezone.now(), text=_("Waiting for a worker …"))
    messages.success(request, _("The scan has been started. Reload in a moment to see what it found."))
    return HttpResponseRedirect(safe_next(request))


def _progress(request: HttpRequest, name: str, *, since: datetime, text: str) -> HttpResponse:
    context = {"scan": {"name": name, "since": since.isoformat(), "text": text}}
    return render(request, "inventory_ops/_scan_progress.html", context)


@roles_required(*EVERYBODY)
@require_safe
def progress(request: HttpRequest, name: str) -> HttpResponse:
    """How far the scan is that was asked for at `since`; when it ran, the list on the screen is read again."""
    try:
        since = parse_moment(request.GET.get("since", ""))
        scans.why_not(name)
    except (ValueError, OverflowError, scans.UnknownScan):
        raise Http404 from None
    run = ScanRun.objects.filter(name=name).order_by("-started_at").first()
    if run is None or run.started_at < since:
        if timezone.now() - since > LONGEST_WAIT:
            return _ended(_("No worker took the scan. The status page says whether they run."), refresh=False)
        return _progress(request, name, since=since, text=_("Waiting for a worker …"))
    if run.state == ScanRun.State.RUNNING:
        gap = markup.in_words(timezone.now() - run.started_at)
        return _progress(request, name, since=since, text=_("Scanning for %(gap)s …") % {"gap": gap})
    if run.state == ScanRun.State.FAILED:
        return _ended(_("The scan failed. Nothing was changed."), refresh=True)
    counts = {"seen": markup.number(run.seen), "opened": markup.number(run.opened), "gone": markup.number(run.resolved)}
    return _ended(_("Scanned %(seen)s rows: %(opened)s opened, %(gone)s resolved.") % counts, refresh=True)


def _ended(text: str, *, refresh: bool) -> HttpResponse:
    """The last answer: nothing asks again."""
    response = HttpResponse(format_html('<span id="{}" class="hint" role="status">{}</span>', PROGRESS, text))
    if refresh:
        response["HX-Trigger"] = "ops:list"
    return response


@roles_required(OPERATIONS, ADMIN)
@require_POST
def run_scans(request: HttpRequest) -> HttpResponse:
    """Ask the workers for the scans that make findings of loaded data (Scan.of_data)."""
    for name in scans.names_of_data():
        scans.request(name, by=viewer(request).email)
    messages.success(request, _("The scans have been started. Reload in a moment to see what they found."))
    return HttpResponseRedirect(safe_next(request))
