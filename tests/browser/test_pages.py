"""Every page in light and dark, on a phone and in each language: it fits, is accessible, and nobody complains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import shoot

AXE = (Path(__file__).parent / "vendor/axe-core/axe.min.js").read_text()
RULES = (
    "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations']}"
)

PAGES = {
    "operations": [
        "/",
        "/action-required/inventory-cost-issues/",
        "/action-required/shipping-issues/",
        "/action-required/shipping-issues/orders/",
        "/action-required/order-cost-issues/",
        "/action-required/products-without-orders/",
        "/action-required/abandoned-checkouts/",
        "/action-required/abandoned-checkouts/by-product/",
        "/insights/order-cost-issues/?window=12m",
        "/insights/inventory-cost-issues/",
        "/action-required/findings/",
        "/action-required/inventory-cost-issues/?sort=nothing",
        "/action-required/inventory-cost-issues/?q=nothing-matches-this",
        "/orders/LOSS-V10/",
        "/trackers/",
        "/trackers/new/?preset=replenish",
        "/trackers/suggest/",
        "/imports/",
        "/imports/new/",
        "/jobs/",
        "/notifications/",
        "/notifications/settings/",
        "/notifications/deliveries/",
        "/search/?q=DEAR",
        "/docs/",
        "/docs/trackers/",
        "/nothing-here/",
    ],
    "merchant": ["/", "/action-required/inventory-cost-issues/", "/trackers/"],
    "finance": [
        "/",
        "/finance/write-offs/",
        "/finance/transactions/",
        "/settings/finance/",
        "/accounts/keys/",
        "/insights/losses-by-month/",
        "/accounts/2fa/",
        "/accounts/password/change/",
        "/settings/exchange-rates/",
    ],
    "admin": [
        "/",
        "/settings/price-guard/",
        "/system/schedules/",
        "/system/status/",
        "/action-required/user-audit/",
        "/settings/reasons/",
        "/system/security/",
        "/system/people/",
        "/system/people/new/",
        "/accounts/sessions/",
    ],
    "": ["/accounts/login/", "/accounts/password/reset/"],
}
MODES: dict[str, dict[str, Any]] = {"light": {}, "dark": {"theme": "dark"}, "mobile": {"mobile": True}}
LANGUAGES: dict[str, dict[str, Any]] = {
    "de": {"language": "de"},
    "de-mobile": {"language": "de", "mobile": True},
    "es": {"language": "es"},
    "pt-br": {"language": "pt-BR"},
    "zh-hans": {"language": "zh-CN"},
}
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def check(page: Page) -> list[str]:
    """axe's findings on the page, in one line each."""
    page.wait_for_load_state()  # a click may have left for another page
    page.evaluate(AXE)
    result = page.evaluate(f"axe.run(document, {RULES})")
    return [
        f"{page.url}: {found['id']}: {node['html'][:160]}" for found in result["violations"] for node in found["nodes"]
    ]


@pytest.mark.parametrize("mode", MODES | LANGUAGES)
@pytest.mark.parametrize("role", PAGES)
def test_every_page(visit: Callable[..., Page], role: str, mode: str) -> None:
    page = visit(role or None, **(MODES | LANGUAGES)[mode])
    found = []
    for path in PAGES[role]:
        response = page.goto(path)
        assert response is not None
        assert response.status in (200, 400, 404), (path, response.status)
        assert response.status == 200 or "nothing" in path, (path, response.status)
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        found += check(page)
        if beyond := page.evaluate(TOO_WIDE):
            found.append(f"{path}: {beyond} pixels wider than the window")
        shoot(page, f"{mode}-{role or 'anonymous'}-{path.strip('/').replace('/', '_').replace('?', '_') or 'home'}")
    assert not found, "\n".join(found)
