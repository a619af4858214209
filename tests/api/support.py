"""A program that calls the API, and a small world that it meets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.test import Client
from django.utils import timezone

from inventory_ops.models import Finding, Merchant, Product, Scope, User
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import api_tokens, ledger, scans
from inventory_ops.operations.ledger import Movement
from tests import make


class Program:
    """Calls the API with a token, in JSON."""

    def __init__(self, text: str) -> None:
        self._client = Client(headers={"Authorization": f"Bearer {text}"})

    def get(self, path: str) -> Any:
        return self._client.get(f"/api/v1/{path}")

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return self._client.generic(
            method, f"/api/v1/{path}", Client()._encode_json(body or {}, "application/json"),
            content_type="application/json", headers=headers,
        )  # fmt: skip

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)


def program(user: User, *scopes: str) -> Program:
    _token, text = api_tokens.create(user=user, name="test", scopes=scopes or Scope.values, days=30, by=user)
    return Program(text)


@dataclass
class World:
    lamp: Product
    other: Product
    ops: User
    seller: User
    finding: Finding
    theirs: Finding

    @property
    def merchant(self) -> Merchant:
        return self.lamp.merchant


def small_world() -> World:
    """A lamp of V10 with 5 on hand, another of V20, each sold below its cost, and their findings."""
    made = timezone.now() - timedelta(days=9)
    lamp, other = (
        make.product(f"LAMP-{n}", of=make.merchant(f"V{n}0"), price=Decimal(10), cost=Decimal(13), created_at=made)
        for n in (1, 2)
    )
    ledger.book([Movement(each.pk, EventKind.RECEIVED, 5) for each in (lamp, other)], source=EventSource.CSV)
    scans.run("costs")
    found = {each.merchant_id: each for each in Finding.objects.filter(report="inventory-cost-issues")}
    return World(
        lamp,
        other,
        make.user("operations", email="ops@example.com"),
        make.user("merchant", of=lamp.merchant),
        found[lamp.merchant_id],
        found[other.merchant_id],
    )
