"""Ways round the doors, tried in a browser: the second factor, one's own job, and “all N matching”."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from playwright.sync_api import Page, expect

from inventory_ops.models import Finding, InventoryType, User
from tests import make
from tests.browser.conftest import shoot

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "long enough 1"
SECOND_STEP = re.compile("/accounts/2fa/authenticate/")
OUTSIDE = re.compile("/accounts/(login|2fa/authenticate)/")


def code() -> str:
    return str(format_hotp_value(hotp_value(SECRET, next(yield_hotp_counters_from_time()))))


def with_factor(user: User) -> list[str]:
    TOTP.activate(user, SECRET)
    codes: list[str] = RecoveryCodes.activate(user).get_unused_codes()
    return codes


def password(page: Page, user: User) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").or_(page.get_by_label("Email")).fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_nothing_opens_between_password_and_second_factor(visit: Any, world: Any, settings: Any) -> None:
    settings.MFA_REQUIRED_ROLES = ["admin", "finance"]
    user = world["users"]["admin"]
    codes = with_factor(user)
    page = visit(None)
    password(page, user)
    expect(page).to_have_url(SECOND_STEP)
    shoot(page, "second-factor")
    for address in ("/", "/settings/finance/", "/action-required/user-audit/", "/accounts/2fa/totp/deactivate/"):
        page.goto(address)
        expect(page).to_have_url(OUTSIDE)
    answer = page.request.get("/api/v1/reports/")
    assert answer.status in (401, 403)
    # with a recovery code it opens, once
    page = visit(None)
    password(page, user)
    page.locator("input[name=code]").fill(codes[0])
    page.get_by_role("button", name="Sign In").click()
    expect(page).to_have_url(re.compile(r"^[^/]+//[^/]+/$"))
    other = visit(None)
    password(other, user)
    other.locator("input[name=code]").fill(codes[0])
    other.get_by_role("button", name="Sign In").click()
    expect(other).to_have_url(SECOND_STEP)
    other.goto("/")
    expect(other).to_have_url(OUTSIDE)


def test_a_cookie_from_before_signing_out_or_a_half_sign_in_opens_nothing(visit: Any, world: Any) -> None:
    user = world["users"]["finance"]
    with_factor(user)
    page = visit(None)
    password(page, user)
    half = page.context.cookies()
    page.locator("input[name=code]").fill(code())
    page.get_by_role("button", name="Sign In").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    whole = page.context.cookies()
    thief = visit(None)
    thief.context.add_cookies(half)  # the session of the first step, remembered
    thief.goto("/settings/finance/")
    expect(thief).to_have_url(OUTSIDE)
    page.goto("/accounts/sessions/")
    shoot(page, "sessions")
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page).to_have_url(OUTSIDE)
    thief.context.clear_cookies()
    thief.context.add_cookies(whole)
    thief.goto("/")
    expect(thief).to_have_url(OUTSIDE)


def test_nobody_approves_their_own_job(visit: Any, world: Any) -> None:
    from user_audit.models import ActionJob

    admin = world["users"]["admin"]
    job = ActionJob.objects.create(
        action="disable-db", reason="test", requested_by=admin, state="awaiting", idempotency_key="own"
    )
    page = visit("admin")
    page.goto(f"/action-required/user-audit/jobs/{job.pk}/")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    shoot(page, "own-job")
    # the button of another page, bent to one's own job
    page.evaluate(
        """address => {
            const form = document.createElement("form");
            form.method = "post"; form.action = address;
            const token = document.querySelector("[name=csrfmiddlewaretoken]").cloneNode();
            form.append(token); document.body.append(form); form.submit();
        }""",
        f"/action-required/user-audit/jobs/{job.pk}/approve/",
    )
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page).to_have_url(re.compile(str(job.pk)))
    job.refresh_from_db()
    assert job.state == "awaiting" and job.approved_by_id is None
    shoot(page, "own-job-refused")


@pytest.mark.parametrize(
    ("seen", "query"),
    [("1", "q=DEAR"), ("999999", ""), ("", ""), ("2", "vendor=V20&q=%00"), ("-1", "finding=open&x=1")],
)
def test_all_matching_rows_with_a_forged_or_stale_selection(visit: Any, world: Any, seen: str, query: str) -> None:
    """“Select all” says how many rows were seen; another number, another filter or a bad one changes nothing."""
    from inventory_ops.operations import scans

    scans.run("costs")
    page = visit("operations")
    page.goto("/action-required/inventory-cost-issues/")
    make.product("LATER", of=world["other"], price=10, cost=12)
    scans.run("costs")
    before = list(Finding.objects.order_by("pk").values_list("pk", "state"))
    token = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    answer = page.request.post(
        "/action-required/inventory-cost-issues/bulk/",
        form={
            "csrfmiddlewaretoken": token, "scope": "all", "query": query, "count_seen": seen,
            "action": "acknowledge", "confirm": "1",
        },
        headers={"Referer": page.url},
    )  # fmt: skip
    assert answer.status < 500
    assert list(Finding.objects.order_by("pk").values_list("pk", "state")) == before


def test_a_merchant_cannot_reach_rows_of_others_by_all_matching(visit: Any, world: Any) -> None:
    page = visit("merchant")
    page.goto("/trackers/")
    from trackers.models import Tracker

    other = Tracker.objects.create(
        merchant=world["other"],
        product=world["other"].products.earliest("pk"),
        inventory_type=InventoryType.objects.get(code="good"),
        mechanism="stock_quantity",
        quantity=5,
    )
    token = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    for form in (
        {"ids": str(other.pk), "action": "delete"},
        {"scope": "all", "query": "vendor=V20", "count_seen": "1", "action": "delete"},
    ):
        page.request.post(
            "/trackers/bulk/",
            form=form | {"csrfmiddlewaretoken": token, "confirm": "1"},
            headers={"Referer": page.url},
        )
    assert Tracker.objects.filter(pk=other.pk).exists()
