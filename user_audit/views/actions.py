"""Plan, request and run: the pages of jobs on users."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from inventory_ops.kit import showing
from inventory_ops.kit.bulk import action as bulk_actions
from inventory_ops.kit.reports import registry
from inventory_ops.kit.reports.selection import choose
from inventory_ops.kit.spreadsheets import plain
from inventory_ops.models import User
from inventory_ops.registries.permissions import ADMIN, roles_required, signs_in_again, viewer
from inventory_ops.views.bulk import ConfirmPage, confirm, confirm_page
from user_audit.bulk_actions import UserAction
from user_audit.forms import EmailsForm, RequestForm
from user_audit.models import ActionItem, ActionJob, ActionStep, Identity
from user_audit.models.actions import Action
from user_audit.operations import jobs
from user_audit.queries.decisions import DESTRUCTIVE, GRACE, LIMIT
from user_audit.reports.actions import TONES

SHOWN = 200
ITEM_TONES = {
    ActionItem.State.WAITING: "neutral",
    ActionItem.State.RUNNING: "brand",
    ActionItem.State.SCHEDULED: "warning",
    ActionItem.State.DONE: "good",
    ActionItem.State.NOOP: "neutral",
    ActionItem.State.PARTIAL: "critical",
    ActionItem.State.REFUSED: "warning",
    ActionItem.State.RETRY: "critical",
    ActionItem.State.FAILED: "critical",
    ActionItem.State.CANCELLED: "neutral",
}
RETRIED = (ActionItem.State.PARTIAL, ActionItem.State.RETRY, ActionItem.State.FAILED)


def _takes_away(request: HttpRequest) -> bool:
    """Whether the action asked for takes access from somebody: then a session left open at a desk is not enough."""
    return (request.POST.get("action") or request.GET.get("action", "")) in DESTRUCTIVE


sudo = signs_in_again(when=_takes_away)


@roles_required(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
@sudo
def plan(request: HttpRequest) -> HttpResponse:
    """The dry run. Selected in the list (POST) or one identity by its key (GET); changes nothing."""
    given = request.POST if request.method == "POST" else request.GET
    action = _action(given.get("action", ""))
    try:
        keys = _selected(given)
    except jobs.NotPossible as error:
        messages.error(request, str(error))
        return redirect("user-audit")
    return _show_plan(request, action, keys, waive_grace=given.get("waive_grace") == "1")


def _selected(given: QueryDict) -> list[str]:
    """The keys that were ticked, or all that the shown filters match, if they still are as many as were shown."""
    try:
        chosen = choose(given, registry.get("user-audit"), viewer=None, key=F("key"), most=LIMIT)
    except ValidationError as error:
        raise jobs.NotPossible(" ".join(error.messages)) from error
    if chosen.changed:
        raise jobs.NotPossible(chosen.changed)
    if not chosen.keys:
        raise jobs.NotPossible(_("No user is selected."))
    return chosen.keys


def _show_plan(
    request: HttpRequest,
    action: UserAction,
    keys: list[str],
    *,
    waive_grace: bool,
    error: str = "",
    status: int = 200,
    unknown: Sequence[str] = (),
) -> HttpResponse:
    try:
        planned = action.dry_run(keys, by=viewer(request), waive_grace=waive_grace)
    except jobs.NotPossible as refusal:
        messages.error(request, str(refusal))
        return redirect("user-audit")
    unknown = [*unknown, *request.POST.getlist("unknown")][:LIMIT]
    page = _plan_page(request, action, planned, keys)
    page.hidden += [("unknown", each) for each in unknown]
    form = RequestForm(phrase=planned.phrase, initial={"reason": request.POST.get("reason", "")})
    return confirm(
        request,
        page,
        form if planned.doing else None,
        template="user_audit/plan.html",
        status=status,
        plan=planned,
        keys=keys,
        can_waive=action.action in (Action.DELETE_AWS, Action.DELETE_BOTH),
        grace_days=GRACE.days,
        error=error,
        unknown=unknown,
    )


def _plan_page(request: HttpRequest, action: UserAction, planned: jobs.Plan, keys: list[str]) -> ConfirmPage:
    hidden = [
        ("action", action.name),
        ("digest", planned.digest),
        ("idempotency_key", request.POST.get("idempotency_key") or uuid.uuid4().hex),
        *([("waive_grace", "1")] if planned.waive_grace else []),
        *(("ids", key) for key in keys),
    ]
    plan = action.plan(planned.decisions)
    page = confirm_page(
        action, plan, subtitle=_("Dry run: nothing was changed yet."), hidden=hidden, back=reverse("user-audit")
    )
    page.title = str(action.label)
    page.breadcrumbs = [
        (_("Action required"), None),
        (_("Manage User Audit"), reverse("user-audit")),
        (str(action.label), None),
    ]
    if planned.approval:
        page.action_label = _("Ask for approval: %(action)s") % {"action": page.action_label}
    page.action_url = reverse("user-audit-request")
    page.numbers = [
        {"label": _("Will be done"), "value": len(planned.doing), "hint": ""},
        {"label": _("Skipped"), "value": len(planned.skipped), "hint": _("refused, or already as wanted")},
        {"label": _("AWS calls"), "value": planned.calls, "hint": _("about, at 8 a second on AWS itself")},
        {"label": _("Minutes"), "value": planned.minutes, "hint": _("estimate for AWS itself")},
    ]
    return page


def _action(name: str) -> UserAction:
    found = bulk_actions.find("user-audit", name)
    if not isinstance(found, UserAction):
        raise Http404
    return found


@roles_required(ADMIN)
@require_POST
@sudo
def request_job(request: HttpRequest) -> HttpResponse:
    """Makes the job of the plan that was shown. 409 with the new plan when it changed, 422 when not confirmed."""
    action, keys = _action(request.POST.get("action", "")), request.POST.getlist("ids")
    if not keys:
        raise Http404
    waive_grace = request.POST.get("waive_grace") == "1"
    by = viewer(request)
    try:
        job = jobs.request(
            action.dry_run(keys, by=by, waive_grace=waive_grace),
            shown_digest=request.POST.get("digest", ""),
            typed=request.POST.get("typed", ""),
            reason=request.POST.get("reason", "").replace("\x00", ""),
            idempotency_key=request.POST.get("idempotency_key", "")[:64] or uuid.uuid4().hex,
            by=by,
        )
    except jobs.PlanChanged as changed:
        return _show_plan(request, action, keys, waive_grace=waive_grace, error=str(changed), status=409)
    except jobs.NotPossible as refusal:
        return _show_plan(request, action, keys, waive_grace=waive_grace, error=str(refusal), status=422)
    return redirect("user-audit-job", job.pk)


@roles_required(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def emails(request: HttpRequest) -> HttpResponse:
    """A list of e-mail addresses becomes a plan, which names those that nobody has."""
    form = EmailsForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        wanted: list[str] = form.cleaned_data["addresses"]
        found = _by_address(wanted)
        missing = [each for each in wanted if each not in found]
        if found:
            keys = [key for each in wanted for key in found.get(each, [])]
            return _show_plan(request, _action(form.cleaned_data["action"]), keys, waive_grace=False, unknown=missing)
        form.add_error(None, _("No user has the e-mail or name %(names)s.") % {"names": ", ".join(missing[:10])})
    context = {
        "form": form,
        "page": {
            "title": _("Act on a list of e-mail addresses"),
            "subtitle": _("The next page shows what would happen to each of them."),
            "breadcrumbs": [
                (_("Action required"), None),
                (_("Manage User Audit"), reverse("user-audit")),
                (_("E-mail list"), None),
            ],
            "submit_label": _("Show the plan"),
            "cancel_url": reverse("user-audit"),
        },
    }
    return render(request, "inventory_ops/form.html", context, status=422 if form.errors else 200)


def _by_address(addresses: list[str]) -> dict[str, list[str]]:
    from django.db.models.functions import Lower

    found: dict[str, list[str]] = {}
    rows = Identity.objects.annotate(lower=Lower("email"), lower_name=Lower("user_name"))
    wanted = set(addresses)
    for key, email, name in rows.values_list("key", "lower", "lower_name"):
        for each in {email, name} & wanted:
            found.setdefault(each, []).append(key)
    return found


# -- jobs ----------------------------------------------------------------------------------------------------------
def _job(job_id: UUID) -> ActionJob:
    found = ActionJob.objects.select_related("requested_by", "approved_by").filter(pk=job_id).first()
    if found is None:
        raise Http404
    return found


@roles_required(ADMIN)
@require_safe
def job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Progress and outcome of a job; polled while it runs."""
    found = _job(job_id)
    context = _job_context(found, viewer(request))
    if request.headers.get("HX-Request"):
        status = 200 if context["job"]["poll_url"] else 286  # 286 ends the poll
        return render(request, "user_audit/_job.html", context, status=status)
    return render(request, "user_audit/job.html", context)


def _job_context(found: ActionJob, by: User) -> dict[str, Any]:
    counts = dict(found.items.values_list("state").annotate(Count("pk")).order_by())
    total = sum(counts.values())
    ended = sum(count for state, count in counts.items() if state not in ActionItem.OPEN)
    sentence = " · ".join(f"{count} {ActionItem.State(state).label.lower()}" for state, count in sorted(counts.items()))
    live = found.state in (ActionJob.State.QUEUED, ActionJob.State.RUNNING)
    rows = [
        {
            "key": item.label,
            "label": showing.moment(item.started_at),
            "tone": ITEM_TONES[ActionItem.State(item.state)],
            "outcome": item.get_state_display(),
            "message": item.message,
        }
        for item in found.items.order_by("id")[:SHOWN]
    ]
    approval = found.state == ActionJob.State.AWAITING
    return {
        "page": {
            "title": found.get_action_display(),
            "subtitle": found.reason,
            "breadcrumbs": [
                (_("Action required"), None),
                (_("Manage User Audit"), reverse("user-audit")),
                (_("User actions"), reverse("user-actions")),
                (found.get_action_display(), None),
            ],
        },
        "found": found,
        "can_approve": approval and found.requested_by_id != by.pk,
        "own": found.requested_by_id == by.pk,
        "job": {
            "title": ngettext("%(count)d user", "%(count)d users", total) % {"count": total},
            "sentence": found.message or sentence,
            "counts": sentence,
            "tone": TONES[ActionJob.State(found.state)],
            "state_label": found.get_state_display(),
            "percent": round(100 * ended / total) if total else 0,
            "poll_url": reverse("user-audit-job", args=[found.pk]) if live else None,
            "can_pause": live,
            "can_resume": found.state == ActionJob.State.PAUSED,
            "can_cancel": found.state not in ActionJob.FINAL and not approval,
            "can_retry": not approval and any(state in counts for state in RETRIED),
            "awaiting": approval,
            "rows": rows,
            "rows_total": _("The first %(shown)d of %(total)d users; the log has all.")
            % {"shown": SHOWN, "total": total}
            if total > SHOWN
            else "",
        },
    }


def _verb(operation: Callable[..., ActionJob], done: Any, *, again: bool = False) -> Callable[..., HttpResponseBase]:
    """A button of a job; `done` is what is said then.

    again: it sets work going, so the person signs in once more first.
    """

    @roles_required(ADMIN)
    @signs_in_again(when=lambda request: again and request.method == "POST")
    @require_POST
    def view(request: HttpRequest, job_id: UUID) -> HttpResponse:
        _job(job_id)
        try:
            operation(job_id, by=viewer(request))
        except jobs.NotPossible as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, str(done))
        return redirect("user-audit-job", job_id)

    return view


approve = _verb(jobs.approve, gettext_lazy("Approved. It runs now."), again=True)
reject = _verb(jobs.reject, gettext_lazy("Rejected."))
pause = _verb(jobs.pause, gettext_lazy("Paused. Users in work are finished."))
resume = _verb(jobs.resume, gettext_lazy("Resumed."), again=True)
cancel = _verb(jobs.cancel, gettext_lazy("Cancelled. Users in work are finished."))
retry = _verb(jobs.retry, gettext_lazy("The failed users are tried again."), again=True)


@roles_required(ADMIN)
@require_GET
def log(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """The journal of a job as CSV: every step of every user, with AWS's request ids."""
    found = _job(job_id)
    return StreamingHttpResponse(
        _log_lines(found),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="user-action-{found.pk}.csv"'},
    )


class _Echo:
    def write(self, value: str) -> str:
        return value


def _log_lines(found: ActionJob) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(["User", "Outcome", "Message", "At", "Step", "Target", "Result", "Request Id"])
    for item in found.items.order_by("id").iterator():
        head = [item.label, item.get_state_display(), item.message]
        steps = list(ActionStep.objects.filter(item=item).exclude(result="").order_by("id"))
        if not steps:
            yield writer.writerow([plain(cell) for cell in [*head, "", "", "", "", ""]])
        for step in steps:
            cells = [*head, step.at.isoformat(), step.step, step.target, step.result, step.request_id]
            yield writer.writerow([plain(cell) for cell in cells])
