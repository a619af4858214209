"""Whose account calls."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from inventory_ops.models import ApiToken, Scope
from inventory_ops.queries import shop
from inventory_ops.views.api import shapes
from inventory_ops.views.api.endpoint import Endpoint

ACCOUNT = shapes.fields(
    email=shapes.TEXT,
    role=shapes.TEXT,
    vendor_number=shapes.TEXT_OR_NULL,
    time_zone=shapes.TEXT,
    scopes=shapes.listed({"type": "string", "enum": Scope.values}),
    expires_at=shapes.MOMENT_OR_NULL,
)


class Account(Endpoint):
    """The account that calls, and what its token may do: a way to try a token out."""

    @extend_schema(operation_id="account_read", responses={200: ACCOUNT, **shapes.READS})
    def get(self, request: Request) -> Response:
        user = self.caller(request)
        token = request.auth if isinstance(request.auth, ApiToken) else None
        return Response(
            {
                "email": user.email,
                "role": user.role,
                "vendor_number": user.merchant.vendor_number if user.merchant else None,
                "time_zone": shop.zone_of(user),
                "scopes": token.scopes if token else Scope.values,
                "expires_at": token.expires_at if token else None,
            }
        )
