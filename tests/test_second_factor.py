"""Roles that need a second factor can do nothing before it is set up, sign in with it, and keep it."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client

from tests import make

pytestmark = pytest.mark.django_db
SETUP = "/accounts/2fa/totp/activate/"
PASSWORD = "long enough 1"


@pytest.fixture(autouse=True)
def required(settings: Any) -> None:
    settings.MFA_REQUIRED_ROLES = ["admin", "finance"]


def code(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time()))))


def sign_in(email: str) -> Client:
    browser = Client()
    answer = browser.post("/accounts/login/", {"login": email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    return browser


def set_up(browser: Client) -> None:
    assert browser.get(SETUP)["Location"].startswith("/accounts/reauthenticate/")  # the password once more
    assert browser.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
    assert browser.get(SETUP).status_code == 200
    answer = browser.post(SETUP, {"code": code(browser.session["mfa.totp.secret"])})
    assert answer.status_code == 302, answer.content.decode()


@pytest.mark.parametrize("role", ["admin", "finance"])
def test_nothing_else_comes_before_it(role: str) -> None:
    browser = sign_in(make.user(role).email)
    for path in ("/", "/jobs/", "/settings/finance/", "/finance/write-offs/?_export=csv", "/accounts/password/change/"):
        answer = browser.get(path)
        assert (answer.status_code, answer["Location"]) == (302, SETUP), path
    assert browser.post("/scans/costs/run/")["Location"] == SETUP
    assert browser.get("/api/v1/reports/").status_code == 403
    assert browser.get("/jobs/", headers={"HX-Request": "true"})["HX-Redirect"] == SETUP
    assert browser.get("/healthz").status_code in (200, 302)
    assert browser.post("/accounts/logout/").status_code == 302
    assert browser.get("/")["Location"].startswith("/accounts/login/")


def test_superusers_need_it_too_and_other_roles_do_not() -> None:
    assert sign_in(make.user("operations", is_superuser=True).email).get("/")["Location"] == SETUP
    assert sign_in(make.user("operations").email).get("/").status_code == 200


def test_after_setting_it_up_everything_opens_and_recovery_codes_are_there() -> None:
    user = make.user("admin")
    browser = sign_in(user.email)
    set_up(browser)
    assert browser.get("/").status_code == 200
    kinds = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    assert kinds == {Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES}
    assert browser.get("/accounts/2fa/recovery-codes/").status_code == 200


def test_the_password_alone_is_not_enough_afterwards() -> None:
    user = make.user("finance")
    set_up(sign_in(user.email))
    browser = sign_in(user.email)
    assert browser.get("/")["Location"].startswith("/accounts/login/")  # half signed in is not signed in
    assert browser.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert browser.get("/").status_code == 302
    recovery = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES).wrap()
    assert browser.post("/accounts/2fa/authenticate/", {"code": recovery.get_unused_codes()[0]}).status_code == 302
    assert browser.get("/").status_code == 200


def test_it_cannot_be_taken_away_again() -> None:
    user = make.user("admin")
    browser = sign_in(user.email)
    set_up(browser)
    answer = browser.post("/accounts/2fa/totp/deactivate/", follow=True)
    assert answer.status_code in (200, 403)
    assert Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()
    Authenticator.objects.filter(user=user).delete()  # by somebody with access to the database
    assert browser.get("/")["Location"] == SETUP


def test_it_costs_no_query(django_assert_max_num_queries: Any) -> None:
    user = make.user("admin")
    TOTP.activate(user, "A" * 32)
    browser = Client()
    browser.force_login(user)
    browser.get("/action-required/inventory-cost-issues/")
    with django_assert_max_num_queries(8):
        assert browser.get("/action-required/inventory-cost-issues/").status_code == 200


def test_production_requires_it_and_the_demo_does_not() -> None:
    from tests.test_deployment import GOOD, run_settings

    assert run_settings(GOOD, "settings.MFA_REQUIRED_ROLES") == "['admin', 'finance']"
    assert run_settings({"OPS_DEMO": "1"}, "settings.MFA_REQUIRED_ROLES") == "[]"
