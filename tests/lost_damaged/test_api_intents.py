"""`Idempotency-Key` and keys whose calls must sign their body."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from lost_damaged.api import actions
from lost_damaged.models import ApiIntent, WriteOff
from lost_damaged.operations import api_keys
from tests.lost_damaged.caller import Caller, codes, head, unit
from tests.lost_damaged.world import World, make_world
from tests.together import at_once

KEY = {"Idempotency-Key": "nightly-2026-11-22"}


@pytest.fixture
def caller(world: World) -> Caller:
    world.product("A")
    return Caller(world.finance, api_keys.create(user=world.finance, name="OMS", by=None)[1])


@pytest.mark.django_db
def test_sent_again_with_another_signature_it_gets_the_first_answer(caller: Caller) -> None:
    first = caller.send([unit(), unit("nothing", "u-2")], headers=KEY)
    again = caller.send([unit(), unit("nothing", "u-2")], headers=KEY, Timestamp=timezone.now() - timedelta(minutes=5))
    assert codes(first) == [(1, "2003")]
    assert again.content == first.content and again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    in_xml = caller.send([unit(), unit("nothing", "u-2")], headers=KEY, Format="XML")
    assert in_xml.content == first.content and in_xml["Content-Type"] == "application/json"
    assert WriteOff.objects.count() == 1


@pytest.mark.django_db
def test_another_body_under_the_key_is_refused(caller: Caller) -> None:
    caller.send([unit()], headers=KEY)
    answer = caller.send([unit("A", "u-2")], headers=KEY)
    assert (answer.status_code, head(answer)["ErrorCode"]) == (422, "5")
    assert WriteOff.objects.count() == 1
    assert caller.send([unit("A", "u-2")], headers={"Idempotency-Key": "another"}).status_code == 200


@pytest.mark.django_db
def test_in_flight_it_waits_and_a_dead_worker_is_replaced(caller: Caller) -> None:
    body = json.dumps({"Request": {"Inventory": [unit()]}})
    intent = ApiIntent.objects.create(
        user=caller.user, key=KEY["Idempotency-Key"], body_sha256=hashlib.sha256(body.encode()).hexdigest()
    )
    answer = caller.send(body, headers=KEY)
    assert (answer.status_code, answer["Retry-After"], WriteOff.objects.count()) == (409, "2", 0)
    ApiIntent.objects.filter(pk=intent.pk).update(claimed_at=timezone.now() - timedelta(minutes=2))
    assert caller.send(body, headers=KEY).status_code == 200
    assert WriteOff.objects.count() == 1
    ApiIntent.objects.update(claimed_at=timezone.now() - timedelta(hours=25))
    assert "Idempotent-Replayed" not in caller.send(body, headers=KEY)


@pytest.mark.django_db
def test_an_answer_of_ours_that_failed_is_not_kept(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("disk on fire")

    with monkeypatch.context() as patch:
        patch.setattr(actions.write_offs, "write_off", fail)
        answer = caller.send([unit()], headers=KEY)
        assert (answer.status_code, head(answer)["ErrorCode"]) == (500, "6")
        assert b"fire" not in answer.content
    assert caller.send([unit()], headers=KEY).status_code == 200
    assert WriteOff.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["x" * 256, "ключ", "a\tb"])
def test_a_key_that_is_none_is_refused(caller: Caller, key: str) -> None:
    answer = caller.send([unit()], headers={"Idempotency-Key": key})
    assert (answer.status_code, head(answer)["ErrorCode"]) == (400, "1")
    assert not WriteOff.objects.exists()


@pytest.mark.django_db
def test_a_key_may_need_the_body_signed(world: World) -> None:
    world.product("A")
    text = api_keys.create(user=world.finance, name="OMS", by=None, needs_body_digest=True)[1]
    caller = Caller(world.finance, text)
    body = json.dumps({"Request": {"Inventory": [unit()]}})
    answer = caller.send(body)
    assert (answer.status_code, head(answer)["ErrorCode"]) == (400, "1") and b"BodySHA256" in answer.content
    signed = caller.query(BodySHA256=hashlib.sha256(body.encode()).hexdigest())
    assert caller.send(body.replace("u-1", "u-2"), query=signed).status_code == 400
    assert not WriteOff.objects.exists()
    assert caller.send(body, query=signed).status_code == 200
    assert caller.get("GetInventoryStatus", Uid="u-1").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_many_at_once_under_one_key_are_carried_out_once(transactional_db: None) -> None:
    world = make_world()
    world.product("A")
    text = api_keys.create(user=world.finance, name="OMS", by=None)[1]
    statuses = at_once(8, lambda n: Caller(world.finance, text).send([unit()], headers=KEY).status_code)
    assert set(statuses) <= {200, 409} and 200 in statuses
    assert WriteOff.objects.count() == 1
    assert ApiIntent.objects.get().body
