"""Tokens: shown once, within scopes, until their end, and never more than their account."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from inventory_ops.models import ApiToken, AuditEvent, Delivery, Notification, User
from inventory_ops.operations import api_tokens, people
from lost_damaged.operations import api_keys
from tests import make
from tests.api.support import Program, World, program
from tests.doors.support import in_front, sign_in
from tests.lost_damaged.caller import Caller

KEYS = "/accounts/keys/"


def form(user: User, *scopes: str, days: int = 90) -> dict[str, Any]:
    values = {"user": user.pk, "name": "Shop", "scopes": scopes or ("read",), "days": days}
    return {"part": "token"} | {f"token-{name}": value for name, value in values.items()}


def shown(answer: Any) -> str:
    found = re.search(r'id="new-key"\s*>(ops_[0-9a-f]{48})<', answer.content.decode())
    return found[1] if found else ""


@pytest.mark.django_db
def test_one_makes_a_token_after_signing_in_once_more_and_sees_it_once() -> None:
    user = make.user("operations")
    assert sign_in(user).post(KEYS, form(user))["Location"].startswith("/accounts/reauthenticate/")
    assert not ApiToken.objects.exists()
    browser = in_front(user)
    answer = browser.post(KEYS, form(user, "read", "stock"))
    text = shown(answer)
    assert text and answer["Cache-Control"] == "no-store"
    token = ApiToken.objects.get()
    assert (token.scopes, token.user, token.made_by) == (["read", "stock"], user, user)
    assert abs(token.expires_at - timezone.now() - timedelta(days=90)) < timedelta(minutes=1)
    assert Program(text).get("account/").json()["scopes"] == ["read", "stock"]
    page = browser.get(KEYS).content.decode()
    assert text not in page and "read, stock" in page
    assert "API token was made" in Notification.objects.get(user=user).title
    for kept in (AuditEvent.objects.values_list("summary", "data"), Delivery.objects.values_list("content")):
        assert text not in str(list(kept))
    assert text.encode() not in bytes(token.digest)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [{"token-scopes": ()}, {"token-scopes": ("all",)}, {"token-days": 5000}, {"token-name": ""}, {"token-user": 0}],
)
def test_what_cannot_be_made_is_refused(change: dict[str, Any]) -> None:
    user = make.user("operations")
    assert in_front(user).post(KEYS, form(user) | change).status_code == 422
    assert not ApiToken.objects.exists()


@pytest.mark.django_db
def test_nobody_makes_one_in_another_persons_name() -> None:
    other, by = make.user("operations"), make.user("admin")
    assert in_front(by).post(KEYS, form(other)).status_code == 422
    with pytest.raises(api_tokens.TokenRefused):
        api_tokens.create(user=other, name="x", scopes=["read"], days=1, by=by)
    with pytest.raises(DatabaseError, match="for oneself"), transaction.atomic():
        ApiToken.objects.create(
            user=other, made_by=by, digest=b"x", hint="x", scopes=["read"], expires_at=timezone.now() + timedelta(1)
        )


def answers(text: str) -> int:
    return int(Program(text).get("account/").status_code)


@pytest.mark.django_db
def test_it_ends_by_its_date_by_hand_and_with_its_account_permanently() -> None:
    user = make.user("operations")
    (first, one), (second, two), (_third, three) = (
        api_tokens.create(user=user, name="x", scopes=["read"], days=30, by=user) for _ in range(3)
    )
    assert [answers(each) for each in (one, two, three, "ops_nothing", "")] == [200, 200, 200, 401, 401]
    assert in_front(user).post(f"{KEYS}tokens/{first.pk}/revoke/").status_code == 302
    assert answers(one) == 401
    with pytest.raises(DatabaseError, match="keeps its account"), transaction.atomic():
        ApiToken.objects.filter(pk=second.pk).update(expires_at=timezone.now() + timedelta(days=999))
    with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        later = timezone.now() + timedelta(days=31)
        patch.setattr("inventory_ops.operations.api_tokens.timezone.now", lambda: later)
        assert answers(two) == 401
    User.objects.filter(pk=user.pk).update(is_active=False)
    User.objects.filter(pk=user.pk).update(is_active=True)
    assert answers(three) == 401, "an old token answers again"
    with pytest.raises(DatabaseError, match="stays revoked"), transaction.atomic():
        ApiToken.objects.update(revoked_at=None)


def test_each_scope_opens_its_own_and_reading_alone(world: World) -> None:
    adjusting = {"sku": "LAMP-1", "quantity": 1, "reason": "found"}
    calls = {
        "findings": lambda by: by.post(f"findings/{world.finding.pk}/comment/", {"text": "x"}),
        "trackers": lambda by: by.post("trackers/", {"sku": "LAMP-1", "mechanism": "stock_quantity", "quantity": 1}),
        "stock": lambda by: by.post("stock/adjustments/", adjusting, **{"Idempotency-Key": "1"}),
        "read": lambda by: by.get("findings/"),
    }
    for scope in calls:
        by = program(world.ops, scope)
        found = {name: call(by).status_code for name, call in calls.items()}
        assert {name for name, status in found.items() if status < 300} == {scope}, found
        assert {status for name, status in found.items() if name != scope} == {403}


@pytest.mark.django_db
def test_it_opens_no_page_and_a_session_still_needs_its_csrf_token() -> None:
    user = make.user("admin")
    _token, text = api_tokens.create(user=user, name="x", scopes=["read"], days=30, by=user)
    assert Client().get("/", headers={"Authorization": f"Bearer {text}"}).status_code == 302
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    assert browser.post("/api/v1/trackers/", {}, content_type="application/json").status_code == 403


@pytest.mark.django_db
def test_a_services_keys_stop_with_who_answers_for_it_until_another_takes_it_over() -> None:
    first, second, stranger = make.user("finance"), make.user("finance"), make.user("admin")
    service = people.create_service(email="oms@example.com", name="Order system", by=first)
    _token, text = api_tokens.create(user=service, name="x", scopes=["read"], days=30, by=first)
    _key, key = api_keys.create(user=service, name="x", by=first)
    seller_center = Caller(service, key)

    def both() -> tuple[int, int]:
        return answers(text), seller_center.get("GetTransactions", UpdatedAfter="2020-01-01").status_code

    assert both() == (200, 200)
    User.objects.filter(pk=first.pk).update(is_active=False)
    assert both() == (401, 401)
    assert "Stopped" in in_front(second).get(KEYS).content.decode()
    in_front(stranger).post(KEYS, {"part": "take", "service": service.pk})
    assert both() == (401, 401)
    assert (
        sign_in(second)
        .post(KEYS, {"part": "take", "service": service.pk})["Location"]
        .startswith("/accounts/reauthenticate/")
    )
    in_front(second).post(KEYS, {"part": "take", "service": service.pk})
    service.refresh_from_db()
    assert service.responsible == second and both() == (200, 200)
    event = AuditEvent.objects.get(action="security.service_taken")
    assert (event.actor_id, event.data["old"]) == (second.pk, first.email)


@pytest.mark.django_db
def test_lists_are_read_in_the_zone_of_the_tokens_account() -> None:
    order = make.order("LATE-1", at=make.datetime(2026, 3, 10, 22, 30, tzinfo=make.UTC))
    make.item(make.product("DEAR"), in_=order, unit_cost=make.Decimal(11))
    by = program(make.user("operations", time_zone="Asia/Tokyo"))
    for day, count in (("2026-03-10", 0), ("2026-03-11", 1)):
        answer = by.get(f"reports/order-cost-issues/?date_from={day}&date_to={day}")
        assert len(answer.json()["results"]) == count, day
