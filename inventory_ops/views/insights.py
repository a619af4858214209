"""What is shown around a list on demand: its pictures, its figures against the period before, and what changed since
the viewer was there last. None of it slows the list down: each part has an address of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from inventory_ops.kit import markup, showing
from inventory_ops.kit.charts import Chart
from inventory_ops.kit.db.replica import reads_from_replica
from inventory_ops.kit.page import Page
from inventory_ops.kit.reports import Report, Selection, comparison, figures, pictures
from inventory_ops.kit.reports import request as asking
from inventory_ops.kit.reports.page import head
from inventory_ops.operations import visits
from inventory_ops.queries import since
from inventory_ops.registries.permissions import viewer
from inventory_ops.views.reports import find


def report_of(request: HttpRequest, slug: str) -> Report:
    declared = find(slug)
    if not declared.allows(viewer(request)):
        raise PermissionDenied
    return declared


def selection_of(request: HttpRequest, declared: Report) -> Selection:
    """The rows of the list's address. Raises ValidationError."""
    user = viewer(request)
    try:
        asked = asking.read(declared, request.GET, viewer=user)
    except asking.PageError as error:
        raise ValidationError(error.messages) from None
    return declared.select(request.GET, viewer=user, as_of=asked.as_of)


@login_required
@require_safe
@reads_from_replica
def insights(request: HttpRequest, slug: str) -> HttpResponse:
    """The pictures of a list, as a part of its page or as a page of their own."""
    declared = report_of(request, slug)
    if not declared.has_pictures:
        raise Http404
    is_part = bool(request.headers.get("HX-Request"))
    query = request.GET.urlencode()
    back = f"{declared.url}?{query}" if query else declared.url
    context: dict[str, Any] = {
        "page": Page(
            title=_("Insights: %(report)s") % {"report": declared.title},
            breadcrumbs=[(str(declared.section), None), (str(declared.title), back), (_("Insights"), None)],
        ),
        "list_url": back,
    }
    status = 200
    try:
        selection = selection_of(request, declared)
    except ValidationError as error:
        context["errors"], status = error.messages, 400
    else:
        found = pictures.of(selection, request.GET)
        charts: list[Chart] = [*found.charts, *declared.more_pictures(selection.scope)]
        context |= {"charts": charts, "is_capped": found.is_capped, "most": pictures.MOST_ROWS}
    template = "inventory_ops/_insights.html" if is_part else "inventory_ops/insights.html"
    response = render(request, template, context, status=status)
    response["Vary"] = "HX-Request"
    return response


@login_required
@require_safe
@reads_from_replica
def compared(request: HttpRequest, slug: str) -> HttpResponse:
    """The figures above a list, each with how it was before."""
    declared = report_of(request, slug)
    try:
        selection = selection_of(request, declared)
    except ValidationError:
        return HttpResponse(status=204)
    found = figures.of(selection, exact=request.GET.get("exact") == "1")
    kpis = head.figures_of(declared, found, comparison.of(selection, request.GET, found))
    return render(request, "inventory_ops/_report_kpis.html", {"kpis": kpis, "is_compared": True})


@dataclass(frozen=True, slots=True)
class Change:
    """How many, in words, and the list of them."""

    text: str
    url: str


@login_required
@require_POST
def visit(request: HttpRequest, slug: str) -> HttpResponse:
    """The viewer looks at a report: note that, and say what changed since they were there last."""
    declared = report_of(request, slug)
    if not declared.scan:
        raise Http404
    user = viewer(request)
    before = visits.look(user=user, report=slug, now=timezone.now())
    if before is None:
        return render(request, "inventory_ops/_since.html", {"since": None})
    found = since.changes(slug, viewer=user, since=before)
    moment = f"{before.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    here = {"new": found.new, "reopened": found.reopened}
    words = {
        "new": ngettext("%(n)s new", "%(n)s new", found.new),
        "reopened": ngettext("%(n)s opened again", "%(n)s opened again", found.reopened),
    }
    changes = [
        Change(words[name] % {"n": markup.number(count)}, f"{declared.url}?finding={name}&since={moment}")
        for name, count in here.items()
        if count
    ]
    if found.resolved:
        text = ngettext("%(n)s resolved", "%(n)s resolved", found.resolved) % {"n": markup.number(found.resolved)}
        url = reverse("all-findings", query={"of": slug, "change": "resolved", "since": moment})
        changes.append(Change(text, url))
    return render(request, "inventory_ops/_since.html", {"since": showing.moment(before), "changes": changes})
