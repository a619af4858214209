"""Failures make further tries wait, per account and place; no stranger can hold anybody else's door shut."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory

from inventory_ops.kit import clients
from inventory_ops.models import AuditEvent, User
from tests import make
from tests.doors.support import PASSWORD

STRANGER, OWNER, OTHER = "203.0.113.9", "198.51.100.7", "192.0.2.44"


def try_once(email: str, password: str, address: str, **headers: str) -> Any:
    browser = Client(REMOTE_ADDR=address, headers=headers)
    return browser.post("/accounts/login/", {"login": email, "password": password})


def fail(email: str, address: str, times: int, **headers: str) -> str:
    answer = None
    for _ in range(times):
        answer = try_once(email, "wrong", address, **headers)
        assert answer.status_code in (200, 429)
    return answer.content.decode() if answer else ""


@pytest.mark.django_db
def test_tries_at_an_account_have_to_wait_longer_and_longer(monkeypatch: Any) -> None:
    user = make.user("operations")
    assert "Too many" not in fail(user.email, STRANGER, 6)
    assert "Too many failed tries" in fail(user.email, STRANGER, 1)
    # even the right password, until the wait is over
    assert "Too many" in try_once(user.email, PASSWORD, STRANGER).content.decode()
    assert AuditEvent.objects.filter(action="security.locked_out").count() == 1
    assert AuditEvent.objects.filter(action="security.sign_in_failed").count() == 6


@pytest.mark.django_db
def test_a_stranger_locks_nobody_else_out() -> None:
    user, colleague = make.user("operations"), make.user("operations")
    assert try_once(user.email, PASSWORD, OWNER).status_code == 302  # has been here before
    fail(user.email, STRANGER, 40)
    fail("nobody@example.com", STRANGER, 40)
    assert try_once(user.email, PASSWORD, OWNER).status_code == 302
    assert try_once(colleague.email, PASSWORD, OTHER).status_code == 302


@pytest.mark.django_db
def test_guessing_from_many_places_slows_down_and_spares_the_owner() -> None:
    user = make.user("operations")
    assert try_once(user.email, PASSWORD, OWNER).status_code == 302
    slowed = [f"198.18.{n}.1" for n in range(60)]
    answers = [fail(user.email, address, 1) for address in slowed]
    assert "Too many" in answers[-1]
    assert try_once(user.email, PASSWORD, OWNER).status_code == 302


@pytest.mark.django_db
def test_many_accounts_from_one_place_slow_down() -> None:
    answers = [fail(f"user{n}@example.com", STRANGER, 1) for n in range(40)]
    assert "Too many" in answers[-1] and "Too many" not in answers[0]
    with pytest.MonkeyPatch.context() as patch:  # allauth's own limit of calls from one place aside
        patch.setattr("allauth.core.internal.ratelimit.get_rates", lambda **_: [])
        assert "Too many failed tries" in fail("another@example.com", STRANGER, 1)


@pytest.mark.django_db
def test_behind_a_proxy_the_client_counts_and_what_it_claims_does_not(settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    user = make.user("operations")
    proxy = "10.0.0.2"
    # each try claims to come from elsewhere; the proxy appends where it really came from
    for n in range(12):
        try_once(user.email, "wrong", proxy, **{"X-Forwarded-For": f"198.18.0.{n}, {STRANGER}"})
    stranger = try_once(user.email, PASSWORD, proxy, **{"X-Forwarded-For": f"{OWNER}, {STRANGER}"})
    assert stranger.status_code == 200 and "Too many" in stranger.content.decode()
    assert try_once(user.email, PASSWORD, proxy, **{"X-Forwarded-For": OWNER}).status_code == 302


@pytest.mark.parametrize(
    ("count", "peer", "header", "expected"),
    [
        (0, "203.0.113.9", "", "203.0.113.9"),
        (0, "203.0.113.9", "1.2.3.4", "203.0.113.9"),  # no proxy is trusted: the header is the client's word
        (1, "10.0.0.2", "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.2", "1.2.3.4, 203.0.113.9", "203.0.113.9"),  # the first was made up outside
        (2, "10.0.0.2", "1.2.3.4, 203.0.113.9, 10.0.0.3", "203.0.113.9"),
        (2, "10.0.0.2", "10.0.0.3", "10.0.0.2"),  # from inside the chain: a probe, a proxy itself
        (1, "10.0.0.2", "", "10.0.0.2"),
        (1, "10.0.0.2", "unknown", "10.0.0.2"),
        (1, "10.0.0.2", "203.0.113.9:51234", "203.0.113.9"),
        (1, "10.0.0.2", "[2001:db8::1]:443", "2001:db8::1"),
        (1, "10.0.0.2", "::ffff:203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.2", "' or 1=1 --", "10.0.0.2"),
        (0, "", "", "unknown"),
    ],
)
def test_where_a_request_comes_from(settings: Any, count: int, peer: str, header: str, expected: str) -> None:
    settings.TRUSTED_PROXIES = count
    request: HttpRequest = RequestFactory().get(
        "/", REMOTE_ADDR=peer, **({"HTTP_X_FORWARDED_FOR": header} if header else {})
    )
    assert clients.address(request) == expected


def test_one_customer_of_a_provider_is_one_place_in_ipv6() -> None:
    assert clients.neighbourhood("2001:db8:1:2::1") == clients.neighbourhood("2001:db8:1:2:ffff::9")
    assert clients.neighbourhood("2001:db8:1:2::1") != clients.neighbourhood("2001:db8:1:3::1")
    assert clients.neighbourhood("203.0.113.9") == "203.0.113.9"


@pytest.mark.django_db
def test_the_api_counts_failures_by_the_client_behind_the_proxy(settings: Any) -> None:
    from lost_damaged.api import limits
    from lost_damaged.operations import api_keys
    from tests.lost_damaged.caller import Caller

    settings.TRUSTED_PROXIES = 1
    user = make.user("finance")
    _key, text = api_keys.create(user=user, name="OMS", by=user)

    def call(key: str, client: str) -> int:
        caller = Caller(user, key, Client(REMOTE_ADDR="10.0.0.2", headers={"X-Forwarded-For": f"1.1.1.1, {client}"}))
        return caller.get("GetTransactions", UpdatedAfter="2020-01-01").status_code

    statuses = [call("0" * 40, STRANGER) for _ in range(limits.FAILURES + 1)]
    assert statuses[0] == 401 and statuses[-1] == 429
    assert call("0" * 40, OTHER) == 401
    assert call(text, STRANGER) == 200  # a right signature is never turned away


@pytest.mark.django_db
def test_what_was_typed_as_an_account_is_logged_only_where_it_is_one() -> None:
    fail("my-secret-password-1", STRANGER, 1)
    user: User = make.user("operations")
    fail(user.email, STRANGER, 1)
    texts = str(list(AuditEvent.objects.values_list("summary", "data", "actor")))
    assert "my-secret-password-1" not in texts and user.email in texts and STRANGER in texts
