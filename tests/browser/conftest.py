"""A real browser against a real server, with a small world behind it."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
OPTIONS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
SHOTS = os.environ.get("OPS_SCREENSHOTS", "")
PATIENCE = 60_000  # milliseconds; how long a page takes says something about the machine, nothing about the code


@pytest.hookimpl(tryfirst=True)  # before -m chooses by the mark given here
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium is installed (Debian: apt-get install chromium)"))


@pytest.fixture(scope="package")  # its event loop ends with it: no other test meets it
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # playwright runs an event loop in this thread, and Django would refuse to use its ORM beside one
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS.split())
        yield browser
        browser.close()


@pytest.fixture
def world(transactional_db: Any, settings: Any) -> dict[str, Any]:
    """Two merchants with a row in every report, and a user of each role; password `long enough 1`."""
    from tests import make  # imports models, which are there only once Django has been set up

    settings.DEMO = True
    own, other = make.merchant("V10"), make.merchant("V20")
    shop = make.store("1", name="High Street")
    from django.utils import timezone

    now = timezone.now()
    for merchant in (own, other):
        dear = make.product(
            f"DEAR-{merchant.vendor_number}",
            of=merchant,
            price=Decimal(10),
            cost=Decimal(13),
            created_at=now - timedelta(days=200),
        )
        make.stock(dear, 30)
        recent = make.order(
            f"LOSS-{merchant.vendor_number}",
            at=now - timedelta(days=2),
            store=shop,
            customer_email="jane@example.org",
        )
        make.item(dear, in_=recent, unit_cost=Decimal(11), quantity=2)
        quiet = make.product(
            f"QUIET-{merchant.vendor_number}",
            of=merchant,
            name="Matcha Latte Mix 500 g",
            created_at=now - timedelta(days=200),
        )
        make.stock(quiet, 12)
        for _ in range(2):
            make.item(quiet, in_=make.order(at=now - timedelta(days=90)), quantity=3, shipped=1)
        cart = make.order(
            f"CART-{merchant.vendor_number}",
            status=1,
            at=now - timedelta(days=1),
            store=shop,
            comment="Too slow",
            promo_code="SPRING",
            total_amount=Decimal(20),
        )
        make.item(quiet, in_=cart, quantity=2)
        make.attempt(cart)
    users = {
        role: make.user(role, email=f"{role}@example.com", name=role.title())
        for role in ("operations", "finance", "admin")
    }
    users["merchant"] = make.user("merchant", of=own, email="merchant@example.com", name="Merchant")
    return {"own": own, "other": other, "users": users}


@pytest.fixture
def visit(chromium: Browser, live_server: Any, world: dict[str, Any]) -> Iterator[Callable[..., Page]]:
    """`visit(role, theme=…, mobile=…, language=…)` gives a logged-in page.

    Any console message or page error fails the test.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(role: str | None, *, theme: str = "light", mobile: bool = False, language: str = "en") -> Page:
        size: Any = {"width": 390, "height": 844} if mobile else {"width": 1440, "height": 1000}
        context = chromium.new_context(viewport=size, base_url=live_server.url, locale=language)
        contexts.append(context)
        context.add_cookies([{"name": "theme", "value": theme, "url": live_server.url}])
        if role is not None:
            from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
            from django.contrib.sessions.backends.db import SessionStore

            from inventory_ops.operations import sessions

            user = world["users"][role]
            session = SessionStore()
            session[SESSION_KEY] = str(user.pk)
            session[BACKEND_SESSION_KEY] = "config.accounts.EmailBackend"
            session[HASH_SESSION_KEY] = user.get_session_auth_hash()
            session[sessions.OPENED] = session[sessions.SEEN] = time.time()
            session.save()
            name = settings.SESSION_COOKIE_NAME
            context.add_cookies([{"name": name, "value": str(session.session_key), "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE)

        def note(message: Any) -> None:
            # Chromium itself remarks on an answer of 4xx; whether it was meant is for the test to say
            if "the server responded with a status of 4" not in message.text:
                complaints.append(f"{page.url}: {message.type}: {message.text}")

        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        return page

    yield open_page
    for context in contexts:
        context.close()
    for thread in threading.enumerate():  # what was asked last is still being answered, and may write
        if thread.name.endswith("(process_request_thread)"):
            thread.join(PATIENCE / 1000)
    assert not complaints, "\n".join(complaints)


def shoot(page: Page, name: str) -> None:
    """Keep a screenshot in the folder OPS_SCREENSHOTS, when that is set."""
    if SHOTS:
        folder = Path(SHOTS)
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(folder / f"{name}.png"), full_page=True)
