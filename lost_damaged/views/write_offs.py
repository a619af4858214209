"""One write-off, one transaction, the reversal, and a unit typed by hand."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from inventory_ops.kit.page import Page
from inventory_ops.registries.permissions import EVERYBODY, FINANCE, roles_required, viewer
from lost_damaged.forms import ReverseForm, WriteOffForm
from lost_damaged.models import SellerTransaction, Source, WriteOff
from lost_damaged.operations import write_offs
from lost_damaged.operations.write_offs import CannotReverse
from lost_damaged.queries import explanation, settings
from lost_damaged.views import posted


@roles_required(*EVERYBODY)
@require_safe
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """A write-off with its transactions, each explained."""
    user = viewer(request)
    found = get_object_or_404(
        WriteOff.objects.visible_to(user).select_related("product", "merchant", "order_item__order"), number=number
    )
    transactions = list(found.transactions.prefetch_related("entries", "lines__statement").order_by("pk"))
    context = {
        "page": Page(
            title=_("Write-off %(number)s") % {"number": found.number},
            subtitle=f"{found.product.sku} · {found.product.name}",
            breadcrumbs=[(_("Finance"), None), (_("Lost and damaged"), reverse("write-offs")), (found.number, None)],
        ),
        "write_off": found,
        "booked": [(each, explanation.of(each)) for each in transactions],
        "is_reversed": len(transactions) > 1,
        "shop_id_label": _("%(shop)s-Id") % {"shop": settings.current().shop_name},
        "may_reverse": user.has_role(FINANCE) and len(transactions) == 1,
        "shows_entries": user.sees_all_merchants,
    }
    return render(request, "lost_damaged/write_off.html", context)


@roles_required(*EVERYBODY)
@require_safe
def of_transaction(request: HttpRequest, number: str) -> HttpResponse:
    """A transaction is explained on the page of its write-off."""
    rows = SellerTransaction.objects.visible_to(viewer(request)).select_related("write_off")
    found = get_object_or_404(rows, number=number)
    return HttpResponseRedirect(reverse("write-off", args=[found.write_off.number], fragment=found.number))


@roles_required(FINANCE)
@require_http_methods(["GET", "HEAD", "POST"])
def reverse_credit(request: HttpRequest, number: str) -> HttpResponse:
    """Take a credit back because the unit was found."""
    found = get_object_or_404(WriteOff.objects.select_related("product"), number=number)
    form = ReverseForm(posted(request)[0])
    if request.method == "POST" and form.is_valid():
        try:
            debit = write_offs.reverse(number=found.number, note=form.cleaned_data["note"], by=viewer(request))
        except CannotReverse as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request,
                _("%(number)s is reversed by %(debit)s.") % {"number": found.number, "debit": debit.number},
            )
            return redirect("write-off", found.number)
    page = Page(
        title=_("Reverse %(number)s") % {"number": found.number},
        subtitle=_("The unit was found. The credit is reversed, and the UID stays used permanently."),
        breadcrumbs=[
            (_("Lost and damaged"), reverse("write-offs")),
            (found.number, reverse("write-off", args=[found.number])),
            (_("Reverse"), None),
        ],
        submit_label=_("Reverse the write-off"),
        cancel_url=reverse("write-off", args=[found.number]),
    )
    return render(
        request, "inventory_ops/form.html", {"page": page, "form": form}, status=422 if form.is_bound else 200
    )


@roles_required(FINANCE)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Write one unit off by hand: same rules, same function."""
    form = WriteOffForm(posted(request)[0])
    if request.method == "POST" and form.is_valid():
        [outcome] = write_offs.write_off(
            [form.cleaned_data["item"]],
            source=Source.PAGE,
            by=viewer(request),
            reason=form.cleaned_data["reason"],
        )
        if outcome.state == "waits" and outcome.error:
            messages.warning(request, outcome.error.message)
            return redirect("waiting-units")
        if outcome.error:
            form.add_item_error(outcome.error)
        else:
            said = (
                _("%(number)s: written off.") if outcome.state == "booked" else _("%(number)s: was written off before.")
            )
            messages.success(request, said % {"number": outcome.number})
            return redirect("write-off", outcome.number)
    page = Page(
        title=_("Write off one unit"),
        subtitle=_("For many units use Finance import."),
        breadcrumbs=[(_("Finance"), None), (_("Lost and damaged"), reverse("write-offs")), (_("New"), None)],
        submit_label=_("Write off the unit"),
        cancel_url=reverse("write-offs"),
    )
    return render(
        request, "inventory_ops/form.html", {"page": page, "form": form}, status=422 if form.is_bound else 200
    )
