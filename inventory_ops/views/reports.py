"""List pages, their exports, and the viewer's preferences for them."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    QueryDict,
    StreamingHttpResponse,
)
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from inventory_ops.kit.db.replica import reads_from_replica
from inventory_ops.kit.numbers import whole
from inventory_ops.kit.reports import Report, exports, figures, layout, page, registry
from inventory_ops.kit.reports import request as asking
from inventory_ops.operations import exports as export_jobs
from inventory_ops.operations import preferences, scans
from inventory_ops.pages import frame
from inventory_ops.registries.permissions import viewer
from inventory_ops.views import lists, saved_views
from inventory_ops.views.addresses import safe_next

CATCH_UP_EVERY = 60  # seconds between scans that lists ask for by themselves


def find(slug: str) -> Report:
    try:
        return registry.get(slug)
    except KeyError:
        raise Http404 from None


@login_required
@require_safe
@reads_from_replica
def report(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The list page of a report; `?_export=csv` or `xlsx` gives all its filtered rows."""
    declared = find(slug)
    return show(request, declared, "inventory_ops/report.html")


def show(request: HttpRequest, declared: Report, template: str, **context: Any) -> HttpResponseBase:
    """The list page of a report in `template`, which may want more `context`; or its export, or the saved view that
    the viewer's list opens with."""
    user = viewer(request)
    if not declared.allows(user):
        raise PermissionDenied
    if wanted := request.GET.get("_export"):
        return export(request, declared, wanted)
    if redirect := saved_views.opening(request, declared, user):
        return redirect
    saved = saved_views.of(request, declared, user)
    built = page.build(
        declared,
        request.GET,
        viewer=user,
        picked=saved.picked(request.GET),
        widths=saved.widths(request.GET),
        selectable=declared.may_act(user),
    )
    if not built.errors:
        saved.add_tabs(built)
        _catch_up(request, declared, built)
    if built.figures and built.figures.count > figures.MOST_COUNTED:
        built.head.export_hint = export_jobs.hint()
    return lists.answer(request, template, {"page": built, **context})


def _catch_up(request: HttpRequest, declared: Report, built: page.ListPage) -> None:
    """Ask for a scan where the whole list has another number of rows than the menu says: they are to say the same.

    Rows are those of this moment, the menu's numbers those of the last scan.
    """
    user, figure = viewer(request), built.figures
    if not declared.scan or not declared.in_menu or figure is None or figure.is_capped:
        return
    if set(built.filters.given) or built.asked is None or built.asked.as_of or not user.sees_all_merchants:
        return
    if figure.count == frame.of_request(request, user).counts.get(declared.slug, 0):
        return
    now = timezone.now()
    if cache.add(f"catch-up:{declared.scan}", 1, timeout=CATCH_UP_EVERY):
        with suppress(scans.ScanUnavailable):
            scans.request(declared.scan)
            built.head.behind = {"name": declared.scan, "since": now.isoformat(), "text": _("Catching up …")}


def wants_mark(request: HttpRequest) -> bool:
    """Begin a CSV with a byte order mark? `_bom=1` or `0` says so, else a browser gets one (for Excel), no script."""
    return request.GET.get("_bom", "1" if "text/html" in request.headers.get("Accept", "") else "0") == "1"


def export(request: HttpRequest, declared: Report, wanted: str) -> HttpResponseBase:
    """All filtered rows as a file; a large one is prepared by a job when a person asks (a script gets it streamed).

    A bad address is answered 400 with the reason as text.
    """
    if wanted not in export_jobs.FORMATS:
        return HttpResponse(
            f"_export: use one of {', '.join(export_jobs.FORMATS)}.\n", status=400, content_type="text/plain"
        )
    try:
        checked = asking.read(declared, request.GET, viewer=viewer(request))
        selection = declared.select(request.GET, viewer=viewer(request), as_of=checked.as_of)
    except asking.PageError as error:
        return HttpResponse("\n".join(error.messages) + "\n", status=400, content_type="text/plain; charset=utf-8")
    except ValidationError as error:
        return HttpResponse("\n".join(error.messages) + "\n", status=400, content_type="text/plain; charset=utf-8")
    if "text/html" in request.headers.get("Accept", "") and export_jobs.is_large(selection):
        job = export_jobs.request(report=declared, params=request.GET, format=wanted, by=viewer(request))
        return redirect("job", job.pk)
    name = export_jobs.file_name(declared, wanted, timezone.now())
    if wanted == "csv":
        return StreamingHttpResponse(
            exports.csv_chunks(selection, checked.sort, marked=wants_mark(request)),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Accel-Buffering": "no"},
        )
    with tempfile.NamedTemporaryFile(suffix=".xlsx", delete=False) as file:
        target = Path(file.name)
    try:
        exports.write_xlsx(selection, target, checked.sort)
    except ValueError as error:
        target.unlink()
        return HttpResponse(f"{error}\n", status=400, content_type="text/plain; charset=utf-8")
    stream = target.open("rb")
    target.unlink()  # the open file lives until it has been sent
    return FileResponse(stream, as_attachment=True, filename=name)


@login_required
@require_POST
def save_columns(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep the columns that the viewer picked for a report, in their order, with the widths of some."""
    declared = find(slug)
    if not declared.allows(viewer(request)):
        raise PermissionDenied
    picked, widths = ([], {}) if request.POST.get("reset") else _picked(declared, request.POST)
    back = safe_next(request, declared.url)
    path, _question, query = back.partition("?")
    params = QueryDict(query, mutable=True)
    if whole(params.get("view")) is not None:  # the view's own columns are shown: the choice stands in the address
        params["columns"], params["widths"] = ",".join(picked), layout.widths_text(widths)
        return HttpResponseRedirect(f"{path}?{params.urlencode()}")
    preferences.save_columns(user=viewer(request), slug=slug, columns=picked, widths=widths)
    return HttpResponseRedirect(back)


def _picked(declared: Report, sent: QueryDict) -> tuple[list[str], dict[str, int]]:
    """Columns and widths of the form; none are picked where they are those of the list by itself, which then goes on
    to fit its window."""
    offered = [column.key for column in asking.offered_columns(declared)]
    picked = [key for key in dict.fromkeys(sent.getlist("columns")) if key in offered]
    if picked == [column.key for column in asking.shown_columns(declared, None)]:
        picked = []
    return picked, layout.checked_widths({key: whole(sent.get(f"width_{key}")) for key in offered})


@login_required
@require_POST
def steps(request: HttpRequest, slug: str) -> HttpResponse:
    """Tick a step of how to work through a list off, take that back, or begin anew."""
    declared = find(slug)
    if not declared.allows(viewer(request)):
        raise PermissionDenied
    done = "undone" not in request.POST
    number = whole(request.POST.get("done" if done else "undone"))
    if request.POST.get("clear"):
        preferences.clear_steps(user=viewer(request), slug=slug)
    elif number is not None and 1 <= number <= len(declared.steps):
        preferences.check_step(user=viewer(request), slug=slug, number=number, done=done)
    else:
        raise Http404
    return HttpResponseRedirect(f"{safe_next(request, declared.url)}#steps")


@login_required
@require_POST
def save_density(request: HttpRequest) -> HttpResponse:
    """Keep the row height that the viewer likes."""
    density = "compact" if request.POST.get("density") == "compact" else "comfortable"
    preferences.save_density(user=viewer(request), density=density)
    return HttpResponseRedirect(safe_next(request))
