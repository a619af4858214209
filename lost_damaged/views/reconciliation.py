"""Reconciliation with the warehouse system's list."""

from __future__ import annotations

from collections import Counter

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from inventory_ops.kit import markup, showing
from inventory_ops.kit.page import Figure, Page
from inventory_ops.kit.reports.scope import window_of_dates
from inventory_ops.registries.permissions import ADMIN, FINANCE, OPERATIONS, roles_required
from lost_damaged import csv_files
from lost_damaged.forms import ReconciliationForm
from lost_damaged.operations import reconciliation
from lost_damaged.views import posted

SHOWN = 500
KINDS = {
    "missing": "critical",
    "different": "critical",
    "extra": "warning",
    "reversed": "neutral",
    "unreadable": "warning",
}


@roles_required(OPERATIONS, FINANCE, ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def reconcile(request: HttpRequest) -> HttpResponse:
    """Upload a list; see what is missing, extra or different. Nothing is changed or kept."""
    now = timezone.now()
    initial = {"first": showing.today().replace(day=1), "last": showing.today()}
    form = ReconciliationForm(*posted(request), initial=initial)
    comparison = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        window = window_of_dates(data["first"], data["last"], as_of=now)
        try:
            _header, rows = csv_files.read(data["file"].file)
            comparison = reconciliation.compare(rows, after=window.start, until=window.end)
        except csv_files.FileRefused as error:
            form.add_error("file", str(error))
    counts = Counter(comparison.counts if comparison else {})
    words = {
        "missing": _("Missing here"),
        "different": _("Different"),
        "extra": _("Extra here"),
        "reversed": _("Reversed here"),
        "unreadable": _("Unreadable"),
    }
    context = {
        "page": Page(
            title=_("Reconciliation"),
            subtitle=_("Compares a list of the warehouse system with what is written off here. Nothing is changed."),
            breadcrumbs=[(_("Finance"), None), (_("Reconciliation"), None)],
            submit_label=_("Compare"),
        ),
        "form": form,
        "numbers": [
            Figure(_("Agree"), markup.number(comparison.agree)),
            *(
                Figure(words[kind], markup.number(counts[kind]), tone="critical" if counts[kind] else "")
                for kind in KINDS
            ),
        ]
        if comparison
        else [],
        "rows": [(each, KINDS[each.kind], words[each.kind]) for each in comparison.differences[:SHOWN]]
        if comparison
        else [],
        "compared": comparison is not None,
        "more": counts.total() - SHOWN,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "lost_damaged/reconciliation.html", context, status=status)
