"""Pages of manual inventory: find the product, then adjust, count, change its type, or take it back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inventory_ops.forms.stock import LARGEST, AdjustForm, ChangeDetailsForm, ReturnForm, TypeForm
from inventory_ops.kit.numbers import whole
from inventory_ops.kit.page import Page
from inventory_ops.models import EventKey, InventoryEvent, OrderItem, Product, StockBalance
from inventory_ops.operations import orders, stock, stock_returns, stock_undo
from inventory_ops.operations.ledger import InsufficientStock, LedgerRefusal
from inventory_ops.operations.stock import Changed, Place, StockMoved
from inventory_ops.queries import ledger, search
from inventory_ops.queries.orders import called
from inventory_ops.registries.permissions import ADMIN, EVERYBODY, OPERATIONS, roles_required, viewer

WRITERS = (OPERATIONS, ADMIN)
HITS = 20
EVENTS_SHOWN = 100
BOOK = {"adjust": AdjustForm, "type": TypeForm, "return": ReturnForm}


def _heading(task: str) -> tuple[str, str]:
    return {
        "adjust": (_("Adjust stock"), _("Book the change")),
        "type": (_("Change inventory type"), _("Move the units")),
        "return": (_("Product return"), _("Book the return")),
    }[task]


@roles_required(*WRITERS)
@require_http_methods(["GET", "HEAD", "POST"])
def adjust(request: HttpRequest, task: str = "adjust") -> HttpResponse:
    """One product's stock. Without a product in the address: the search for it, which a scanner can fill in."""
    product_id = whole(request.GET.get("product"))
    if not product_id:
        return _find(request, task)
    product = get_object_or_404(Product.objects.visible_to(viewer(request)).select_related("merchant"), pk=product_id)
    balances = list(
        StockBalance.objects.filter(product=product)
        .select_related("inventory_type", "location", "product")
        .order_by("inventory_type", "location__code", "expires_on", "lot", "pk")
    )
    wanted = whole(request.GET.get("balance"))
    chosen = next((each for each in balances if each.pk == wanted), None)
    if chosen is None and balances and "new" not in request.GET:
        chosen = balances[0]
    form: ChangeDetailsForm
    conflict = None
    status = 422 if request.method == "POST" else 200
    if request.method == "POST":
        form = BOOK[task](request.POST)
        if form.is_valid():
            try:
                changed = _do(task, form, product, request)
            except StockMoved as moved:
                [conflict] = moved.moved
                status = 409
                form = BOOK[task](_with_fresh_count(request, conflict.on_hand))
            except InsufficientStock as short:
                form.add_error("quantity", str(short))
            except LedgerRefusal as refused:
                form.add_error(None, str(refused))
            else:
                _tell(request, product, changed)
                return redirect("stock-product", product.pk)
    else:
        form = BOOK[task](initial=_initial(chosen))
    title, submit = _heading(task)
    context = {
        "page": Page(
            title=title,
            subtitle=f"{product.sku} · {product.name} · {product.merchant.name}",
            breadcrumbs=[
                (_("Stock inquiry"), reverse("stock-inquiry")),
                (product.sku, reverse("stock-product", args=[product.pk])),
                (title, None),
            ],
            submit_label=_("Book it anyway") if conflict else submit,
            cancel_url=reverse("stock-product", args=[product.pk]),
        ),
        "form": form,
        "product": product,
        "balances": balances,
        "chosen": chosen,
        "conflict": conflict,
        "task": task,
    }
    return render(request, "inventory_ops/stock_adjust.html", context, status=status)


def _initial(balance: StockBalance | None) -> dict[str, Any]:
    if balance is None:
        return {"inventory_type": "good", "location": "MAIN", "seen": 0}
    place = Place.of(balance)
    return {
        "inventory_type": place.inventory_type,
        "location": place.location,
        "lot": place.lot,
        "expires_on": place.expires_on,
        "seen": balance.on_hand,
    }


def _with_fresh_count(request: HttpRequest, on_hand: int) -> Any:
    data = request.POST.copy()
    data["seen"] = str(on_hand)
    return data


def _do(task: str, form: Any, product: Product, request: HttpRequest) -> Changed:
    place, details, by, cleaned = form.place(product), form.details(), viewer(request), form.cleaned_data
    if task == "type":
        return stock.change_type(
            place=place, to=cleaned["to"].code, quantity=cleaned["quantity"], details=details, by=by
        )
    if task == "return":
        resealable = cleaned["condition"] == "resealable"
        return stock_returns.accept_return(
            place=place,
            quantity=cleaned["quantity"],
            resealable=resealable,
            details=details,
            by=by,
            shop_item_id=cleaned["shop_item_id"],
        )
    if cleaned["verb"] == "to":
        return stock.set_to(place=place, counted=cleaned["quantity"], seen=cleaned["seen"], details=details, by=by)
    return stock.adjust_by(place=place, quantity=cleaned["quantity"], details=details, by=by)


def _tell(request: HttpRequest, product: Product, changed: Changed) -> None:
    if changed.repeated:
        messages.info(request, _("This form was sent before: it was booked once."))
    elif changed.events:
        messages.success(request, _("Booked in the events ledger: %(sku)s.") % {"sku": product.sku})
    else:
        messages.info(request, _("The count is right: nothing to book for %(sku)s.") % {"sku": product.sku})


def _find(request: HttpRequest, task: str) -> HttpResponse:
    """The search for a product. A SKU that one product alone has leads straight to it."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    hits: list[Product] = []
    if text:
        user = viewer(request)
        exact = list(Product.objects.visible_to(user).filter(sku=text)[:2])
        if len(exact) == 1:
            return HttpResponseRedirect(f"{request.path}?product={exact[0].pk}")
        hits = search.choices(text=text, viewer=user, most=HITS)
    title, _submit = _heading(task)
    context = {
        "page": Page(
            title=title,
            subtitle=_("Scan or type a SKU, or part of a name."),
            breadcrumbs=[(_("Stock inquiry"), reverse("stock-inquiry")), (title, None)],
        ),
        "q": text,
        "hits": hits,
        "task": task,
    }
    return render(request, "inventory_ops/stock_find.html", context)


@roles_required(*WRITERS)
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo one event, once."""
    event = get_object_or_404(
        InventoryEvent.objects.visible_to(viewer(request)).select_related(
            "product", "inventory_type", "location", "balance"
        ),
        pk=pk,
    )
    try:
        stock_undo.undo(event=event, by=viewer(request))
    except LedgerRefusal as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Event %(id)s was undone by a new event.") % {"id": pk})
    return redirect("stock-product", event.product_id)


@roles_required(*EVERYBODY)
@require_safe
def product(request: HttpRequest, pk: int) -> HttpResponse:
    """One product's ledger: balances, running quantity, events, and the summary by day, week or month."""
    user = viewer(request)
    found = get_object_or_404(Product.objects.visible_to(user).select_related("merchant"), pk=pk)
    by = next((each for each in ("day", "week", "month") if request.GET.get("by") == each), "month")
    events = list(
        ledger.events(viewer=user)
        .filter(product=found)
        .select_related("inventory_type", "location")
        .order_by("-pk")[:EVENTS_SHOWN]
    )
    undone = set(EventKey.objects.filter(key__in=[f"undo:{each.pk}" for each in events]).values_list("key", flat=True))
    writes = user.has_role(*WRITERS)

    def row(event: InventoryEvent) -> tuple[InventoryEvent, bool, bool]:
        is_undone = f"undo:{event.pk}" in undone
        return event, writes and not is_undone and not stock_undo.why_not_undo(event), is_undone

    summary = ledger.summary(product_id=found.pk, by=by)
    context = {
        "page": Page(
            title=found.name,
            subtitle=f"{found.sku} · {found.merchant.name}",
            breadcrumbs=[(_("Stock inquiry"), reverse("stock-inquiry")), (found.sku, None)],
        ),
        "product": found,
        "balances": StockBalance.objects.filter(product=found)
        .select_related("inventory_type", "location")
        .order_by("inventory_type", "location__code", "expires_on", "pk"),
        "rows": [row(each) for each in events],
        "more": len(events) == EVENTS_SHOWN,
        "summary": summary,
        "by": by,
        "spans": [("day", _("Day")), ("week", _("Week")), ("month", _("Month"))],
        "chart": {
            "days": [f"{row.start:%Y-%m-%d}" for row in reversed(summary)],
            "stock": [row.end for row in reversed(summary)],
            "threshold": None,
            "runsOut": None,
            "value": 0,
        },
        "writes": writes,
        "shows_actor": user.sees_all_merchants,
    }
    return render(request, "inventory_ops/stock_product.html", context)


@roles_required(*WRITERS)
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest) -> HttpResponse:
    """A late marketplace cancellation: the order's lines with what was bought filled in; 0 leaves a line alone."""
    number = request.GET.get("order", "").replace("\x00", "").strip()
    found = called(number, viewer=viewer(request))
    order = found[0] if len(found) == 1 else None
    items: list[OrderItem] = []
    error = ""
    if order:
        rows = OrderItem.objects.filter(order=order, quantity__gt=F("cancelled_quantity")).select_related("product")
        items = list(rows.annotate(bought=F("quantity") - F("cancelled_quantity")).order_by("pk"))
    elif found:
        stores = ", ".join(f"{each.store.number if each.store else '-'}/{each.number}" for each in found)
        error = _("Several stores have this order. Say which: %(stores)s.") % {"stores": stores}
    elif number:
        error = _("There is no order %(number)s.") % {"number": number}
    if order and request.method == "POST":
        typed = {item.pk: whole(request.POST.get(f"item-{item.pk}", "").strip(), high=LARGEST) for item in items}
        units = {pk: number for pk, number in typed.items() if number}
        if None not in typed.values():
            try:
                total = orders.cancel_late(order=order, units=units, by=viewer(request))
            except LedgerRefusal as refused:
                error = str(refused)
            else:
                done = ngettext(
                    "%(n)s unit is back and can be sold again.", "%(n)s units are back and can be sold again.", total
                )
                messages.success(request, done % {"n": total})
                return HttpResponseRedirect(order.get_absolute_url())
        else:
            error = _("Units back: use whole numbers, 0 to leave a line alone.")
    title = _("Late marketplace cancellation")
    page = Page(
        title=title,
        subtitle=order.number if order else _("For a cancellation after the marketplace passed the order on."),
        breadcrumbs=[(_("Stock inquiry"), reverse("stock-inquiry")), (title, None)],
    )
    context = {"page": page, "number": number, "order": order, "items": items, "error": error}
    return render(request, "inventory_ops/stock_cancel.html", context, status=422 if error else 200)
