"""Administration › Settings › Finance."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from inventory_ops.kit.page import Page
from inventory_ops.registries.permissions import ADMIN, FINANCE, roles_required, signs_in_again, viewer
from lost_damaged import forms
from lost_damaged.models import ApiKey, Factor, SellerAccount
from lost_damaged.operations import api_keys
from lost_damaged.operations import settings as operations
from lost_damaged.queries import settings as queries

ADDRESS = "/settings/finance/"


@roles_required(FINANCE, ADMIN)
@signs_in_again()
@require_http_methods(["GET", "HEAD", "POST"])
def finance(request: HttpRequest) -> HttpResponse:
    """All settings of finance on one page; each form posts its own part."""
    part = request.POST.get("part", "")
    bound = forms_of(request, part)
    if request.method == "POST" and part not in bound:
        return HttpResponseRedirect(ADDRESS)
    if part and bound[part].is_valid():
        SAVES[part](request, bound[part])
        return HttpResponseRedirect(ADDRESS)
    context = {
        "page": Page(
            title=_("Finance settings"),
            subtitle=_("Factors, caps, accounts and API keys of lost and damaged."),
            breadcrumbs=[(_("Administration"), None), (_("Settings"), None), (_("Finance"), None)],
        ),
        "general": bound["general"],
        "factor": bound["factor"],
        "account": bound["account"],
        "form": bound[part] if part else None,
        "factors": Factor.objects.select_related("merchant").order_by("-valid_from", "-pk")[:50],
        "accounts": SellerAccount.objects.select_related("merchant").order_by("merchant__vendor_number")[:200],
        "keys": ApiKey.objects.select_related("user").order_by("revoked_at", "-created_at")[:50],
        "now": timezone.now(),
    }
    failed = bool(part) and bool(bound[part].errors)
    return render(request, "lost_damaged/settings.html", context, status=422 if failed else 200)


def forms_of(request: HttpRequest, part: str) -> dict[str, Any]:
    def data(name: str) -> Any:
        return request.POST if part == name else None

    return {
        "general": forms.SettingsForm(data("general"), instance=queries.current(), prefix="general"),
        "factor": forms.FactorForm(data("factor"), prefix="factor"),
        "account": forms.SellerAccountForm(data("account"), prefix="account"),
    }


def _save_general(request: HttpRequest, form: Any) -> None:
    if form.changed_data:
        operations.save(form.save(commit=False), changed=form.changed_data, by=viewer(request))
    messages.success(request, _("Settings saved."))


def _save_factor(request: HttpRequest, form: Any) -> None:
    data = form.cleaned_data
    operations.set_factor(
        merchant=data["merchant"],
        factor=data["factor"],
        valid_from=data["valid_from"],
        note=data["note"],
        by=viewer(request),
    )
    messages.success(request, _("Factor saved. It counts for units written off from its moment on."))


def _save_account(request: HttpRequest, form: Any) -> None:
    data = form.cleaned_data
    operations.set_account(merchant=data["merchant"], vendor_no=data["vendor_no"], by=viewer(request))
    messages.success(request, _("NAV vendor number saved."))


SAVES = {"general": _save_general, "factor": _save_factor, "account": _save_account}


@roles_required(FINANCE, ADMIN)
@signs_in_again()
@require_POST
def revoke_key(request: HttpRequest, pk: int) -> HttpResponse:
    key = get_object_or_404(ApiKey.objects.select_related("user"), pk=pk)
    api_keys.revoke(key=key, by=viewer(request))
    messages.success(request, _("The key …%(hint)s is revoked.") % {"hint": key.hint})
    return HttpResponseRedirect(ADDRESS)
