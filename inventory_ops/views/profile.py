"""One's own profile, and Administration › Settings › Shop."""

from __future__ import annotations

from dataclasses import asdict

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from inventory_ops.forms.profile import ProfileForm, ShopForm
from inventory_ops.kit.page import Page
from inventory_ops.operations import profile
from inventory_ops.operations import shop as shops
from inventory_ops.queries import shop
from inventory_ops.registries.permissions import ADMIN, roles_required, viewer
from inventory_ops.views import editing


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@editing.one_at_a_time
def own(request: HttpRequest) -> HttpResponse:
    """Name, zone, language and formats; password, second factor, sessions and keys are a click away."""
    user = viewer(request)
    form = ProfileForm(request.POST if request.method == "POST" else None, user=user)
    if form.is_valid():
        try:
            changed = profile.edit(to=form.profile(), seen=form.seen(), by=user)
        except profile.ProfileChanged as conflict:
            form.show_conflict(asdict(conflict.now))
            form.add_error(None, _("%(what)s Compare both values, then save again.") % {"what": str(conflict)})
        else:
            messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
            return HttpResponseRedirect(request.path)
    title = _("My profile")
    page = Page(title=title, subtitle=user.email, breadcrumbs=[(_("My account"), None), (title, None)])
    context = {"page": page, "form": form, "person": user}
    return render(request, "inventory_ops/profile.html", context, status=422 if form.errors else 200)


@roles_required(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
@editing.one_at_a_time
def shop_settings(request: HttpRequest) -> HttpResponse:
    """The shop's name, zone and currency."""
    form = ShopForm(request.POST if request.method == "POST" else None, facts=shop.facts(viewer(request)))
    if form.is_valid():
        try:
            changed = shops.edit(to=form.facts(), seen=form.seen(), by=viewer(request))
        except shops.ShopChanged as conflict:
            form.show_conflict(asdict(conflict.now))
            form.add_error(None, _("%(what)s Compare both values, then save again.") % {"what": str(conflict)})
        except shops.ShopRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
            return HttpResponseRedirect(request.path)
    title = _("Shop")
    page = Page(
        title=title,
        subtitle=_("What the installation is called, and what holds where nobody chose otherwise."),
        breadcrumbs=[(_("Administration"), None), (_("Settings"), None), (title, None)],
    )
    return render(request, "inventory_ops/form.html", {"page": page, "form": form}, status=422 if form.errors else 200)
