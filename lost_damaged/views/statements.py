"""Account statements: the page with its figures, newest lines and payments, print view, CSV and PDF, payments."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inventory_ops.kit.page import Page
from inventory_ops.kit.spreadsheets import plain
from inventory_ops.models import User
from inventory_ops.registries.permissions import EVERYBODY, FINANCE, MERCHANT, roles_required, viewer
from inventory_ops.views.addresses import safe_next
from lost_damaged import formula
from lost_damaged.models import Payment, Statement, StatementMail
from lost_damaged.operations import payments, statement_mail
from lost_damaged.queries import statements as queries
from lost_damaged.queries.statements import COLUMNS, Figures, Past
from lost_damaged.statement_forms import PastForm, PaymentForm, ReturnForm
from lost_damaged.statement_rows import lines_of, waterfall

SHOWN = 50


@roles_required(*EVERYBODY)
@require_safe
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """The statement with its newest lines; `?_export=csv` or `pdf` gives its figures, `?print=1` a page to print."""
    user = viewer(request)
    found = get_object_or_404(
        Statement.objects.visible_to(user).select_related("merchant", "previous", "next"), number=number
    )
    past = PastForm(request.GET) if request.GET.get("at") else PastForm()
    then = queries.at(found, past.cleaned_data["at"]) if past.is_bound and past.is_valid() else None
    if past.is_bound and then is None and not past.errors:
        past.add_error("at", _("The statement was not there yet."))
    if request.GET.get("_export") == "csv" and not past.errors:
        return _csv(found, then.figures if then else queries.figures(found))
    if request.GET.get("_export") == "pdf" and not past.errors:
        from lost_damaged.statement_pdf import pdf_of  # with its fonts and pictures a tenth of a web process

        return HttpResponse(
            pdf_of(found, viewer=user, then=then),
            content_type="application/pdf",
            headers={"Content-Disposition": f'attachment; filename="{found.number}.pdf"'},
        )
    return _page(request, found, user, PaymentForm(initial={"amount": _left(found)}), past, then)


def _page(
    request: HttpRequest,
    found: Statement,
    user: User,
    form: PaymentForm,
    past: PastForm | None = None,
    then: Past | None = None,
) -> HttpResponse:
    figures = then.figures if then else queries.figures(found)
    past = past or PastForm()
    list_url = f"{reverse('statement-lines')}?statement={found.number}"
    lines = queries.lines(found, viewer=user).select_related(
        "order_item__order", "order_item__product", "transaction__write_off__product", "adjustment"
    )
    failed = form if form.is_bound else past if past.errors else None
    context = {
        "page": Page(
            title=_("Statement %(number)s") % {"number": found.number},
            subtitle=f"{found.merchant} · {found.currency}",
            breadcrumbs=[(_("Finance"), None), (_("Account statements"), reverse("statements")), (found.number, None)],
        ),
        "statement": found,
        "following": getattr(found, "next", None),
        "lines": lines_of(figures),
        "chart": waterfall(figures, currency=found.currency, list_url=list_url),
        "list": list_url,
        "newest": [] if then else lines.order_by("-occurred_at", "-pk")[:SHOWN],
        "count": figures.of(*COLUMNS).count,
        "shown": SHOWN,
        "payments": found.payments.select_related("reversal").order_by("paid_on", "pk"),
        "may_return": user.has_role(FINANCE),
        "left": _left(found),
        "form": failed,
        "payment": form,
        "past": past,
        "then": then,
        "moment": f"&{urlencode({'at': past['at'].value()})}" if then else "",
        "period": _period(found, then),
        "mails": user.has_role(MERCHANT),
        "is_mailed": StatementMail.objects.filter(user=user).exists(),
        "may_close": user.has_role(FINANCE) and found.state == Statement.State.OPEN and not then,
        "may_pay": user.has_role(FINANCE) and found.state == Statement.State.CLOSED and _left(found) > 0 and not then,
        "is_print": bool(request.GET.get("print")),
    }
    return render(request, "lost_damaged/statement.html", context, status=422 if failed else 200)


@roles_required(MERCHANT)
@require_POST
def mail(request: HttpRequest) -> HttpResponse:
    """A person of a seller wants a mail when a statement is closed, or no longer."""
    wanted = request.POST.get("wanted") == "1"
    statement_mail.want(user=viewer(request), wanted=wanted)
    messages.success(request, _("You get a mail when a statement is closed.") if wanted else _("No more mails."))
    return HttpResponseRedirect(safe_next(request, reverse("statements")))


def _period(statement: Statement, then: Past | None) -> dict[str, object]:
    """The state and the end of a statement, now or then."""
    state = then.state if then else statement.state
    ends_at = then.moment if then and state == Statement.State.OPEN else statement.ends_at
    return {"state": state, "label": Statement.State(state).label, "ends_at": ends_at}


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


@roles_required(FINANCE)
@require_http_methods(["GET", "HEAD", "POST"])
def return_payment(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Book that the bank returned a payment."""
    payment = get_object_or_404(
        Payment.objects.filter(reverses__isnull=True, reversal__isnull=True).select_related("statement__merchant"),
        statement__number=number,
        pk=pk,
    )
    form = ReturnForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            payments.reverse(payment=payment, **form.cleaned_data, by=viewer(request))
        except payments.CannotReverse as error:
            form.add_error(error.field, str(error))
        else:
            messages.success(request, _("The payment is reversed. The statement waits for it again."))
            return redirect("statement", number)
    address = reverse("statement", args=[number])
    page = Page(
        title=_("Payment %(reference)s came back") % {"reference": payment.reference},
        subtitle=f"{payment.statement.merchant} · {payment.paid_on.isoformat()}",
        breadcrumbs=[(_("Account statements"), reverse("statements")), (number, address), (_("Returned"), None)],
        submit_label=_("Reverse the payment"),
        cancel_url=address,
    )
    status = 422 if form.errors else 200
    return render(request, "inventory_ops/form.html", {"page": page, "form": form}, status=status)


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
