"""Carts grouped by what they share, with the way from a group to its carts and back, and the recovery rate."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.utils import timezone

from inventory_ops.kit.reports import registry
from inventory_ops.models import Order, Product
from inventory_ops.operations import carts
from inventory_ops.operations.orders import recovered
from tests import make
from tests.carts.support import REPORT, ago, bought, cart

pytestmark = pytest.mark.django_db
GROUPS = ["abandoned-by-product", "abandoned-by-vendor", "abandoned-by-promo", "abandoned-by-card-error",
          "abandoned-by-month"]  # fmt: skip


def rows(slug: str, viewer: Any = None, **filters: str) -> list[dict[str, Any]]:
    report = registry.get(slug)
    found = report.select(filters, viewer=viewer).rows
    wanted = [column for column in report.columns if not column.late]
    return list(report.page_values(found, wanted, viewer=viewer).order_by(*report.ordering(report.default_sort)))


@pytest.fixture
def world() -> dict[str, Any]:
    """Four carts that were left: one still, one contacted, one whose customer bought later, one that was bought."""
    own, other = make.merchant("OWN"), make.merchant("OTHER")
    lamp, desk = make.product("LAMP", of=own), make.product("DESK", of=other)
    left = cart("LEFT", lamp, desk, at=ago(days=5), email="a@x.org", promo_code="SPRING", total_amount=20)
    make.attempt(left, "51", "Funds & more")
    called = cart("CALLED", lamp, at=ago(days=5), email="b@x.org", promo_code="SPRING", total_amount=10)
    carts.contact(order=called, how="phone", by=make.user(), now=timezone.now())
    later = cart("LATER", lamp, at=ago(days=5), email="c@x.org", total_amount=10)
    bought("O", lamp, at=ago(days=4), email="c@x.org")
    itself = cart("ITSELF", lamp, at=ago(days=5), email="d@x.org", promo_code="SPRING", total_amount=10)
    itself.items.update(status=2)
    Order.objects.filter(pk=itself.pk).update(status=2, placed_at=ago(days=3), recovered_at=ago(days=3))
    euros = cart("EUROS", make.product(of=make.merchant("EUR", currency="EUR")), email="", promo_code="SPRING")
    Order.objects.filter(pk=euros.pk).update(currency="EUR")
    recovered.find(as_of=timezone.now())
    return {"lamp": lamp, "desk": desk, "own": own, "left": left, "called": called, "later": later}


def counts(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["c_carts"], row["c_left"], row["c_contacted"], row["c_recovered"], round(row["c_rate"], 1)


def test_by_product(world: dict[str, Any]) -> None:
    by_sku = {row["c_sku"]: row for row in rows("abandoned-by-product")}
    assert counts(by_sku["LAMP"]) == (3, 4, 1, 2, 50)
    assert counts(by_sku["DESK"]) == (1, 1, 0, 0, 0)
    assert by_sku["LAMP"]["c_units"] == 3


def test_by_vendor(world: dict[str, Any]) -> None:
    by_vendor = {row["c_vendor_number"]: row for row in rows("abandoned-by-vendor")}
    assert counts(by_vendor["OWN"]) == (3, 4, 1, 2, 50)
    assert (by_vendor["OWN"]["c_total"], by_vendor["OTHER"]["c_total"]) == (30, 10)
    seller = make.user("merchant", of=world["own"])
    assert [row["c_vendor_number"] for row in rows("abandoned-by-vendor", seller)] == ["OWN"]


def test_by_promo(world: dict[str, Any]) -> None:
    by_promo = {row["c_promo"]: row for row in rows("abandoned-by-promo") if row["currency"] == "GBP"}
    spring = by_promo["SPRING"]
    assert (spring["c_carts"], spring["c_left"], spring["c_recovered"]) == (2, 3, 1)
    assert round(spring["c_rate"], 2) == Decimal("33.33")
    assert counts(by_promo[""]) == (1, 1, 0, 1, 100)
    assert spring["c_total"] == 30
    seller = make.user("merchant", of=world["own"])
    assert {row["c_promo"]: row["c_total"] for row in rows("abandoned-by-promo", seller)}["SPRING"] == 20


def test_by_month(world: dict[str, Any]) -> None:
    cart("LONG AGO", at=ago(days=70), email="")
    found = [row for row in rows("abandoned-by-month") if row["currency"] == "GBP"]
    assert sum(row["c_left"] for row in found) == 5
    assert found[-1]["c_carts"] == 1 and found[-1]["c_rate"] == 0


def test_the_rate_above_the_list(world: dict[str, Any]) -> None:
    from django.test import Client

    browser = Client()
    browser.force_login(make.user())
    page = browser.get("/action-required/abandoned-checkouts/by-month/").content.decode()
    assert "Recovery rate" in page and "50" in page


@pytest.mark.parametrize("slug", GROUPS)
def test_the_link_of_a_group_leads_to_as_many_carts(slug: str, world: dict[str, Any]) -> None:
    report = registry.get(slug)
    column = report.columns_by_key["carts"]
    assert column.link is not None
    checked = 0
    for row in rows(slug):
        address = column.link(row)
        if not row["c_carts"]:
            assert address is None
            continue
        assert address is not None
        found = rows(REPORT, **dict(parse_qsl(urlsplit(address).query)))
        assert len(found) == row["c_carts"], address
        checked += 1
    assert checked


@pytest.mark.parametrize("slug", GROUPS[:4])
def test_groups_are_found_by_what_they_share(slug: str, world: dict[str, Any]) -> None:
    wanted = {
        "abandoned-by-product": {"product": str(world["desk"].pk)},
        "abandoned-by-vendor": {"vendor": "other"},
        "abandoned-by-promo": {"promo": "spring"},
        "abandoned-by-card-error": {"code": "51"},
    }[slug]
    found = rows(slug, **wanted)
    assert len({row.get("promo_code", row.get("pk")) for row in found}) == 1
    assert len(found) < len(rows(slug)) or slug == "abandoned-by-card-error"


def test_sellers_find_no_carts_by_what_they_may_not_know(world: dict[str, Any]) -> None:
    seller = make.user("merchant", of=world["own"])
    assert {row["c_number"] for row in rows(REPORT, seller)} == {"LEFT", "CALLED", "LATER"}
    assert rows(REPORT, seller, vendor="OTHER") == []
    assert rows(REPORT, seller, product=str(world["desk"].pk)) == []
    assert rows(REPORT, seller, card_code="51") == []
    assert len(rows(REPORT, card_code="51", card_message="Funds & more")) == 1
    assert isinstance(world["lamp"], Product)
