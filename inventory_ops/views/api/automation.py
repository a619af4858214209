"""Rules for findings in the JSON API."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from inventory_ops.kit.reports import registry
from inventory_ops.models import AutomationRule, Merchant, Scope, User
from inventory_ops.operations import automation
from inventory_ops.operations.automation import RuleChanged, RuleRefused, RuleValues
from inventory_ops.queries.automation import dry_run
from inventory_ops.registries.permissions import ADMIN, OPERATIONS
from inventory_ops.views.api import paging, shapes
from inventory_ops.views.api.endpoint import Endpoint, refused
from inventory_ops.views.api.shapes import MOMENT, NUMBER, NUMBER_OR_NULL, TEXT, TEXT_OR_NULL, TRUTH

RULE = shapes.fields(
    id=NUMBER,
    position=NUMBER,
    name=TEXT,
    report=TEXT,
    vendor_number=TEXT_OR_NULL,
    brand=TEXT,
    assign_to=TEXT_OR_NULL,
    snooze_days=NUMBER_OR_NULL,
    notify=TEXT_OR_NULL,
    is_enabled=TRUTH,
)
DRY = shapes.fields(
    since=MOMENT,
    count=NUMBER,
    rows=shapes.listed(shapes.fields(finding=NUMBER, label=TEXT, vendor_number=TEXT, opened_at=MOMENT, first=TEXT)),
)
CONFLICT = {409: shapes.TROUBLE}


def shown(rule: AutomationRule) -> dict[str, Any]:
    return {
        "id": rule.pk,
        "position": rule.position,
        "name": rule.name,
        "report": rule.report,
        "vendor_number": rule.merchant.vendor_number if rule.merchant else None,
        "brand": rule.brand,
        "assign_to": rule.assign_to.email if rule.assign_to else None,
        "snooze_days": rule.snooze_days,
        "notify": rule.notify.email if rule.notify else None,
        "is_enabled": rule.is_enabled,
    }


def _find(pk: int) -> AutomationRule:
    return get_object_or_404(AutomationRule.objects.select_related("merchant", "assign_to", "notify"), pk=pk)


class RuleChange(serializers.Serializer[Any]):
    """What a rule says; what is left out stays as it is."""

    name = serializers.CharField(max_length=100, required=False)
    report = serializers.CharField(max_length=50, required=False, help_text="slug of a report with findings")
    vendor_number = serializers.CharField(max_length=50, required=False, allow_null=True, help_text="null: of all")
    brand = serializers.CharField(max_length=200, required=False, allow_blank=True)
    assign_to = serializers.EmailField(required=False, allow_null=True)
    snooze_days = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=365)
    notify = serializers.EmailField(required=False, allow_null=True)
    is_enabled = serializers.BooleanField(required=False)


class NewRule(RuleChange):
    """A new rule."""

    name = serializers.CharField(max_length=100)
    report = serializers.CharField(max_length=50, help_text="slug of a report with findings")


def _values(given: dict[str, Any], before: RuleValues) -> RuleValues:
    """The values before, with what was given. Raises ValidationError."""
    found: dict[str, Any] = {
        name: given[name] for name in ("name", "report", "brand", "snooze_days", "is_enabled") if name in given
    }
    if "vendor_number" in given:
        found["merchant"] = None
        if number := given["vendor_number"]:
            found["merchant"] = Merchant.objects.filter(vendor_number=number).first()
            if found["merchant"] is None:
                raise ValidationError({"vendor_number": ["There is no such vendor."]})
    for name in ("assign_to", "notify"):
        if name in given:
            found[name] = None
            if email := given[name]:
                found[name] = User.objects.filter(email=email.lower()).first()
                if found[name] is None:
                    raise ValidationError({name: ["There is no account with this e-mail."]})
    return replace(before, **found)


class RuleList(Endpoint):
    """Rules for findings: what is done when one opens; and the way to make one, behind the others."""

    scope = Scope.FINDINGS
    readers = writers = (OPERATIONS, ADMIN)

    @extend_schema(
        operation_id="rules_list",
        parameters=[shapes.AFTER, shapes.PER_PAGE],
        responses={200: shapes.page_of(RULE), **shapes.WRONG, **shapes.READS},
    )
    def get(self, request: Request) -> Response:
        paging.known(request, ())
        return paging.answer(request, AutomationRule.objects.select_related("merchant", "assign_to", "notify"), shown)

    @extend_schema(operation_id="rules_create", request=NewRule, responses={201: RULE, **shapes.WRITES})
    def post(self, request: Request) -> Response:
        body = NewRule(data=request.data)
        body.is_valid(raise_exception=True)
        values = _values(body.validated_data, RuleValues(name="", report=""))
        try:
            made = automation.create(values=values, by=self.caller(request))
        except RuleRefused as error:
            return refused(400, str(error))
        return Response(shown(_find(made.pk)), status=201)


class RuleDetail(Endpoint):
    """One rule."""

    scope = Scope.FINDINGS
    readers = writers = (OPERATIONS, ADMIN)

    @extend_schema(operation_id="rules_read", responses={200: RULE, **shapes.READS, **shapes.NOT_THERE})
    def get(self, request: Request, pk: int) -> Response:
        return Response(shown(_find(pk)))

    @extend_schema(
        operation_id="rules_change",
        request=RuleChange,
        responses={200: RULE, **shapes.WRITES, **shapes.NOT_THERE, **CONFLICT},
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Change what is named; 409 if somebody changed the rule at the same moment."""
        rule = _find(pk)
        body = RuleChange(data=request.data)
        body.is_valid(raise_exception=True)
        before = RuleValues.of(rule)
        try:
            automation.change(
                rule=rule, values=_values(body.validated_data, before), seen=before, by=self.caller(request)
            )
        except RuleChanged as error:
            return refused(409, str(error))
        except RuleRefused as error:
            return refused(400, str(error))
        return Response(shown(_find(pk)))

    @extend_schema(operation_id="rules_delete", responses={204: None, **shapes.READS, **shapes.NOT_THERE})
    def delete(self, request: Request, pk: int) -> Response:
        """Delete a rule; what it did stays."""
        if not automation.delete(rule=_find(pk), by=self.caller(request)):
            raise Http404
        return Response(status=204)


class RuleDryRun(Endpoint):
    """What a rule would have met in the last 30 days: how many findings opened, and the newest 20 of them. `first`
    names the rules that would have decided before it."""

    readers = (OPERATIONS, ADMIN)

    @extend_schema(operation_id="rules_dry_run", responses={200: DRY, **shapes.READS, **shapes.NOT_THERE})
    def get(self, request: Request, pk: int) -> Response:
        rule = _find(pk)
        found = dry_run(rule, about=getattr(registry.find(rule.report), "about", ""), now=timezone.now())
        rows = [
            {
                "finding": row.finding_id,
                "label": row.label,
                "vendor_number": row.vendor,
                "opened_at": row.opened_at,
                "first": row.first,
            }
            for row in found.rows
        ]
        return Response({"since": found.since, "count": found.count, "rows": rows})
