"""The list of identities and the page of one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from inventory_ops.kit import markup
from inventory_ops.kit.reports import Selection, page, registry
from inventory_ops.registries.permissions import ADMIN, roles_required, viewer
from inventory_ops.views import lists, saved_views
from inventory_ops.views.reports import export
from user_audit.aws.errors import AwsError, WrongAccount
from user_audit.forms import ReviewForm
from user_audit.models import ActionJob, DisableRecord, IamAccount, IamScan, IamUser, Identity, Review
from user_audit.models.actions import Action
from user_audit.models.identities import AwsStatus, Flag, Severity
from user_audit.operations import reviews
from user_audit.queries import history
from user_audit.queries.decisions import DELETES, decide_all
from user_audit.reports.identities import AWS_TONES, DATABASE_TONES, SEVERITY_TONES

LATE = timedelta(hours=7)  # a scan runs every six
ICONS = {
    Action.DISABLE_AWS: "ban",
    Action.ENABLE_AWS: "circle-check",
    Action.DELETE_AWS: "trash",
    Action.DISABLE_DB: "user-off",
    Action.ENABLE_DB: "user-check",
    Action.DELETE_DB: "trash",
    Action.DELETE_BOTH: "trash",
}


@roles_required(ADMIN)
@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """The report `user-audit`, with its actions."""
    report = registry.get("user-audit")
    if wanted := request.GET.get("_export"):
        return export(request, report, wanted)
    if redirect := saved_views.opening(request, report, viewer(request)):
        return redirect
    context = saved_views.build(request, report, select_rows=True, enrich=_enrich)
    waiting = ActionJob.objects.filter(state=ActionJob.State.AWAITING).count()
    return lists.answer(request, "user_audit/index.html", {"page": context, "waiting": waiting})


def _enrich(built: page.ReportPage, selection: Selection | None) -> None:
    if built.views:
        built.views[0].label = _("Inconsistencies")
    built.freshness = freshness()
    built.run_scan_url = reverse("run-scan", args=["users"])
    built.bulk_url = "/action-required/user-audit/plan/"
    built.bulk_actions = [
        {"name": action.value, "label": action.label, "icon": ICONS[action], "danger": action in DELETES}
        for action in Action
    ]


def freshness() -> dict[str, str]:
    """How old the scans are, account by account; the worst one decides the colour. One query."""
    now = timezone.now()
    scans = IamScan.objects.filter(account=OuterRef("pk"))
    complete = scans.filter(state=IamScan.State.COMPLETE).order_by("-finished_at")
    accounts = (
        IamAccount.objects.filter(is_enabled=True)
        .order_by("account_id")
        .annotate(
            last_state=Subquery(scans.order_by("-started_at").values("state")[:1]),
            read_at=Subquery(complete.values("finished_at")[:1]),
        )
    )
    states, texts = [], []
    for account in accounts:
        age = strip_tags(markup.ago(account.read_at, now)) if account.read_at else _("never")
        if account.last_state in (IamScan.State.FAILED, IamScan.State.HELD):
            states.append("failed")
            label = IamScan.State(account.last_state).label.lower()
            values = {"account": account, "state": label, "age": age}
            texts.append(_("%(account)s: last scan %(state)s, read %(age)s") % values)
        else:
            is_late = account.read_at is None or now - account.read_at > LATE
            states.append("late" if is_late else "ok")
            texts.append(_("%(account)s: read %(age)s") % {"account": account, "age": age})
    state = next((each for each in ("failed", "late") if each in states), "ok" if states else "never")
    return {"state": state, "text": " · ".join(texts) or _("AWS was never scanned")}


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
    actions = [
        {
            "name": action.value,
            "label": action.label,
            "icon": ICONS[action],
            "danger": action in DELETES,
            "legal": decision.legal,
            "why": decision.why,
            "side": _side(action),
        }
        for action, decision in decide_all(row, by=by, now=now).items()
    ]
    iam_user = row.iam_user
    record = DisableRecord.objects.filter(iam_user=iam_user, state="open").first() if iam_user else None
    context: dict[str, Any] = {
        "page": {
            "title": row.email,
            "subtitle": " · ".join(filter(None, [row.name, row.get_finding_display()])),
            "breadcrumbs": [
                (_("Action required"), None),
                (_("Manage User Audit"), "/action-required/user-audit/"),
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
        "now": now,
    }
    return render(request, "user_audit/detail.html", context, status=status)


def _side(action: Action) -> str:
    if action == Action.DELETE_BOTH:
        return "both"
    return "aws" if action.value.endswith("-aws") else "db"


@roles_required(ADMIN)
@require_POST
def recheck(request: HttpRequest, key: str) -> HttpResponse:
    """Reads one user live from AWS."""
    row = find(key)
    try:
        reviews.recheck(row, by=viewer(request))
    except (AwsError, WrongAccount) as error:
        messages.error(request, _("AWS did not answer: %(error)s") % {"error": error})
    else:
        messages.success(request, _("Read live from AWS."))
    still_there = Identity.objects.filter(key=key).exists()
    return redirect("user-audit-detail", key) if still_there else redirect("user-audit")


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
