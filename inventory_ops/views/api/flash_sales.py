"""Flash sales in the JSON API. The list of them is the report `flash-sales`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from inventory_ops.models import FlashSale, Product, Scope, User
from inventory_ops.operations import flash_sales
from inventory_ops.registries.permissions import ADMIN, OPERATIONS
from inventory_ops.views.api import shapes
from inventory_ops.views.api.endpoint import Endpoint, refused
from inventory_ops.views.api.products import OfProduct
from inventory_ops.views.api.shapes import MOMENT, NUMBER, TEXT, TRUTH
from inventory_ops.views.api.stock import product_of

REFUSALS = {409: shapes.TROUBLE}


class PlanningSale(OfProduct):
    """So many percent off the regular price of a product, from a moment until just before another."""

    percentage = serializers.DecimalField(
        max_digits=7, decimal_places=4, min_value=Decimal("0.0001"), max_value=Decimal(100)
    )
    starts_at = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text="left out: at once")
    ends_at = serializers.DateTimeField()
    accept_loss = serializers.BooleanField(required=False, default=False)


SALE = shapes.fields(
    id=NUMBER, sku=TEXT, vendor_number=TEXT, starts_at=MOMENT, ends_at=MOMENT, percentage=TEXT, sale_price=TEXT
)


class PlanSale(Endpoint):
    """Plan a flash sale. Sales of one product do not overlap: 409 names the one that is in the way, or says what the
    price guard refuses."""

    scope = Scope.PRODUCTS
    writers = (OPERATIONS, ADMIN)

    @extend_schema(
        operation_id="flash_sales_plan",
        request=PlanningSale,
        responses={201: SALE, **shapes.WRITES, **shapes.NOT_THERE, **REFUSALS},
    )
    def post(self, request: Request) -> Response:
        user = self.caller(request)
        body = PlanningSale(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        product = product_of(user, values)
        sale = flash_sales.Sale(values["percentage"], values["ends_at"], values["starts_at"])
        try:
            planned = flash_sales.plan(
                products=[product.pk], sale=sale, by=user, as_of=timezone.now(), accept_loss=values["accept_loss"]
            )
        except flash_sales.InvalidSale as error:
            return refused(400, str(error))
        if not planned.made:
            return refused(409, *planned.refused.values())
        return Response(_sale(planned.made[0], product), status=201)


class EndSale(Endpoint):
    """End a flash sale that runs, or cancel one that has not begun. One that is over stays: 409."""

    scope = Scope.PRODUCTS
    writers = (OPERATIONS, ADMIN)

    @extend_schema(
        operation_id="flash_sales_end",
        request=None,
        responses={
            200: shapes.fields(id=NUMBER, ended=TRUTH),
            **shapes.NOBODY,
            **shapes.FORBIDDEN,
            **shapes.NOT_THERE,
            **REFUSALS,
        },
    )
    def post(self, request: Request, pk: int) -> Response:
        user: User = self.caller(request)
        if not FlashSale.objects.visible_to(user).filter(pk=pk).exists():
            raise Http404
        if not flash_sales.end(sales=[pk], by=user, as_of=timezone.now()):
            return refused(409, "It is over.")
        return Response({"id": pk, "ended": True})


def _sale(sale: FlashSale, product: Product) -> dict[str, Any]:
    return {
        "id": sale.pk,
        "sku": product.sku,
        "vendor_number": product.merchant.vendor_number,
        "starts_at": sale.starts_at.isoformat(),
        "ends_at": sale.ends_at.isoformat(),
        "percentage": f"{sale.percentage.normalize():f}",
        "sale_price": str(sale.sale_price),
    }
