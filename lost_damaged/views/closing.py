"""Closing the period: a day is chosen, what it takes in is shown, and it is final once it is confirmed."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from inventory_ops.kit import markup
from inventory_ops.kit.page import Page
from inventory_ops.models import Merchant
from inventory_ops.operations import jobs
from inventory_ops.registries.permissions import FINANCE, roles_required, viewer
from lost_damaged.models import Statement
from lost_damaged.operations import statements as operations
from lost_damaged.operations.statements import CannotClose
from lost_damaged.queries import closing
from lost_damaged.statement_forms import BeginForm, ConfirmCutOffForm, CutOffForm, last_month

SHOWN = 100


@roles_required(FINANCE)
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, number: str) -> HttpResponse:
    """Close one statement; the next one opens with what is carried forward."""
    found = get_object_or_404(Statement.objects.select_related("merchant"), number=number)
    address = reverse("statement", args=[number])
    if found.state != Statement.State.OPEN:
        messages.error(request, _("%(number)s is closed already.") % {"number": number})
        return HttpResponseRedirect(address)
    form, day = _cut_off(request)
    if request.method == "POST" and day is not None:
        try:
            following = operations.close(number=number, by=viewer(request), cut_off=day)
        except CannotClose as error:
            form.add_error("cut_off", str(error))
        else:
            messages.success(
                request,
                _("%(number)s is closed. %(next)s is open now.") % {"number": number, "next": following.number},
            )
            return HttpResponseRedirect(address)
    page = Page(
        title=_("Close statement %(number)s") % {"number": number},
        subtitle=f"{found.merchant} · {found.currency}",
        breadcrumbs=[(_("Account statements"), reverse("statements")), (number, address), (_("Close"), None)],
        submit_label=_("Close the statement"),
        cancel_url=address,
    )
    return _preview(request, page, form, day, [number])


@roles_required(FINANCE)
@require_http_methods(["GET", "HEAD", "POST"])
def close_all(request: HttpRequest) -> HttpResponse:
    """Close every open statement that the day is in, by a job."""
    form, day = _cut_off(request)
    if request.method == "POST" and day is not None:
        job = jobs.enqueue(
            kind="statements.close",
            title=_("Close statements up to %(day)s") % {"day": day.isoformat()},
            by=viewer(request),
            params={"cut_off": day.isoformat()},
        )
        return HttpResponseRedirect(reverse("job", args=[job.pk]))
    page = Page(
        title=_("Close the period"),
        subtitle=_("All sellers, by a job."),
        breadcrumbs=[(_("Account statements"), reverse("statements")), (_("Close the period"), None)],
        submit_label=_("Close the statements"),
        cancel_url=reverse("statements"),
    )
    return _preview(request, page, form, day, None)


def _cut_off(request: HttpRequest) -> tuple[CutOffForm, date | None]:
    """The form, and the day if it is one: of a preview from the address, of a close from what was sent."""
    if request.method == "POST":
        form: CutOffForm = ConfirmCutOffForm(request.POST)
    else:
        form = CutOffForm({"cut_off": request.GET.get("cut_off", last_month().isoformat())})
    return form, form.cleaned_data["cut_off"] if form.is_valid() else None


def _preview(
    request: HttpRequest, page: Page, form: CutOffForm, day: date | None, numbers: list[str] | None
) -> HttpResponse:
    shown = day or form.cleaned_data.get("cut_off")
    found = closing.preview(cut_off=shown, now=timezone.now(), numbers=numbers) if shown else []
    closes = [each for each in found if each.closes]
    context = {
        "page": page,
        "form": form,
        "cut_off": shown,
        "choice": CutOffForm({"cut_off": (shown or last_month()).isoformat()}),
        "confirm": ConfirmCutOffForm(initial={"cut_off": shown}) if request.method != "POST" else form,
        "rows": closes[:SHOWN],
        "count": len(closes),
        "left_out": len(found) - len(closes),
        "stay": sum(each.stay for each in closes),
        "totals": closing.totals(found),
        "shown": SHOWN,
        "without": 0 if numbers else Merchant.objects.filter(statements__isnull=True).count(),
    }
    return render(request, "lost_damaged/closing.html", context, status=422 if form.errors else 200)


@roles_required(FINANCE)
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """Open the first statements of all sellers that have none."""
    form = BeginForm(request.POST if request.method == "POST" else None)
    waiting = Merchant.objects.filter(statements__isnull=True).count()
    if form.is_bound and form.is_valid():
        day = form.cleaned_data["day"].isoformat()
        job = jobs.enqueue(
            kind="statements.begin",
            title=_("Begin statements with %(day)s") % {"day": day},
            by=viewer(request),
            params={"day": day},
        )
        return HttpResponseRedirect(reverse("job", args=[job.pk]))
    page = Page(
        title=_("Begin statements"),
        subtitle=ngettext("%(n)s seller has no statement yet.", "%(n)s sellers have no statement yet.", waiting)
        % {"n": markup.number(waiting)},
        breadcrumbs=[(_("Account statements"), reverse("statements")), (_("Begin statements"), None)],
        submit_label=_("Begin the statements"),
        cancel_url=reverse("statements"),
    )
    status = 422 if form.is_bound else 200
    return render(request, "inventory_ops/form.html", {"page": page, "form": form}, status=status)
