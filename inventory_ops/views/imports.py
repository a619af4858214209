"""Uploading import files: choose, check, preview, apply."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inventory_ops.forms.imports import UploadForm
from inventory_ops.kit.imports import ImportSpec, pages, registry
from inventory_ops.kit.page import Figure
from inventory_ops.models import Import, Job, User
from inventory_ops.models.imports import RowRemark
from inventory_ops.operations.imports import uploads
from inventory_ops.registries.permissions import ADMIN, OPERATIONS, roles_required, signs_in_again, viewer
from inventory_ops.views import jobs

SHOWN_ERRORS = 200
UNDER_WAY = (Import.State.CHECKING, Import.State.APPLYING)


def steps(current: int) -> list[pages.Step]:
    return pages.steps([_("Choose a file"), _("Check"), _("Apply")], current)


def allowed(user: User) -> list[ImportSpec]:
    """The kinds that `user` may upload."""
    return [spec for spec in registry if user.has_role(*spec.roles)]


def find(request: HttpRequest, pk: UUID) -> Import:
    kinds = [spec.name for spec in allowed(viewer(request))]
    job = Import.objects.select_related("created_by").filter(pk=pk, kind__in=kinds).first()
    if job is None:
        raise Http404
    return job


@roles_required(OPERATIONS, ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose a kind and a file; the upload is stored and checked."""
    user = viewer(request)
    specs = allowed(user)
    form = UploadForm(request.POST or None, request.FILES or None, kinds=specs)
    if request.method == "POST" and form.is_valid():
        try:
            job = uploads.receive(
                upload=form.cleaned_data["file"],
                spec=form.cleaned_data["kind"],
                by=user,
                all_or_nothing=form.cleaned_data["all_or_nothing"],
            )
        except uploads.UploadRefused as error:
            form.add_error("file", str(error))
        else:
            return HttpResponseRedirect(f"/imports/{job.pk}/")
    chosen = request.POST.get("kind") or request.GET.get("kind") or specs[0].name
    page = pages.UploadPage(
        title=_("New import"),
        subtitle=_("CSV files in UTF-8, plain or .gz. Nothing is changed before you have seen the result."),
        breadcrumbs=[(_("Imports"), "/imports/"), (_("New"), None)],
        steps=steps(0),
        kinds=[_kind(spec, chosen) for spec in specs],
    )
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "inventory_ops/import_upload.html", {"page": page, "form": form}, status=status)


def _kind(spec: ImportSpec, chosen: str) -> pages.Kind:
    names = ", ".join(f"{column.name}*" if column.required else column.name for column in spec.columns)
    return pages.Kind(
        value=spec.name,
        label=_(spec.title),
        text=_(spec.purpose),
        checked=spec.name == chosen,
        columns=names,
        template_url=f"/imports/template/{spec.name}/",
    )


@roles_required(OPERATIONS, ADMIN)
@require_safe
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """A file with the header and one row of examples."""
    spec = registry.get(kind)
    if spec is None or not viewer(request).has_role(*spec.roles):
        raise Http404
    return HttpResponse(
        uploads.template(spec),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{spec.name}.csv"'},
    )


@roles_required(OPERATIONS, ADMIN)
@require_safe
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Progress while something runs, the preview when it is checked, the result when it is done."""
    job = find(request, pk)
    if job.state in UNDER_WAY:
        return _under_way(request, job)
    return render(request, "inventory_ops/import_preview.html", {"page": preview(job)})


def _under_way(request: HttpRequest, job: Import) -> HttpResponse:
    runner = Job.objects.filter(params__contains={"import": str(job.pk)}).order_by("-created_at").first()
    page = jobs.JobPage(
        title=str(job),
        subtitle=_("The result appears here when the work is done."),
        breadcrumbs=[(_("Imports"), "/imports/"), (job.file_name, None)],
        back_url=f"/imports/{job.pk}/",
        back_label=_("Show the result"),
    )
    progress = (
        jobs.progress(runner, then_reload=True)
        if runner
        else jobs.Progress(str(job), _("Working"), "warning", "", None)
    )
    return render(request, "inventory_ops/job.html", {"page": page, "job": progress})


def _problem(found: RowRemark) -> pages.Problem:
    line = f"{found.line:,}" if found.line else _("File")
    return pages.Problem(line, found.column, visible(found.value), found.message)


def preview(job: Import) -> pages.PreviewPage:
    waits = job.state == Import.State.CHECKED
    address = f"/imports/{job.pk}/"
    good = job.rows_new + job.rows_changed
    errors = list(job.errors.order_by("line", "id")[:SHOWN_ERRORS])
    total = job.errors.count()
    kept = uploads.stored(job) is not None
    who = job.created_by.email if job.created_by else _("the command line")
    words = {
        Import.State.CHECKED: _("Checked, nothing is changed yet"),
        Import.State.DONE: _("Applied"),
        Import.State.FAILED: _("Refused, nothing was changed"),
        Import.State.DISCARDED: _("Discarded"),
    }
    blocked = waits and job.all_or_nothing and job.rows_failed > 0
    label = None
    if waits and not blocked:
        label = _("Apply %(count)s rows") % {"count": f"{good:,}"} if good else None
    remarks = list(job.warnings.order_by("line", "id")[:SHOWN_ERRORS])
    page = pages.PreviewPage(
        title=_("Import of %(kind)s") % {"kind": job.kind.replace("_", " ")},
        subtitle=f"{words[Import.State(job.state)]} · {job.file_name} · {job.rows_total:,} {_('rows')} · {who}",
        breadcrumbs=[(_("Imports"), "/imports/"), (job.file_name, None)],
        steps=steps(1 if waits else 3 if job.state == Import.State.DONE else 1),
        numbers=[
            Figure(_("New"), f"{job.rows_new:,}"),
            Figure(_("Changed"), f"{job.rows_changed:,}"),
            Figure(_("Unchanged"), f"{job.rows_unchanged:,}"),
            *([Figure(_("With warnings"), f"{job.rows_warned:,}", tone="warning")] if job.rows_warned else []),
            Figure(_("With errors"), f"{job.rows_failed:,}", tone="critical" if job.rows_failed else ""),
        ],
        errors=[_problem(error) for error in errors],
        row_warnings=[_problem(error) for error in remarks],
        warnings=_warnings(job, waits=waits, blocked=blocked, good=good),
        error_file_url=f"{address}errors/" if kept and any(error.line > 1 for error in errors) else None,
        replace_url=f"/imports/new/?kind={job.kind}" if waits or job.state == Import.State.FAILED else None,
        apply_url=f"{address}apply/",
        apply_label=label,
        discard_url=f"{address}discard/" if waits else None,
    )
    if job.rows_warned > len(remarks):
        page.row_warnings_total = _("The first %(shown)s of %(total)s rows with a warning.") % {
            "shown": f"{len(remarks):,}",
            "total": f"{job.rows_warned:,}",
        }
    if total > len(errors):
        page.error_total = _("The first %(shown)s of %(total)s errors; the file of rejected rows has all.") % {
            "shown": f"{len(errors):,}",
            "total": f"{total:,}",
        }
    return page


def visible(value: str) -> str:
    """A value with its control characters shown as their codes."""
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in value)


def _warnings(job: Import, *, waits: bool, blocked: bool, good: int) -> list[pages.Warned]:
    found = []
    if blocked:
        found.append(
            pages.Warned(_("Rows with errors block this import."), _("You asked to import nothing if any row fails."))
        )
    elif waits and not good and not job.rows_failed:
        found.append(pages.Warned(_("Nothing to apply."), _("Every row is already as the file says.")))
    earlier = (
        Import.objects.filter(sha256=job.sha256, kind=job.kind, state=Import.State.DONE).exclude(pk=job.pk)
        if waits
        else Import.objects.none()
    )
    if before := earlier.order_by("-created_at").first():
        found.append(
            pages.Warned(
                _("This very file was imported before."),
                f"{before.created_at:%-d %b %Y, %H:%M} UTC.",
                f"/imports/{before.pk}/",
                _("Show that import"),
            )
        )
    return found


def _is_of_people(request: HttpRequest) -> bool:
    """Is the import of the address of a kind that wants the password once more?"""
    kinds = [spec.name for spec in registry if spec.signs_in_again]
    match = request.resolver_match
    return match is not None and Import.objects.filter(pk=match.kwargs["pk"], kind__in=kinds).exists()


@roles_required(OPERATIONS, ADMIN)
@signs_in_again(when=_is_of_people)
@require_POST
def apply(request: HttpRequest, pk: UUID) -> HttpResponse:
    job = find(request, pk)
    try:
        uploads.apply(job=job, by=viewer(request))
    except uploads.UploadRefused as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(f"/imports/{job.pk}/")


@roles_required(OPERATIONS, ADMIN)
@require_POST
def discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    job = find(request, pk)
    try:
        uploads.discard(job=job, by=viewer(request))
    except uploads.UploadRefused as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(f"/imports/{job.pk}/")
    messages.success(request, _("Discarded. Nothing was changed."))
    return HttpResponseRedirect("/imports/")


@roles_required(OPERATIONS, ADMIN)
@require_safe
def errors(request: HttpRequest, pk: UUID) -> StreamingHttpResponse:
    """The refused rows with their reasons, to be corrected and uploaded again."""
    job = find(request, pk)
    rows = uploads.error_file(job)
    if rows is None:
        raise Http404
    return StreamingHttpResponse(
        rows,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{job.kind}-rejected.csv"'},
    )


urlpatterns: list[Any] = [
    path("new/", new, name="import-new"),
    path("template/<slug:kind>/", template, name="import-template"),
    path("<uuid:pk>/", detail, name="import"),
    path("<uuid:pk>/apply/", apply, name="import-apply"),
    path("<uuid:pk>/discard/", discard, name="import-discard"),
    path("<uuid:pk>/errors/", errors, name="import-errors"),
]
