"""Administration › Settings › Places: locations and inventory types."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from inventory_ops.forms.places import LocationForm, RenameForm, TypeForm
from inventory_ops.kit.numbers import whole
from inventory_ops.kit.page import Page
from inventory_ops.models import InventoryType, Location
from inventory_ops.operations import places
from inventory_ops.registries.permissions import ADMIN, roles_required, viewer
from inventory_ops.views import editing

MODELS: dict[str, Any] = {"location": Location, "type": InventoryType}
FORMS: dict[str, type[forms.Form]] = {"location": LocationForm, "type": TypeForm}


@roles_required(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """Both lists. POST with `add` (location or type) makes one; with `retire` or `reinstate` (KIND-ID) it does that."""
    added = request.POST.get("add", "")
    bound = {kind: form(request.POST if kind == added else None, prefix=kind) for kind, form in FORMS.items()}
    if request.method == "POST":
        if added not in FORMS:
            return _switch(request)
        if bound[added].is_valid() and _add(request, added, bound[added]):
            return HttpResponseRedirect(request.path)
    title = _("Places")
    context = {
        "page": Page(
            title=title,
            subtitle=_("Where stock lies, and in which condition. What is retired keeps its history."),
            breadcrumbs=[(_("Administration"), None), (_("Settings"), None), (title, None)],
        ),
        "forms": bound,
        "form": bound.get(added),
        "locations": Location.objects.order_by("-is_active", "code"),
        "types": InventoryType.objects.order_by("-is_active", "pk"),
        "needed": (*Location.NEEDED, *InventoryType.NEEDED),
    }
    failed = added in FORMS and bool(bound[added].errors)
    return render(request, "inventory_ops/places.html", context, status=422 if failed else 200)


def _add(request: HttpRequest, kind: str, form: forms.Form) -> bool:
    values, by = form.cleaned_data, viewer(request)
    try:
        if kind == "location":
            made: places.Place = places.add_location(code=values["code"], name=values["name"], by=by)
        else:
            made = places.add_type(**values, by=by)
    except places.PlaceRefused as refused:
        form.add_error("code", str(refused))
        return False
    messages.success(request, _("“%(name)s” takes stock now.") % {"name": made})
    return True


def _switch(request: HttpRequest) -> HttpResponse:
    verb = "retire" if "retire" in request.POST else "reinstate"
    kind, _dash, number = request.POST.get(verb, "").partition("-")
    place = _find(kind, whole(number) or 0)
    try:
        if verb == "retire":
            done, text = places.retire(place=place, by=viewer(request)), _("“%(name)s” takes no new stock any more.")
        else:
            done, text = places.reinstate(place=place, by=viewer(request)), _("“%(name)s” takes stock again.")
    except places.PlaceRefused as refused:
        messages.error(request, str(refused))
    else:
        text = text if done else _("“%(name)s” was like that already.")
        messages.success(request, text % {"name": place})
    return HttpResponseRedirect(request.path)


def _find(kind: str, pk: int) -> places.Place:
    if kind not in MODELS:
        raise Http404
    found: places.Place = get_object_or_404(MODELS[kind], pk=pk)
    return found


@roles_required(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
@editing.one_at_a_time
def rename(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Another name for a location (`kind` location) or an inventory type (type)."""
    place = _find(kind, pk)
    most = place._meta.get_field("name").max_length or 0
    form = RenameForm(request.POST if request.method == "POST" else None, name=place.name, most=most)
    back = reverse("places")
    if form.is_valid():
        try:
            places.rename(place=place, to=form.wanted()["name"], seen=form.shown()["name"], by=viewer(request))
        except places.PlaceChanged as conflict:
            form.show_conflict({"name": conflict.now})
            form.add_error(None, _("%(what)s Compare both values, then save again.") % {"what": str(conflict)})
        except places.PlaceRefused as refused:
            form.add_error("name", str(refused))
        else:
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(back)
    title = _("Rename %(code)s") % {"code": place.code}
    page = Page(title=title, breadcrumbs=[(_("Places"), back), (place.code, None)], cancel_url=back)
    return render(request, "inventory_ops/form.html", {"page": page, "form": form}, status=422 if form.errors else 200)
