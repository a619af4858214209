"""Prices of a product, and Administration › Settings › Price guard."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from inventory_ops.forms.prices import GuardForm, PricesForm
from inventory_ops.kit.page import Page
from inventory_ops.models import PriceGuard, Product
from inventory_ops.operations import prices
from inventory_ops.registries.permissions import ADMIN, OPERATIONS, roles_required, viewer

GUARD = "/settings/price-guard/"
TONES = {"off": "neutral", "warn": "warning", "block": "critical"}


@roles_required(OPERATIONS, ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Price, special price and cost of a product, under the price guard of its vendor."""
    user, now = viewer(request), timezone.now()
    product = get_object_or_404(Product.objects.visible_to(user).select_related("merchant"), pk=pk)
    address = f"/products/{product.pk}/"
    posted = request.method == "POST"
    form = PricesForm(request.POST if posted else None, product=product)
    if posted and form.is_valid():
        try:
            changed = prices.change(
                product=product,
                to=form.prices(),
                seen=form.cleaned_data["seen"],
                by=user,
                as_of=now,
                accept_loss="accept_loss" in request.POST,
            )
        except prices.PricesChanged as error:
            form.add_error(None, str(error))
        except prices.BelowCost as error:
            if error.may_go_on:
                form.ask_to_accept()
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Prices saved.") if changed else _("Nothing was changed."))
            return HttpResponseRedirect(address)
    page = Page(
        title=_("Prices of %(sku)s") % {"sku": product.sku},
        subtitle=f"{product.name} · {product.merchant} · {product.merchant.currency}",
        breadcrumbs=[(_("Products"), None), (product.sku, address), (_("Prices"), None)],
        submit_label=_("Save prices"),
        cancel_url=address,
    )
    return render(request, "inventory_ops/form.html", {"page": page, "form": form}, status=422 if form.errors else 200)


@roles_required(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def guard(request: HttpRequest) -> HttpResponse:
    """The rules; the form sets one."""
    posted = request.method == "POST"
    form = GuardForm(request.POST if posted else None)
    if posted and form.is_valid():
        merchant, mode = form.cleaned_data["vendor"], form.cleaned_data["mode"]
        prices.set_rule(merchant=merchant, mode=mode, by=viewer(request), now=timezone.now())
        messages.success(request, _("Rule saved. It holds for what is imported or changed from now on."))
        return HttpResponseRedirect(GUARD)
    title = _("Price guard")
    context = {
        "page": Page(
            title,
            _("What happens when a price, cost or flash sale would sell a product below its cost of goods."),
            [(_("Administration"), None), (_("Settings"), None), (title, None)],
        ),
        "form": form,
        "rules": [
            (rule, TONES[rule.mode])
            for rule in PriceGuard.objects.select_related("merchant").order_by("merchant__vendor_number")
        ],
    }
    return render(request, "inventory_ops/price_guard.html", context, status=422 if form.errors else 200)


@roles_required(ADMIN)
@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    rule = get_object_or_404(PriceGuard.objects.select_related("merchant"), pk=pk)
    prices.drop_rule(rule=rule, by=viewer(request))
    messages.success(request, _("Rule removed."))
    return HttpResponseRedirect(GUARD)
