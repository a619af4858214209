"""Administration › Settings › Exchange rates."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from inventory_ops.adapters import ecb
from inventory_ops.forms.rates import BankFileForm, RateForm
from inventory_ops.kit.page import Page
from inventory_ops.models import ExchangeRate
from inventory_ops.operations import rates as operations
from inventory_ops.queries import rates, shop
from inventory_ops.registries.permissions import ADMIN, FINANCE, roles_required, viewer


@roles_required(FINANCE, ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def exchange_rates(request: HttpRequest) -> HttpResponse:
    """What is known of each currency. POST with `add` notes a rate, with `load` takes a file of the bank."""
    adds = "add" in request.POST
    form = RateForm(request.POST if adds else None)
    bank = BankFileForm(request.POST, request.FILES) if "load" in request.POST else BankFileForm()
    if request.method == "POST" and (_add(request, form) if adds else _load(request, bank)):
        return HttpResponseRedirect(request.path)
    failed: forms.Form | None = next((each for each in (form, bank) if each.errors), None)
    title = _("Exchange rates")
    context = {
        "page": Page(
            title=title,
            subtitle=_("Totals over several currencies are in %(currency)s, the shop's currency, by the newest rates.")
            % {"currency": shop.currency()},
            breadcrumbs=[(_("Administration"), None), (_("Settings"), None), (title, None)],
        ),
        "form": failed,
        "rate_form": form,
        "bank_form": bank,
        "home": shop.currency(),
        "currencies": rates.in_use(),
        "newest": rates.newest(),
        "import_url": reverse("import-new", query={"kind": "exchange_rates"}),
    }
    return render(request, "inventory_ops/exchange_rates.html", context, status=422 if failed else 200)


def _add(request: HttpRequest, form: RateForm) -> bool:
    if not form.is_valid():
        return False
    try:
        made = operations.add(rate=form.wanted(), by=viewer(request))
    except operations.RateRefused as refused:
        form.add_error(None, str(refused))
        return False
    messages.success(request, _("Noted: %(rate)s.") % {"rate": made})
    return True


def _load(request: HttpRequest, form: BankFileForm) -> bool:
    if not form.is_valid():
        return False
    try:
        found = [
            operations.Rate(each.day, operations.EURO, each.currency, each.rate)
            for each in ecb.read(form.cleaned_data["file"].read())
        ]
        changed = operations.load(found=found, source=ExchangeRate.Source.ECB, by=viewer(request))
    except (ecb.NotReadable, operations.RateRefused) as refused:
        form.add_error("file", str(refused))
        return False
    text = ngettext("%(n)d rate is new or changed.", "%(n)d rates are new or changed.", changed)
    messages.success(request, text % {"n": changed})
    return True
