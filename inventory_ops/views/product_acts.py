"""What is done to one product besides its prices: flash sales, marks, undoing a change of prices."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from inventory_ops.forms.product_acts import FlashSaleForm, ProductMarkForm
from inventory_ops.kit import undo
from inventory_ops.kit.numbers import whole
from inventory_ops.kit.page import Page
from inventory_ops.models import FlashSale, PriceChange, Product
from inventory_ops.operations import flash_sales, marks, price_undo
from inventory_ops.queries.marks import mark_of
from inventory_ops.registries.permissions import ADMIN, OPERATIONS, roles_required, viewer
from inventory_ops.views import editing, undoing


def _product(request: HttpRequest, pk: int) -> Product:
    rows = Product.objects.visible_to(viewer(request)).select_related("merchant")
    return get_object_or_404(rows, pk=pk)


def _form(request: HttpRequest, product: Product, form: Any, *, title: str, submit: str) -> HttpResponse:
    address = reverse("product", args=[product.pk])
    page = Page(
        title=f"{title} · {product.sku}",
        subtitle=f"{product.name} · {product.merchant} · {product.merchant.currency}",
        breadcrumbs=[(_("Products"), reverse("products")), (product.sku, address), (title, None)],
        submit_label=submit,
        cancel_url=address,
    )
    return render(request, "inventory_ops/form.html", {"page": page, "form": form}, status=422 if form.errors else 200)


@roles_required(OPERATIONS, ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def plan_sale(request: HttpRequest, pk: int) -> HttpResponse:
    """Plan a flash sale of a product; one that is in the way is named."""
    product = _product(request, pk)
    form = FlashSaleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            planned = flash_sales.plan(
                products=[pk],
                sale=FlashSaleForm.sale(values),
                by=viewer(request),
                as_of=timezone.now(),
                accept_loss=values["accept_loss"],
            )
        except flash_sales.InvalidSale as error:
            form.add_error(None, str(error))
        else:
            if planned.made:
                messages.success(request, _("Flash sale planned."))
                return redirect("product", pk)
            form.add_error(None, planned.refused[pk])
    return _form(request, product, form, title=_("Plan a flash sale"), submit=_("Plan the sale"))


@roles_required(OPERATIONS, ADMIN)
@require_POST
def end_sale(request: HttpRequest, pk: int, sale: int) -> HttpResponse:
    """End a sale that runs, or cancel one that has not begun."""
    found = get_object_or_404(FlashSale.objects.visible_to(viewer(request)), pk=sale, product=pk)
    now = timezone.now()
    if not flash_sales.end(sales=[found.pk], by=viewer(request), as_of=now):
        messages.info(request, _("It is over."))
    elif found.starts_at >= now:
        messages.success(request, _("Flash sale cancelled."))
    else:
        messages.success(request, _("Flash sale ended."))
    return redirect("product", pk)


@roles_required(OPERATIONS, ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
@editing.one_at_a_time
def mark(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a product for liquidation or promotion, or change its mark."""
    product = _product(request, pk)
    form = ProductMarkForm(
        request.POST if request.method == "POST" else None, mark=mark_of(pk, on=timezone.localdate())
    )
    if request.method == "POST" and form.is_valid():
        try:
            with undo.collected() as done:
                marks.mark(products=[pk], by=viewer(request), **form.mark())
        except marks.InvalidMark as error:
            form.add_error(None, str(error))
        else:
            text = _("Marked.") if done else _("Nothing was changed.")
            undoing.say(request, text, undoing.toast(request, done, text))
            return redirect("product", pk)
    return _form(request, product, form, title=_("Mark the product"), submit=_("Mark"))


@roles_required(OPERATIONS, ADMIN)
@require_POST
def unmark(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a product's mark."""
    _product(request, pk)
    with undo.collected() as done:
        marks.unmark(products=[pk], by=viewer(request))
    if done:
        undoing.say(request, _("Mark removed."), undoing.toast(request, done, _("Mark removed.")))
    else:
        messages.info(request, _("Somebody else removed it already."))
    return redirect("product", pk)


@roles_required(OPERATIONS, ADMIN)
@require_POST
def undo_prices(request: HttpRequest, pk: int) -> HttpResponse:
    """Set prices back to what they were before a change; under a guard that only warns, once that is confirmed."""
    _product(request, pk)
    change = get_object_or_404(PriceChange, pk=whole(request.POST.get("change")) or 0, product=pk)
    applied, left = price_undo.undo(
        changes=[change.pk],
        by=viewer(request),
        as_of=timezone.now(),
        accept_loss=request.POST.get("accept_loss") == "on",
    )
    if applied.changed:
        messages.success(request, _("The change was undone."))
    for text in left:
        messages.error(request, text)
    return redirect("product", pk)
