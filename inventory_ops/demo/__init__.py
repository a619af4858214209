"""Sample data."""

from __future__ import annotations

from datetime import datetime

from inventory_ops.models import Merchant, User


def seed(now: datetime) -> None:
    """Make the demo's logins."""
    merchant = Merchant.objects.order_by("vendor_number").first()
    for email, name, role in (
        ("ops@example.com", "Mara Lindqvist", "operations"),
        ("merchant@example.com", "Kaito Mori", "merchant"),
        ("finance@example.com", "Jasleen Kaur", "finance"),
        ("admin@example.com", "Aiko Sato", "admin"),
    ):
        own = merchant if role == "merchant" else None
        User.objects.create_user(email, "demo", name=name, role=role, merchant=own, is_demo=True)
