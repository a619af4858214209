"""Acting on many rows of any list: which rows, what would happen to each, and, once confirmed, the action itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from inventory_ops.kit import undo
from inventory_ops.kit.bulk import action as bulk_actions
from inventory_ops.kit.bulk.action import BulkAction, Line, Plan, Preview, Refused
from inventory_ops.kit.reports import Report
from inventory_ops.kit.reports.selection import Chosen, choose
from inventory_ops.registries.permissions import EVERYBODY, roles_required, viewer
from inventory_ops.views import undoing
from inventory_ops.views.addresses import safe_next
from inventory_ops.views.reports import find

SHOWN_ROWS = 50


@dataclass(slots=True)
class ConfirmPage:
    """The context `page` of templates/inventory_ops/confirm_bulk.html."""

    title: str
    subtitle: str
    breadcrumbs: list[tuple[str, str | None]]
    action_label: str
    cancel_url: str
    action_url: str = ""  # where it is posted; '' = to the page itself
    danger: bool = False
    numbers: list[Any] = field(default_factory=list)
    rows: list[Line] = field(default_factory=list)
    rows_total: str = ""
    skipped: list[Line] = field(default_factory=list)
    skipped_total: str = ""
    hidden: list[tuple[str, str]] = field(default_factory=list)
    changed: str = ""
    keeps_form: bool = False  # also while no row would change: other values may change some


@roles_required(*EVERYBODY)
@require_POST
def act(request: HttpRequest, slug: str) -> HttpResponse:
    """The confirm page for the chosen rows of a list; with `confirm`, carry the action out."""
    report = find(slug)
    if not bulk_actions.offered_on(report.bulk_group):
        raise Http404
    user = viewer(request)
    if not report.allows(user) or not report.may_act(user):
        raise PermissionDenied
    back = safe_next(request, report.url)
    action = bulk_actions.find(report.bulk_group, request.POST.get("action", ""), report.slug)
    if action is None:
        messages.error(request, _("Choose what to do with the rows."))
        return HttpResponseRedirect(back)
    try:
        chosen = choose(request.POST, report, viewer=user, key=report.bulk_key, most=action.most)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(back)
    rows = action.rows(chosen.keys, report=report, viewer=user)
    if not rows:
        messages.warning(request, action.nothing_selected)
        return HttpResponseRedirect(back)
    return _confirmed(request, report, action, chosen, rows, back)


def _confirmed(
    request: HttpRequest, report: Report, action: BulkAction[Any], chosen: Chosen, rows: Sequence[Any], back: str
) -> HttpResponse:
    confirmed = bool(request.POST.get("confirm")) or not action.asks
    form = action.form(request.POST if confirmed else None, viewer=viewer(request))
    plan = action.plan(rows)
    if not confirmed or chosen.changed or (form is not None and not form.is_valid()):
        page = _page(request, report, action, chosen, rows, plan, back)
        return confirm(request, page, form, status=422 if confirmed else 200)
    values = form.cleaned_data if form is not None else {}
    try:
        if action.previews:
            found = action.preview(plan.will, values=values)
            if not found.lines or request.POST.get("previewed") != found.digest:
                page = _page(request, report, action, chosen, rows, plan, back, preview=found)
                return confirm(request, page, form)
        with undo.collected() as done:
            outcome = action.carry_out(plan, by=viewer(request), values=values, seen=request.POST.dict())
    except Refused as refused:
        if form is None:
            messages.error(request, str(refused))
            return HttpResponseRedirect(back)
        form.add_error(None, str(refused))
        return confirm(request, _page(request, report, action, chosen, rows, plan, back), form, status=422)
    if outcome.message:
        undoing.say(request, outcome.message, undoing.toast(request, done, outcome.message))
    for text in outcome.left:
        messages.warning(request, text)
    return HttpResponseRedirect(outcome.url or back)


def _page(
    request: HttpRequest,
    report: Report,
    action: BulkAction[Any],
    chosen: Chosen,
    rows: Sequence[Any],
    plan: Plan[Any],
    back: str,
    *,
    preview: Preview | None = None,
) -> ConfirmPage:
    """The confirm page of a list; with a preview, it says what happens to each row."""
    hidden = [("action", action.name), ("next", back), *_choice(request, chosen, len(rows))]
    hidden += [seen for row in plan.will if (seen := action.seen(row)) is not None]
    page = confirm_page(action, plan, subtitle=str(action.hint or report.title), hidden=hidden, back=back)
    page.breadcrumbs = [(str(report.title), report.url), (str(action.label), None)]
    page.changed = chosen.changed
    if action.previews:
        page.keeps_form = bool(plan.will)
        page.action_label = _("Show what will change")
    if preview is not None:
        skipped = [*preview.skipped, *plan.skipped]
        page.rows, page.rows_total = preview.lines[:SHOWN_ROWS], _more(len(preview.lines))
        page.skipped, page.skipped_total = skipped[:SHOWN_ROWS], _more(len(skipped))
        page.title = action.title(len(preview.lines))
        if preview.lines:
            page.action_label = page.title
        page.hidden.append(("previewed", preview.digest))
        before = request.POST.get("previewed", "")
        if before and before != preview.digest:
            page.changed = page.changed or _("This is what would happen now: it is not what you saw before.")
    return page


def _choice(request: HttpRequest, chosen: Chosen, count: int) -> list[tuple[str, str]]:
    """The choice as the confirm page posts it again. What is asked for now counts as seen."""
    if request.POST.get("scope") != "all":
        return [("ids", key) for key in chosen.keys]
    return [("scope", "all"), ("query", request.POST.get("query", "")), ("count_seen", str(count))]


def confirm_page(
    action: BulkAction[Any], plan: Plan[Any], *, subtitle: str, hidden: list[tuple[str, str]], back: str
) -> ConfirmPage:
    """What the page says of a plan; the caller adds where it belongs."""
    title = action.title(len(plan.will))
    return ConfirmPage(
        title=title,
        subtitle=subtitle,
        breadcrumbs=[],
        action_label=title,
        cancel_url=back,
        danger=action.danger,
        rows=[action.line(row) for row in plan.will[:SHOWN_ROWS]],
        rows_total=_more(len(plan.will)),
        skipped=plan.skipped[:SHOWN_ROWS],
        skipped_total=_more(len(plan.skipped)),
        hidden=hidden,
    )


def _more(count: int) -> str:
    rest = count - SHOWN_ROWS
    return ngettext("… and %(n)d more", "… and %(n)d more", rest) % {"n": rest} if rest > 0 else ""


def confirm(
    request: HttpRequest,
    page: ConfirmPage,
    form: Any,
    *,
    template: str = "inventory_ops/confirm_bulk.html",
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    return render(request, template, {"page": page, "form": form, **context}, status=status)
