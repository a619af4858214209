"""Products put live and taken off sale by the JSON API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from inventory_ops.models import Scope
from inventory_ops.operations import availability
from inventory_ops.registries.permissions import ADMIN, OPERATIONS
from inventory_ops.views.api import shapes
from inventory_ops.views.api.endpoint import Endpoint
from inventory_ops.views.api.shapes import TEXT, TRUTH
from inventory_ops.views.api.stock import product_of

SET = shapes.fields(sku=TEXT, vendor_number=TEXT, live=TRUTH, changed=TRUTH)


class SettingLive(serializers.Serializer[Any]):
    """A product and whether it is sold."""

    sku = serializers.CharField(max_length=100, trim_whitespace=False)
    vendor_number = serializers.CharField(
        max_length=50, required=False, help_text="needed where several merchants have the SKU"
    )
    live = serializers.BooleanField()
    reason = serializers.CharField(max_length=200)


class Live(Endpoint):
    """Put a product live, or take it off sale: its channels then get the quantity 0. Sent again it changes nothing."""

    scope = Scope.STOCK
    writers = (OPERATIONS, ADMIN)

    @extend_schema(
        operation_id="products_set_live",
        request=SettingLive,
        responses={200: SET, **shapes.WRITES, **shapes.NOT_THERE},
    )
    def post(self, request: Request) -> Response:
        user = self.caller(request)
        body = SettingLive(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        product = product_of(user, values)
        changed = availability.set_live(products=[product.pk], live=values["live"], reason=values["reason"], by=user)
        return Response(
            {
                "sku": product.sku,
                "vendor_number": product.merchant.vendor_number,
                "live": values["live"],
                "changed": bool(changed),
            }
        )
