"""The sample data: believable, complete, the same for the same moment, and made once."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from django.db.models import Count, F, Min, Q, Sum
from django.utils import timezone

from inventory_ops.demo import catalogue, orders
from inventory_ops.demo import marketplace as demo
from inventory_ops.kit.reports import registry
from inventory_ops.models import (
    Category,
    FlashSale,
    InventoryEvent,
    Merchant,
    Order,
    OrderItem,
    PaymentAttempt,
    Product,
    StockBalance,
    User,
)

REPORTS = (
    *("inventory-cost-issues", "shipping-issues", "order-cost-issues", "products-without-orders"),
    "abandoned-checkouts",
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the data."""
    monkeypatch.setattr(catalogue, "PRODUCTS", 320)
    monkeypatch.setattr(orders, "ORDERS_A_DAY", 10)


def balances_are_sums() -> bool:
    moved = Q(events__kind__in=["allocated", "released"])
    wrong = StockBalance.objects.annotate(
        units=Sum("events__quantity", filter=~moved, default=0),
        held=Sum("events__quantity", filter=moved, default=0),
        count=Count("events"),
    ).exclude(on_hand=F("units"), allocated=F("held"), version=F("count"))
    return not wrong.exists()


def test_the_same_moment_gives_the_same_data(small: None) -> None:
    now = timezone.now().replace(microsecond=0)

    def rows() -> list[list[str]]:
        random = Random(7)
        return orders.make(random, catalogue.make(random, now), now).rows

    assert rows() == rows()


def test_seeding(small: None) -> None:
    now = timezone.now()
    demo.seed(now)
    logins = {user.email: user for user in User.objects.filter(is_demo=True)}
    assert {email: user.role for email, user in logins.items()} == {
        "ops@example.com": "operations",
        "merchant@example.com": "merchant",
        "finance@example.com": "finance",
        "admin@example.com": "admin",
    }
    assert all(user.check_password("demo") for user in logins.values())
    assert not any(user.has_usable_password() for user in User.objects.filter(is_demo=False))
    for slug in REPORTS:
        assert registry.get(slug).select({}, viewer=None).rows.exists(), slug
    assert balances_are_sums()
    assert not Order.objects.filter(last_activity_at__gt=now).exists()
    assert not InventoryEvent.objects.filter(occurred_at__gt=now).exists()
    counts = [model.objects.count() for model in (Merchant, Product, OrderItem, InventoryEvent, User)]  # type: ignore[attr-defined]
    demo.seed(now)
    assert [model.objects.count() for model in (Merchant, Product, OrderItem, InventoryEvent, User)] == counts  # type: ignore[attr-defined]


def test_a_seed_that_fails_leaves_nothing(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError

    monkeypatch.setattr(demo, "_logins", fail)
    with pytest.raises(RuntimeError):
        demo.seed(timezone.now())
    assert not Merchant.objects.exists()
    assert not InventoryEvent.objects.exists()


@pytest.mark.slow
def test_the_whole_sample() -> None:
    now = timezone.now()
    demo.seed(now)
    assert Merchant.objects.count() >= 20
    assert len(set(Merchant.objects.values_list("currency", flat=True))) >= 6
    assert Merchant.objects.filter(currency="JPY").exists()
    assert Category.objects.filter(parent__isnull=False).count() >= 15
    assert Product.objects.count() >= 3000
    assert OrderItem.objects.count() >= 60_000
    assert Order.objects.aggregate(first=Min("created_at"))["first"] < now - timedelta(days=390)
    sales = FlashSale.objects
    assert sales.filter(ends_at__lt=now).count() >= 100
    assert sales.filter(starts_at__lt=now, ends_at__gt=now).count() >= 20
    assert sales.filter(starts_at__gt=now).count() >= 20
    assert sales.filter(ends_at__gt=now, product__cost__gt=F("sale_price")).exists()
    assert Product.objects.filter(cost__isnull=True).count() >= 50
    soon = now.date() + timedelta(days=30)
    assert StockBalance.objects.filter(on_hand__gt=0, expires_on__lte=soon).count() >= 20
    assert StockBalance.objects.values("inventory_type").distinct().count() >= 3
    assert StockBalance.objects.values("location").distinct().count() >= 3
    assert PaymentAttempt.objects.filter(succeeded=False).count() >= 200
    carts = Order.objects.filter(status=1)
    for given in (~Q(promo_code=""), ~Q(comment=""), Q(gift_card_count__gt=0)):
        assert carts.filter(given).count() >= 20
    assert set(OrderItem.objects.exclude(cancelled_by="").values_list("cancelled_by", flat=True)) == {
        *("customer", "seller", "warehouse", "system"),
    }
    assert OrderItem.objects.filter(status=2, ship_by__lt=now).exists()
    assert set(InventoryEvent.objects.values_list("kind", flat=True)) >= {
        *("received", "shipped", "returned", "adjusted", "allocated"),
    }
    portal = User.objects.get(email="merchant@example.com")
    for slug in REPORTS:
        assert registry.get(slug).select({}, viewer=None).rows.count() >= 50, slug
        assert registry.get(slug).select({}, viewer=portal).rows.count() >= 2, slug
    assert balances_are_sums()
