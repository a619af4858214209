"""Uploading import files: choose, check, preview, apply."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inventory_ops.forms.imports import QuestionsForm, UploadForm
from inventory_ops.kit import markup, showing
from inventory_ops.kit.imports import ImportSpec, formats, pages, registry
from inventory_ops.kit.page import Figure
from inventory_ops.models import Import, Job, User
from inventory_ops.models.imports import RowRemark
from inventory_ops.operations.imports import rejected, uploads
from inventory_ops.operations.imports.planning import Plan
from inventory_ops.queries import imports as queries
from inventory_ops.registries.permissions import ADMIN, FINANCE, OPERATIONS, roles_required, signs_in_again, viewer
from inventory_ops.views import import_files, import_formats, jobs

SHOWN_ERRORS = 200
UNDER_WAY = (Import.State.CHECKING, Import.State.APPLYING)


def steps(current: int) -> list[pages.Step]:
    return pages.steps([_("Choose a file"), _("Answer"), _("Check"), _("Apply")], current)


def allowed(user: User) -> list[ImportSpec]:
    """The kinds that `user` may upload."""
    return [spec for spec in registry if user.has_role(*spec.roles)]


def find(request: HttpRequest, pk: UUID) -> Import:
    job = queries.visible_to(viewer(request)).select_related("created_by").filter(pk=pk).first()
    if job is None:
        raise Http404
    return job


@roles_required(OPERATIONS, FINANCE, ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose a kind and a file; the upload is stored and checked."""
    user = viewer(request)
    specs = allowed(user)
    form = UploadForm(request.POST or None, request.FILES or None, kinds=specs)
    if request.method == "POST" and form.is_valid():
        empty = form.cleaned_data["empty"]
        try:
            job = uploads.receive(
                files=form.cleaned_data["file"],
                spec=form.cleaned_data["kind"],
                by=user,
                all_or_nothing=form.cleaned_data["all_or_nothing"],
                answers={"empty": empty} if empty == "keep" else None,
            )
        except uploads.UploadRefused as error:
            form.add_error("file", str(error))
        else:
            return redirect("import", job.pk)
    chosen = request.POST.get("kind") or request.GET.get("kind") or ""
    page = pages.UploadPage(
        title=_("New import"),
        subtitle=_("Your own files, or exports of other shops. Nothing is changed before you have seen the result."),
        breadcrumbs=[(_("Imports"), reverse("imports")), (_("New"), None)],
        steps=steps(0),
        kinds=[_any_kind(chosen), *(_kind(spec, chosen) for spec in specs)],
        formats_url=reverse("import-formats"),
    )
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "inventory_ops/import_upload.html", {"page": page, "form": form}, status=status)


def _any_kind(chosen: str) -> pages.Kind:
    names = (found.title.partition(" ")[0] for found in formats.registry if not found.name.startswith("our-"))
    shops = ", ".join(dict.fromkeys(names))
    return pages.Kind(
        value="",
        label=_("Find out from the file"),
        text=_("The header says what it is: one of ours, or an export of %(shops)s.") % {"shops": shops},
        checked=not chosen,
        columns="",
        template_url="",
    )


def _kind(spec: ImportSpec, chosen: str) -> pages.Kind:
    names = ", ".join(f"{column.name}*" if column.required else column.name for column in spec.columns)
    return pages.Kind(
        value=spec.name,
        label=_(spec.title),
        text=_(spec.purpose),
        checked=spec.name == chosen,
        columns=names,
        template_url=reverse("import-template", args=[spec.name]),
    )


@roles_required(OPERATIONS, FINANCE, ADMIN)
@require_safe
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """A file with the header and one row of examples."""
    spec = registry.find(kind)
    if spec is None or not viewer(request).has_role(*spec.roles):
        raise Http404
    return HttpResponse(
        rejected.template(spec),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{spec.name}.csv"'},
    )


@roles_required(OPERATIONS, FINANCE, ADMIN)
@require_safe
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Progress while something runs, the preview when it is checked, the result when it is done."""
    job = find(request, pk)
    if job.state in UNDER_WAY:
        return _under_way(request, job)
    if job.state == Import.State.ASKING:
        return redirect("import-answers", job.pk)
    stale = job.state == Import.State.DONE and job.rows_new + job.rows_changed > 0
    return render(request, "inventory_ops/import_preview.html", {"page": preview(job), "stale": stale})


def _under_way(request: HttpRequest, job: Import) -> HttpResponse:
    runner = Job.objects.filter(params__contains={"import": str(job.pk)}).order_by("-created_at").first()
    page = jobs.JobPage(
        title=str(job),
        subtitle=_("The result appears here when the work is done."),
        breadcrumbs=[(_("Imports"), reverse("imports")), (job.file_name, None)],
        back_url=reverse("import", args=[job.pk]),
        back_label=_("Show the result"),
    )
    progress = (
        jobs.progress(runner, then_reload=True)
        if runner
        else jobs.Progress(str(job), _("Working"), "warning", "", None)
    )
    return render(request, "inventory_ops/job.html", {"page": page, "job": progress})


@roles_required(OPERATIONS, FINANCE, ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def answers(request: HttpRequest, pk: UUID) -> HttpResponse:
    """All open questions of an import's files on one page; the columns of a layout that nobody knows are mapped."""
    job = find(request, pk)
    if not uploads.is_stored(job):
        raise Http404
    with uploads.planned(job, thorough=True) as found:
        names, forms = _forms(request, found)
    if request.method == "POST" and all(form.is_valid() for form in forms):
        said = {name: form.answers for name, form in zip(names, forms, strict=True)}
        said["*"] = {key: value for form in forms for key, value in form.shared.items()}
        try:
            uploads.answer(job=job, answers=said, by=viewer(request))
        except uploads.UploadRefused as error:
            messages.error(request, str(error))
        return redirect("import", job.pk)
    page = pages.QuestionsPage(
        title=_("Questions about %(file)s") % {"file": job.file_name},
        subtitle=_("What the file does not say is asked once and remembered for the next one of its layout."),
        breadcrumbs=[(_("Imports"), reverse("imports")), (job.file_name, None)],
        steps=steps(1),
        discard_url=reverse("import-discard", args=[job.pk]) if job.state == Import.State.ASKING else None,
        files=[_asked(name, form) for name, form in zip(names, forms, strict=True)],
    )
    status = 422 if request.method == "POST" else 200
    return render(request, "inventory_ops/import_questions.html", {"page": page}, status=status)


def _forms(request: HttpRequest, found: Plan) -> tuple[list[str], list[QuestionsForm]]:
    """A form for each file with questions; what several files of a layout ask alike is asked with the first one."""
    names: list[str] = []
    forms: list[QuestionsForm] = []
    seen: set[tuple[str, str]] = set()
    for each in found.looked:
        layout = each.layout.format.name if each.layout and each.layout.format else each.source.name
        asked = [one for one in each.questions if (layout, one.key) not in seen]
        seen |= {(layout, one.key) for one in asked if one.is_shared}
        if asked:
            names.append(each.source.short_name)
            forms.append(QuestionsForm(asked, request.POST or None, prefix=f"f{len(forms)}"))
    return names, forms


def _asked(name: str, form: QuestionsForm) -> pages.AskedFile:
    """The fields of one file's form, those of a map in a group of their own."""
    groups = []
    for asked in form.asked:
        fields = [field for field in form if field.name.startswith(f"{asked.key}-")] if asked.is_map else []
        if asked.key == "columns":
            groups.append(pages.AskedGroup(asked.text, fields, is_mapping=True))
            groups.append(pages.AskedGroup("", [form["kind"]]))
        elif asked.is_map:
            groups.append(pages.AskedGroup(asked.text, fields))
        else:
            groups.append(pages.AskedGroup("", [form[asked.key]]))
    return pages.AskedFile(name, groups)


@roles_required(OPERATIONS, FINANCE, ADMIN)
@require_safe
def answers_file(request: HttpRequest, pk: UUID) -> JsonResponse:
    """What was answered, as the command takes it: `load --answers FILE`."""
    job = find(request, pk)
    said = {file["name"]: file["answers"] for file in job.details.get("files", []) if file.get("answers")}
    return JsonResponse(
        said or job.answers,
        json_dumps_params={"indent": 1, "ensure_ascii": False},
        headers={"Content-Disposition": 'attachment; filename="answers.json"'},
    )


def _problem(found: RowRemark) -> pages.Problem:
    line = markup.number(found.line) if found.line else _("File")
    return pages.Problem(line, found.column, import_files.visible(found.value), found.message, found.file)


def preview(job: Import) -> pages.PreviewPage:
    waits = job.state == Import.State.CHECKED
    good = job.rows_new + job.rows_changed
    kept = uploads.is_stored(job)
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
        label = (
            ngettext("Apply %(count)s row", "Apply %(count)s rows", good) % {"count": markup.number(good)}
            if good
            else None
        )
    remarks = list(job.warnings.order_by("line", "id")[:SHOWN_ERRORS])
    page = pages.PreviewPage(
        title=_("Import of %(kind)s") % {"kind": (job.kind or _("a file")).replace("_", " ")},
        subtitle=" · ".join((str(words[Import.State(job.state)]), job.file_name, markup.in_rows(job.rows_total), who)),
        breadcrumbs=[(_("Imports"), reverse("imports")), (job.file_name, None)],
        steps=steps(2 if waits else 4 if job.state == Import.State.DONE else 2),
        numbers=[
            Figure(_("New"), markup.number(job.rows_new)),
            Figure(_("Changed"), markup.number(job.rows_changed)),
            Figure(_("Unchanged"), markup.number(job.rows_unchanged)),
            *([Figure(_("With warnings"), markup.number(job.rows_warned), tone="warning")] if job.rows_warned else []),
            Figure(_("With errors"), markup.number(job.rows_failed), tone="critical" if job.rows_failed else ""),
        ],
        files=[import_files.shown(facts) for facts in job.details.get("files", [])],
        causes=import_files.causes(job),
        row_warnings=[_problem(error) for error in remarks],
        warnings=_warnings(job, waits=waits, blocked=blocked, good=good),
        error_files=_error_files(job) if kept else [],
        replace_url=_replace_url(job) if waits or job.state == "failed" else None,
        answers_url=_page_of("import-answers", job) if kept and job.details.get("files") and waits else None,
        answers_file_url=_page_of("import-answers-file", job) if job.details.get("files") else None,
        apply_url=_page_of("import-apply", job),
        apply_label=label,
        discard_url=_page_of("import-discard", job) if waits else None,
    )
    if job.rows_warned > len(remarks):
        page.row_warnings_total = _("The first %(shown)s of %(total)s rows with a warning.") % {
            "shown": markup.number(len(remarks)),
            "total": markup.number(job.rows_warned),
        }
    return page


def _page_of(name: str, job: Import, **query: str) -> str:
    return reverse(name, args=[job.pk], query=query or None)


def _replace_url(job: Import) -> str:
    return reverse("import-new", query={"kind": job.details.get("kind", "")})


def _error_files(job: Import) -> list[tuple[str, str]]:
    """Addresses of the files of rejected rows, with the name of the file each is of, where there are several."""
    names = sorted(set(job.errors.filter(line__gt=1).values_list("file", flat=True)))
    return [(_page_of("import-errors", job, **({"file": name} if name else {})), name) for name in names]


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
                f"{showing.moment(before.created_at)}.",
                reverse("import", args=[before.pk]),
                _("Show that import"),
            )
        )
    return found


def _is_of_people(request: HttpRequest) -> bool:
    """Is the import of the address of a kind that wants the password once more?"""
    kinds = [spec.name for spec in registry if spec.signs_in_again]
    match = request.resolver_match
    return match is not None and Import.objects.filter(pk=match.kwargs["pk"], kind__in=kinds).exists()


@roles_required(OPERATIONS, FINANCE, ADMIN)
@signs_in_again(when=_is_of_people)
@require_POST
def apply(request: HttpRequest, pk: UUID) -> HttpResponse:
    job = find(request, pk)
    try:
        uploads.apply(job=job, by=viewer(request))
    except uploads.UploadRefused as error:
        messages.error(request, str(error))
    return redirect("import", job.pk)


@roles_required(OPERATIONS, FINANCE, ADMIN)
@require_POST
def discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    job = find(request, pk)
    try:
        uploads.discard(job=job, by=viewer(request))
    except uploads.UploadRefused as error:
        messages.error(request, str(error))
        return redirect("import", job.pk)
    messages.success(request, _("Discarded. Nothing was changed."))
    return redirect("imports")


@roles_required(OPERATIONS, FINANCE, ADMIN)
@require_safe
def errors(request: HttpRequest, pk: UUID) -> StreamingHttpResponse:
    """The refused rows with their reasons, to be corrected and uploaded again."""
    job = find(request, pk)
    rows = rejected.error_file(job, request.GET.get("file", ""))
    if rows is None:
        raise Http404
    return StreamingHttpResponse(
        rows,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{job.kind}-rejected.csv"'},
    )


urlpatterns: list[Any] = [
    path("new/", new, name="import-new"),
    path("formats/", import_formats.listed, name="import-formats"),
    path("template/<slug:kind>/", template, name="import-template"),
    path("<uuid:pk>/", detail, name="import"),
    path("<uuid:pk>/answers/", answers, name="import-answers"),
    path("<uuid:pk>/answers.json", answers_file, name="import-answers-file"),
    path("<uuid:pk>/apply/", apply, name="import-apply"),
    path("<uuid:pk>/discard/", discard, name="import-discard"),
    path("<uuid:pk>/errors/", errors, name="import-errors"),
]
