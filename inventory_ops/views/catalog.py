"""Pages of one order and of one product."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from inventory_ops.forms.availability import AvailabilityForm
from inventory_ops.forms.carts import ContactForm
from inventory_ops.kit import undo
from inventory_ops.kit.numbers import whole
from inventory_ops.kit.page import Page
from inventory_ops.models import Order, Product, User
from inventory_ops.models.orders import OrderStatus
from inventory_ops.operations import availability, carts
from inventory_ops.pages import order as order_page
from inventory_ops.pages import product as product_page
from inventory_ops.queries import costs, orders
from inventory_ops.registries.permissions import ADMIN, OPERATIONS, roles_required, viewer
from inventory_ops.views import undoing


@login_required
@require_safe
def order(request: HttpRequest, code: str) -> HttpResponse:
    """The order of a number, or of store/number; where several stores have the number, which of them is meant."""
    user = viewer(request)
    found = orders.called(code, viewer=user)
    if len(found) > 1 and (item := whole(request.GET.get("item", ""))):
        found = [each for each in found if each.items.filter(pk=item).exists()] or found
    if not found:
        raise Http404
    return _order(request, found[0], user) if len(found) == 1 else _orders(request, code, found)


def _orders(request: HttpRequest, code: str, found: list[Order]) -> HttpResponse:
    page = Page(
        title=_("Orders %(number)s") % {"number": code},
        subtitle=_("Several stores have an order of this number."),
        breadcrumbs=[(_("Orders"), reverse("orders")), (code, None)],
    )
    return render(request, "inventory_ops/orders.html", {"page": page, "orders": found})


def _order(request: HttpRequest, found: Order, user: User, *, form: Any = None, status: int = 200) -> HttpResponse:
    """An order with its items (a merchant sees its own ones alone) and its attempts to pay."""
    page = Page(
        title=_("Order %(number)s") % {"number": found.number},
        subtitle="",
        breadcrumbs=[(_("Orders"), reverse("orders")), (found.number, None)],
    )
    if found.status == OrderStatus.CART:
        page.title = _("Cart %(number)s") % {"number": found.number}
        page.breadcrumbs[0] = (_("Checkout abandoned orders"), reverse("report", args=[carts.REPORT]))
    shown = order_page.context(found, viewer=user, now=timezone.now())
    if form is not None:
        shown["contact_form"] = form
    return render(request, "inventory_ops/order.html", {"page": page} | shown, status=status)


@roles_required(OPERATIONS, ADMIN)
@require_POST
def contacted(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down that somebody got in touch about a cart."""
    user = viewer(request)
    found = get_object_or_404(Order.objects.select_related("store"), pk=pk)
    form = ContactForm(request.POST, auto_id="contact_%s")
    if form.is_valid():
        values = form.cleaned_data
        try:
            carts.contact(
                order=found,
                how=values["how"],
                note=values["note"],
                by=user,
                now=timezone.now(),
                seen=whole(request.POST.get("seen")),
            )
        except carts.NotContacted as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Written down: the customer was contacted."))
            return redirect(found.get_absolute_url())
    return _order(request, found, user, form=form, status=422)


@login_required
@require_safe
def product(request: HttpRequest, pk: int) -> HttpResponse:
    """A product, all that is known of it, and what can be done about it."""
    user, now = viewer(request), timezone.now()
    rows: Any = Product.objects.visible_to(user).select_related("merchant", "category")
    found = get_object_or_404(costs.with_prices(rows, as_of=now), pk=pk)
    page = Page(
        title=found.name,
        subtitle=f"{found.sku} · {found.merchant.name}",
        breadcrumbs=[(_("Products"), reverse("products")), (found.sku, None)],
    )
    return render(
        request,
        "inventory_ops/product.html",
        {"page": page, "form": AvailabilityForm()} | product_page.context(found, viewer=user, now=now),
    )


@roles_required(OPERATIONS, ADMIN)
@require_POST
def set_live(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a product live, or take it off; the channels that list it are notified."""
    user = viewer(request)
    found = get_object_or_404(Product.objects.visible_to(user), pk=pk)
    form, live = AvailabilityForm(request.POST), request.POST.get("live") == "1"
    if not form.is_valid():
        messages.error(request, _("Give a reason."))
        return redirect("product", found.pk)
    with undo.collected() as done:
        changed = availability.set_live(products=[pk], live=live, reason=form.cleaned_data["why"], by=user)
    if changed:
        text = _("Put live.") if live else _("Taken off sale. Channels get the quantity 0.")
        undoing.say(request, text, undoing.toast(request, done, text))
    else:
        messages.info(request, _("Somebody else did so already."))
    return redirect("product", found.pk)
