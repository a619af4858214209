"""Account statements: detail, print view, CSV, closing."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from decimal import Decimal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inventory_ops.kit.page import Page
from inventory_ops.kit.spreadsheets import plain
from inventory_ops.operations import jobs
from inventory_ops.registries.permissions import EVERYBODY, FINANCE, roles_required, viewer
from lost_damaged import formula
from lost_damaged.models import SellerTransaction, Statement
from lost_damaged.operations import statements as operations
from lost_damaged.operations.statements import CannotClose
from lost_damaged.queries import statements as queries
from lost_damaged.queries.statements import Figures, Kind

LIST = "/finance/statements/"
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the statement; a group's head has no amount of its own above its lines."""

    label: str
    amount: Decimal
    count: int | None = None
    kind: str = ""  # "group" for a subtotal, "total" for a balance


def lines_of(figures: Figures) -> list[Line]:
    """The lines of the statement as people read them, top to bottom."""
    others, fees, refunds = (
        figures.of(*kinds) for kinds in ((Kind.CREDIT, Kind.DEBIT), (Kind.FEE,), (Kind.REFUND, Kind.FEE_REFUND))
    )
    order, credit, debit = (figures.of(kind) for kind in (Kind.ORDER, Kind.CREDIT, Kind.DEBIT))
    refund, fee_refund, adjustment = (figures.of(kind) for kind in (Kind.REFUND, Kind.FEE_REFUND, Kind.ADJUSTMENT))
    return [
        Line(_("Opening Balance"), figures.opening, kind="total"),
        Line(_("Orders: Item Price Credit"), order.amount, order.count, "group"),
        Line(_("Other Revenues"), others.amount, others.count, "group"),
        Line("Lost or Damaged Credit", credit.amount, credit.count),
        Line("Lost or Damaged", debit.amount, debit.count),
        Line(_("Fees: commission"), fees.amount, fees.count, "group"),
        Line(_("Refunds"), refunds.amount, refunds.count, "group"),
        Line(_("Item price refunded"), refund.amount, refund.count),
        Line(_("Commission returned"), fee_refund.amount, fee_refund.count),
        Line(_("Adjustments"), adjustment.amount, adjustment.count, "group"),
        Line(_("Closing Balance"), figures.closing, kind="total"),
        Line(_("Payout"), figures.payout, kind="total"),
        Line(_("Carried forward"), figures.carried_forward),
    ]


@roles_required(*EVERYBODY)
@require_safe
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """The statement with its transactions; `?_export=csv` gives its lines, `?print=1` a page to print."""
    user = viewer(request)
    found = get_object_or_404(
        Statement.objects.visible_to(user).select_related("merchant", "previous", "next"), number=number
    )
    figures = queries.figures(found)
    if request.GET.get("_export") == "csv":
        return _csv(found, figures)
    transactions = (
        SellerTransaction.objects.filter(line__statement=found)
        .select_related("write_off__product", "write_off__order_item")
        .order_by("-pk")
    )
    context = {
        "page": Page(
            title=_("Statement %(number)s") % {"number": found.number},
            subtitle=f"{found.merchant} · {found.currency}",
            breadcrumbs=[(_("Finance"), None), (_("Account statements"), LIST), (found.number, None)],
        ),
        "statement": found,
        "following": getattr(found, "next", None),
        "lines": lines_of(figures),
        "transactions": transactions[:SHOWN],
        "transactions_count": transactions.count(),
        "shown": SHOWN,
        "may_close": user.has_role(FINANCE) and found.state == Statement.State.OPEN,
        "is_print": bool(request.GET.get("print")),
    }
    return render(request, "lost_damaged/statement.html", context)


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


@roles_required(FINANCE)
@require_POST
def close(request: HttpRequest, number: str) -> HttpResponse:
    """Close one statement; the next one opens with what is carried forward."""
    get_object_or_404(Statement, number=number)
    try:
        following = operations.close(number=number, by=viewer(request))
    except CannotClose as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            _("%(number)s is closed. %(next)s is open now.") % {"number": number, "next": following.number},
        )
    return HttpResponseRedirect(f"{LIST}{number}/")


@roles_required(FINANCE)
@require_http_methods(["GET", "HEAD", "POST"])
def close_all(request: HttpRequest) -> HttpResponse:
    """Close every open statement, by a job."""
    opened = Statement.objects.filter(state=Statement.State.OPEN).count()
    if request.method == "POST":
        job = jobs.enqueue(
            kind="statements.close", title=_("Close %(n)s statements") % {"n": opened}, by=viewer(request)
        )
        return HttpResponseRedirect(f"/jobs/{job.pk}/")
    page = Page(
        title=_("Close the period"),
        subtitle=_("%(n)s open statements are closed as of now. What is booked later goes to the next ones.")
        % {"n": f"{opened:,}"},
        breadcrumbs=[(_("Account statements"), LIST), (_("Close the period"), None)],
        submit_label=_("Close %(n)s statements") % {"n": f"{opened:,}"},
        cancel_url=LIST,
    )
    return render(request, "lost_damaged/confirm.html", {"page": page})
