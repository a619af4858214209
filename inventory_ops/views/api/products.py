"""Prices of products and their marks in the JSON API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from inventory_ops.models import PriceChange, Product, ProductMark, Scope
from inventory_ops.operations import marks, price_undo, prices
from inventory_ops.operations.prices import Prices
from inventory_ops.queries.currencies import DIGITS, to_minor_unit
from inventory_ops.registries.permissions import ADMIN, OPERATIONS
from inventory_ops.views.api import shapes
from inventory_ops.views.api.endpoint import Endpoint, refused
from inventory_ops.views.api.shapes import NUMBER, TEXT, TRUTH
from inventory_ops.views.api.stock import product_of

MOST = 500  # products of one call
VENDOR = "needed where several merchants have the SKU"
PRICED = shapes.fields(sku=TEXT, vendor_number=TEXT, changed=TRUTH, version=TEXT, refused=TEXT)


class OfProduct(serializers.Serializer[Any]):
    """Which product is meant."""

    sku = serializers.CharField(max_length=100, trim_whitespace=False)
    vendor_number = serializers.CharField(max_length=50, required=False, help_text=VENDOR)


def _amount(*, least: str = "0", **kwargs: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=16, decimal_places=4, min_value=Decimal(least), required=False, **kwargs)


class PricesOfProduct(OfProduct):
    """New prices of a product; what is left out stays as it is."""

    price = _amount()
    special_price = _amount(least="0.0001", allow_null=True)
    special_from = serializers.DateTimeField(required=False, allow_null=True)
    special_to = serializers.DateTimeField(required=False, allow_null=True, help_text="exclusive")
    cost = _amount(allow_null=True)
    version = serializers.CharField(
        required=False, max_length=16, help_text="of an answer before: refused when somebody changed the prices since"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.keys() & set(prices.FIELDS):
            raise serializers.ValidationError(f"Give at least one of {', '.join(prices.FIELDS)}.")
        return attrs


class ChangingPrices(serializers.Serializer[Any]):
    """Prices of up to 500 products."""

    products = serializers.ListField(child=PricesOfProduct(), allow_empty=False, max_length=MOST)
    accept_loss = serializers.BooleanField(
        required=False, default=False, help_text="also what the price guard warns of; what it blocks stays"
    )


class ChangePrices(Endpoint):
    """Change prices and costs, under the price guard of each vendor. Products that are refused stay as they are, and
    the answer says why; the others are changed. A change can be undone."""

    scope = Scope.PRODUCTS
    writers = (OPERATIONS, ADMIN)

    @extend_schema(
        operation_id="products_change_prices",
        request=ChangingPrices,
        responses={
            200: shapes.fields(products=shapes.listed(PRICED), changes=shapes.listed(NUMBER)),
            **shapes.WRITES,
            **shapes.NOT_THERE,
        },
    )
    def post(self, request: Request) -> Response:
        user = self.caller(request)
        body = ChangingPrices(data=request.data)
        body.is_valid(raise_exception=True)
        named = [(product_of(user, values), values) for values in body.validated_data["products"]]
        if len({product.pk for product, _values in named}) < len(named):
            return refused(400, "products: a product is named twice.")
        wanted = {product.pk: _wanted(product, values) for product, values in named}
        wrong = [f"{product.sku}: {why}" for product, _values in named if (why := _wrong(product, wanted[product.pk]))]
        if wrong:
            return refused(400, *wrong)
        applied = prices.change_many(
            wanted=wanted,
            seen={product.pk: values.get("version") or prices.version(product) for product, values in named},
            by=user,
            as_of=timezone.now(),
            source="api",
            accept_loss=body.validated_data["accept_loss"],
        )
        now = Product.objects.in_bulk(wanted)
        return Response(
            {
                "products": [
                    {
                        "sku": product.sku,
                        "vendor_number": product.merchant.vendor_number,
                        "changed": product.pk in applied.changed,
                        "version": prices.version(now[product.pk]),
                        "refused": str(applied.refused.get(product.pk, "")),
                    }
                    for product, _values in named
                ],
                "changes": [change.pk for change in applied.changes],
            }
        )


def _wanted(product: Product, values: Mapping[str, Any]) -> Prices:
    return replace(Prices.of(product), **{name: values[name] for name in prices.FIELDS if name in values})


def _wrong(product: Product, to: Prices) -> str:
    """What no product can be priced at."""
    currency, before = product.merchant.currency, Prices.of(product)
    for name in ("price", "special_price", "cost"):
        value = getattr(to, name)
        if value is not None and value != getattr(before, name) and value != to_minor_unit(value, currency):
            return f"{name}: {currency} has {DIGITS.get(currency, 2)} decimals."
    if to.special_from and to.special_to and to.special_from >= to.special_to:
        return "special_to: the special price would end before it begins."
    return ""


class Undoing(serializers.Serializer[Any]):
    """Changes of prices, by the ids that changing them answered, or that the list of price changes has."""

    changes = serializers.ListField(child=serializers.IntegerField(min_value=1), allow_empty=False, max_length=MOST)
    accept_loss = serializers.BooleanField(required=False, default=False)


class UndoPrices(Endpoint):
    """Set prices back to what they were before changes, where nobody changed them again since."""

    scope = Scope.PRODUCTS
    writers = (OPERATIONS, ADMIN)

    @extend_schema(
        operation_id="products_undo_prices",
        request=Undoing,
        responses={200: shapes.fields(undone=NUMBER, refused=shapes.listed(TEXT)), **shapes.WRITES},
    )
    def post(self, request: Request) -> Response:
        user = self.caller(request)
        body = Undoing(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        found = PriceChange.objects.visible_to(user).filter(pk__in=values["changes"])
        mine = list(found.values_list("pk", flat=True))
        applied, left = price_undo.undo(changes=mine, by=user, as_of=timezone.now(), accept_loss=values["accept_loss"])
        unknown = sorted(set(values["changes"]) - set(mine))
        left += [f"{each}: There is no such change." for each in unknown]
        return Response({"undone": len(applied.changed), "refused": left})


class Marking(OfProduct):
    """What is to be done with a product, and why."""

    mark = serializers.ChoiceField(choices=ProductMark.Kind.choices)
    reason = serializers.CharField(max_length=200)
    until = serializers.DateField(required=False, allow_null=True, default=None, help_text="the last day")


MARKED = shapes.fields(sku=TEXT, vendor_number=TEXT, changed=TRUTH)


class Mark(Endpoint):
    """Mark a product for liquidation or promotion; another mark is replaced. Sent again it changes nothing."""

    scope = Scope.PRODUCTS
    writers = (OPERATIONS, ADMIN)

    @extend_schema(
        operation_id="products_mark",
        request=Marking,
        responses={200: MARKED, **shapes.WRITES, **shapes.NOT_THERE},
    )
    def post(self, request: Request) -> Response:
        user = self.caller(request)
        body = Marking(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        product = product_of(user, values)
        try:
            done = marks.mark(
                products=[product.pk], kind=values["mark"], reason=values["reason"], until=values["until"], by=user
            )
        except marks.InvalidMark as error:
            return refused(400, str(error))
        return Response(_marked(product, changed=bool(done)))


class Unmark(Endpoint):
    """Remove the mark of a product. Sent again it changes nothing."""

    scope = Scope.PRODUCTS
    writers = (OPERATIONS, ADMIN)

    @extend_schema(
        operation_id="products_unmark",
        request=OfProduct,
        responses={200: MARKED, **shapes.WRITES, **shapes.NOT_THERE},
    )
    def post(self, request: Request) -> Response:
        user = self.caller(request)
        body = OfProduct(data=request.data)
        body.is_valid(raise_exception=True)
        product = product_of(user, body.validated_data)
        return Response(_marked(product, changed=bool(marks.unmark(products=[product.pk], by=user))))


def _marked(product: Product, *, changed: bool) -> dict[str, Any]:
    return {"sku": product.sku, "vendor_number": product.merchant.vendor_number, "changed": changed}
