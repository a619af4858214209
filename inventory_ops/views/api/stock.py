"""Stock in the JSON API: what lies where, and adjustments that are booked once however often they are sent."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from inventory_ops.models import InventoryEvent, Product, Scope, StockBalance, User
from inventory_ops.models.ledger import EventSource
from inventory_ops.operations import stock
from inventory_ops.operations.ledger import InsufficientStock, LedgerRefusal
from inventory_ops.operations.stock import ChangeDetails, Place, StockMoved
from inventory_ops.registries.permissions import ADMIN, EVERYBODY, OPERATIONS
from inventory_ops.views.api import paging, shapes
from inventory_ops.views.api.endpoint import Endpoint, refused
from inventory_ops.views.api.shapes import DAY_OR_NULL, NUMBER, NUMBER_OR_NULL, TEXT

KEY = re.compile(r"[\x21-\x7e]{1,100}")
CALLS = uuid.UUID("6f0c1f5e-6d5b-4a3e-9d0e-6f6f2c5b7a11")  # names the keys of calls
LARGEST = 1_000_000_000

PLACE = {
    "sku": TEXT,
    "vendor_number": TEXT,
    "inventory_type": TEXT,
    "location": TEXT,
    "lot": TEXT,
    "expires_on": DAY_OR_NULL,
}
BALANCE = shapes.fields(id=NUMBER, **PLACE, on_hand=NUMBER, allocated=NUMBER)
BOOKED = shapes.fields(
    event=NUMBER_OR_NULL,
    **PLACE,
    quantity=NUMBER,
    quantity_after=NUMBER_OR_NULL,
    reason=TEXT,
    note=TEXT,
    reference=TEXT,
)
MOVED = {409: shapes.fields(errors=shapes.listed(TEXT), on_hand=NUMBER_OR_NULL)}
REUSED = {422: shapes.TROUBLE}


def product_of(user: User, values: Mapping[str, Any]) -> Product:
    """The product that the body's `sku` and `vendor_number` name. Raises Http404 where the caller may see none, and
    ValidationError where several merchants have the SKU."""
    found = Product.objects.visible_to(user).filter(sku=values["sku"]).select_related("merchant")
    if vendor_number := values.get("vendor_number"):
        found = found.filter(merchant__vendor_number=vendor_number)
    match list(found[:2]):
        case []:
            raise Http404
        case [product]:
            return product
    raise ValidationError({"vendor_number": ["Several merchants have this SKU: say which one."]})


class Balances(Endpoint):
    """What lies where: one row a product, inventory type, location and lot."""

    readers = EVERYBODY

    @extend_schema(
        operation_id="stock_list",
        parameters=[
            OpenApiParameter("sku", str),
            OpenApiParameter("vendor_number", str),
            OpenApiParameter("location", str, description="code of a location"),
            shapes.AFTER,
            shapes.PER_PAGE,
        ],
        responses={200: shapes.page_of(BALANCE), **shapes.WRONG, **shapes.READS},
    )
    def get(self, request: Request) -> Response:
        seen = StockBalance.objects.visible_to(self.caller(request))
        paths = {"sku": "product__sku", "vendor_number": "merchant__vendor_number", "location": "location__code"}
        rows = paging.filtered(request, seen, paths).select_related("product", "merchant", "inventory_type", "location")
        return paging.answer(request, rows, _balance)


def _balance(row: StockBalance) -> dict[str, Any]:
    return {
        "id": row.pk,
        "sku": row.product.sku,
        "vendor_number": row.merchant.vendor_number,
        "inventory_type": row.inventory_type.code,
        "location": row.location.code,
        "lot": row.lot,
        "expires_on": row.expires_on,
        "on_hand": row.on_hand,
        "allocated": row.allocated,
    }


class Adjusting(serializers.Serializer[Any]):
    """A change by `quantity`, or a count: `counted`, with what was `seen` on hand before."""

    sku = serializers.CharField(max_length=100, trim_whitespace=False)
    vendor_number = serializers.CharField(
        max_length=50, required=False, help_text="needed where several merchants have the SKU"
    )
    inventory_type = serializers.CharField(max_length=30, default="good")
    location = serializers.CharField(max_length=50, default="MAIN")
    lot = serializers.CharField(max_length=100, default="", allow_blank=True)
    expires_on = serializers.DateField(required=False, allow_null=True, default=None)
    quantity = serializers.IntegerField(
        required=False, min_value=-LARGEST, max_value=LARGEST, help_text="units more or, negative, less"
    )
    counted = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST, help_text="units counted")
    seen = serializers.IntegerField(
        required=False, min_value=-LARGEST, max_value=LARGEST, help_text="with `counted`: on hand when counting began"
    )
    reason = serializers.CharField(max_length=30, help_text="code of an adjustment reason")
    note = serializers.CharField(max_length=500, default="", allow_blank=True)
    reference = serializers.CharField(max_length=200, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        by, counted, seen = (attrs.get(name) is not None for name in ("quantity", "counted", "seen"))
        if by == counted or counted != seen:
            raise ValidationError("Give quantity, or counted together with seen.")
        if attrs.get("quantity") == 0:
            raise ValidationError({"quantity": "A change by zero changes nothing."})
        return attrs


class Adjustments(Endpoint):
    """Adjust or count stock: what is sent again under the same `Idempotency-Key` is answered, and not booked again."""

    scope = Scope.STOCK
    writers = (OPERATIONS, ADMIN)

    @extend_schema(
        operation_id="stock_adjust",
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[!-~]+$"},
                location=OpenApiParameter.HEADER,
                required=True,
                description="your own name of this change, like a number of your system",
            )
        ],
        request=Adjusting,
        responses={201: BOOKED, 200: BOOKED, **shapes.WRITES, **shapes.NOT_THERE, **MOVED, **REUSED},
    )
    def post(self, request: Request) -> Response:
        user = self.caller(request)
        key = request.headers.get("Idempotency-Key", "")
        if not KEY.fullmatch(key):
            raise ValidationError({"Idempotency-Key": ["Send this header with 1 to 100 characters without blanks."]})
        body = Adjusting(data=request.data)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        place = _place(user, values)
        own = str(uuid.uuid5(CALLS, f"{user.pk}:{key}"))
        details = ChangeDetails(values["reason"], values["note"], values["reference"], own, EventSource.API)
        try:
            repeated = _book(place, values, details, user)
        except InsufficientStock as short:
            return refused(409, str(short), on_hand=short.rows[0][2])
        except StockMoved as moved:
            now = moved.moved[0].on_hand
            text = f"There were {values['seen']} on hand when you counted, now there are {now}. Nothing was booked."
            return refused(409, text, on_hand=now)
        except LedgerRefusal as refusal:
            return refused(400, str(refusal))
        event = stock.event_of(own)
        if repeated and (event is None or not _is_of(event, place, values)):
            return refused(422, "Idempotency-Key: another change was sent under it before. Use a new one.")
        answer = Response(_booked(place, values, event), status=200 if repeated or event is None else 201)
        if repeated:
            answer["Idempotent-Replayed"] = "true"
        return answer


def _place(user: User, values: dict[str, Any]) -> Place:
    expires_on: date | None = values["expires_on"]
    return Place(product_of(user, values), values["inventory_type"], values["location"], values["lot"], expires_on)


def _book(place: Place, values: dict[str, Any], details: ChangeDetails, by: User) -> bool:
    """Answers whether it was booked before."""
    if values.get("counted") is not None:
        if stock.event_of(details.key) is not None:  # before the stock is looked at, which that count has changed
            return True
        return stock.set_to(
            place=place, counted=values["counted"], seen=values["seen"], details=details, by=by
        ).repeated
    return stock.adjust_by(place=place, quantity=values["quantity"], details=details, by=by).repeated


def _is_of(event: InventoryEvent, place: Place, values: dict[str, Any]) -> bool:
    booked = (Place.of(event.balance), event.reason, event.note, event.reference)
    wanted = (place, values["reason"], values["note"], values["reference"])
    if values.get("counted") is not None:
        return booked == wanted and event.counted_quantity == values["counted"]
    return booked == wanted and (event.quantity, event.counted_quantity) == (values["quantity"], None)


def _booked(place: Place, values: dict[str, Any], event: InventoryEvent | None) -> dict[str, Any]:
    """What an answer says of it; without an event a count was right."""
    return {
        "event": event.pk if event else None,
        "sku": place.product.sku,
        "vendor_number": place.product.merchant.vendor_number,
        "inventory_type": place.inventory_type,
        "location": place.location,
        "lot": place.lot,
        "expires_on": place.expires_on,
        "quantity": event.quantity if event else 0,
        "quantity_after": event.quantity_after if event else values["counted"],
        "reason": values["reason"],
        "note": values["note"],
        "reference": values["reference"],
    }
