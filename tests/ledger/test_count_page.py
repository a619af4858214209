"""The sheet of a stock count."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from inventory_ops.models import AuditEvent, InventoryEvent, Product
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger
from inventory_ops.operations.ledger import Movement
from tests import make

pytestmark = pytest.mark.django_db
PATH = "/inventory/count/"


@pytest.fixture
def browser() -> Client:
    made = Client()
    made.force_login(make.user("operations", email="ops@example.org"))
    return made


@pytest.fixture
def shelf() -> list[Product]:
    merchant = make.merchant("V1")
    products = [make.product(f"P{n}", of=merchant, name=f"Thing {n}") for n in range(3)]
    ledger.book([Movement(each.pk, EventKind.RECEIVED, 10) for each in products[:2]], source=EventSource.CSV)
    return products


def sent(answer: Any, **changes: Any) -> dict[str, Any]:
    """What the shown form sends: its fields, the lines of its sheet, and what was pressed or typed."""
    form, lines = answer.context["form"], answer.context["sheet"].lines
    fields = {name: form[name].value() or "" for name in form.fields}
    fields |= {
        "place": [line.token for line in lines],
        "seen": [line.seen for line in lines],
        "counted": [line.counted for line in lines],
    }
    return fields | changes


def scan(browser: Client, answer: Any, text: str, **changes: Any) -> Any:
    return browser.post(PATH, sent(answer, scan=text, add="1", **changes))


def units(answer: Any) -> dict[str, tuple[int, str]]:
    return {line.place.product.sku: (line.seen, line.counted) for line in answer.context["sheet"].lines}


def test_scans_count_and_the_sheet_is_booked_once(browser: Client, shelf: list[Product]) -> None:
    page = browser.get(PATH)
    for sku in ("P0", "P1", "P0", "P2"):
        page = scan(browser, page, sku, each="1")
    assert units(page) == {"P2": (0, "1"), "P1": (10, "1"), "P0": (10, "2")}
    assert InventoryEvent.objects.filter(kind="adjusted").count() == 0
    counted = sent(page, book="1", counted=["4", "10", ""])  # P0 was not counted after all
    for _ in range(2):
        assert browser.post(PATH, counted)["Location"] == PATH
    assert {each.sku: list(each.balances.values_list("on_hand", flat=True)) for each in shelf} == {
        "P0": [10],
        "P1": [10],
        "P2": [4],
    }
    [event] = InventoryEvent.objects.filter(kind="adjusted")
    assert (event.reason, event.counted_quantity, event.actor) == ("count", 4, "ops@example.org")
    assert AuditEvent.objects.filter(action="stock.count").count() == 1


def test_stock_that_moved_is_shown_and_nothing_is_booked(browser: Client, shelf: list[Product]) -> None:
    page = scan(browser, scan(browser, browser.get(PATH), "P0"), "P1")
    ledger.book([Movement(shelf[0].pk, EventKind.SHIPPED, -3)], source=EventSource.PAGE, actor="rival@example.com")
    answer = browser.post(PATH, sent(page, book="1", counted=["9", "9"]))
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "you saw 10, now there are 7, you counted 9" in text and "rival@example.com" in text
    assert shelf[1].balances.get().on_hand == 10
    browser.post(PATH, sent(answer, book="1"))
    assert [each.balances.get().on_hand for each in shelf[:2]] == [9, 9]


def test_a_list_is_taken_line_by_line(browser: Client, shelf: list[Product]) -> None:
    other = make.merchant("V2")
    make.product("P1", of=other)
    ledger.book(
        [
            Movement(shelf[2].pk, EventKind.RECEIVED, 5, lot=lot, expires_on=date(2027, 1, day))
            for day, lot in ((1, "A"), (2, "B"))
        ],
        source=EventSource.CSV,
    )
    pasted = "P0,12\n\nP1;3\nnothing,1\nP0\nP2\t7\nP0,-4"
    answer = browser.post(PATH, sent(browser.get(PATH), pasted=pasted, list="1"))
    errors = " ".join(answer.context["errors"])
    assert "Line 3: Several vendors" in errors and "Line 4: There is no SKU “nothing”" in errors
    assert "Line 5: “P0” is not a SKU and the units" in errors and "Line 6: P2 lies in 2 lots" in errors
    assert "Line 7" in errors
    assert [(line.place.lot, line.counted) for line in answer.context["sheet"].lines] == [
        ("A", ""),
        ("B", ""),
        ("", "12"),
    ]


def test_a_sku_of_several_vendors_is_chosen(browser: Client, shelf: list[Product]) -> None:
    twin = make.product("P0", of=make.merchant("V2"))
    page = scan(browser, browser.get(PATH), "P0")
    assert not page.context["sheet"].lines and {each.pk for each in page.context["hits"]} == {shelf[0].pk, twin.pk}
    page = browser.post(PATH, sent(page, pick=str(twin.pk), scan="P0"))
    assert [line.place.product for line in page.context["sheet"].lines] == [twin]
    assert {hit.sku for hit in scan(browser, page, "thing").context["hits"]} == {"P0", "P1", "P2"}
    assert "No product has" in scan(browser, page, "zzz\x00").content.decode()
    for nothing in ("1", "-1", "x", "9" * 5000):
        assert browser.post(PATH, sent(page, remove=nothing)).context["sheet"].lines
    assert not browser.post(PATH, sent(page, remove="0")).context["sheet"].lines


@pytest.mark.parametrize("typed", ["-1", "1.5", "٣", "x", "99999999999"])
def test_a_number_that_is_none_books_nothing(browser: Client, shelf: list[Product], typed: str) -> None:
    page = scan(browser, scan(browser, browser.get(PATH), "P0"), "P1")
    answer = browser.post(PATH, sent(page, book="1", counted=["5", typed]))
    assert answer.status_code == 422 and "Type the units you counted" in answer.content.decode()
    assert [each.balances.get().on_hand for each in shelf[:2]] == [10, 10]


@pytest.mark.parametrize(
    "changes",
    [
        {"place": ["x"]},
        {"place": ["[]"]},
        {"place": ['[1, "good", "MAIN", "", null]']},
        {"place": ['["1", "good", "MAIN", "", null]']},
        {"place": ['[99999999999999999999, "good", "MAIN", "", null]']},
        {"place": []},
        {"seen": ["x"]},
        {"counted": ["1", "2"]},
    ],
)
def test_an_altered_sheet_is_refused(browser: Client, shelf: list[Product], changes: dict[str, Any]) -> None:
    page = scan(browser, browser.get(PATH), "P0")
    answer = browser.post(PATH, sent(page, book="1", counted=["5"]) | changes, follow=True)
    assert "could not be read" in answer.content.decode()
    assert shelf[0].balances.get().on_hand == 10


@pytest.mark.parametrize("counted", ["²", "٣", "9" * 5000, "-1", "1.5"])
def test_what_is_no_whole_number_is_said_and_stays_in_the_field(
    browser: Client, shelf: list[Product], counted: str
) -> None:
    page = scan(browser, browser.get(PATH), "P0")
    answer = browser.post(PATH, sent(page, counted=[counted], scan="P0", each="1"))
    assert answer.status_code == 200
    answer = browser.post(PATH, sent(page, book="1", counted=[counted]))
    assert "Type the units you counted" in answer.content.decode()
    assert shelf[0].balances.get().on_hand == 10


@pytest.mark.parametrize(("type_", "location"), [("nonsense", "MAIN"), ("good", "NOWHERE"), ("", "")])
def test_an_unknown_place_is_refused(browser: Client, shelf: list[Product], type_: str, location: str) -> None:
    page = scan(browser, browser.get(PATH), "P0", inventory_type=type_, location=location)
    answer = browser.post(PATH, sent(page, book="1", counted=["5"], inventory_type="good", location="MAIN"))
    assert answer.status_code == 422
    assert shelf[0].balances.get().on_hand == 10


def test_a_sheet_has_an_end(browser: Client, shelf: list[Product], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inventory_ops.forms.stock_count.MOST_LINES", 2)
    page = browser.get(PATH)
    for sku in ("P0", "P1", "P2"):
        page = scan(browser, page, sku)
    assert set(units(page)) == {"P0", "P1"} and "2 lines at most" in page.content.decode()
    nothing = browser.post(PATH, sent(page, book="1"))
    assert nothing.status_code == 422 and "Nothing was counted yet" in nothing.content.decode()
