"""Findings in the JSON API: read, and worked on as on the lists' pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from inventory_ops.kit.reports import registry
from inventory_ops.models import Finding, Scope, User
from inventory_ops.operations import findings
from inventory_ops.queries import finding_history
from inventory_ops.registries.permissions import ADMIN, EVERYBODY, MERCHANT, OPERATIONS
from inventory_ops.views.api import paging, shapes
from inventory_ops.views.api.endpoint import Endpoint, refused
from inventory_ops.views.api.shapes import MOMENT, MOMENT_OR_NULL, NUMBER, TEXT, TEXT_OR_NULL

FINDING = shapes.fields(
    id=NUMBER,
    report=TEXT,
    label=TEXT,
    vendor_number=TEXT_OR_NULL,
    state={"type": "string", "enum": Finding.State.values},
    value=TEXT,
    first_seen_at=MOMENT,
    opened_at=MOMENT,
    last_seen_at=MOMENT,
    resolved_at=MOMENT_OR_NULL,
    assignee=TEXT_OR_NULL,
    reason=TEXT,
    until=MOMENT_OR_NULL,
    wakes_above=TEXT_OR_NULL,
    due_on=shapes.DAY_OR_NULL,
    times_opened=NUMBER,
    url=TEXT,
    version=NUMBER,
)
EVENT = shapes.fields(at=MOMENT, actor=TEXT_OR_NULL, kind=TEXT, text=TEXT, value=TEXT_OR_NULL)
DETAIL = {**FINDING, "required": [*FINDING["required"], "events"]}
DETAIL["properties"] = {**FINDING["properties"], "events": shapes.listed(EVENT)}
CHANGED = {409: shapes.fields(errors=shapes.listed(TEXT), finding=FINDING)}


def visible_to(user: User) -> QuerySet[Finding]:
    """Findings of the reports that the caller may read, and of their merchant."""
    slugs = [report.slug for report in registry if report.allows(user)]
    rows = Finding.objects.visible_to(user).filter(report__in=slugs)
    return rows.select_related("merchant", "assignee")


def shown(finding: Finding, user: User) -> dict[str, Any]:
    """A finding; who works on it is for staff to know."""
    owner = finding.assignee.email if finding.assignee and user.sees_all_merchants else None
    return {
        "id": finding.pk,
        "report": finding.report,
        "label": finding.label,
        "vendor_number": finding.merchant.vendor_number if finding.merchant else None,
        "state": finding.state,
        "value": f"{finding.value:f}",
        "first_seen_at": finding.first_seen_at,
        "opened_at": finding.opened_at,
        "last_seen_at": finding.last_seen_at,
        "resolved_at": finding.resolved_at,
        "assignee": owner,
        "reason": finding.reason,
        "until": finding.until,
        "wakes_above": None if finding.snoozed_value is None else f"{finding.snoozed_value:f}",
        "due_on": finding.due_on,
        "times_opened": finding.times_opened,
        "url": reverse("finding", args=[finding.report, finding.key]),
        "version": finding.version,
    }


def find(pk: int, user: User) -> Finding:
    return get_object_or_404(visible_to(user), pk=pk)


class FindingList(Endpoint):
    """Findings, oldest first."""

    readers = EVERYBODY

    @extend_schema(
        operation_id="findings_list",
        parameters=[
            OpenApiParameter("report", str, description="slug of a report"),
            OpenApiParameter("state", str, enum=Finding.State.values),
            OpenApiParameter("assignee", str, description="e-mail of the owner"),
            shapes.AFTER,
            shapes.PER_PAGE,
        ],
        responses={200: shapes.page_of(FINDING), **shapes.WRONG, **shapes.READS},
    )
    def get(self, request: Request) -> Response:
        user = self.caller(request)
        paging.known(request, ("report", "state", "assignee"))
        rows = visible_to(user)
        if report := request.query_params.get("report"):
            rows = rows.filter(report=report)
        if state := request.query_params.get("state"):
            if state not in Finding.State.values:
                raise ValidationError({"state": [f"Use one of: {', '.join(Finding.State.values)}."]})
            rows = rows.filter(state=state)
        if (assignee := request.query_params.get("assignee")) and user.sees_all_merchants:
            rows = rows.filter(assignee__email=assignee.lower())
        return paging.answer(request, rows, lambda finding: shown(finding, user))


class FindingDetail(Endpoint):
    """One finding with what happened to it."""

    readers = EVERYBODY

    @extend_schema(operation_id="findings_read", responses={200: DETAIL, **shapes.READS, **shapes.NOT_THERE})
    def get(self, request: Request, pk: int) -> Response:
        user = self.caller(request)
        finding = find(pk, user)
        events = [
            {
                "at": event.at,
                "actor": event.actor if user.sees_all_merchants else None,
                "kind": event.kind,
                "text": event.text if user.sees_all_merchants or event.kind not in finding_history.STAFF_ONLY else "",
                "value": None if event.value is None else f"{event.value:f}",
            }
            for event in finding.events.order_by("-at", "-pk")[:200]
        ]
        return Response({**shown(finding, user), "events": events})


class Versioned(serializers.Serializer[Any]):
    version = serializers.IntegerField(
        required=False, min_value=0, max_value=2**31 - 1, help_text="what you saw; changed since: 409"
    )


class Assigning(Versioned):
    assignee = serializers.EmailField(allow_null=True, help_text="who works on it; null for nobody")


class Acknowledging(Versioned):
    reason = serializers.CharField(max_length=500)
    until = serializers.DateTimeField(help_text="it opens again then")


class Snoozing(Versioned):
    until = serializers.DateTimeField(required=False, allow_null=True)
    until_worse = serializers.BooleanField(default=False, help_text="until its value is higher than now")


class Commenting(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=1000)


class Work(Endpoint):
    """Base of what is done to one finding."""

    scope = Scope.FINDINGS
    writers: tuple[str, ...] = (OPERATIONS, ADMIN)
    body: ClassVar[type[serializers.Serializer[Any]]] = Versioned

    def post(self, request: Request, pk: int) -> Response:
        user = self.caller(request)
        finding = find(pk, user)
        body = self.body(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            self.do(finding, dict(body.validated_data), user, timezone.now())
        except findings.FindingChanged as error:
            return refused(409, str(error), finding=shown(find(pk, user), user))
        except findings.InvalidChange as error:
            return refused(400, str(error))
        return Response(shown(find(pk, user), user))

    def do(self, finding: Finding, values: dict[str, Any], by: User, now: datetime) -> None:
        raise NotImplementedError


def described(name: str, body: type[serializers.Serializer[Any]]) -> Any:
    """Class decorator: what is sent to do this to a finding, and what is answered."""
    responses = {200: FINDING, **CHANGED, **shapes.WRITES, **shapes.NOT_THERE}
    schema = extend_schema(operation_id=f"findings_{name}", request=body, responses=responses)
    return extend_schema_view(post=schema)


@described("assign", Assigning)
class Assign(Work):
    """Make somebody of operations or an administrator its owner, or nobody."""

    body = Assigning

    def do(self, finding: Finding, values: dict[str, Any], by: User, now: datetime) -> None:
        to = None
        if values["assignee"] is not None:
            to = User.objects.filter(email=values["assignee"].lower()).first()
            if to is None:
                raise findings.InvalidChange("assignee: there is no account with this e-mail.")
        findings.assign(finding=finding, to=to, by=by, version=values.get("version"))


@described("acknowledge", Acknowledging)
class Acknowledge(Work):
    """Known and accepted, with a reason, until a moment."""

    body = Acknowledging

    def do(self, finding: Finding, values: dict[str, Any], by: User, now: datetime) -> None:
        findings.acknowledge(
            finding=finding,
            reason=values["reason"],
            until=values["until"],
            by=by,
            as_of=now,
            version=values.get("version"),
        )


@described("snooze", Snoozing)
class Snooze(Work):
    """Out of sight until a moment, until it gets worse, or whichever comes first."""

    body = Snoozing

    def do(self, finding: Finding, values: dict[str, Any], by: User, now: datetime) -> None:
        findings.snooze(
            finding=finding,
            until=values.get("until"),
            until_worse=values["until_worse"],
            by=by,
            as_of=now,
            version=values.get("version"),
        )


class Dueing(Versioned):
    due_on = serializers.DateField(allow_null=True, help_text="by when it has to be done; null for no certain day")


@described("due", Dueing)
class Due(Work):
    """Say by when it has to be done."""

    body = Dueing

    def do(self, finding: Finding, values: dict[str, Any], by: User, now: datetime) -> None:
        findings.set_due(finding=finding, on=values["due_on"], by=by, as_of=now, version=values.get("version"))


@described("reopen", Versioned)
class Reopen(Work):
    """Take back an acknowledgement or a snooze."""

    def do(self, finding: Finding, values: dict[str, Any], by: User, now: datetime) -> None:
        findings.reopen(finding=finding, by=by, version=values.get("version"))


@described("comment", Commenting)
class Comment(Work):
    """Say something about it; merchants about their own."""

    body = Commenting
    writers = (OPERATIONS, MERCHANT, ADMIN)

    def do(self, finding: Finding, values: dict[str, Any], by: User, now: datetime) -> None:
        findings.comment(finding=finding, text=values["text"], by=by)
