"""Jobs: list, progress, cancel, retry, result file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from inventory_ops.kit import files, markup, showing
from inventory_ops.kit.page import Page
from inventory_ops.models import Job
from inventory_ops.operations import jobs
from inventory_ops.registries.permissions import signs_in_again, viewer

TONES = {"queued": "neutral", "running": "warning", "done": "good", "failed": "critical", "cancelled": "neutral"}
STOP_POLLING = 286  # htmx ends a poll on this status


@dataclass(slots=True)
class Progress:
    """The context `job` of templates/inventory_ops/_job_progress.html."""

    title: str
    sentence: str
    tone: str
    state_label: str
    percent: int | None
    poll_url: str | None = None
    cancel_url: str | None = None
    cancel_label: str = ""
    retry_url: str | None = None
    download_url: str | None = None
    download_label: str = ""
    error_file_url: str | None = None
    rows: list[Any] = field(default_factory=list)
    rows_total: str = ""


@dataclass(slots=True)
class JobPage(Page):
    back_url: str = field(default_factory=lambda: reverse("jobs"))
    back_label: str = ""


def find(request: HttpRequest, pk: UUID) -> Job:
    return get_object_or_404(Job.objects.visible_to(viewer(request)), pk=pk)


def progress(job: Job, *, then_reload: bool = False) -> Progress:
    """A job as the page shows it; `then_reload` for a page that has more to show once the job has ended."""
    counts = (
        _("%(done)s of %(total)s done")
        % {"done": markup.number(job.done_count), "total": markup.number(job.total_count)}
        if job.total_count
        else ""
    )
    if job.total_count and (job.failed_count or job.skipped_count):
        counts += _(" · %(skipped)s skipped, %(failed)s failed") % {
            "skipped": markup.number(job.skipped_count),
            "failed": markup.number(job.failed_count),
        }
    waiting = _("Waiting for a worker") if job.state == Job.State.QUEUED else ""
    percent = min(100, 100 * job.done_count // job.total_count) if job.total_count else None
    kept = ""
    if job.result_file and job.expires_at:
        kept = _("The file is kept until %(moment)s.") % {"moment": showing.moment(job.expires_at)}
    final = job.is_final

    def page(name: str, **query: str) -> str:
        return reverse(name, args=[job.pk], query={key: value for key, value in query.items() if value} or None)

    return Progress(
        title=job.title,
        sentence=" ".join(filter(None, [job.message or counts or waiting or _("Working"), kept])),
        tone=TONES[job.state],
        state_label=str(job.get_state_display()),
        percent=100 if job.state == Job.State.DONE else percent,
        poll_url=None if final else page("job-progress", then="reload" if then_reload else ""),
        cancel_url=None if final or job.cancel_requested else page("job-cancel"),
        cancel_label=_("Cancel after this row"),
        retry_url=page("job-retry") if job.state in {Job.State.FAILED, Job.State.CANCELLED} else None,
        download_url=page("job-file") if job.result_file else None,
        download_label=job.result_name,
    )


@login_required
@require_safe
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    job = find(request, pk)
    page = JobPage(job.title, "", [(_("Jobs"), reverse("jobs")), (job.title, None)], back_label=_("All jobs"))
    return render(request, "inventory_ops/job.html", {"page": page, "job": progress(job)})


@login_required
@require_safe
def poll(request: HttpRequest, pk: UUID) -> HttpResponse:
    job = find(request, pk)
    reload = request.GET.get("then") == "reload"
    status = STOP_POLLING if job.is_final else 200
    context = {"job": progress(job, then_reload=reload)}
    response = render(request, "inventory_ops/_job_progress.html", context, status=status)
    if job.is_final and reload:
        response.headers["HX-Refresh"] = "true"
    return response


@login_required
@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    job = find(request, pk)
    jobs.cancel(job=job, by=viewer(request))
    return redirect("job", job.pk)


def _repeats_a_change(request: HttpRequest) -> bool:
    """Does the job of the address change data? Then whoever tries it again signs in once more."""
    match = request.resolver_match
    kind = Job.objects.filter(pk=match.kwargs["pk"]).values_list("kind", flat=True).first() if match else None
    return kind is not None and jobs.changes_data(kind)


@login_required
@signs_in_again(when=_repeats_a_change)
@require_POST
def retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    try:
        again = jobs.retry(job=find(request, pk), by=viewer(request))
    except jobs.JobFailed as error:
        messages.error(request, str(error))
        return redirect("job", pk)
    return redirect("job", again.pk)


@login_required
@require_safe
def file(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The file a job made, until it expires."""
    job = find(request, pk)
    try:
        content = files.open(job.result_file) if job.result_file else None
    except FileNotFoundError:
        content = None
    if content is None:
        raise Http404
    return FileResponse(content, as_attachment=True, filename=job.result_name or "result")
