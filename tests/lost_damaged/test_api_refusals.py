"""What the Seller Center API refuses: the whole call, or an item of it by its position."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from lost_damaged.models import WriteOff
from tests.lost_damaged.caller import Caller, codes, head, unit

pytestmark = pytest.mark.django_db


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
    (unit(status="Written off"), "2002"),
    (unit(status="written_off"), "2002"),
    (unit(status="written-off "), "2002"),
    (unit(status="seller-promise-approved"), "2002"),
    (unit(status=["written-off"]), "2002"),
    (unit(status=1), "2002"),
    (unit(id_sales_order_item=0), "2001"),
    (unit(id_sales_order_item=-1), "2001"),
    (unit(id_sales_order_item=1.0), "2001"),
    (unit(id_sales_order_item=1e5), "2001"),
    (unit(id_sales_order_item="１２３"), "2003"),
    (unit(id_sales_order_item="1_000"), "2003"),
    (unit(id_sales_order_item="1 000"), "2003"),
    (unit(id_sales_order_item="0x10"), "2003"),
    (unit(id_sales_order_item=True), "2001"),
    (unit(id_sales_order_item=False), "2001"),
    (unit(id_sales_order_item=[]), "2001"),
    (unit(id_sales_order_item={}), "2001"),
    (unit(id_sales_order_item=2**63), "2001"),
    (unit(id_sales_order_item=10**400), "2001"),
    (unit(id_sales_order_item="9" * 400), "2001"),
    (unit(id_sales_order_item="item_01JABC"), "2003"),
    (unit(id_sales_order_item="1.23E+11"), "2001"),
    (unit(id_sales_order_item="a\u200bb"), "2001"),
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
