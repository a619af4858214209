"""Saved views on list pages: tabs, the view that opens a list, and the forms that keep, change and delete views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from inventory_ops.forms.saved_views import ViewForm
from inventory_ops.kit.reports import Report, layout, page, registry
from inventory_ops.kit.reports.request import changed
from inventory_ops.models import SavedView, User
from inventory_ops.operations import preferences, saved_views
from inventory_ops.pages import frame
from inventory_ops.queries.shell import StoredView
from inventory_ops.registries.permissions import ADMIN, viewer
from inventory_ops.views import editing
from inventory_ops.views.addresses import safe_next

PLAIN = "all"  # ?view=all: the list without a view, also for those whose list opens with one


def opening(request: HttpRequest, declared: Report, user: User) -> HttpResponse | None:
    """The redirect to the view that the viewer's list opens with, from its bare address."""
    if request.GET or request.headers.get("HX-Request"):
        return None
    chosen = _opening_view(declared, user)
    stored = SavedView.objects.visible_to(user).filter(pk=chosen, report=declared.slug).first() if chosen else None
    return HttpResponseRedirect(f"{declared.url}{_url(stored)}") if stored else None


@dataclass(frozen=True, slots=True)
class SavedViews:
    """Views of one list: those that people saved, and the one in force."""

    declared: Report
    user: User
    stored: Sequence[StoredView]
    current: StoredView | None

    def picked(self, params: QueryDict) -> list[str] | None:
        """The columns that the address names, else those of the view in force; None for those that are preferred."""
        if columns := params.get("columns"):
            return columns.split(",")
        return (self.current.columns or None) if self.current else None

    def widths(self, params: QueryDict) -> dict[str, int] | None:
        """The widths that the address gives columns, else those of the view in force; None for those preferred."""
        if "widths" in params:
            return layout.read_widths(params.get("widths", ""))
        return layout.checked_widths(self.current.widths) if self.current else None

    def add_tabs(self, built: page.ListPage) -> None:
        """Put the saved views behind the declared ones, and offer what can be done with them."""
        opens_with = _opening_view(self.declared, self.user)
        tabs = built.views.tabs
        if not tabs:
            tabs.append(page.views.ViewTab(label=_("All"), url="?", active=not built.filters.chips))
        if any(each.pk == opens_with for each in self.stored):
            # the bare address leads to the chosen view: say that the whole list is meant
            tabs[0].url = f"?view={PLAIN}"
            if built.filters.clear_url == "?":
                built.filters.clear_url = f"?view={PLAIN}"
        if self.current:
            for tab in tabs:
                tab.active = False
        tabs += [
            page.views.ViewTab(label=each.name, url=_url(each), active=each is self.current) for each in self.stored
        ]
        built.views.save_url = reverse("view-save", args=[self.declared.slug])
        built.views.scopes = [
            (value, str(label))
            for value, label in SavedView.Scope.choices
            if value != "all" or self.user.sees_all_merchants
        ]
        if self.current and built.asked:
            built.views.current = self._in_force(self.current, built.asked.params, opens_with)

    def _in_force(self, current: StoredView, params: QueryDict, opens_with: int) -> page.views.CurrentView:
        user = self.user
        manages = current.owner == user.pk or (user.has_role(ADMIN) and current.scope != SavedView.Scope.ME)
        kept = changed(
            params, view=None, columns=None, widths=None, page=None, as_of=None, after=None, before=None, exact=None
        )
        return page.views.CurrentView(
            name=current.name,
            scope=current.scope,
            change_url=reverse("view-change", args=[current.pk]) if manages else "",
            delete_url=reverse("view-delete", args=[current.pk]) if manages else "",
            opening_url=reverse("view-opening", args=[self.declared.slug, current.pk]),
            subscribe_url=reverse("view-subscribe", args=[current.pk]),
            opens_list=current.pk == opens_with,
            is_changed=QueryDict(kept[1:]) != QueryDict(current.query) or "columns" in params or "widths" in params,
        )


def of(request: HttpRequest, declared: Report, user: User) -> SavedViews:
    """The views of a list that the viewer may see, and the one that the address names."""
    stored = frame.of_request(request, user, report=declared.slug).views
    current = next((each for each in stored if str(each.pk) == request.GET.get("view")), None)
    return SavedViews(declared, user, stored, current)


def _opening_view(declared: Report, user: User) -> int:
    chosen = (user.preferences or {}).get("reports", {}).get(declared.slug, {}).get("view")
    return chosen if isinstance(chosen, int) else 0


def _url(view: SavedView | StoredView) -> str:
    return "?" + "&".join(filter(None, [view.query, f"view={view.pk}"]))


def _declared(user: User, slug: str) -> Report:
    if slug not in registry:
        raise Http404
    declared = registry.get(slug)
    if not declared.allows(user):
        raise PermissionDenied
    return declared


def _shown(request: HttpRequest) -> tuple[QueryDict, list[str], dict[str, int]]:
    """Address, columns and widths of the page that a form was sent from."""
    sent = request.POST
    return (
        QueryDict(sent.get("query", "")),
        sent.get("columns", "").split(","),
        layout.read_widths(sent.get("widths", "")),
    )


@login_required
@require_POST
def save(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep the list as it is shown under a name."""
    user = viewer(request)
    declared = _declared(user, slug)
    params, columns, widths = _shown(request)
    try:
        view = saved_views.save(
            report=declared,
            name=request.POST.get("name", ""),
            scope=request.POST.get("scope", ""),
            params=params,
            columns=columns,
            widths=widths,
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
@editing.one_at_a_time
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name or other readers; with `update`, the list as it is shown now."""
    user = viewer(request)
    view = get_object_or_404(SavedView.objects.managed_by(user), pk=pk)
    declared = _declared(user, view.report)
    try:
        if request.POST.get("update"):
            params, columns, widths = _shown(request)
            saved_views.update(view=view, report=declared, params=params, columns=columns, widths=widths, by=user)
        else:
            form = ViewForm(request.POST, view=view)
            if not form.is_valid():
                raise ValidationError([error for errors in form.errors.values() for error in errors])
            values = form.cleaned_data
            saved_views.rename(view=view, name=values["name"], scope=values["scope"], by=user)
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
