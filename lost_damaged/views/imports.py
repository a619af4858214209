"""Finance Import › Update Inventory Status (Lost or Damaged)."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inventory_ops.kit import markup, showing
from inventory_ops.kit.imports import pages
from inventory_ops.kit.page import Figure
from inventory_ops.models import Import, Job, User
from inventory_ops.registries.permissions import ADMIN, FINANCE, OPERATIONS, roles_required, signs_in_again, viewer
from inventory_ops.views import jobs as job_views
from lost_damaged import csv_files, formula
from lost_damaged.forms import FinanceImportForm
from lost_damaged.models import WriteOffFile, WriteOffRow
from lost_damaged.operations import imports
from lost_damaged.operations.imports import NotWaiting
from lost_damaged.queries import imports as queries
from lost_damaged.queries.explanation import WARNINGS
from lost_damaged.views import posted

SHOWN = 100
READERS = (OPERATIONS, FINANCE, ADMIN)


def steps(current: int) -> list[pages.Step]:
    return pages.steps([_("Upload"), _("Check"), _("Write off")], current)


@roles_required(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Upload a file (finance), and what was imported lately."""
    user = viewer(request)
    form = FinanceImportForm(*posted(request))
    if request.method == "POST":
        if not user.has_role(FINANCE):
            return HttpResponse(status=403)
        if form.is_valid():
            data = form.cleaned_data
            try:
                record = imports.receive(
                    upload=data["file"],
                    by=user,
                    reason=data["reason"],
                    all_or_nothing=data["all_or_nothing"],
                    encoding=data["encoding"],
                )
            except csv_files.FileRefused as error:
                form.add_error("file", str(error))
            else:
                return redirect("finance-import-detail", record.pk)
    page = pages.UploadPage(
        title=_("Finance import"),
        subtitle=_("Units that the shop lost or damaged: each is written off once and credited to its seller."),
        breadcrumbs=[(_("Finance"), None), (_("Finance import"), None)],
        steps=steps(0),
        kinds=[
            pages.Kind(
                value="write_offs",
                label=_("Update Inventory Status (Lost or Damaged)"),
                text=_("The same data as the API call of the warehouse system."),
                checked=True,
                columns="SKU*, UID*, Status* (written-off), Order Item Shop ID",
                template_url=reverse("finance-import-template"),
            )
        ],
    )
    context = {
        "page": page,
        "form": form,
        "recent": queries.recent()[:20],
        "now": timezone.now(),
        "may_upload": user.has_role(FINANCE),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "lost_damaged/import_upload.html", context, status=status)


@roles_required(FINANCE)
@require_safe
def template(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        csv_files.template(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="write_offs.csv"'},
    )


def find(pk: UUID) -> tuple[Import, WriteOffFile]:
    record = get_object_or_404(queries.recent(), pk=pk)
    return record, WriteOffFile.objects.select_related("job").get(record=record)


@roles_required(*READERS)
@require_safe
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Progress, check, or result, by the state of the import."""
    record, file = find(pk)
    user = viewer(request)
    if record.state in {Import.State.CHECKING, Import.State.APPLYING}:
        return _under_way(request, record, file)
    sellers = queries.per_seller(file)
    context = {
        "page": preview(record, file, sellers, user),
        "sellers": sellers,
        "is_done": record.state == Import.State.DONE,
        "shipped": queries.warned(file, "order_item_shipped").select_related("merchant")[:SHOWN],
        "list_url": reverse("write-offs", query={"import_id": record.pk}) if record.state == Import.State.DONE else "",
    }
    return render(request, "lost_damaged/import_preview.html", context)


def _under_way(request: HttpRequest, record: Import, file: WriteOffFile) -> HttpResponse:
    job = file.job or Job.objects.filter(params={"import": str(record.pk)}).order_by("-created_at").first()
    interrupted = job is not None and job.is_final and record.state == Import.State.APPLYING
    page = job_views.JobPage(
        title=record.file_name,
        subtitle=_("It was interrupted: what was booked stays booked. Resume to book the rest.")
        if interrupted
        else _("The result appears here when the work is done."),
        breadcrumbs=[(_("Finance import"), reverse("finance-import")), (record.file_name, None)],
        back_url=reverse("finance-import-detail", args=[record.pk]),
        back_label=_("Show the result"),
    )
    progress = (
        job_views.progress(job, then_reload=True)
        if job
        else job_views.Progress(record.file_name, _("Working"), "warning", "", None)
    )
    if interrupted:
        progress.retry_url = reverse("finance-import-resume", args=[record.pk])
    elif job is not None and job.created_by_id != viewer(request).pk:
        # the job's own pages are its owner's
        progress.poll_url, progress.cancel_url = None, None
    return render(request, "inventory_ops/job.html", {"page": page, "job": progress})


def amounts(by_currency: dict[str, tuple[Decimal, Decimal]], which: int) -> str:
    texts = [
        f"{markup.money(formula.rounded(pair[which], formula.minor_units(currency)), currency)} {currency}"
        for currency, pair in sorted(by_currency.items())
    ]
    return " · ".join(texts) or "0"


def preview(record: Import, file: WriteOffFile, sellers: list[queries.SellerTotal], user: User) -> pages.PreviewPage:
    waits = record.state == Import.State.CHECKED
    done = record.state == Import.State.DONE
    manages = user.has_role(FINANCE)
    by_currency = queries.totals(sellers)
    errors = list(file.rows.filter(state=WriteOffRow.State.ERROR).order_by("line")[:SHOWN])
    blocked = waits and ((record.all_or_nothing and record.rows_failed > 0) or not record.rows_new)
    who = record.created_by.email if record.created_by else ""
    page = pages.PreviewPage(
        title={Import.State.CHECKED: _("Check before you write off"), Import.State.DONE: _("Written off")}.get(
            Import.State(record.state), _("Nothing was written off")
        ),
        subtitle=" · ".join(
            [
                record.file_name,
                markup.in_rows(record.rows_total),
                showing.moment(record.created_at),
                who,
            ]
        ),
        breadcrumbs=[(_("Finance import"), reverse("finance-import")), (_("Update inventory status"), None)],
        steps=steps(1 if waits else 3),
        numbers=_numbers(record, sellers, by_currency, done=done),
        warnings=_warnings(record, file, blocked=blocked, waits=waits, by_currency=by_currency),
        errors=[
            pages.Problem(
                markup.number(row.line),
                row.error_column,
                row.error_value,
                f"{row.error_message} ({row.error_code})",
                key=row.uid or csv_files.cell_of(row.cells, file.header, "UID")[:60],
            )
            for row in errors
        ],
        error_file_url=reverse("finance-import-errors", args=[record.pk]) if errors else None,
        replace_url=reverse("finance-import") if waits and manages else None,
        apply_url=reverse("finance-import-confirm", args=[record.pk]),
        discard_url=reverse("finance-import-discard", args=[record.pk]) if waits and manages else None,
    )
    if waits and manages and not blocked:
        page.apply_label = ngettext("Write off %(n)s item", "Write off %(n)s items", record.rows_new) % {
            "n": markup.number(record.rows_new)
        }
    if record.rows_failed > len(errors):
        page.error_total = _("The first %(shown)s of %(total)s rows with errors; the download has all.") % {
            "shown": len(errors),
            "total": markup.number(record.rows_failed),
        }
    return page


def _numbers(
    record: Import, sellers: list[queries.SellerTotal], by_currency: dict[str, tuple[Decimal, Decimal]], *, done: bool
) -> list[Figure]:
    count = len({each.vendor_number for each in sellers})
    of_sellers = ngettext("%(n)s seller, factor applied", "%(n)s sellers, factor applied", count) % {"n": count}
    return [
        Figure(
            _("Written off") if done else _("Ready to write off"),
            markup.number(record.rows_new),
            _("unique UIDs"),
        ),
        Figure(
            _("Credited to sellers") if done else _("Credit to sellers (estimate)"),
            amounts(by_currency, 1 if done else 0),
            of_sellers,
        ),
        Figure(_("Already written off"), markup.number(record.rows_unchanged), _("skipped, never paid twice")),
        Figure(
            _("Rows with errors"),
            markup.number(record.rows_failed),
            _("left out until corrected"),
            "critical" if record.rows_failed else "",
        ),
    ]


def _warnings(
    record: Import,
    file: WriteOffFile,
    *,
    blocked: bool,
    waits: bool,
    by_currency: dict[str, tuple[Decimal, Decimal]],
) -> list[pages.Warned]:
    found = []
    if blocked and record.rows_failed and record.all_or_nothing:
        found.append(
            pages.Warned(_("Rows with errors block this import."), _("You asked to import nothing if any row fails."))
        )
    if waits and (over := queries.above_limits(file)):
        text = ngettext(
            "%(n)s unit will wait for a second person; the others are written off when you confirm.",
            "%(n)s units will wait for a second person; the others are written off when you confirm.",
            over,
        ) % {"n": markup.number(over)}
        if record.all_or_nothing:
            text = _("Since all are imported or none, all wait for a second person after you confirm.")
        found.append(pages.Warned(_("Amounts are above a limit."), text))
    if left := queries.waiting(file):
        text = ngettext(
            "%(n)s unit is not written off yet: a second person has to approve it.",
            "%(n)s units are not written off yet: a second person has to approve them.",
            left,
        ) % {"n": markup.number(left)}
        url = f"{reverse('waiting-units')}?import={record.pk}"
        found.append(pages.Warned(_("Amounts are above a limit."), text, url, _("Show them")))
    if waits and (earlier := queries.earlier(record)):
        found.append(
            pages.Warned(
                _("This very file was imported before."),
                _("Nothing is written off twice."),
                reverse("finance-import-detail", args=[earlier.pk]),
                _("Show that import"),
            )
        )
    shipped = queries.warned(file, "order_item_shipped").count()
    if shipped:
        title = ngettext(
            "%(n)s row belongs to an order item that was shipped.",
            "%(n)s rows belong to order items that were shipped.",
            shipped,
        ) % {"n": markup.number(shipped)}
        text = _("Order status is not checked by this import: if it was delivered, the seller may be paid twice.")
        found.append(pages.Warned(title, text, "#shipped", _("Show them")))
    for code in ("order_item_repeated", "order_item_cart", "uid_rounded"):
        if count := queries.warned(file, code).count():
            title = ngettext("%(n)s row: look at it again.", "%(n)s rows: look at them again.", count)
            found.append(pages.Warned(title % {"n": markup.number(count)}, str(WARNINGS[code])))
    changed = {currency: pair for currency, pair in by_currency.items() if pair[0] != pair[1]}
    if record.state == Import.State.DONE and changed:
        found.append(
            pages.Warned(
                _("The amounts differ from the estimate."),
                _("At the check they were %(before)s: a price or factor changed in between.")
                % {"before": amounts(changed, 0)},
            )
        )
    return found


@roles_required(FINANCE)
@signs_in_again()
@require_POST
def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    record, _file = find(pk)
    try:
        imports.confirm(record=record, by=viewer(request))
    except NotWaiting as error:
        messages.error(request, str(error))
    return redirect("finance-import-detail", pk)


@roles_required(FINANCE)
@signs_in_again()
@require_POST
def resume(request: HttpRequest, pk: UUID) -> HttpResponse:
    record, _file = find(pk)
    try:
        imports.resume(record=record, by=viewer(request))
    except NotWaiting as error:
        messages.error(request, str(error))
    return redirect("finance-import-detail", pk)


@roles_required(FINANCE)
@require_POST
def discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    record, _file = find(pk)
    try:
        imports.discard(record=record, by=viewer(request))
    except NotWaiting as error:
        messages.error(request, str(error))
        return redirect("finance-import-detail", pk)
    messages.success(request, _("%(file)s is discarded. Nothing was written off.") % {"file": record.file_name})
    return redirect("finance-import")


@roles_required(*READERS)
@require_safe
def error_file(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The refused rows, to be corrected and uploaded as they are."""
    record, file = find(pk)
    return StreamingHttpResponse(
        queries.error_file(file),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="rejected-{record.created_at:%Y-%m-%d}.csv"'},
    )
