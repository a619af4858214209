"""Trackers in the JSON API: read, made, changed and deleted by the rules of their pages."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from inventory_ops.models import InventoryType, Scope, User
from inventory_ops.views.api import paging, shapes
from inventory_ops.views.api.endpoint import Endpoint, refused
from inventory_ops.views.api.shapes import NUMBER, NUMBER_OR_NULL, TEXT, TRUTH
from inventory_ops.views.api.stock import product_of
from trackers.forms import TrackerForm
from trackers.mechanisms import MECHANISMS, PARAMETERS
from trackers.models import Tracker
from trackers.operations import rules
from trackers.views.pages import ROLES

TRACKER = shapes.fields(
    id=NUMBER,
    vendor_number=TEXT,
    sku=TEXT,
    inventory_type=TEXT,
    mechanism={"type": "string", "enum": list(MECHANISMS)},
    **dict.fromkeys(PARAMETERS, NUMBER_OR_NULL),
    is_enabled=TRUTH,
    value=NUMBER_OR_NULL,
    health=TEXT,
    state=TEXT,
)
TAKEN = {409: shapes.fields(errors=shapes.listed(TEXT), other=TRACKER)}
MOST = 2**31 - 1


def visible_to(user: User) -> QuerySet[Tracker]:
    return Tracker.objects.visible_to(user).select_related("product", "merchant", "inventory_type")


def shown(tracker: Tracker) -> dict[str, Any]:
    return {
        "id": tracker.pk,
        "vendor_number": tracker.merchant.vendor_number,
        "sku": tracker.product.sku,
        "inventory_type": tracker.inventory_type.code,
        "mechanism": tracker.mechanism,
        **{name: getattr(tracker, name) for name in PARAMETERS},
        "is_enabled": tracker.is_enabled,
        "value": tracker.value,
        "health": f"{tracker.health // 100}.{tracker.health % 100:02d}",
        "state": tracker.state,
    }


def find(pk: int, user: User) -> Tracker:
    return get_object_or_404(visible_to(user), pk=pk)


class Rule(serializers.Serializer[Any]):
    """What a tracker watches, and its mechanism's own numbers."""

    sku = serializers.CharField(max_length=100, trim_whitespace=False)
    vendor_number = serializers.CharField(
        max_length=50, required=False, help_text="needed where several merchants have the SKU"
    )
    inventory_type = serializers.CharField(max_length=30, default="good")
    mechanism = serializers.ChoiceField(choices=list(MECHANISMS))
    quantity = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=MOST)
    lookback_days = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=MOST)
    coverage_days = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=MOST)
    expiry_days = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=MOST)


class Change(Rule):
    """What changes; the rest stays. `is_enabled` switches the tracker."""

    sku = serializers.CharField(max_length=100, trim_whitespace=False, required=False)
    inventory_type = serializers.CharField(max_length=30, required=False)
    mechanism = serializers.ChoiceField(choices=list(MECHANISMS), required=False)
    is_enabled = serializers.BooleanField(required=False)


class TrackerList(Endpoint):
    """Trackers, oldest first; and the way to make one."""

    scope = Scope.TRACKERS
    readers = writers = ROLES

    @extend_schema(
        operation_id="trackers_list",
        parameters=[
            OpenApiParameter("sku", str),
            OpenApiParameter("vendor_number", str),
            OpenApiParameter("state", str, description="healthy, low, critical, no_sales, stock_out or no_data"),
            shapes.AFTER,
            shapes.PER_PAGE,
        ],
        responses={200: shapes.page_of(TRACKER), **shapes.WRONG, **shapes.READS},
    )
    def get(self, request: Request) -> Response:
        paths = {"sku": "product__sku", "vendor_number": "merchant__vendor_number", "state": "state"}
        return paging.answer(request, paging.filtered(request, visible_to(self.caller(request)), paths), shown)

    @extend_schema(
        operation_id="trackers_create",
        request=Rule,
        responses={201: TRACKER, 200: TRACKER, **shapes.WRITES, **shapes.NOT_THERE},
    )
    def post(self, request: Request) -> Response:
        """Make a tracker. Where there is one of this product, type and mechanism, it takes the numbers (200)."""
        user = self.caller(request)
        body = Rule(data=request.data)
        body.is_valid(raise_exception=True)
        form = _checked(dict(body.validated_data), user)
        data = form.cleaned_data
        saved = rules.save(
            product=data["product"],
            inventory_type=data["inventory_type"],
            mechanism=data["mechanism"],
            values=form.numbers(),
            by=user,
        )
        return Response(shown(find(saved.tracker.pk, user)), status=201 if saved.created else 200)


class TrackerDetail(Endpoint):
    """One tracker."""

    scope = Scope.TRACKERS
    readers = writers = ROLES

    @extend_schema(operation_id="trackers_read", responses={200: TRACKER, **shapes.READS, **shapes.NOT_THERE})
    def get(self, request: Request, pk: int) -> Response:
        return Response(shown(find(pk, self.caller(request))))

    @extend_schema(
        operation_id="trackers_change",
        request=Change,
        responses={200: TRACKER, **shapes.WRITES, **shapes.NOT_THERE, **TAKEN},
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Change a tracker. Another product, type or mechanism makes it another tracker, with another id."""
        user = self.caller(request)
        tracker = find(pk, user)
        body = Change(data=request.data)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        on = values.pop("is_enabled", None)
        try:
            if values:
                tracker = _edit(tracker, values, user)
        except rules.RuleTaken as error:
            return refused(409, str(error), other=shown(find(error.other.pk, user)))
        if on is not None:
            rules.switch(trackers=[tracker], on=on, by=user)
        return Response(shown(find(tracker.pk, user)))

    @extend_schema(
        operation_id="trackers_delete", responses={204: None, **shapes.NOBODY, **shapes.FORBIDDEN, **shapes.NOT_THERE}
    )
    def delete(self, request: Request, pk: int) -> Response:
        user = self.caller(request)
        rules.delete(trackers=[find(pk, user)], by=user)
        return Response(status=204)


def _edit(tracker: Tracker, values: dict[str, Any], user: User) -> Tracker:
    before = {
        "sku": tracker.product.sku,
        "vendor_number": tracker.merchant.vendor_number,
        "inventory_type": tracker.inventory_type.code,
        "mechanism": tracker.mechanism,
        **{name: getattr(tracker, name) for name in PARAMETERS},
    }
    form = _checked(before | values, user, instance=tracker)
    data = form.cleaned_data
    saved = rules.edit(
        tracker=tracker,
        product=data["product"],
        inventory_type=data["inventory_type"],
        mechanism=data["mechanism"],
        values=form.numbers(),
        by=user,
    )
    return saved.tracker


def _checked(values: dict[str, Any], user: User, *, instance: Tracker | None = None) -> TrackerForm:
    """The page's form, filled in. Raises ValidationError with the names that the API has, Http404 for no product."""
    product = product_of(user, values)
    kind = InventoryType.objects.filter(code=values["inventory_type"]).first()
    if kind is None:
        raise ValidationError({"inventory_type": ["There is no such inventory type."]})
    mechanism = values["mechanism"]
    numbers = {f"{mechanism}-{name}": values.get(name) for name in PARAMETERS if values.get(name) is not None}
    data = {"merchant": product.merchant_id, "product": product.pk, "inventory_type": kind.pk, "mechanism": mechanism}
    form = TrackerForm(data | numbers, viewer=user, instance=instance)
    if not form.is_valid():
        errors = {
            name.removeprefix(f"{mechanism}-"): [str(text) for text in each] for name, each in form.errors.items()
        }
        raise ValidationError(errors)
    return form
