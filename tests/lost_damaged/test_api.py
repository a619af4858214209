"""The Seller Center API as its callers see it."""

from __future__ import annotations

import gzip
import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from defusedxml import ElementTree
from django.db import connections
from django.test import Client
from django.utils import timezone

from inventory_ops.models import AuditEvent, User
from lost_damaged.api import limits, signature
from lost_damaged.api.refusals import Refusal
from lost_damaged.models import ApiKey, ApiReply, SellerTransaction, WriteOff
from lost_damaged.operations import api_keys, rules, write_offs
from tests.lost_damaged.caller import Caller, codes, head, unit
from tests.lost_damaged.world import World, make_world

pytestmark = pytest.mark.django_db


def test_the_known_answer_of_the_signature() -> None:
    parameters = {
        "Foo": "bar",
        "Timestamp": "2014-11-12T11:45:26Z",
        "UserID": "abc@sellercenter.net",
        "Whatever": "you want",
    }
    expected = "bb6b9ee192fe31f7e21c2fcc6298feccc777b747beb0a062e7c21072671a5cae"
    assert signature.sign(parameters, "1234567890") == expected
    query = "Foo=bar&Timestamp=2014-11-12T11%3A45%3A26Z&UserID=abc%40sellercenter.net&Whatever=you%20want"
    assert signature.matches(query, expected, "1234567890")
    assert signature.matches(query.replace("%20", "+"), expected, "1234567890")
    assert not signature.matches(query, expected.upper(), "1234567890")
    assert not signature.matches(query + "&Extra=1", expected, "1234567890")


def test_all_fine_answers_exactly_as_documented(world: World, caller: Caller) -> None:
    response = caller.send([unit()])
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    body = json.loads(response.content)
    timestamp = body["SuccessResponse"]["Head"].pop("Timestamp")
    assert body == {
        "SuccessResponse": {
            "Head": {"RequestId": "", "RequestAction": "UpdateInventoryStatus", "ResponseType": ""},
            "Body": {},
        }
    }
    assert timestamp.endswith("+0000")
    assert WriteOff.objects.get().source == "api"


def test_some_failed_answers_exactly_as_documented(caller: Caller) -> None:
    response = caller.send([unit("nope", "x"), unit(), unit("A", "u-2", id_sales_order_item=7), unit("A", "")])
    assert response.status_code == 200
    body = json.loads(response.content)
    assert body["ErrorResponse"]["Head"] == {
        "RequestAction": "UpdateInventoryStatus",
        "ErrorType": "Sender",
        "ErrorCode": "0",
        "ErrorMessage": "Some elements were not processed",
    }
    assert body["ErrorResponse"]["Body"]["UpdateInventoryStatus"][0] == {
        "ErrorCode": "2003",
        "ErrorMessage": "SKU was not found.",
        "Position": 0,
    }
    assert codes(response) == [(0, "2003"), (2, "2003"), (3, "2001")]
    assert WriteOff.objects.count() == 1


@pytest.mark.parametrize("absent", [{}, {"id_sales_order_item": None}, {"id_sales_order_item": ""}])
def test_the_order_item_is_optional(caller: Caller, absent: dict[str, Any]) -> None:
    assert codes(caller.send([unit(**absent)])) == []
    assert SellerTransaction.objects.get().formula == "product"


def test_the_order_item_as_number_or_text(world: World, caller: Caller) -> None:
    item = world.order_item(world.product("B"), quantity=2)
    sent = [
        unit("B", "n", id_sales_order_item=item.shop_item_id),
        unit("B", "t", id_sales_order_item=str(item.shop_item_id)),
    ]
    assert codes(caller.send(sent)) == []
    assert set(SellerTransaction.objects.values_list("formula", flat=True)) == {"order_item"}


def test_amounts_and_sellers_of_a_body_are_not_honoured(caller: Caller) -> None:
    caller.send([unit(amount="9999", factor=1, seller="V2", currency="EUR", merchant_id=99)])
    credit = SellerTransaction.objects.get()
    assert (str(credit.amount), credit.currency, credit.merchant.vendor_number) == ("87.5000", "GBP", "V1")


def test_details_tell_number_and_amount(caller: Caller) -> None:
    first = json.loads(caller.send([unit(), unit()], Details=1).content)["SuccessResponse"]["Body"]["Results"]
    number = WriteOff.objects.get().number
    assert first == [
        {
            "Position": position,
            "uid": "u-1",
            "Transaction": number,
            "Amount": "87.50",
            "Currency": "GBP",
            "Repeated": position == 1,
            "Warnings": [],
        }
        for position in (0, 1)
    ]


def test_a_dry_run_books_nothing(caller: Caller) -> None:
    body = json.loads(caller.send([unit(), unit("nope", "x")], DryRun=1).content)
    assert body["ErrorResponse"]["Body"]["Results"][0]["Amount"] == "87.50"
    assert body["ErrorResponse"]["Body"]["UpdateInventoryStatus"][0]["Position"] == 1
    assert not WriteOff.objects.exists()


def test_the_same_call_again_gets_the_same_answer(caller: Caller) -> None:
    query = caller.query()
    first = caller.send([unit(), unit("nope", "n")], query=query)
    again = caller.send([unit(), unit("nope", "n")], query=query)
    assert "Idempotent-Replayed" not in first.headers
    assert again["Idempotent-Replayed"] == "true"
    assert first.content == again.content
    other = caller.send([unit("A", "u-2")], query=query)  # the signature does not cover the body
    assert "Idempotent-Replayed" not in other.headers
    assert WriteOff.objects.count() == 2
    ApiReply.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert "Idempotent-Replayed" not in caller.send([unit(), unit("nope", "n")], query=query).headers


def test_xml_in_and_out(world: World, caller: Caller) -> None:
    item = world.order_item(world.product("B"))
    body = (
        '<?xml version="1.0" encoding="UTF-8"?><Request><Inventory><sku>A</sku><status>written-off</status>'
        "<uid>x-1</uid><id_sales_order_item/></Inventory><Inventory><sku>B</sku><status>written-off</status>"
        f"<uid>x-2</uid><id_sales_order_item>{item.shop_item_id}</id_sales_order_item></Inventory>"
        "<Inventory><sku>C &amp; D</sku><status>written-off</status><uid>x-3</uid></Inventory></Request>"
    )
    response = caller.send(body, Format="XML")
    assert response["Content-Type"].startswith("application/xml")
    root = ElementTree.fromstring(response.content)
    assert root.tag == "ErrorResponse"
    assert [each.findtext("Position") for each in root.iter("UpdateInventoryStatus")] == ["2"]
    assert WriteOff.objects.count() == 2
    again = ElementTree.fromstring(caller.send(body.replace("C &amp; D", "A"), Format="XML").content)
    assert (again.tag, again.findtext("Head/RequestAction")) == ("SuccessResponse", "UpdateInventoryStatus")


def test_gzip_with_and_without_its_header(caller: Caller) -> None:
    plain = json.dumps({"Request": {"Inventory": [unit()]}}).encode()
    assert codes(caller.send(gzip.compress(plain, mtime=0), headers={"Content-Encoding": "gzip"})) == []
    assert codes(caller.send(gzip.compress(plain.replace(b"u-1", b"u-2"), mtime=0))) == []
    assert WriteOff.objects.count() == 2


def test_five_hundred_items_in_one_call_and_no_more(caller: Caller) -> None:
    rules.set_caps(unit=Decimal(1000), per_import=Decimal(50_000), daily=Decimal(50_000))
    assert codes(caller.send([unit("A", f"u-{n}") for n in range(500)])) == []
    response = caller.send([unit("A", f"v-{n}") for n in range(501)])
    assert (response.status_code, head(response)["ErrorCode"]) == (413, "11")
    assert WriteOff.objects.count() == 500


def test_status_and_transactions_can_be_read(world: World, caller: Caller) -> None:
    started = timezone.now()
    caller.send([unit("A", "u+1"), unit("A", "u-2")])
    number = WriteOff.objects.get(uid="u+1").number
    write_offs.reverse(number=number, note="found", by=world.finance)
    [found] = json.loads(caller.get("GetInventoryStatus", Uid="U+1").content)["SuccessResponse"]["Body"]["Inventory"]
    assert (found["uid"], found["Transaction"], found["Reversed"], found["Amount"]) == ("u+1", number, True, "87.50")
    assert json.loads(caller.get("GetInventoryStatus", Uid="none").content)["SuccessResponse"]["Body"] == {
        "Inventory": []
    }
    body = json.loads(caller.get("GetTransactions", UpdatedAfter=started.isoformat()).content)["SuccessResponse"][
        "Body"
    ]
    assert body["TotalCount"] == 3
    assert sorted(each["Amount"] for each in body["Transactions"]) == ["-87.50", "87.50", "87.50"]
    page = json.loads(caller.get("GetTransactions", UpdatedAfter=started.isoformat(), Limit=1, Offset=2).content)
    assert [each["Type"] for each in page["SuccessResponse"]["Body"]["Transactions"]] == ["Lost or Damaged"]
    later = json.loads(caller.get("GetTransactions", UpdatedAfter="2999-01-01T00:00:00Z").content)
    assert later["SuccessResponse"]["Body"]["TotalCount"] == 0


def test_a_merchant_reads_own_rows_and_writes_nothing(world: World, caller: Caller) -> None:
    world.product("B", merchant=world.other)
    caller.send([unit(), unit("B", "u-2")])
    user = User.objects.create_user("m@example.com", None, role="merchant", merchant=world.seller)
    own = Caller(user, api_keys.create(user=user, name="own", by=None)[1])
    assert json.loads(own.get("GetInventoryStatus", Uid="u-2").content)["SuccessResponse"]["Body"]["Inventory"] == []
    body = json.loads(own.get("GetTransactions", UpdatedAfter="2020-01-01").content)["SuccessResponse"]["Body"]
    assert [each["uid"] for each in body["Transactions"]] == ["u-1"]
    response = own.send([unit("A", "u-9")])
    assert (response.status_code, head(response)["ErrorCode"]) == (403, "9")


@pytest.mark.parametrize("role", ["operations", "admin"])
def test_roles_that_only_read(world: World, caller: Caller, role: str) -> None:
    user = User.objects.create_user("r@example.com", None, role=role)
    reader = Caller(user, api_keys.create(user=user, name="r", by=None)[1])
    assert reader.send([unit()]).status_code == 403
    assert reader.get("GetTransactions", UpdatedAfter="2020-01-01").status_code == 200


# -- keys -----------------------------------------------------------------------------------------------------------
def test_keys_are_kept_encrypted_and_two_are_active_at_most(world: World, caller: Caller) -> None:
    stored = bytes(ApiKey.objects.get().secret)
    assert caller.key.encode() not in stored
    assert ApiKey.objects.get().hint == caller.key[-4:]
    assert all(caller.key not in str(event.data) + event.summary for event in AuditEvent.objects.all())
    second = Caller(world.finance, api_keys.create(user=world.finance, name="next", by=world.finance)[1])
    with pytest.raises(api_keys.TooManyKeys):
        api_keys.create(user=world.finance, name="third", by=world.finance)
    assert codes(caller.send([unit()])) == codes(second.send([unit()])) == []
    api_keys.revoke(key=ApiKey.objects.get(hint=caller.key[-4:], name="OMS"), by=world.finance)
    assert caller.send([unit()]).status_code == 401
    assert second.send([unit()]).status_code == 200
    api_keys.create(user=world.finance, name="third", by=world.finance)


def test_a_disabled_account_can_do_nothing(world: World, caller: Caller) -> None:
    world.finance.is_active = False
    world.finance.save()
    assert head(caller.send([unit()]))["ErrorCode"] == "7"


def test_the_use_of_a_key_is_remembered(caller: Caller) -> None:
    assert ApiKey.objects.get().last_used_at is None
    caller.send([unit()])
    assert ApiKey.objects.get().last_used_at is not None


def test_a_key_of_an_older_secret_still_works(caller: Caller, settings: Any) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "n" * 60
    assert codes(caller.send([unit()])) == []
    settings.SECRET_KEY_FALLBACKS = []
    assert caller.send([unit("A", "u-2")]).status_code == 401


# -- limits and failures --------------------------------------------------------------------------------------------
def test_too_many_calls_are_told_when_to_come_back(
    world: World, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CALLS", 2)
    monkeypatch.setattr(limits, "CALLS_SECONDS", 100_000 + world.finance.pk)
    statuses = [caller.send([unit()]).status_code for _ in range(4)]
    assert statuses[:2] == [200, 200]
    last = caller.send([unit()])
    assert (last.status_code, head(last)["ErrorCode"]) == (429, "429")
    assert int(last["Retry-After"]) > 0


def test_without_the_cache_calls_are_taken(caller: Caller, settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "config.cache.ForgivingRedisCache", "LOCATION": "redis://127.0.0.1:1/0"}}
    assert codes(caller.send([unit()])) == []


def test_an_unexpected_error_is_of_the_platform_and_safe_to_send_again(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = caller.query()
    with monkeypatch.context() as patch:
        patch.setattr(write_offs, "write_off", lambda *args, **kwargs: 1 / 0)
        response = caller.send([unit()], query=query)
    assert response.status_code == 500
    assert (head(response)["ErrorType"], head(response)["ErrorCode"]) == ("Platform", "6")
    assert response["Retry-After"]
    again = caller.send([unit()], query=query)
    assert again.status_code == 200
    assert "Idempotent-Replayed" not in again.headers


def test_refusals_in_xml(caller: Caller) -> None:
    for response in (
        caller.send([unit()], Format="XML", Version="7"),
        caller.send(b"\x00", Format="XML"),
        caller.send([unit()], query="Format=XML&Action=%01%02"),
    ):
        assert ElementTree.fromstring(response.content).tag == "ErrorResponse"


def test_refusal_counts_of_failed_logins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FAILURES", 1)
    limits.count_failure("192.0.2.1")
    with pytest.raises(Refusal):
        limits.count_failure("192.0.2.1")


# -- a real server and a public client ------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_the_public_client_works_unchanged(live_server: Any) -> None:
    from FalabellaAPIClient import FalabellaClient
    from FalabellaAPIClient.client import FalabellaAPIError

    world = make_world()
    world.product("A")
    _, text = api_keys.create(user=world.finance, name="OMS", by=None)
    client = FalabellaClient(user=world.finance.email, key=text)
    client.url = f"{live_server.url}/api/"
    body = json.dumps({"Request": {"Inventory": [unit(), unit("nope", "n")]}})
    answer = client.query("POST", {"Action": "UpdateInventoryStatus", "Note": "a b*c~d+e/f&g=h"}, payload=body)
    assert answer["ErrorResponse"]["Body"]["UpdateInventoryStatus"][0]["Position"] == 1
    read = client.query("GET", {"Action": "GetInventoryStatus", "Uid": "u-1"})
    assert read["SuccessResponse"]["Body"]["Inventory"][0]["uid"] == "u-1"
    client.key = "wrong"
    with pytest.raises(FalabellaAPIError, match="Login failed"):
        client.query("POST", {"Action": "UpdateInventoryStatus"}, payload=body)


@pytest.mark.django_db(transaction=True)
def test_fifty_clients_on_one_uid_book_it_once(transactional_db: None) -> None:
    world = make_world()
    world.product("A")
    key = api_keys.create(user=world.finance, name="OMS", by=None)[1]
    barrier = threading.Barrier(50)

    def work(n: int) -> tuple[int, bool]:
        try:
            caller = Caller(world.finance, key, Client())
            query = caller.query(Details=1, Nonce=n)
            barrier.wait(timeout=60)
            response = caller.send([unit()], query=query)
            body = json.loads(response.content)
            return response.status_code, body["SuccessResponse"]["Body"]["Results"][0]["Repeated"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(50) as pool:
        answers = Counter(pool.map(work, range(50)))
    assert answers == {(200, False): 1, (200, True): 49}
    assert SellerTransaction.objects.count() == 1
