"""One table says which role may reach which address; every address is walked with every role.

"Reach" means: anything but the login (anonymous) and 403 (wrong role). An object that is not there, or not the
viewer's, is a 404 for those who may reach the address. An address that is not in the table fails the test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver

from tests import make

pytestmark = pytest.mark.django_db

EVERYBODY = {"operations", "merchant", "finance", "admin", "none"}
STAFF = {"operations", "finance", "admin"}
SELLERS = {"operations", "merchant", "finance", "admin"}
WATCHERS = {"operations", "merchant", "admin"}
OPS = {"operations", "admin"}
FINANCE = {"finance"}
SETTINGS = {"finance", "admin"}
ADMIN = {"admin"}
OPEN = {*EVERYBODY, "anonymous"}

# First match wins; the pattern is searched from the route's start.
TABLE: list[tuple[str, set[str]]] = [
    (r"healthz$", OPEN),
    (r"api/$", OPEN),  # its own signatures; tests/lost_damaged holds what it refuses
    (r"accounts/", OPEN),  # allauth's own: sign-in, password, second factor
    (r"\^?action-required/user-audit/", ADMIN),
    (r"action-required/<slug:slug>/bulk/$", OPS),
    (r"action-required/", SELLERS),
    (r"scans/", OPS),
    (r"trackers/", WATCHERS),
    (r"imports/", OPS),
    (r"channels/webhooks/", OPEN),  # its own signatures; tests/channels holds what it refuses
    (r"channels/", OPS),
    (r"inventory/adjust/", OPS),
    (r"inventory/count/", OPS),
    (r"inventory/", SELLERS),
    (r"finance/import/<uuid:pk>/(confirm|resume|discard)/$", FINANCE),
    (r"finance/import/", STAFF),
    (r"finance/write-offs/new/$", FINANCE),
    (r"finance/write-offs/<str:number>/reverse/$", FINANCE),
    (r"finance/statements/close/$", FINANCE),
    (r"finance/statements/<str:number>/close/$", FINANCE),
    (r"finance/nav/<str:number>/decide/$", FINANCE),
    (r"finance/nav/", STAFF),
    (r"finance/claims/new/$", {"merchant"}),
    (r"finance/claims/<str:number>/<str:verb>/$", {"finance", "merchant"}),
    (r"finance/(double-payments|reconciliation|losses)/", STAFF),
    (r"finance/", SELLERS),
    (r"settings/finance/", SETTINGS),
    (r"settings/reasons/", ADMIN),
    (r"jobs/$", SELLERS),
    (r"notifications/", SELLERS),
    (r"settings/price-guard/", ADMIN),
    (r"products/<int:pk>/prices/", OPS),
    (r"(system/|metrics$)", ADMIN),
    (r"api/v1/reports/<slug:slug>/$", SELLERS),
    # pages of one's own, and pages whose objects are narrowed to what the viewer may see
    (r"preferences/(columns|views/<slug:slug>)/", SELLERS),
    (r"(api/v1/|jobs/|orders/|products/|preferences/|search/|docs/|$)", EVERYBODY),
]
# Addresses of forms whose GET some roles may read while only others may send them
SENT_BY: dict[str, set[str]] = {
    "finance/import/": FINANCE,
    "finance/nav/new/": FINANCE,
}
SAMPLES = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "int": "999999",
    "str": "NOTHING-1",
    "slug": "inventory-cost-issues",
}


def routes(patterns: Any = None, prefix: str = "") -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


ROUTES = sorted(set(routes()))


def allowed(route: str) -> set[str]:
    for pattern, roles in TABLE:
        if re.match(pattern, route):
            return roles
    pytest.fail(f"{route} is not in the table of tests/test_access.py: say who may reach it.")


def address(route: str) -> str:
    if route.startswith("^"):
        route = re.sub(r"\(\?P<key>[^)]*\)", "u999999", route.strip("^$"))
    route = route.replace("<slug:name>", "start").replace("<slug:kind>", "orders").replace("scans/start", "scans/costs")
    return "/" + re.sub(r"<(\w+):\w+>", lambda match: SAMPLES[match[1]], route)


def refused(response: Any) -> bool:
    if response.status_code == 302:
        return response["Location"].startswith("/accounts/login/")
    return response.status_code in (401, 403)


@pytest.mark.parametrize("role", [*sorted(EVERYBODY), "anonymous"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_address(role: str, method: str) -> None:
    browser = Client()
    if role != "anonymous":
        name = "" if role == "none" else role
        browser.force_login(make.user(name, of=make.merchant() if role == "merchant" else None))
    wrong = []
    for route in ROUTES:
        if route.startswith(("accounts/", "api/")) and not route.startswith("api/v1/"):
            continue
        roles = allowed(route)
        if method == "post":
            roles = SENT_BY.get(route, roles)
        response = getattr(browser, method)(address(route))
        if response.status_code >= 500:
            wrong.append(f"{method} {route} as {role}: {response.status_code}")
        # an address that does not take the method says so before or after it looks at the role
        if response.status_code == 405:
            continue
        if refused(response) == (role in roles):
            wrong.append(f"{method} {route} as {role}: {response.status_code}, allowed {sorted(roles)}")
    assert not wrong, "\n".join(wrong)


def test_every_address_is_in_the_table() -> None:
    for route in ROUTES:
        allowed(route)
