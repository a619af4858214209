"""The Seller Center API as its callers see it."""

from __future__ import annotations

import gzip
import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
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
from lost_damaged.operations import api_keys, write_offs
from tests.lost_damaged.caller import Caller, codes, head, unit
from tests.lost_damaged.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(world: World) -> Caller:
    world.product("A")
    _, text = api_keys.create(user=world.finance, name="OMS", by=world.finance)
    return Caller(world.finance, text)


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


# -- refusals of the whole call -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"Action": None}, 400, "1"),
        ({"Timestamp": None}, 400, "1"),
        ({"UserID": None}, 400, "1"),
        ({"Version": None}, 400, "1"),
        ({"Action": ""}, 400, "1"),
        ({"Version": "2.0"}, 400, "2"),
        ({"Version": "1"}, 400, "2"),
        ({"Format": "YAML"}, 400, "1"),
        ({"Action": "DeleteEverything"}, 400, "8"),
        ({"Action": "updateinventorystatus"}, 400, "8"),
        ({"Timestamp": "0"}, 400, "4"),
        ({"Timestamp": "yesterday"}, 400, "4"),
        ({"Timestamp": "2026-11-22T10:00:00"}, 400, "4"),
        ({"Timestamp": "2026-02-30T10:00:00Z"}, 400, "4"),
        ({"Timestamp": "9999-12-31T23:59:59-14:00"}, 401, "3"),
        ({"Timestamp": "0001-01-01T00:00:00+14:00"}, 401, "3"),
        ({"Timestamp": "2001-01-01T00:00:00Z"}, 401, "3"),
        ({"UserID": "nobody@example.com"}, 401, "7"),
        ({"UserID": "x" * 5000}, 401, "7"),
        ({"UserID": "a\x00b"}, 401, "7"),
        ({"UserID": "' or 1=1 --"}, 401, "7"),
        ({"key": "wrong"}, 401, "7"),
        ({"key": ""}, 401, "7"),
        ({"BodySHA256": "0" * 64}, 400, "5"),
    ],
)
def test_refusals(caller: Caller, changes: dict[str, Any], status: int, code: str) -> None:
    response = caller.send([unit()], **changes)
    assert (response.status_code, head(response)["ErrorCode"]) == (status, code)
    assert response["Content-Type"] == "application/json"
    assert not WriteOff.objects.exists()


def test_unknown_user_wrong_key_and_wrong_signature_get_the_same_text(caller: Caller) -> None:
    answers = {
        caller.send([unit()], UserID="nobody@example.com").content,
        caller.send([unit()], key=caller.key.upper()).content,
        caller.send([unit()], query=caller.query()[:-1] + "g").content,
        caller.send([unit()], query=caller.query()[:-64] + caller.query()[-64:].upper()).content,
    }
    assert len(answers) == 1


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_timestamp_out_of_the_window(caller: Caller, minutes: int) -> None:
    stamp = (timezone.now() + timedelta(minutes=minutes)).isoformat()
    assert head(caller.send([unit()], Timestamp=stamp))["ErrorCode"] == "3"


@pytest.mark.parametrize("form", ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S+00:00", "%Y-%m-%dT%H:%M:%S+0000"])
def test_timestamps_in_the_usual_forms(caller: Caller, form: str) -> None:
    stamp = timezone.now().strftime(form)
    assert codes(caller.send([unit()], Timestamp=stamp)) == []
    raw = caller.query(Timestamp=stamp).replace("%2B", "+")  # a + that the client did not encode
    assert caller.send([unit()], query=raw).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda query: query + "&Signature=" + query[-64:],
        lambda query: query + "&Action=UpdateInventoryStatus",
        lambda query: query + "&%41ction=UpdateInventoryStatus",
        lambda query: query + "&Extra=1",
        lambda query: query.replace("UpdateInventoryStatus", "GetTransactions"),
        lambda query: query[: -64 - len("&Signature=")],
        lambda query: query[:-64],
        lambda query: query[:-1],
        lambda query: query + "&DryRun=1",
        lambda query: "",
        lambda query: "&&&=&=",
        lambda query: "%00=%00&" + query,
        lambda query: query + "&%ff%fe=1",
    ],
)
def test_a_query_that_was_tampered_with(caller: Caller, change: Any) -> None:
    response = caller.send([unit()], query=change(caller.query()))
    assert response.status_code in {400, 401}
    assert head(response)["ErrorCode"] in {"1", "7"}
    assert not WriteOff.objects.exists()


def test_the_order_of_parameters_does_not_matter(caller: Caller) -> None:
    query = "&".join(reversed(caller.query().split("&")))
    assert codes(caller.send([unit()], query=query)) == []


def test_only_post_writes(caller: Caller) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS"):
        response = caller.client.generic(method, f"/api/?{caller.query()}")
        assert (response.status_code, head(response)["ErrorCode"]) == (405, "5")
    assert not WriteOff.objects.exists()


def test_no_session_and_no_csrf_token_are_asked_for(caller: Caller) -> None:
    strict = Client(enforce_csrf_checks=True)
    response = strict.generic("POST", f"/api/?{caller.query()}", json.dumps({"Request": {"Inventory": [unit()]}}))
    assert response.status_code == 200
    assert not response.cookies


GOOD_XML = b"<Request><Inventory><sku>A</sku><status>written-off</status><uid>u-1</uid></Inventory></Request>"
BAD_BODIES: list[tuple[str, bytes]] = [
    ("empty", b""),
    ("blanks", b"  \n "),
    ("text", b"hello"),
    ("number", b"12"),
    ("null", b"null"),
    ("list", b"[]"),
    ("no request", b"{}"),
    ("request is a list", b'{"Request": []}'),
    ("request is null", b'{"Request": null}'),
    ("no inventory", b'{"Request": {}}'),
    ("inventory is one object", b'{"Request": {"Inventory": {"sku": "A"}}}'),
    ("inventory is empty", b'{"Request": {"Inventory": []}}'),
    ("inventory is a text", b'{"Request": {"Inventory": "A"}}'),
    ("cut off", b'{"Request": {"Inventory": [{"sku": "A"'),
    ("trailing comma", b'{"Request": {"Inventory": [1,]}}'),
    ("two documents", b"{}{}"),
    ("nan", b'{"Request": {"Inventory": [NaN]}}'),
    ("infinity", b'{"Request": {"Inventory": [-Infinity]}}'),
    ("key twice", b'{"Request": {"Inventory": [{"sku": "A", "sku": "B"}]}}'),
    ("request twice", b'{"Request": {"Inventory": [{}]}, "Request": {}}'),
    ("deep", b"[" * 100_000),
    ("deep objects", b'{"a":' * 50_000),
    ("not utf-8", b'{"Request": {"Inventory": [{"sku": "\xff"}]}}'),
    ("utf-16", '{"Request": {}}'.encode("utf-16")),
    ("long number", b'{"Request": {"Inventory": ' + b"9" * 10_000 + b"}}"),
    ("single quotes", b"{'Request': {}}"),
    ("nul", b"\x00\x00\x00"),
    ("noise", bytes(range(256))),
    ("xml cut off", GOOD_XML[:-5]),
    ("xml other root", b"<Inventory><sku>A</sku></Inventory>"),
    ("xml empty", b"<Request/>"),
    ("xml without inventory", b"<Request><Item/></Request>"),
    ("xml undeclared entity", b"<Request><Inventory><sku>caf&eacute;</sku></Inventory></Request>"),
    ("xml dtd", b"<!DOCTYPE a [<!ELEMENT a ANY>]>" + GOOD_XML),
    (
        "xml external entity",
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Request><Inventory><sku>&x;</sku></Inventory></Request>',
    ),
    (
        "billion laughs",
        b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><Request><Inventory>&b;</Inventory></Request>',
    ),
    ("xml field twice", GOOD_XML.replace(b"<uid>", b"<sku>B</sku><uid>")),
    ("xml unknown encoding", b'<?xml version="1.0" encoding="klingon"?>' + GOOD_XML),
    ("xml wrong bytes", GOOD_XML.replace(b">A<", b">\xff<")),
    ("xml nul", GOOD_XML.replace(b">A<", b">\x00<")),
    ("xml namespace", GOOD_XML.replace(b"<Request>", b'<Request xmlns="urn:x">')),
    ("xml deep", b"<Request>" + b"<a>" * 10_000),
    ("gzip cut off", gzip.compress(b'{"Request": {"Inventory": []}}' * 50, mtime=0)[:-12]),
    ("gzip noise", b"\x1f\x8b" + bytes(64)),
    ("gzip of nothing", gzip.compress(b"", mtime=0)),
]


@pytest.mark.parametrize("body", [body for _, body in BAD_BODIES], ids=[name for name, _ in BAD_BODIES])
def test_a_bad_body_is_refused_as_a_whole(caller: Caller, body: bytes) -> None:
    response = caller.send(body)
    assert (response.status_code, head(response)["ErrorCode"]) == (400, "5")
    assert not WriteOff.objects.exists()


def test_a_gzip_header_without_gzip(caller: Caller) -> None:
    response = caller.send([unit()], headers={"Content-Encoding": "gzip"})
    assert (response.status_code, head(response)["ErrorCode"]) == (400, "5")
    assert caller.send([unit()], headers={"Content-Encoding": "br"}).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b" " * (2 * 1024 * 1024 + 1),
        gzip.compress(b" " * 200_000_000, 9, mtime=0),
        b"<Request>" + b"<Inventory/>" * 501 + b"</Request>",
        json.dumps({"Request": {"Inventory": [{}] * 501}}).encode(),
    ],
    ids=["plain", "bomb", "xml items", "json items"],
)
def test_too_big(caller: Caller, body: bytes) -> None:
    response = caller.send(body)
    assert (response.status_code, head(response)["ErrorCode"]) == (413, "11")


BAD_ITEMS: list[tuple[Any, str]] = [
    (None, "2001"),
    (1, "2001"),
    ("A", "2001"),
    ([], "2001"),
    ({}, "2001"),
    ({"sku": "A", "status": "written-off"}, "2001"),
    (unit(sku=None), "2001"),
    (unit(sku=""), "2001"),
    (unit(sku="   "), "2001"),
    (unit(sku=123), "2001"),
    (unit(sku=["A"]), "2001"),
    (unit(sku="A\x00"), "2001"),
    (unit(sku="A\n"), "2001"),
    (unit(sku="\ud800"), "2001"),
    (unit(sku="A" * 101), "2003"),
    (unit(sku="a"), "2003"),
    (unit(sku="A "), "2003"),
    (unit(sku="' or 1=1 --"), "2003"),
    (unit(sku="<script>"), "2003"),
    (unit(sku="Ａ"), "2003"),
    (unit(uid=None), "2001"),
    (unit(uid=5), "2001"),
    (unit(uid=True), "2001"),
    (unit(uid={}), "2001"),
    (unit(uid="  "), "2001"),
    (unit(uid="u" * 65), "2009"),
    (unit(uid="u" * 100_000), "2009"),
    (unit(uid="u 1"), "2009"),
    (unit(uid="u\n1"), "2009"),
    (unit(uid="u\x001"), "2009"),
    (unit(uid="u\u200b1"), "2009"),
    (unit(uid="\u0410-1"), "2009"),
    (unit(uid="123\u2011A"), "2009"),
    (unit(uid="\ud83d"), "2009"),
    (unit(uid="é"), "2009"),
    (unit(uid="1.23457E+11"), "2009"),
    (unit(uid="1,23E+05"), "2009"),
    (unit(uid="1E10"), "2009"),
    (unit(status=None), "2001"),
    (unit(status=""), "2001"),
    (unit(status="Written-Off"), "2002"),
    (unit(status="written_off"), "2002"),
    (unit(status="written-off "), "2002"),
    (unit(status="seller-promise-approved"), "2002"),
    (unit(status=["written-off"]), "2002"),
    (unit(status=1), "2002"),
    (unit(id_sales_order_item=0), "2001"),
    (unit(id_sales_order_item=-1), "2001"),
    (unit(id_sales_order_item=1.0), "2001"),
    (unit(id_sales_order_item=1e5), "2001"),
    (unit(id_sales_order_item="１２３"), "2001"),
    (unit(id_sales_order_item="1_000"), "2001"),
    (unit(id_sales_order_item="1 000"), "2001"),
    (unit(id_sales_order_item="0x10"), "2001"),
    (unit(id_sales_order_item=True), "2001"),
    (unit(id_sales_order_item=False), "2001"),
    (unit(id_sales_order_item=[]), "2001"),
    (unit(id_sales_order_item={}), "2001"),
    (unit(id_sales_order_item=2**63), "2001"),
    (unit(id_sales_order_item=10**400), "2001"),
    (unit(id_sales_order_item="9" * 400), "2001"),
    (unit(id_sales_order_item=2**63 - 1), "2003"),
    (unit(id_sales_order_item=4), "2003"),
]


@pytest.mark.parametrize(("item", "code"), BAD_ITEMS, ids=[str(n) for n in range(len(BAD_ITEMS))])
def test_a_bad_item_is_refused_alone_and_by_its_position(caller: Caller, item: Any, code: str) -> None:
    good = [unit("A", f"good-{n}") for n in range(2)]
    response = caller.send([good[0], item, good[1]])
    assert response.status_code == 200
    assert codes(response) == [(1, code)]
    assert WriteOff.objects.count() == 2


@pytest.mark.parametrize("uid", [" u-1", "u-1\t", "u-1\u00a0", "U-1", "ｕ-1", "u－1"])
def test_spellings_of_one_uid(caller: Caller, uid: str) -> None:
    caller.send([unit("A", "u-1")])
    assert codes(caller.send([unit("A", uid)])) == []
    assert WriteOff.objects.count() == 1


@pytest.mark.parametrize("uid", ["NULL", "None", "nan", "true", "-1", "=1+1", "@x", "{}", "'", "%00", "../x", "u" * 64])
def test_odd_but_good_uids(caller: Caller, uid: str) -> None:
    assert codes(caller.send([unit("A", uid)])) == []
    assert WriteOff.objects.get().uid == uid


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
