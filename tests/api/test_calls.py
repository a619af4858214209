"""What the API does is what the pages do: the same operations, roles and refusals."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from inventory_ops.kit.reports import registry
from inventory_ops.models import AuditEvent, Finding, InventoryEvent, Location, StockBalance
from inventory_ops.operations import findings, places
from tests import make
from tests.api.support import Program, World, program
from tests.together import at_once
from trackers.models import Tracker

GUIDE = Path(settings.BASE_DIR) / "docs" / "guide" / "api.md"
ADJUST = {"sku": "LAMP-1", "quantity": -2, "reason": "damaged"}
TURNOVER = {"sku": "LAMP-1", "mechanism": "turnover_days", "lookback_days": 30, "coverage_days": 14}
TRACK = {"sku": "LAMP-1", "mechanism": "stock_quantity", "quantity": 10}


def adjust(by: Program, key: str, body: dict[str, Any] = ADJUST, **more: Any) -> Any:
    return by.post("stock/adjustments/", body | more, **{"Idempotency-Key": key})


def on_hand(world: World) -> int:
    return StockBalance.objects.get(product=world.lamp).on_hand


def test_every_list_is_read_by_token(world: World) -> None:
    by = program(make.user("admin"), "read")
    names = [each["slug"] for each in by.get("reports/").json()["results"]]
    assert sorted(names) == sorted(report.slug for report in registry if report.allows(make.user("admin")))
    assert {name: by.get(f"reports/{name}/").status_code for name in names} == dict.fromkeys(names, 200)


def test_findings_are_read_page_by_page_and_a_merchant_sees_own_alone(world: World) -> None:
    by = program(world.ops)
    first = by.get("findings/?report=inventory-cost-issues&per_page=1").json()
    rest = by.get(first["next"].removeprefix("/api/v1/")).json()
    labels = sorted(each["label"] for each in first["results"] + rest["results"])  # a scan adds them in any order
    assert labels == ["LAMP-1 · Lamp", "LAMP-2 · Lamp"]
    assert rest["next"] is None
    seller = program(world.seller)
    assert {each["vendor_number"] for each in seller.get("findings/").json()["results"]} == {"V10"}
    findings.assign(finding=world.finding, to=world.ops, by=world.ops)
    text = seller.get(f"findings/{world.finding.pk}/").content.decode()
    assert world.ops.email not in text
    assert seller.get(f"findings/{world.theirs.pk}/").status_code == 404
    assert seller.post(f"findings/{world.finding.pk}/comment/", {"text": "x"}).status_code == 200
    assert seller.post(f"findings/{world.finding.pk}/reopen/", {}).status_code == 403
    assert seller.post(f"findings/{world.theirs.pk}/comment/", {"text": "x"}).status_code == 404


def test_a_finding_is_worked_on_and_each_step_is_in_its_history(world: World) -> None:
    by, at = program(world.ops), f"findings/{world.finding.pk}/"
    steps = {
        "assign": ({"assignee": world.ops.email}, {"assignee": world.ops.email}),
        "acknowledge": ({"reason": "known", "until": "2100-01-01T00:00:00Z"}, {"state": "acknowledged"}),
        "reopen": ({}, {"state": "open", "until": None}),
        "snooze": ({"until_worse": True}, {"state": "snoozed"}),
        "comment": ({"text": "asked pricing"}, {"state": "snoozed"}),
    }
    for verb, (body, wanted) in steps.items():
        answer = by.post(f"{at}{verb}/", body)
        assert answer.status_code == 200, answer.content
        assert answer.json().items() >= wanted.items(), verb
    assert [each["kind"] for each in by.get(at).json()["events"]][: len(steps)] == [*reversed(steps)]
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {f"finding.{verb}" for verb in steps}


@pytest.mark.parametrize(
    ("verb", "body", "said"),
    [
        ("assign", {}, "assignee"),
        ("assign", {"assignee": "nobody@example.com"}, "no account"),
        ("acknowledge", {"reason": "x", "until": "2000-01-01T00:00:00Z"}, "must lie ahead"),
        ("acknowledge", {"reason": "", "until": "2100-01-01T00:00:00Z"}, "reason"),
        ("snooze", {}, "until it gets worse"),
        ("comment", {"text": "x" * 1001}, "text"),
        ("reopen", {"version": -1}, "version"),
    ],
)
def test_what_a_finding_cannot_take_is_refused_by_name(world: World, verb: str, body: Any, said: str) -> None:
    answer = program(world.ops).post(f"findings/{world.finding.pk}/{verb}/", body)
    assert answer.status_code == 400 and said in " ".join(answer.json()["errors"])
    world.finding.refresh_from_db()
    assert world.finding.version == 0


def test_of_two_who_saw_the_same_version_the_second_is_told(world: World) -> None:
    by, at = program(world.ops), f"findings/{world.finding.pk}/"
    assert by.post(f"{at}assign/", {"assignee": None, "version": 0}).status_code == 200
    answer = by.post(f"{at}snooze/", {"until_worse": True, "version": 0})
    assert answer.status_code == 409 and answer.json()["finding"]["version"] == 1


def test_a_tracker_is_made_changed_switched_and_deleted(world: World) -> None:
    by = program(world.seller)  # of V10
    made = by.post("trackers/", TRACK)
    assert made.status_code == 201 and made.json()["health"] == "50.00"
    again = by.post("trackers/", TRACK | {"quantity": 5})
    assert (again.status_code, again.json()["id"], again.json()["quantity"]) == (200, made.json()["id"], 5)
    at = f"trackers/{made.json()['id']}/"
    assert by.send("PATCH", at, {"quantity": 20, "is_enabled": False}).json()["is_enabled"] is False
    assert by.get(at).json()["quantity"] == 20
    assert [each["sku"] for each in by.get("trackers/?sku=LAMP-1").json()["results"]] == ["LAMP-1"]
    other = by.post("trackers/", TURNOVER).json()
    taken = by.send("PATCH", f"trackers/{other['id']}/", TRACK)
    assert taken.status_code == 409 and taken.json()["other"]["id"] == made.json()["id"]
    assert by.send("DELETE", at).status_code == 204
    assert by.get(at).status_code == 404
    assert not Tracker.objects.filter(pk=made.json()["id"]).exists()


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"sku": "NOTHING"}, 404, ""),
        ({"sku": "LAMP-2"}, 404, ""),  # another merchant's
        ({"mechanism": "magic"}, 400, "mechanism"),
        ({"quantity": None}, 400, "quantity"),
        ({"quantity": -1}, 400, "quantity"),
        ({"inventory_type": "magic"}, 400, "inventory_type"),
    ],
)
def test_what_a_tracker_cannot_be_is_refused_by_name(world: World, change: Any, status: int, said: str) -> None:
    answer = program(world.seller).post("trackers/", TRACK | change)
    assert answer.status_code == status and said in answer.content.decode()
    assert not Tracker.objects.exists()


def test_an_adjustment_is_booked_once_however_often_it_is_sent(world: World) -> None:
    by = program(world.ops)
    first, second = adjust(by, "k-1"), adjust(by, "k-1")
    assert (first.status_code, second.status_code, second["Idempotent-Replayed"]) == (201, 200, "true")
    assert first.json() == second.json() and first.json()["quantity_after"] == 3
    event = InventoryEvent.objects.get(pk=first.json()["event"])
    assert (event.source, event.actor, on_hand(world)) == ("api", world.ops.email, 3)
    assert adjust(by, "k-1", quantity=-1).status_code == 422
    assert adjust(by, "k-1", note="else").status_code == 422
    assert adjust(program(make.user("admin")), "k-1").status_code == 201  # a key is one's own
    assert on_hand(world) == 1
    assert AuditEvent.objects.filter(action="stock.adjust").count() == 2


def test_a_count_is_booked_once_and_refused_when_stock_moved(world: World) -> None:
    by, count = program(world.ops), {"sku": "LAMP-1", "reason": "count", "counted": 4, "seen": 5}
    assert adjust(by, "c-1", count).json()["quantity"] == -1
    assert adjust(by, "c-1", count)["Idempotent-Replayed"] == "true"
    moved = adjust(by, "c-2", count)
    assert (moved.status_code, moved.json()["on_hand"]) == (409, 4)
    right = adjust(by, "c-3", count | {"seen": 4})
    assert (right.status_code, right.json()["event"], right.json()["quantity_after"]) == (200, None, 4)


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"quantity": 0}, 400, "zero"),
        ({"quantity": -6}, 409, "5 on hand"),
        ({"quantity": None}, 400, "quantity"),
        ({"counted": 3, "seen": 5}, 400, "Give quantity"),
        ({"reason": "magic"}, 400, "reason"),
        ({"location": "EAST"}, 400, "EAST is retired"),
        ({"location": "WEST"}, 400, "WEST"),
        ({"sku": "NOTHING"}, 404, ""),
    ],
)
def test_what_stock_cannot_do_is_refused(world: World, change: Any, status: int, said: str) -> None:
    Location.objects.create(code="EAST", is_active=False)
    answer = adjust(program(world.ops), "x", {"quantity": 1, "sku": "LAMP-1", "reason": "found"} | change)
    assert answer.status_code == status and said in answer.content.decode()
    assert on_hand(world) == 5


def test_a_key_is_wanted_and_a_merchant_books_nothing(world: World) -> None:
    by = program(world.ops)
    for headers in ({}, {"Idempotency-Key": "a b"}, {"Idempotency-Key": "x" * 101}):
        assert "Idempotency-Key" in by.post("stock/adjustments/", ADJUST, **headers).json()["errors"][0]
    assert adjust(program(world.seller), "x").status_code == 403
    assert {each["sku"] for each in program(world.seller).get("stock/").json()["results"]} == {"LAMP-1"}


@pytest.mark.django_db(transaction=True)
def test_of_two_calls_with_one_key_at_once_one_is_booked(world: World) -> None:
    by = program(world.ops)
    assert sorted(at_once(2, lambda n: adjust(by, "same").status_code)) == [200, 201]
    assert on_hand(world) == 3


def test_a_body_that_is_no_json_and_a_wrong_parameter_are_refused(world: World) -> None:
    by = program(world.ops)
    answer = by._client.post("/api/v1/trackers/", "{", content_type="application/json")
    assert answer.status_code == 400 and "JSON" in answer.json()["errors"][0]
    assert by._client.post("/api/v1/trackers/", {"sku": "x"}).status_code == 415
    for query in ("stat=open", "state=gone", "after=x", "per_page=9999", "report=%00"):
        assert by.get(f"findings/?{query}").status_code == 400, query


# -- the guide -------------------------------------------------------------------------------------------------------


def examples() -> list[tuple[str, str]]:
    return re.findall(r"```(http example|json body|json answer \d+)\n(.*?)```", GUIDE.read_text(), re.S)


def same(wanted: Any, found: Any, where: str = "") -> None:
    """`…` stands for anything."""
    if isinstance(wanted, dict):
        assert isinstance(found, dict) and wanted.keys() == found.keys(), where
        for name, value in wanted.items():
            same(value, found[name], f"{where}.{name}")
    elif isinstance(wanted, list):
        assert isinstance(found, list) and len(wanted) == len(found), where
        for number, value in enumerate(wanted):
            same(value, found[number], f"{where}.{number}")
    elif wanted != "…":
        assert wanted == found, (where, wanted, found)


def test_every_example_of_the_guide_answers_as_it_says(world: World) -> None:
    Finding.objects.filter(pk=world.finding.pk).update(value=3)
    cart = make.order(
        "CART-1", pk=1, status=1, customer_email="jane@example.org", marketing_consent=True,
        total_amount=10, recovery_url="https://shop.example.com/cart/1",
    )  # fmt: skip
    make.item(world.lamp, in_=cart)
    by, answer, calls = program(world.ops), None, 0
    found = [*examples(), ("http example", "")]
    for index, (kind, text) in enumerate(found[:-1]):
        if kind == "http example":
            lines = text.strip().splitlines()
            method, _space, path = lines[0].partition(" ")
            headers = dict(line.split(": ") for line in lines[1:])
            body = json.loads(found[index + 1][1]) if found[index + 1][0] == "json body" else None
            path = path.removeprefix("/api/v1/").replace("findings/1/", f"findings/{world.finding.pk}/")
            answer = by.get(path) if method == "GET" else by.send(method, path, body, **headers)
            assert answer.status_code < 300 or found[index + 2][0].endswith(str(answer.status_code)), answer.content
            calls += 1
        elif kind != "json body":
            assert answer is not None and kind.endswith(str(answer.status_code)), answer.content
            wanted = json.loads(text)
            if "version" in wanted:
                wanted["id"] = world.finding.pk
            same(wanted, answer.json())
    assert calls == 10


def test_the_description_shows_every_call(world: World) -> None:
    from django.test import Client

    browser = Client()
    browser.force_login(world.seller)
    schema = browser.get("/api/v1/schema/?format=json").json()
    text = browser.get("/api/v1/docs/").content.decode()
    names = [each["operationId"] for methods in schema["paths"].values() for each in methods.values()]
    assert len(names) == len(set(names)) > 15
    for name in names:
        assert f'id="{name}"' in text and f'href="#{name}"' in text
    assert "Idempotency-Key" in text and "Scope: stock" in text
    assert {"token": []} in schema["paths"]["/api/v1/account/"]["get"]["security"]


def test_a_place_that_is_retired_while_a_program_books_keeps_what_came_before(world: World) -> None:
    admin = make.user("admin")
    east = places.add_location(code="EAST", name="", by=admin)
    by = program(world.ops)
    assert adjust(by, "e-1", {"sku": "LAMP-1", "quantity": 2, "reason": "found", "location": "EAST"}).status_code == 201
    places.retire(place=east, by=admin)
    body = {"sku": "LAMP-1", "quantity": 2, "reason": "found", "location": "EAST"}
    assert adjust(by, "e-1", body)["Idempotent-Replayed"] == "true"  # what was booked is answered still
    assert adjust(by, "e-2", body).status_code == 400
