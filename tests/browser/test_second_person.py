"""Two people at two browsers: limits, waiting units, and rules that one proposes and the other approves."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import shoot
from tests.browser.test_pages import MODES, check

PASSWORD = "long enough 1"


def again(page: Page) -> None:
    """Enter the password once more, as asked."""
    expect(page).to_have_url(re.compile("/accounts/reauthenticate/"))
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit], main button.btn-primary").first.click()


@pytest.mark.parametrize("mode", MODES)
def test_one_asks_and_the_other_decides(visit: Callable[..., Page], world: dict[str, Any], mode: str) -> None:
    from lost_damaged.models import SellerTransaction
    from tests import make

    category = make.category("Teas")
    category.commission_percent = Decimal(10)
    category.save()
    dear = make.product("GOLD", of=world["own"], price=Decimal(4000), category=category)
    finance, admin = visit("finance", **MODES[mode]), visit("admin", **MODES[mode])
    found: list[str] = []

    def look(page: Page, name: str) -> None:
        found.extend(check(page))
        shoot(page, f"{mode}-second-person-{name}")

    # a unit above the limit as shipped is not booked, and whoever asked cannot approve it
    finance.goto("/finance/write-offs/new/")
    finance.locator("#id_sku").fill(dear.sku)
    finance.locator("#id_uid").fill("UNIT-1")
    finance.locator("main button.btn-primary").click()
    expect(finance.locator("main")).to_contain_text("waits for a second person")
    look(finance, "waiting-own")
    finance.locator("input[name=unit]").check()
    finance.get_by_role("button", name="Approve and write off").click()
    expect(finance.locator("body")).to_contain_text("a second person has to approve")
    assert not SellerTransaction.objects.exists()
    admin.goto("/finance/waiting/")
    look(admin, "waiting")
    admin.locator("input[name=unit]").check()
    admin.get_by_role("button", name="Approve and write off").click()
    expect(admin.locator("body")).to_contain_text("1 unit is written off")
    look(admin, "decided")
    assert SellerTransaction.objects.get().amount == 3600

    # caps: proposed after the password, approved by the other after theirs
    finance.goto("/settings/finance/propose/caps/")
    look(finance, "propose")
    for name, value in (("unit_cap", "50"), ("import_cap", "40"), ("daily_cap", "900")):
        finance.locator(f"#id_{name}").fill(value)
    finance.locator("main button.btn-primary").click()
    again(finance)
    expect(finance.locator("main")).to_contain_text("lower than the cap per unit")
    look(finance, "propose-error")
    finance.locator("#id_import_cap").fill("500")
    finance.locator("main button.btn-primary").click()
    expect(finance.locator("main")).to_contain_text("somebody else")
    look(finance, "proposal-own")
    address = finance.url
    admin.goto(address)
    look(admin, "proposal")
    admin.get_by_role("button", name="Approve").click()
    again(admin)
    expect(admin.locator("main")).to_contain_text("Approved")
    finance.goto("/settings/finance/")
    expect(finance.locator("main")).to_contain_text("per unit 1000 → 50")
    look(finance, "settings")
    admin.goto("/settings/price-guard/")
    look(admin, "price-guard")
    assert not found, "\n".join(found)
