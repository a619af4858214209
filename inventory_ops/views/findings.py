"""One finding: its page, its part in the drawer of a list, and what is done to it from there."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from inventory_ops.kit import undo
from inventory_ops.kit.bulk import action as bulk_actions
from inventory_ops.kit.numbers import whole
from inventory_ops.kit.reports import Report
from inventory_ops.operations import findings
from inventory_ops.pages import finding as finding_page
from inventory_ops.queries import finding_history
from inventory_ops.registries.permissions import ADMIN, MERCHANT, OPERATIONS, viewer
from inventory_ops.views import undoing
from inventory_ops.views.reports import find

DRAWER = "drawer-body"  # id of the element that the drawer's part is swapped into


def _report(request: HttpRequest, slug: str, key: str) -> Report:
    """The report that has such rows; their keys are numbers."""
    report = find(slug)
    if not report.allows(viewer(request)):
        raise PermissionDenied
    if report.bulk_group != "findings" or not re.fullmatch(r"[0-9]{1,18}", key, re.ASCII):
        raise Http404
    return report


@login_required
@require_safe
def detail(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The page of a report's row; in a list's drawer, the part of it that stands there."""
    page = finding_page.build(_report(request, slug, key), key, viewer=viewer(request))
    if page is None:
        raise Http404
    return _answer(request, page)


def _answer(
    request: HttpRequest, page: finding_page.FindingPage, *, status: int = 200, toast: undoing.Toast | None = None
) -> HttpResponse:
    in_drawer = request.headers.get("HX-Target") == DRAWER
    template = "inventory_ops/_finding.html" if in_drawer else "inventory_ops/finding.html"
    response = render(request, template, {"page": page, "in_drawer": in_drawer, "toast": toast}, status=status)
    response["Vary"] = "HX-Target"
    return response


def _action(verb: str, slug: str) -> Any:
    action: Any = bulk_actions.find("findings", verb, slug)
    if action is None:
        raise Http404
    return action


@login_required
@require_POST
def act(request: HttpRequest, slug: str, key: str, verb: str) -> HttpResponse:
    """Do one thing to one finding: an action that its list offers for ticked rows."""
    user = viewer(request)
    if not user.has_role(OPERATIONS, MERCHANT, ADMIN):
        raise PermissionDenied
    report, action = _report(request, slug, key), _action(verb, slug)
    if not finding_page.may_act(user, verb):
        raise PermissionDenied
    finding = finding_history.visible(report.slug, key, viewer=user)
    if finding is None:
        raise Http404
    form = action.form_class(request.POST, auto_id=f"{verb}_%s") if action.form_class else None
    refused, toast = "", None
    if form is None or form.is_valid():
        try:
            with undo.collected() as done:
                action.apply(
                    finding,
                    by=user,
                    values=form.cleaned_data if form is not None else {},
                    version=whole(request.POST.get("version")),
                )
            for text in action.finish([finding]):
                messages.warning(request, text)
            toast = undoing.toast(request, done, f"{action.label}: {finding.label}")
        except (findings.FindingChanged, findings.InvalidChange) as error:
            refused = str(error)
    return _done(request, report, key, verb, form, refused, toast)


def _done(
    request: HttpRequest, report: Report, key: str, verb: str, form: Any, refused: str, toast: undoing.Toast | None
) -> HttpResponse:
    failed = bool(refused or (form is not None and form.errors))
    if refused and form is not None:
        form.add_error(None, refused)
    elif refused:
        messages.error(request, refused)
    page = finding_page.build(report, key, viewer=viewer(request), bound=form if failed else None, act=verb)
    if page is None:
        raise Http404
    if request.headers.get("HX-Target") != DRAWER and not failed:
        undoing.say(request, _("Saved."), toast)
        return HttpResponseRedirect(page.url)
    response = _answer(request, page, status=422 if failed else 200, toast=toast)
    if not failed:
        response["HX-Trigger"] = "ops:list"  # the list behind the drawer shows what changed
    return response
