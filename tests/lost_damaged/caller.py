"""Signs and sends calls; the signature is written out here again, apart from the product's code."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from inventory_ops.models import User


@dataclass
class Caller:
    user: User
    key: str
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def parameters(self, **changes: Any) -> dict[str, str]:
        values: dict[str, Any] = {
            "Action": "UpdateInventoryStatus",
            "Format": "JSON",
            "Timestamp": timezone.now().isoformat(),
            "UserID": self.user.email,
            "Version": "1.0",
        }
        values |= changes
        return {name: str(value) for name, value in values.items() if value is not None}

    def query(self, key: str | None = None, **changes: Any) -> str:
        values = self.parameters(**changes)
        text = "&".join(
            f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sorted(values.items())
        )
        signature = hmac.new((self.key if key is None else key).encode(), text.encode(), hashlib.sha256).hexdigest()
        return f"{text}&Signature={signature}"

    def send(
        self, body: Any, *, query: str | None = None, headers: dict[str, str] | None = None, **changes: Any
    ) -> HttpResponse:
        """POST bytes as they are, texts encoded, a list as Inventory."""
        if isinstance(body, list):
            body = json.dumps({"Request": {"Inventory": body}})
        data = body.encode() if isinstance(body, str) else body
        return self.client.generic(
            "POST",
            f"/api/?{self.query(**changes) if query is None else query}",
            data,
            content_type="application/x-www-form-urlencoded",
            headers=headers or {},
        )

    def get(self, action: str, **changes: Any) -> HttpResponse:
        return self.client.get(f"/api/?{self.query(Action=action, **changes)}")


def unit(sku: str = "A", uid: str = "u-1", **more: Any) -> dict[str, Any]:
    return {"sku": sku, "status": "written-off", "uid": uid} | more


def codes(response: HttpResponse) -> list[tuple[int, str]]:
    """(position, code) of the items that failed."""
    body = json.loads(response.content)
    if "SuccessResponse" in body:
        return []
    failed = body["ErrorResponse"]["Body"].get("UpdateInventoryStatus", [])
    return [(each["Position"], each["ErrorCode"]) for each in failed]


def head(response: HttpResponse) -> dict[str, Any]:
    body = json.loads(response.content)
    [(name, content)] = body.items()
    assert name in {"SuccessResponse", "ErrorResponse"}
    result: dict[str, Any] = content["Head"]
    return result
