"""Account statements: the page with its figures, newest lines and payments, print view, CSV and PDF, payments."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from inventory_ops.kit.page import Page
from inventory_ops.kit.spreadsheets import plain
from inventory_ops.models import User
from inventory_ops.registries.permissions import EVERYBODY, FINANCE, roles_required, viewer
from lost_damaged import formula
from lost_damaged.models import Payment, Statement
from lost_damaged.operations import payments
from lost_damaged.queries import statements as queries
from lost_damaged.queries.statements import COLUMNS, Figures
from lost_damaged.statement_forms import PaymentForm
from lost_damaged.statement_pdf import pdf_of
from lost_damaged.statement_rows import lines_of

SHOWN = 50


@roles_required(*EVERYBODY)
@require_safe
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """The statement with its newest lines; `?_export=csv` or `pdf` gives its figures, `?print=1` a page to print."""
    user = viewer(request)
    found = get_object_or_404(
        Statement.objects.visible_to(user).select_related("merchant", "previous", "next"), number=number
    )
    if request.GET.get("_export") == "csv":
        return _csv(found, queries.figures(found))
    if request.GET.get("_export") == "pdf":
        return HttpResponse(
            pdf_of(found, viewer=user),
            content_type="application/pdf",
            headers={"Content-Disposition": f'attachment; filename="{found.number}.pdf"'},
        )
    return _page(request, found, user, PaymentForm(initial={"amount": _left(found)}))


def _page(request: HttpRequest, found: Statement, user: User, form: PaymentForm) -> HttpResponse:
    figures = queries.figures(found)
    lines = queries.lines(found, viewer=user).select_related(
        "order_item__order", "order_item__product", "transaction__write_off__product", "adjustment"
    )
    context = {
        "page": Page(
            title=_("Statement %(number)s") % {"number": found.number},
            subtitle=f"{found.merchant} · {found.currency}",
            breadcrumbs=[(_("Finance"), None), (_("Account statements"), reverse("statements")), (found.number, None)],
        ),
        "statement": found,
        "following": getattr(found, "next", None),
        "lines": lines_of(figures),
        "list": f"{reverse('statement-lines')}?statement={found.number}",
        "newest": lines.order_by("-occurred_at", "-pk")[:SHOWN],
        "count": figures.of(*COLUMNS).count,
        "shown": SHOWN,
        "payments": found.payments.order_by("paid_on", "pk"),
        "left": _left(found),
        "form": form if form.is_bound else None,
        "payment": form,
        "may_close": user.has_role(FINANCE) and found.state == Statement.State.OPEN,
        "may_pay": user.has_role(FINANCE) and found.state == Statement.State.CLOSED and _left(found) > 0,
        "is_print": bool(request.GET.get("print")),
    }
    return render(request, "lost_damaged/statement.html", context, status=422 if form.errors else 200)


def _left(statement: Statement) -> Decimal:
    left = (statement.payout_amount or Decimal(0)) - statement.paid_amount
    return formula.rounded(left, formula.minor_units(statement.currency))


@roles_required(FINANCE)
@require_POST
def pay(request: HttpRequest, number: str) -> HttpResponse:
    """Book a payment of the statement, or of a part of it."""
    found = get_object_or_404(Statement.objects.select_related("merchant", "previous", "next"), number=number)
    form = PaymentForm(request.POST)
    if form.is_valid():
        [outcome] = payments.record([form.payment(number)], source=Payment.Source.PAGE, by=viewer(request))
        if outcome.state != "refused":
            text = _("The payment is booked.") if outcome.state == "booked" else _("This payment was booked before.")
            messages.success(request, text)
            return redirect("statement", number)
        form.add_error(outcome.field if outcome.field in form.fields else None, outcome.problem)
    return _page(request, found, viewer(request), form)


def _csv(statement: Statement, figures: Figures) -> HttpResponse:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Statement", "Vendor Number", "Vendor Name", "From", "To", "Line", "Count", "Amount", "Currency"])
    digits = formula.minor_units(statement.currency)
    for line in lines_of(figures):
        writer.writerow(
            [
                statement.number,
                plain(statement.merchant.vendor_number),
                plain(statement.merchant.name),
                statement.starts_at.isoformat(),
                statement.ends_at.isoformat() if statement.ends_at else "",
                line.label,
                "" if line.count is None else line.count,
                format(formula.rounded(line.amount, digits) + 0, "f"),
                statement.currency,
            ]
        )
    return HttpResponse(
        out.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{statement.number}.csv"'},
    )
