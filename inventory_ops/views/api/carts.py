"""Carts that were left, in the JSON API: contacts, and e-mails for a mail tool."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from inventory_ops.models import CartContact, Order, Scope
from inventory_ops.operations import carts, remarketing
from inventory_ops.operations.findings import FindingChanged
from inventory_ops.queries.remarketing import letters
from inventory_ops.registries.permissions import ADMIN, OPERATIONS
from inventory_ops.views.api import shapes
from inventory_ops.views.api.endpoint import Endpoint, refused
from inventory_ops.views.api.shapes import MOMENT, NUMBER, TEXT, TEXT_OR_NULL

CONTACT = shapes.fields(id=NUMBER, order_id=NUMBER, at=MOMENT, by=TEXT, how=TEXT, note=TEXT, contacts=NUMBER)
ITEM = shapes.fields(sku=TEXT, name=TEXT, quantity=NUMBER, unit_price=TEXT)
LETTER = shapes.fields(
    order_id=NUMBER,
    email=TEXT,
    store_number=TEXT_OR_NULL,
    order_number=TEXT,
    last_update=MOMENT,
    currency=TEXT,
    total=TEXT,
    promo_code=TEXT,
    recovery_url=TEXT,
    items=shapes.listed(ITEM),
)
EMAILS = shapes.fields(carts=shapes.listed(LETTER), left_out={"type": "object", "additionalProperties": NUMBER})


class Contacting(serializers.Serializer[Any]):
    """How somebody got in touch."""

    how = serializers.ChoiceField(choices=CartContact.How.choices)
    note = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)
    seen = serializers.IntegerField(
        required=False, min_value=0, max_value=2**31 - 1, help_text="how many contacts you saw; others since: 409"
    )


class Contacted(Endpoint):
    """Write down that somebody got in touch with the customer of a cart (`Order ID` of the list)."""

    scope = Scope.FINDINGS
    writers = (OPERATIONS, ADMIN)

    @extend_schema(
        operation_id="carts_contacted",
        request=Contacting,
        responses={
            201: CONTACT,
            409: shapes.TROUBLE,
            **shapes.WRITES,
            **shapes.NOT_THERE,
        },
    )
    def post(self, request: Request, pk: int) -> Response:
        user = self.caller(request)
        cart = get_object_or_404(Order, pk=pk)
        body = Contacting(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        try:
            made = carts.contact(
                order=cart,
                how=values["how"],
                note=values["note"],
                by=user,
                now=timezone.now(),
                seen=values.get("seen"),
            )
        except (carts.NotContacted, FindingChanged) as error:
            return refused(409, str(error))
        return Response(
            {
                "id": made.pk,
                "order_id": cart.pk,
                "at": made.at,
                "by": user.email,
                "how": made.how,
                "note": made.note,
                "contacts": cart.contacts.count(),
            },
            status=201,
        )


class ChosenCarts(serializers.Serializer[Any]):
    """Which carts."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        min_length=1,
        max_length=1000,
        help_text="`Order ID` of the list",
    )
    contacted = serializers.BooleanField(default=False, help_text="mark the carts as contacted")


class Emails(Endpoint):
    """E-mails of carts for a mail tool: of customers who agreed, each address once. `left_out` counts why others are
    not. Each call stands in the security log."""

    scope = Scope.FINDINGS
    writers = (OPERATIONS, ADMIN)

    @extend_schema(operation_id="carts_emails", request=ChosenCarts, responses={200: EMAILS, **shapes.WRITES})
    def post(self, request: Request) -> Response:
        user = self.caller(request)
        body = ChosenCarts(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        try:
            handed = remarketing.hand_out(
                ids=values["ids"], contacted=values["contacted"], by=user, now=timezone.now(), to="API"
            )
        except remarketing.NobodyToWriteTo as error:
            return refused(400, str(error))
        return Response({"carts": letters(handed.carts), "left_out": handed.counted()})
