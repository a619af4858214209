"""What the load works on, made by a node of the cluster: prints how to sign in, as JSON."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import django

PRODUCTS = 40
LISTED = 20_050  # rows of a list, so that its export is a job
SKU = "LOAD-{}"
IMPORTED = "IMPORTED"


def main() -> None:
    django.setup()
    from django.test import Client
    from django.utils import timezone

    from inventory_ops.models import Category, Merchant, Product, User
    from inventory_ops.operations import api_tokens
    from lost_damaged.operations import api_keys

    merchant = Merchant.objects.create(vendor_number="V1", name="Lamp & Co", currency="GBP")
    category = Category.objects.create(name="Lamps", commission_percent=Decimal("12.5"))
    long_ago = timezone.now() - timedelta(days=900)
    names = [*(SKU.format(n) for n in range(PRODUCTS)), IMPORTED, *(f"OLD-{n}" for n in range(LISTED))]
    Product.objects.bulk_create(
        [
            Product(merchant=merchant, category=category, sku=sku, name="Lamp", price=Decimal(10), created_at=long_ago)
            for sku in names
        ],
        batch_size=2000,
    )
    person = User.objects.create_user("load@example.com", None, role="operations", name="Lo Ad")
    finance = User.objects.create_user("fin@example.com", None, role="finance", name="Fin Ance")
    _row, token = api_tokens.create(user=person, name="load", scopes=["read", "stock"], days=2, by=None)
    _key, secret = api_keys.create(user=finance, name="load", by=finance)
    client = Client()
    client.force_login(person)
    session = client.cookies["sessionid"].value
    print(json.dumps({"token": token, "session": session, "finance": finance.email, "secret": secret}))


if __name__ == "__main__":
    main()
