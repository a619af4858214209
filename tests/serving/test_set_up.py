"""The first administrator: by the address that `serve` prints, once."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.test import Client

from inventory_ops.models import AuditEvent, Shop, User
from inventory_ops.operations import set_up
from tests import make
from tests.together import at_once

GOOD = {
    "email": "Ada@example.com",
    "name": "Ada Owner",
    "password": "plain-sailing-41",
    "again": "plain-sailing-41",
    "shop_name": "Corner Shop",
    "timezone": "Europe/Berlin",
    "currency": "EUR",
}


@pytest.mark.django_db
def test_the_page_makes_the_administrator_and_closes() -> None:
    address = set_up.path(set_up.new_token())
    browser = Client()
    assert browser.get(address).status_code == 200
    answer = browser.post(address, GOOD)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    user = User.objects.get(email="ada@example.com")
    assert user.has_role("admin") and user.is_superuser and user.check_password(GOOD["password"])
    assert browser.get("/").status_code == 200
    shop = Shop.objects.get()
    assert (shop.name, shop.timezone, shop.currency) == ("Corner Shop", "Europe/Berlin", "EUR")
    assert AuditEvent.objects.filter(action="security.account_made", actor="ada@example.com").exists()
    # used: by nobody again, not even with another token
    for token in (address, set_up.path(set_up.new_token())):
        assert Client().get(token).status_code == 404
        assert Client().post(token, GOOD | {"email": "eve@example.com"}).status_code == 404
    assert not User.objects.filter(email="eve@example.com").exists()


@pytest.mark.django_db
def test_a_role_that_needs_a_second_factor_is_led_to_it(settings: Any) -> None:
    settings.MFA_REQUIRED_ROLES = ["admin", "finance"]
    answer = Client().post(set_up.path(set_up.new_token()), GOOD, follow=True)
    assert any(url.endswith("/accounts/2fa/totp/activate/") for url, _status in answer.redirect_chain)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"password": "short", "again": "short"}, "password"),
        ({"password": "password1234", "again": "password1234"}, "password"),
        ({"password": "ada@example.com", "again": "ada@example.com"}, "password"),
        ({"again": "something-else-1"}, "again"),
        ({"shop_name": " "}, "shop_name"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"currency": "EURO"}, "currency"),
        ({"name": "\x00"}, "name"),
    ],
)
def test_bad_answers_are_named_and_nothing_is_made(change: dict[str, str], field: str) -> None:
    answer = Client().post(set_up.path(set_up.new_token()), GOOD | change)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not User.objects.exists() and not Shop.objects.exists()
    assert GOOD["password"] not in answer.content.decode()


@pytest.mark.django_db
def test_a_token_that_is_old_or_invented_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    token = set_up.new_token()
    other = signing.TimestampSigner(salt="another").sign(secrets.token_urlsafe(9))
    for wrong in ("x", token[:-1], token + "x", other):
        assert Client().get(f"/setup/{wrong}/").status_code == 404
    monkeypatch.setattr(set_up, "VALID_HOURS", timedelta(seconds=-1) / timedelta(hours=1))
    assert Client().get(set_up.path(token)).status_code == 404


@pytest.mark.django_db
def test_imported_accounts_and_programs_do_not_close_it() -> None:
    imported = User.objects.create_user("ada@example.com", role="operations")
    assert set_up.is_open()
    Client().post(set_up.path(set_up.new_token()), GOOD)
    imported.refresh_from_db()
    assert imported.has_role("admin") and imported.check_password(GOOD["password"])


@pytest.mark.django_db
def test_somebody_who_can_sign_in_closes_it() -> None:
    make.user("operations")
    assert User.objects.get().has_usable_password() == (not set_up.is_open())


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one() -> None:
    token = set_up.new_token()

    def one(number: int) -> str:
        try:
            set_up.make_first_administrator(
                token=token,
                email=f"admin{number}@example.com",
                name="",
                password="plain-sailing-41",
                beginning=set_up.Beginning("Shop", "UTC", "GBP"),
            )
        except set_up.SetUpClosed:
            return "closed"
        return "made"

    assert sorted(at_once(2, one)) == ["closed", "made"]
    assert User.objects.count() == 1
