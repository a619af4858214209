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
from inventory_ops.registries.permissions import ADMIN, FINANCE, roles_required, viewer
from lost_damaged import forms
from lost_damaged.models import ApiKey, Factor, SellerAccount
from lost_damaged.operations import api_keys
from lost_damaged.operations import settings as operations
from lost_damaged.queries import settings as queries

ADDRESS = "/settings/finance/"


@roles_required(FINANCE, ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def finance(request: HttpRequest) -> HttpResponse:
    """All settings of finance on one page; each form posts its own part."""
    part = request.POST.get("part", "")
    bound = forms_of(request, part)
    if request.method == "POST" and part not in bound:
        return HttpResponseRedirect(ADDRESS)
    shown_key = ""
    if part and bound[part].is_valid():
        shown_key = SAVES[part](request, bound[part])
        if not shown_key and not bound[part].errors:
            return HttpResponseRedirect(ADDRESS)
        if shown_key:
            bound = forms_of(request, "")
    context = {
        "page": Page(
            title=_("Finance settings"),
            subtitle=_("Factors, caps, accounts and API keys of lost and damaged."),
            breadcrumbs=[(_("Administration"), None), (_("Settings"), None), (_("Finance"), None)],
        ),
        "general": bound["general"],
        "factor": bound["factor"],
        "account": bound["account"],
        "key": bound["key"],
        "form": bound[part] if part else None,
        "factors": Factor.objects.select_related("merchant").order_by("-valid_from", "-pk")[:50],
        "accounts": SellerAccount.objects.select_related("merchant").order_by("merchant__vendor_number")[:200],
        "keys": ApiKey.objects.select_related("user").order_by("revoked_at", "-created_at")[:50],
        "shown_key": shown_key,
        "now": timezone.now(),
    }
    failed = bool(part) and bool(bound[part].errors)
    response = render(request, "lost_damaged/settings.html", context, status=422 if failed else 200)
    if shown_key:
        response["Cache-Control"] = "no-store"
    return response


def forms_of(request: HttpRequest, part: str) -> dict[str, Any]:
    def data(name: str) -> Any:
        return request.POST if part == name else None

    return {
        "general": forms.SettingsForm(data("general"), instance=queries.current(), prefix="general"),
        "factor": forms.FactorForm(data("factor"), prefix="factor"),
        "account": forms.SellerAccountForm(data("account"), prefix="account"),
        "key": forms.ApiKeyForm(data("key"), prefix="key"),
    }


def _save_general(request: HttpRequest, form: Any) -> str:
    if form.changed_data:
        operations.save(form.save(commit=False), changed=form.changed_data, by=viewer(request))
    messages.success(request, _("Settings saved."))
    return ""


def _save_factor(request: HttpRequest, form: Any) -> str:
    data = form.cleaned_data
    operations.set_factor(
        merchant=data["merchant"],
        factor=data["factor"],
        valid_from=data["valid_from"],
        note=data["note"],
        by=viewer(request),
    )
    messages.success(request, _("Factor saved. It counts for units written off from its moment on."))
    return ""


def _save_account(request: HttpRequest, form: Any) -> str:
    data = form.cleaned_data
    operations.set_account(merchant=data["merchant"], vendor_no=data["vendor_no"], by=viewer(request))
    messages.success(request, _("NAV vendor number saved."))
    return ""


def _save_key(request: HttpRequest, form: Any) -> str:
    try:
        _key, text = api_keys.create(
            user=form.cleaned_data["user"],
            name=form.cleaned_data["name"],
            needs_body_digest=form.cleaned_data["needs_body_digest"],
            by=viewer(request),
        )
    except api_keys.TooManyKeys as error:
        form.add_error("user", str(error))
        return ""
    return text


SAVES = {"general": _save_general, "factor": _save_factor, "account": _save_account, "key": _save_key}


@roles_required(FINANCE, ADMIN)
@require_POST
def revoke_key(request: HttpRequest, pk: int) -> HttpResponse:
    key = get_object_or_404(ApiKey.objects.select_related("user"), pk=pk)
    api_keys.revoke(key=key, by=viewer(request))
    messages.success(request, _("The key …%(hint)s is revoked.") % {"hint": key.hint})
    return HttpResponseRedirect(ADDRESS)
