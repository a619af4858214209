"""Pages for administrators: schedules of the scans, status of the system. And /metrics for Prometheus."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Any
from uuid import UUID

import redis
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.celery import QUEUES
from inventory_ops.forms.seen import MergedForm
from inventory_ops.kit.page import Page
from inventory_ops.models import Delivery, Job, ScanSchedule
from inventory_ops.operations import jobs, scans
from inventory_ops.pages import metrics as metrics_page
from inventory_ops.queries import health, status
from inventory_ops.registries.permissions import ADMIN, roles_required, viewer
from inventory_ops.views import editing

SHOWN = 20
RUN_TONES = {"running": "warning", "done": "good", "failed": "critical"}


def _page(title: str, subtitle: str) -> Page:
    return Page(title, subtitle, [(_("Administration"), None), (title, None)])


class ScheduleForm(MergedForm):
    minutes = forms.IntegerField(
        label=gettext_lazy("Every (minutes)"),
        min_value=1,
        max_value=7 * 24 * 60,
        help_text=gettext_lazy("At most once a minute, at least once a week."),
    )
    is_enabled = forms.BooleanField(label=gettext_lazy("Runs by itself"), required=False)

    def __init__(self, data: Any, *, schedule: ScanSchedule) -> None:
        initial = {"minutes": int(schedule.every.total_seconds() // 60), "is_enabled": schedule.is_enabled}
        super().__init__(data, initial=initial)
        self.carry(initial)


@roles_required(ADMIN)
@require_safe
def schedules(request: HttpRequest) -> HttpResponse:
    """All scans: how often, when next, how the last run went."""
    scans.ensure_schedules(now=timezone.now())
    context = {
        "page": _page(_("Schedules"), _("How often each scan looks for findings. Lists are live anyway.")),
        "rows": [
            (each, scans.title(each.row.name), RUN_TONES[each.run.state] if each.run else "")
            for each in status.schedules()
        ],
        "now": timezone.now(),
    }
    return render(request, "system/schedules.html", context)


@roles_required(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
@editing.one_at_a_time
def schedule(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one schedule."""
    row = get_object_or_404(ScanSchedule, pk=pk)
    form = ScheduleForm(request.POST if request.method == "POST" else None, schedule=row)
    if request.method == "POST" and form.is_valid():
        every = timedelta(minutes=form.cleaned_data["minutes"])
        enabled = form.cleaned_data["is_enabled"]
        scans.reschedule(name=row.name, every=every, is_enabled=enabled, by=viewer(request), now=timezone.now())
        messages.success(request, _("Schedule of “%(name)s” saved.") % {"name": scans.title(row.name)})
        return redirect("schedules")
    page = _page(_("Schedule of “%(name)s”") % {"name": scans.title(row.name)}, "")
    page.breadcrumbs.insert(1, (_("Schedules"), reverse("schedules")))
    context = {"page": page, "form": form}
    return render(request, "system/schedule.html", context, status=422 if form.errors else 200)


@roles_required(ADMIN)
@require_POST
def run_now(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(ScanSchedule, pk=pk)
    try:
        scans.request(row.name, by=viewer(request).email)
    except scans.UnknownScan:
        raise Http404 from None
    except scans.ScanUnavailable as reason:
        messages.error(request, str(reason))
        return redirect("schedules")
    messages.success(
        request, _("“%(name)s” has been started. Reload to see how it went.") % {"name": scans.title(row.name)}
    )
    return redirect("schedules")


@roles_required(ADMIN)
@require_safe
def status_page(request: HttpRequest) -> HttpResponse:
    """Services, queues, last scans, and what is stuck or failed."""
    now = timezone.now()
    problems = health.problems()
    tick = status.last_tick()
    try:
        queues: Any = status.queue_depths(QUEUES)
    except redis.RedisError:
        queues = None
    stuck, failed = status.stuck_jobs(now=now), status.failed_jobs(now=now)
    services = [(name, problems.get(name, ""), "critical" if name in problems else "good") for name in health.CHECKS]
    late = tick is None or now - tick > status.TICK_LATE
    context = {
        "page": _page(_("Status"), _("Services, queues, scans, and what needs a hand.")),
        "services": services,
        "tick": tick,
        "tick_is_late": late,
        "queues": list(queues.items()) if queues is not None else None,
        "scans": [
            (each, scans.title(each.row.name), RUN_TONES[each.run.state] if each.run else "")
            for each in status.schedules()
        ],
        "stuck": list(stuck[:SHOWN]),
        "stuck_count": stuck.count(),
        "backup": status.last_backup(),
        "failed": list(failed[:SHOWN]),
        "undelivered": Delivery.objects.filter(state=Delivery.State.FAILED, created_at__gt=now - status.DAY).count(),
        "now": now,
    }
    return render(request, "system/status.html", context)


@roles_required(ADMIN)
@require_POST
def resend(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Hand a stuck job to the workers once more; running twice is ruled out by its lease."""
    job = get_object_or_404(Job.objects.unfinished(), pk=pk)
    jobs.send(job.pk, job.queue)
    messages.success(request, _("“%(title)s” was handed to the workers again.") % {"title": job.title})
    return redirect("status")


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus: with the bearer token METRICS_TOKEN, or signed in as an administrator."""
    given = request.headers.get("Authorization", "")
    token = settings.METRICS_TOKEN
    if not (token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())):
        if not request.user.is_authenticated:
            text = "Send the header Authorization: Bearer METRICS_TOKEN.\n"
            return HttpResponse(text, status=401, headers={"WWW-Authenticate": "Bearer"}, content_type="text/plain")
        if not viewer(request).has_role(ADMIN):
            return HttpResponse("Administrators only.\n", status=403, content_type="text/plain")
    return HttpResponse(metrics_page.page(now=timezone.now()), content_type="text/plain; version=0.0.4; charset=utf-8")


urlpatterns: list[Any] = [
    path("schedules/", schedules, name="schedules"),
    path("schedules/<int:pk>/", schedule, name="schedule"),
    path("schedules/<int:pk>/run/", run_now, name="schedule-run"),
    path("status/", status_page, name="status"),
    path("jobs/<uuid:pk>/resend/", resend, name="job-resend"),
]
