"""Carts that were left, and what their customers did since."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from inventory_ops.kit.reports import registry
from inventory_ops.models import Finding, Order, Product
from inventory_ops.operations import findings
from tests import make

REPORT = "abandoned-checkouts"
JANE = "jane@example.org"


def ago(**units: float) -> datetime:
    return timezone.now() - timedelta(**units)


def cart(number: str, *products: Product, at: datetime | None = None, email: str = JANE, **fields: Any) -> Order:
    made = make.order(number, status=1, at=at or ago(days=2), customer_email=email, **fields)
    for each in products or (make.product(),):
        make.item(each, in_=made)
    return made


def bought(number: str, *products: Product, at: datetime | None = None, email: str = JANE, **fields: Any) -> Order:
    made = make.order(number, status=2, at=at or ago(days=1), customer_email=email)
    for each in products:
        make.item(each, in_=made, **fields)
    return made


def scan() -> None:
    findings.scan_report(registry.get(REPORT), as_of=timezone.now())


def finding(of: Order) -> Finding:
    return Finding.objects.get(report=REPORT, key=str(of.pk))
