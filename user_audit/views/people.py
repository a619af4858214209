"""The list of identities and the page of one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from inventory_ops.kit.bulk.action import offered_on
from inventory_ops.kit.reports import registry
from inventory_ops.registries.permissions import ADMIN, roles_required, viewer
from inventory_ops.views.reports import show
from user_audit.connected import why_not_connected
from user_audit.forms import ManagerForm, ReviewForm
from user_audit.models import ActionJob, DisableRecord, IamUser, Identity, Review
from user_audit.models.actions import Action
from user_audit.models.identities import AwsStatus, Flag, Severity
from user_audit.operations import reviews
from user_audit.queries import history
from user_audit.queries.decisions import decide_all
from user_audit.reports.freshness import failures
from user_audit.reports.identity_columns import AWS_TONES, DATABASE_TONES, SEVERITY_TONES


@roles_required(ADMIN)
@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """The report `user-audit`, with its actions."""
    waiting = ActionJob.objects.filter(state=ActionJob.State.AWAITING).count()
    return show(
        request,
        registry.get("user-audit"),
        "user_audit/index.html",
        waiting=waiting,
        not_connected=why_not_connected(),
        failures=failures(),
    )


def find(key: str) -> Identity:
    found = Identity.objects.select_related("user", "iam_user__account").filter(key=key).first()
    if found is None:
        raise Http404
    return found


@roles_required(ADMIN)
@require_safe
def detail(request: HttpRequest, key: str) -> HttpResponse:
    """One identity: both sides, what is wrong, what can be done, and what was done."""
    return _detail(request, find(key), ReviewForm())


def _detail(request: HttpRequest, row: Identity, form: ReviewForm, status: int = 200) -> HttpResponse:
    by, now = viewer(request), timezone.now()
    decided = decide_all(row, by=by, now=now)
    actions = [
        (action, decided[Action(action.name)].legal, decided[Action(action.name)].why)
        for action in offered_on("user-audit")
    ]
    iam_user = row.iam_user
    record = DisableRecord.objects.filter(iam_user=iam_user, state="open").first() if iam_user else None
    context: dict[str, Any] = {
        "page": {
            "title": row.email,
            "subtitle": " · ".join(filter(None, [row.name, row.get_finding_display()])),
            "breadcrumbs": [
                (_("Action required"), None),
                (_("Manage User Audit"), reverse("user-audit")),
                (row.email, None),
            ],
        },
        "row": row,
        "iam_user": iam_user,
        "link_label": IamUser.Link(iam_user.link).label if iam_user else "",
        "record": record,
        "aws_tone": AWS_TONES[AwsStatus(row.aws_status)],
        "database_tone": DATABASE_TONES[row.database_status],  # type: ignore[index]
        "severity_tone": SEVERITY_TONES.get(Severity(row.severity), "good"),
        "flags": [Flag(flag).label for flag in row.flags],
        "actions": actions,
        "history": history.of(row),
        "steps": history.steps(row),
        "reviews": history.reviews(row),
        "verdicts": Review.Verdict,
        "form": form,
        "manager_form": ManagerForm(initial={"manager": history.manager_of(row)}),
        "certifications": history.certifications(row),
        "now": now,
    }
    return render(request, "user_audit/detail.html", context, status=status)


@roles_required(ADMIN)
@require_POST
def recheck(request: HttpRequest, key: str) -> HttpResponse:
    """Reads one user live from AWS, by a job."""
    return redirect("job", reviews.recheck(find(key), by=viewer(request)).pk)


@roles_required(ADMIN)
@require_POST
def review(request: HttpRequest, key: str) -> HttpResponse:
    """Keeps a verdict."""
    row, form = find(key), ReviewForm(request.POST)
    if not form.is_valid():
        return _detail(request, row, form, status=422)
    reviews.review(row, **form.cleaned_data, by=viewer(request))
    messages.success(request, _("Verdict kept."))
    return redirect("user-audit-detail", key)


@roles_required(ADMIN)
@require_POST
def confirm_link(request: HttpRequest, key: str) -> HttpResponse:
    """Confirms that the IAM user belongs to the platform user."""
    try:
        reviews.confirm_link(find(key), by=viewer(request))
    except reviews.NoLink as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Link confirmed."))
    return redirect("user-audit-detail", key)
