"""NAV export: what waits, batches, downloads, decisions."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inventory_ops.kit import showing
from inventory_ops.kit.page import Page
from inventory_ops.registries.permissions import ADMIN, FINANCE, OPERATIONS, roles_required, viewer
from lost_damaged.models import NavBatch
from lost_damaged.operations import nav as operations
from lost_damaged.operations.nav import CannotDecide
from lost_damaged.queries import nav as queries
from lost_damaged.queries import settings as finance_settings
from lost_damaged.queries.nav import Choice
from lost_damaged.statement_forms import NavChoiceForm

READERS = (OPERATIONS, FINANCE, ADMIN)
SHOWN = 200


@roles_required(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """What waits for an export by currency, who is held, and the button that makes the batches."""
    user = viewer(request)
    form = NavChoiceForm(request.POST if request.method == "POST" else request.GET)
    if request.method == "POST" and not user.has_role(FINANCE):
        return HttpResponse(status=403)
    chosen = form.choice() if form.is_valid() else None
    if request.method == "POST" and chosen is not None:
        return _export(request, chosen, form.cleaned_data["posting_date"])
    context = {
        "page": Page(
            title=_("New NAV export"),
            subtitle=_("One batch a currency and posting month; everything is exported once."),
            breadcrumbs=[(_("NAV export"), reverse("nav-batches")), (_("New export"), None)],
        ),
        "form": form,
        "hidden": NavChoiceForm(form.data, auto_id=False),
        "ready": queries.ready(chosen) if chosen is not None else [],
        "held": queries.held(chosen) if chosen is not None else [],
        "statements_from": finance_settings.current().nav_statements_from,
        "may_export": user.has_role(FINANCE),
    }
    return render(request, "lost_damaged/nav_new.html", context, status=422 if form.errors else 200)


def _export(request: HttpRequest, choice: Choice, posting_date: date | None) -> HttpResponse:
    made = operations.export(by=viewer(request), choice=choice, posting_date=posting_date)
    if not made.batches:
        messages.warning(request, _("Nothing to export: nothing that was chosen waits and has a vendor number."))
        return redirect("nav-new")
    messages.success(
        request,
        ngettext("%(n)s batch made: %(numbers)s.", "%(n)s batches made: %(numbers)s.", len(made.batches))
        % {"n": len(made.batches), "numbers": ", ".join(batch.number for batch in made.batches)},
    )
    return redirect("nav-batches") if len(made.batches) > 1 else redirect("nav-batch", made.batches[0].number)


@roles_required(*READERS)
@require_safe
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """A batch with its control totals."""
    batch = get_object_or_404(NavBatch.objects.defer("csv", "json"), number=number)
    lines = batch.lines.select_related(
        "transaction__write_off", "transaction__merchant", "statement__merchant"
    ).order_by("pk")
    context = {
        "page": Page(
            title=_("NAV batch %(number)s") % {"number": batch.number},
            subtitle=f"{showing.month(batch.month)} · {batch.currency}",
            breadcrumbs=[(_("Finance"), None), (_("NAV export"), reverse("nav-batches")), (batch.number, None)],
        ),
        "batch": batch,
        "lines": lines[:SHOWN],
        "count": lines.count(),
        "may_decide": viewer(request).has_role(FINANCE) and batch.state == NavBatch.State.EXPORTED,
    }
    return render(request, "lost_damaged/nav_batch.html", context)


@roles_required(*READERS)
@require_safe
def download(request: HttpRequest, number: str, form: str) -> HttpResponse:
    """The bytes of the batch, always the same."""
    if form not in {"csv", "json"}:
        raise Http404
    batch = get_object_or_404(NavBatch, number=number)
    return HttpResponse(
        bytes(batch.csv if form == "csv" else batch.json),
        content_type="text/csv; charset=utf-8" if form == "csv" else "application/json",
        headers={"Content-Disposition": f'attachment; filename="{batch.number}.{form}"'},
    )


@roles_required(FINANCE)
@require_POST
def decide(request: HttpRequest, number: str) -> HttpResponse:
    """Confirm that NAV posted the batch, or reject it."""
    get_object_or_404(NavBatch, number=number)
    try:
        if "confirm" in request.POST:
            posted_number = _text(request, "posted_number", 50)
            operations.confirm(number=number, posted_number=posted_number, by=viewer(request))
        else:
            operations.reject(number=number, note=_text(request, "note", 500), by=viewer(request))
    except CannotDecide as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(number)s is decided on.") % {"number": number})
    return redirect("nav-batch", number)


def _text(request: HttpRequest, name: str, most: int) -> str:
    """At most that many characters of a field. Raises CannotDecide for what no text of the database can hold."""
    text = request.POST.get(name, "")[:most]
    if "\x00" in text:
        raise CannotDecide(_("%(field)s: remove the NUL character.") % {"field": name})
    return text
