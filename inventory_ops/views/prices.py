"""Prices of a product, and Administration › Settings › Price guard."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from inventory_ops.forms.prices import GuardForm, PricesForm
from inventory_ops.kit import undo
from inventory_ops.kit.page import Page
from inventory_ops.models import Product
from inventory_ops.operations import price_rules, prices, proposals
from inventory_ops.queries import price_guard
from inventory_ops.queries.proposals import newest
from inventory_ops.registries.permissions import ADMIN, FINANCE, OPERATIONS, roles_required, signs_in_again, viewer
from inventory_ops.views import editing, undoing
from inventory_ops.views.proposals import rows

TONES = {"off": "neutral", "warn": "warning", "block": "critical"}


@roles_required(OPERATIONS, ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
@editing.one_at_a_time
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Price, special price and cost of a product, under the price guard of its vendor."""
    user, now = viewer(request), timezone.now()
    product = get_object_or_404(Product.objects.visible_to(user).select_related("merchant"), pk=pk)
    address = reverse("product", args=[product.pk])
    posted = request.method == "POST"
    form = PricesForm(request.POST if posted else None, product=product)
    if posted and form.is_valid():
        try:
            with undo.collected() as done:
                changed = prices.change(
                    product=product,
                    to=form.prices(),
                    seen=form.seen,
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
            text = _("Prices saved.") if changed else _("Nothing was changed.")
            undoing.say(request, text, undoing.toast(request, done, text))
            return HttpResponseRedirect(address)
    page = Page(
        title=_("Prices of %(sku)s") % {"sku": product.sku},
        subtitle=f"{product.name} · {product.merchant} · {product.merchant.currency}",
        breadcrumbs=[(_("Products"), reverse("products")), (product.sku, address), (_("Prices"), None)],
        submit_label=_("Save prices"),
        cancel_url=address,
    )
    return render(request, "inventory_ops/form.html", {"page": page, "form": form}, status=422 if form.errors else 200)


@roles_required(OPERATIONS, FINANCE, ADMIN)
@signs_in_again()
@require_http_methods(["GET", "HEAD", "POST"])
def guard(request: HttpRequest) -> HttpResponse:
    """The rules; the form proposes one, which a second person approves."""
    posted, now = request.method == "POST", timezone.now()
    form = GuardForm(request.POST if posted else None)
    if posted and form.is_valid():
        data = form.cleaned_data
        try:
            made = proposals.propose(
                kind=price_rules.GUARD,
                merchant=data["vendor"],
                values={"mode": data["mode"]},
                valid_from=data["valid_from"],
                note=data["note"],
                by=viewer(request),
            )
        except proposals.Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Proposed. It holds once a second person approves."))
            return HttpResponseRedirect(reverse("proposal", args=[made.pk]))
    title = _("Price guard")
    context = {
        "page": Page(
            title,
            _("What happens when a price, cost or flash sale would sell a product below its cost of goods."),
            [(_("Administration"), None), (_("Settings"), None), (title, None)],
        ),
        "form": form,
        "guards": [(rule, TONES[rule.mode]) for rule in price_guard.in_force(now=now)],
        "rows": rows(newest([price_rules.GUARD.name]), now=now),
    }
    return render(request, "inventory_ops/price_guard.html", context, status=422 if form.errors else 200)
