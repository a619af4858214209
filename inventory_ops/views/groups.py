"""A list grouped by vendor, category, owner or another thing that its rows share, with subtotals."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from inventory_ops.kit import markup
from inventory_ops.kit.db.replica import reads_from_replica
from inventory_ops.kit.page import Page
from inventory_ops.kit.reports import groups
from inventory_ops.kit.reports.request import changed
from inventory_ops.registries.permissions import viewer
from inventory_ops.views.insights import report_of, selection_of


@login_required
@require_safe
@reads_from_replica
def grouped(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The groups of a list's address; `group` is the filter that each opens the list with, `_export=csv` a file."""
    declared = report_of(request, slug)
    offered = {each.param: each for each in declared.groupings(viewer(request))}
    chosen = offered.get(request.GET.get("group") or next(iter(offered), ""))
    if chosen is None:
        raise Http404
    params = request.GET.copy()
    for name in ("group", "_export"):
        params.pop(name, None)
    query = params.urlencode()
    back = f"{declared.url}?{query}" if query else declared.url
    address = reverse("report-groups", args=[slug])
    title = _("%(report)s by %(what)s") % {"report": declared.title, "what": str(chosen.label).lower()}
    context = {
        "page": Page(title, breadcrumbs=[(str(declared.title), back), (title, None)]),
        "list_url": back,
        "tabs": [
            (str(each.label), f"{address}{changed(params, group=each.param)}", each is chosen)
            for each in offered.values()
        ],
        "export_url": f"{address}{changed(params, group=chosen.param, _export='csv')}",
    }
    try:
        found = groups.of(selection_of(request, declared), chosen)
    except ValidationError as error:
        return render(request, "inventory_ops/groups.html", context | {"errors": error.messages}, status=400)
    if request.GET.get("_export") == "csv":
        name = f"{slug}-by-{chosen.param}-{timezone.now():%Y-%m-%d}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingHttpResponse(found.csv(), content_type="text/csv; charset=utf-8", headers=headers)
    context |= {
        "headers": found.headers,
        "lines": found.lines(params),
        "count": markup.number(found.count),
        "total": found.total(),
        "more": max(len(found.groups) - groups.MOST_GROUPS, 0),
    }
    return render(request, "inventory_ops/groups.html", context)
