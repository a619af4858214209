"""The pages of one's own account and the shop's settings: by machine in light, dark and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from inventory_ops.models import Shop
from tests.browser.conftest import shoot
from tests.browser.test_pages import check

PAGES = {
    "profile": "/accounts/profile/",
    "password": "/accounts/password/change/",
    "factor": "/accounts/2fa/",
    "sessions": "/accounts/sessions/",
    "keys": "/accounts/keys/",
    "api": "/api/v1/docs/",
    "api-guide": "/docs/api/",
    "shop": "/settings/shop/",
    "places": "/settings/places/",
    "list": "/action-required/order-cost-issues/",
}


@pytest.mark.parametrize(("theme", "mobile"), [("light", False), ("dark", False), ("light", True)])
def test_account_and_shop(visit: Callable[..., Page], world: dict[str, Any], theme: str, mobile: bool) -> None:
    Shop.objects.create(name="High Street Lamps", timezone="Europe/Berlin", currency="EUR")
    page = visit("admin", theme=theme, mobile=mobile)
    found = []
    for name, address in PAGES.items():
        page.goto(address)
        expect(page.locator(".page-zone a")).to_have_text("Europe/Berlin")
        found += check(page)
        shoot(page, f"account-{name}-{'mobile' if mobile else theme}")
    assert not found, "\n".join(found)


def test_a_zone_that_is_chosen_holds_on_the_next_page(visit: Callable[..., Page], world: dict[str, Any]) -> None:
    page = visit("operations")
    page.goto("/")
    page.locator(".sidebar-user summary").click()
    page.get_by_role("link", name="My profile").click()
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".page-zone a")).to_have_text("Asia/Tokyo")
