"""Saved views on list pages: tabs, the view that opens a list, and the forms that keep, change and delete views."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from inventory_ops.kit.reports import Report, Selection, page, registry
from inventory_ops.models import SavedView, User
from inventory_ops.operations import preferences, saved_views
from inventory_ops.pages import frame
from inventory_ops.queries.shell import StoredView
from inventory_ops.registries.permissions import viewer
from inventory_ops.views.addresses import safe_next

type Enrich = Callable[[page.ReportPage, Selection | None], None]

PLAIN = "all"  # ?view=all: the list without a view, also for those whose list opens with one


def opening(request: HttpRequest, declared: Report, user: User) -> HttpResponse | None:
    """The redirect to the view that the viewer's list opens with, from its bare address."""
    if request.GET or request.headers.get("HX-Request"):
        return None
    chosen = _opening_view(declared, user)
    stored = SavedView.objects.visible_to(user).filter(pk=chosen, report=declared.slug).first() if chosen else None
    return HttpResponseRedirect(f"{declared.url}{_url(stored)}") if stored else None


def build(request: HttpRequest, declared: Report, *, select_rows: bool, enrich: Enrich) -> page.ReportPage:
    """The list page of an address with its saved views as tabs, shown with the columns of the view in force."""
    user = viewer(request)
    stored = frame.of_request(request, user, report=declared.slug).views
    current = next((each for each in stored if str(each.pk) == request.GET.get("view")), None)
    picked = request.GET.get("columns", "").split(",") if request.GET.get("columns") else None
    if picked is None and current:
        picked = current.columns or None

    def with_views(built: page.ReportPage, selection: Selection | None) -> None:
        enrich(built, selection)
        _add_tabs(built, declared, request, user, stored, current)

    return page.build(declared, request.GET, viewer=user, select_rows=select_rows, enrich=with_views, picked=picked)


def _opening_view(declared: Report, user: User) -> int:
    chosen = (user.preferences or {}).get("reports", {}).get(declared.slug, {}).get("view")
    return chosen if isinstance(chosen, int) else 0


def _url(view: SavedView | StoredView) -> str:
    return "?" + "&".join(filter(None, [view.query, f"view={view.pk}"]))


def _add_tabs(
    built: page.ReportPage,
    declared: Report,
    request: HttpRequest,
    user: User,
    stored: Sequence[StoredView],
    current: StoredView | None,
) -> None:
    opens_with = _opening_view(declared, user)
    if not built.views:
        built.views = [page.ViewTab(label=_("All"), url="?", active=not built.chips and not current)]
    if any(each.pk == opens_with for each in stored):
        # the bare address leads to the chosen view: say that the whole list is meant
        built.views[0].url = f"?view={PLAIN}"
        if built.clear_url == "?":
            built.clear_url = f"?view={PLAIN}"
    if current:
        for tab in built.views:
            tab.active = False
    built.views += [page.ViewTab(label=each.name, url=_url(each), active=each is current) for each in stored]
    built.save_view_url = reverse("view-save", args=[declared.slug])
    built.save_view_scopes = [
        (value, str(label)) for value, label in SavedView.Scope.choices if value != "all" or user.sees_all_merchants
    ]
    if current:
        manages = current.owner == user.pk or (user.has_role("admin") and current.scope != SavedView.Scope.ME)
        kept = page.Request(request.GET, "", 1, 1, None).url(
            view=None, columns=None, page=None, as_of=None, after=None, before=None, exact=None
        )
        built.current_view = page.CurrentView(
            name=current.name,
            scope=current.scope,
            change_url=reverse("view-change", args=[current.pk]) if manages else "",
            delete_url=reverse("view-delete", args=[current.pk]) if manages else "",
            opening_url=reverse("view-opening", args=[declared.slug, current.pk]),
            opens_list=current.pk == opens_with,
            is_changed=QueryDict(kept[1:]) != QueryDict(current.query) or "columns" in request.GET,
        )


def _declared(user: User, slug: str) -> Report:
    if slug not in registry:
        raise Http404
    declared = registry.get(slug)
    if not declared.allows(user):
        raise PermissionDenied
    return declared


def _shown(request: HttpRequest) -> tuple[QueryDict, list[str]]:
    """Address and columns of the page that a form was sent from."""
    return QueryDict(request.POST.get("query", "")), request.POST.get("columns", "").split(",")


@login_required
@require_POST
def save(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep the list as it is shown under a name."""
    user = viewer(request)
    declared = _declared(user, slug)
    params, columns = _shown(request)
    try:
        view = saved_views.save(
            report=declared,
            name=request.POST.get("name", ""),
            scope=request.POST.get("scope", ""),
            params=params,
            columns=columns,
            by=user,
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(safe_next(request, declared.url))
    if request.POST.get("is_default"):
        preferences.save_opening_view(user=user, slug=slug, view=view.pk)
    messages.success(request, _("View “%(name)s” saved.") % {"name": view.name})
    return HttpResponseRedirect(f"{declared.url}?{view.query}&view={view.pk}")


@login_required
@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name or other readers; with `update`, the list as it is shown now."""
    user = viewer(request)
    view = get_object_or_404(SavedView.objects.managed_by(user), pk=pk)
    declared = _declared(user, view.report)
    try:
        if request.POST.get("update"):
            params, columns = _shown(request)
            saved_views.update(view=view, report=declared, params=params, columns=columns, by=user)
        else:
            name, scope = request.POST.get("name", ""), request.POST.get("scope", "")
            saved_views.rename(view=view, name=name, scope=scope, by=user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(safe_next(request, declared.url))
    messages.success(request, _("View “%(name)s” saved.") % {"name": view.name})
    return HttpResponseRedirect(f"{declared.url}?{view.query}&view={view.pk}")


@login_required
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    user = viewer(request)
    view = get_object_or_404(SavedView.objects.managed_by(user), pk=pk)
    declared = _declared(user, view.report)
    saved_views.delete(view=view, by=user)
    messages.success(request, _("View “%(name)s” deleted.") % {"name": view.name})
    return HttpResponseRedirect(declared.url)


@login_required
@require_POST
def open_with(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Open the list with a view from now on, or (with `stop`) plainly again."""
    user = viewer(request)
    declared = _declared(user, slug)
    view = get_object_or_404(SavedView.objects.visible_to(user), pk=pk, report=slug)
    stop = bool(request.POST.get("stop"))
    preferences.save_opening_view(user=user, slug=slug, view=None if stop else view.pk)
    messages.success(
        request,
        _("The list opens plainly again.") if stop else _("The list opens with “%(name)s” now.") % {"name": view.name},
    )
    return HttpResponseRedirect(safe_next(request, declared.url))
