"""Why a customer's card failed is nothing for sellers: not on the page, in exports, the API or drill-downs."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from inventory_ops.models import Merchant
from tests import make

pytestmark = pytest.mark.django_db
LIST = "/action-required/abandoned-checkouts/"
AS_OF = "as_of=2026-03-31T12:00:00Z"


@pytest.fixture
def merchant() -> Merchant:
    merchant = make.merchant()
    cart = make.order("CART-1", status=1)
    make.item(make.product("A", of=merchant), in_=cart)
    make.attempt(cart, code="E51-funds", message="Insufficient-funds")
    return merchant


def text_of(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode()


ADDRESSES = [
    f"{LIST}?{AS_OF}",
    f"{LIST}?{AS_OF}&sort=-last_update",
    f"{LIST}?{AS_OF}&_export=csv",
    f"/api/v1/reports/abandoned-checkouts/?{AS_OF}",
    "/orders/CART-1/",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_seller_learns_that_a_card_failed_and_not_why(merchant: Merchant, address: str) -> None:
    browser = Client()
    browser.force_login(make.user("merchant", of=merchant))
    text = text_of(browser.get(address))
    assert "CART-1" in text
    assert "E51-funds" not in text and "Insufficient-funds" not in text
    browser.force_login(make.user("operations"))
    assert "E51-funds" in text_of(browser.get(address))


def test_sellers_do_not_count_carts_by_card_error(merchant: Merchant) -> None:
    browser = Client()
    browser.force_login(make.user("merchant", of=merchant))
    assert browser.get(f"{LIST}by-card-error/?{AS_OF}").status_code == 403
    assert browser.get(f"/api/v1/reports/abandoned-by-card-error/?{AS_OF}").status_code in (403, 404)
    listed = text_of(browser.get("/api/v1/reports/"))
    assert "abandoned-by-card-error" not in listed and "abandoned-by-promo" in listed
    # nor by searching for it
    found = text_of(browser.get(f"{LIST}?{AS_OF}&q=E51-funds&_export=csv"))
    assert "CART-1" not in found
