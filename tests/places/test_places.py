"""Locations and inventory types: made, renamed, retired by page and file; what is retired takes no new stock."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client

from inventory_ops.models import AuditEvent, InventoryType, Location, Product, StockBalance, User
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger, places, stock, stock_returns, stock_undo
from inventory_ops.operations.ledger import Movement, RetiredPlace
from inventory_ops.operations.stock import ChangeDetails, Place
from tests import make
from tests.together import at_once

PAGE = "/settings/places/"
STORY = ChangeDetails("found")
type Load = Callable[[str, str], str]


@pytest.fixture
def admin(db: Any) -> User:
    return make.user("admin")


@pytest.fixture
def browser(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def load(tmp_path: Path, capsys: Any) -> Load:
    """Load a file of a kind by the command; answers what it printed."""

    def run(kind: str, text: str) -> str:
        path = tmp_path / f"{kind}.csv"
        path.write_text(text)
        with contextlib.suppress(CommandError, SystemExit):
            call_command("load", str(path))
        return " ".join("".join(capsys.readouterr()).split())

    return run


@pytest.fixture
def east(admin: User) -> Location:
    return places.add_location(code="EAST", name="East", by=admin)


def on_hand(product: Product) -> dict[tuple[str, str], int]:
    rows = StockBalance.objects.filter(product=product).exclude(on_hand=0)
    return {(row.location.code, row.inventory_type.code): row.on_hand for row in rows}


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


def test_both_are_made_renamed_retired_and_reinstated_on_the_page_with_a_line_each(browser: Client) -> None:
    for kind, model, more in (("location", Location, {}), ("type", InventoryType, {"type-is_sellable": "on"})):
        made: Any = {f"{kind}-code": "east", f"{kind}-name": "East"} | more
        assert browser.post(PAGE, {"add": kind} | made).status_code == 302
        place: Any = model.objects.get(code="east")
        address = f"{PAGE}{kind}/{place.pk}/"
        assert browser.post(address, {"name": "Far east", "seen_name": "East"}).status_code == 302
        browser.post(PAGE, {"retire": f"{kind}-{place.pk}"})
        place.refresh_from_db()
        assert (place.name, place.is_active) == ("Far east", False)
        browser.post(PAGE, {"reinstate": f"{kind}-{place.pk}"})
        browser.post(PAGE, {"reinstate": f"{kind}-{place.pk}"})  # twice is once
        place.refresh_from_db()
        assert place.is_active
    verbs = ("add", "rename", "retire", "reinstate")
    assert actions() == [f"{subject}.{verb}" for subject in ("location", "inventory_type") for verb in verbs]
    assert InventoryType.objects.get(code="east").is_sellable


@pytest.mark.parametrize(
    ("kind", "code", "name", "why"),
    [
        ("location", "MAIN", "Again", "is taken"),
        ("location", "", "No code", "required"),
        ("location", "x" * 51, "Long", "at most 50"),
        ("type", "good", "Again", "is taken"),
        ("type", "Not Good", "Blank", "letters a to z"),
        ("type", "fine", "", "required"),
    ],
)
def test_what_cannot_be_made_is_refused_beside_its_field(
    browser: Client, kind: str, code: str, name: str, why: str
) -> None:
    before = (Location.objects.count(), InventoryType.objects.count())
    answer = browser.post(PAGE, {"add": kind, f"{kind}-code": code, f"{kind}-name": name})
    assert answer.status_code == 422 and why in answer.content.decode()
    assert (Location.objects.count(), InventoryType.objects.count()) == before


def test_codes_that_stock_needs_stay_by_page_and_in_the_database(browser: Client) -> None:
    for kind, model, code in (("location", Location, "MAIN"), ("type", InventoryType, "good")):
        row: Any = model.objects.get(code=code)
        answer = browser.post(PAGE, {"retire": f"{kind}-{row.pk}"}, follow=True)
        assert "cannot be retired" in answer.content.decode()
        with pytest.raises(IntegrityError, match="needed_is_in_use"), transaction.atomic():
            model.objects.filter(pk=row.pk).update(is_active=False)
    assert actions() == []


def test_of_two_who_rename_the_second_sees_both_names(browser: Client, admin: User, east: Location) -> None:
    places.rename(place=east, to="Theirs", seen="East", by=admin)
    answer = browser.post(f"{PAGE}location/{east.pk}/", {"name": "Mine", "seen_name": "East"})
    text = answer.content.decode()
    assert answer.status_code == 422 and "“Theirs”" in text and "“Mine”" in text
    east.refresh_from_db()
    assert east.name == "Theirs"


@pytest.mark.django_db(transaction=True)
def test_two_who_make_the_same_place_at_once_make_one() -> None:
    by = make.user("admin")

    def work(n: int) -> bool:
        try:
            places.add_location(code="EAST", name=str(n), by=by)
        except places.PlaceRefused:
            return False
        return True

    assert sorted(at_once(2, work)) == [False, True]
    assert actions() == ["location.add"]


def test_nobody_but_an_administrator(east: Location) -> None:
    for role in ("operations", "finance"):
        user = make.user(role)
        client = Client()
        client.force_login(user)
        assert client.get(PAGE).status_code == 403
        for call in (
            lambda by: places.add_location(code="WEST", name="", by=by),
            lambda by: places.add_type(code="new", name="New", is_sellable=True, by=by),
            lambda by: places.rename(place=east, to="x", seen="East", by=by),
            lambda by: places.retire(place=east, by=by),
            lambda by: places.reinstate(place=east, by=by),
        ):
            with pytest.raises(places.PlaceRefused, match="administrator"):
                call(user)
        assert client.get("/imports/template/locations/").status_code in (403, 404)


def test_files_make_rename_and_retire_both(load: Load, db: Any) -> None:
    load("locations", "location,name\nEAST,East\nWEST,West\n")
    load("inventory_types", "inventory_type,name,is_sellable\nrefurbished,Refurbished,true\n")
    assert InventoryType.objects.get(code="refurbished").is_sellable
    load("locations", "location,name,is_active\nEAST,Far east,false\n")
    load("inventory_types", "inventory_type,name,is_active\nrefurbished,Second hand,false\n")
    east, refurbished = Location.objects.get(code="EAST"), InventoryType.objects.get(code="refurbished")
    assert (east.name, east.is_active, refurbished.name, refurbished.is_active) == (
        "Far east",
        False,
        "Second hand",
        False,
    )
    assert Location.objects.get(code="WEST").is_active and refurbished.is_sellable
    assert "1 unchanged" in load("locations", "location,name,is_active\nEAST,Far east,false\n")


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        ("locations", "location,is_active\nMAIN,false\n", "Cannot be retired"),
        ("inventory_types", "inventory_type,name,is_active\ngood,Good,false\n", "Cannot be retired"),
        ("inventory_types", "inventory_type,name,is_sellable\ngood,Good,false\n", "Does not change"),
        ("inventory_types", "inventory_type,name\nnot good,X\n", "not a valid code"),
    ],
)
def test_rows_that_cannot_be_are_refused(load: Load, kind: str, text: str, why: str, db: Any) -> None:
    assert why in load(kind, text)
    assert InventoryType.objects.count() == 4 and not Location.objects.filter(is_active=False).exists()


def test_a_second_warehouse_takes_stock_by_file_and_by_page(load: Load, admin: User, browser: Client) -> None:
    lamp = make.product("LAMP")
    assert "Unknown location" in load("stock", "sku,location,quantity\nLAMP,EAST,7\n")
    load("locations", "location\nEAST\n")
    load("stock", "sku,location,quantity\nLAMP,EAST,7\n")
    stock.adjust_by(place=Place(lamp, location="EAST"), quantity=2, details=STORY, by=admin)
    assert on_hand(lamp) == {("EAST", "good"): 9}
    assert 'value="EAST"' in browser.get(f"/inventory/adjust/?product={lamp.pk}").content.decode()


def test_a_retired_place_takes_nothing_by_any_way_and_gives_what_it_has(
    load: Load, admin: User, browser: Client, east: Location
) -> None:
    lamp = make.product("LAMP")
    ledger.book([Movement(lamp.pk, EventKind.RECEIVED, 9, location="EAST")], source=EventSource.CSV)
    places.retire(place=east, by=admin)
    there = Place(lamp, location="EAST")
    for refused in (
        lambda: stock.adjust_by(place=there, quantity=1, details=STORY, by=admin),
        lambda: stock.set_to(place=there, counted=10, seen=9, details=STORY, by=admin),
        lambda: stock_returns.accept_return(place=there, quantity=1, resealable=True, details=STORY, by=admin),
        lambda: stock.change_type(place=there, to="damaged", quantity=1, details=STORY, by=admin),
    ):
        with pytest.raises(RetiredPlace, match="Location EAST is retired"):
            refused()
    assert "EAST is retired" in load("stock", "sku,location,quantity\nLAMP,EAST,10\n")
    assert "EAST is retired" in load("adjustments", ADJUSTMENT.format(1))
    data = {"inventory_type": "good", "location": "EAST", "verb": "by", "quantity": "1", "seen": "9", "reason": "found"}
    answer = browser.post(f"/inventory/adjust/?product={lamp.pk}", data | {"key": "1" * 32, "product": lamp.pk})
    assert "EAST is retired" in answer.content.decode()
    assert on_hand(lamp) == {("EAST", "good"): 9}
    # what is there may be said again, counted less, and taken out; taking out can be undone
    assert "1 unchanged" in load("stock", "sku,location,quantity\nLAMP,EAST,9\n")
    load("stock", "sku,location,quantity\nLAMP,EAST,8\n")
    stock.adjust_by(place=there, quantity=-3, details=STORY, by=admin)
    load("adjustments", ADJUSTMENT.format(-1))
    stock_undo.undo(event=lamp_events(lamp)[1], by=admin)
    assert on_hand(lamp) == {("EAST", "good"): 7}
    page = browser.get(f"/inventory/adjust/?product={make.product('OTHER').pk}").content.decode()
    assert 'value="EAST"' not in page  # no longer offered
    places.reinstate(place=east, by=admin)
    stock.adjust_by(place=there, quantity=1, details=STORY, by=admin)


ADJUSTMENT = (
    "sku,location,inventory_type,quantity_delta,reason,occurred_at\nLAMP,EAST,good,{},found,2026-01-01T00:00:00Z\n"
)


def lamp_events(lamp: Product) -> list[Any]:
    from inventory_ops.models import InventoryEvent

    return list(InventoryEvent.objects.filter(product=lamp).order_by("-pk"))


def test_a_retired_type_takes_nothing(load: Load, admin: User) -> None:
    lamp = make.product("LAMP")
    places.retire(place=InventoryType.objects.get(code="damaged"), by=admin)
    with pytest.raises(RetiredPlace, match="Inventory type damaged is retired"):
        stock.adjust_by(place=Place(lamp, "damaged"), quantity=1, details=STORY, by=admin)
    text = load("stock", "sku,inventory_type,quantity\nLAMP,damaged,1\nLAMP,good,2\n")
    assert "Inventory type damaged is retired" in text and on_hand(lamp) == {("MAIN", "good"): 2}


def test_facts_of_channels_and_orders_are_booked_all_the_same(admin: User, east: Location) -> None:
    lamp = make.product("LAMP")
    places.retire(place=east, by=admin)
    ledger.book([Movement(lamp.pk, EventKind.RETURNED, 1, location="EAST")], source=EventSource.CHANNEL)
    assert on_hand(lamp) == {("EAST", "good"): 1}
