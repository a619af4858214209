"""Exports of our own lists come back: as they are they change nothing, edited values are changes."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.test import Client

from inventory_ops.kit.imports.recognise import LEAST_OF_LIST
from inventory_ops.kit.reports import registry as lists
from inventory_ops.models import InventoryEvent, Product, StockBalance, User
from tests import make
from tests.imports.test_exports import run
from trackers.models import Tracker

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client: Client) -> Client:
    client.force_login(make.user("admin"))
    return client


def exported(browser: Client, url: str, tmp_path: Path, **edits: str) -> Path:
    """The list's CSV as a browser gets it, with cells of its first row edited."""
    response: Any = browser.get(url, {"_export": "csv", "_bom": "1"})
    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    for header, value in edits.items():
        rows[1][rows[0].index(header.replace("_", " "))] = value
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path = tmp_path / "export (2).csv"
    path.write_text("\ufeff" + text.getvalue(), encoding="utf-8")
    return path


def products() -> Product:
    merchant = make.merchant("V1")
    found = make.product("-100", of=merchant, price="10", cost="12", vendor_sku="=7", brand_name="B")
    make.stock(found, 5)
    make.stock(make.product("B", of=merchant, price="10", cost="4"), 3)
    return found


@pytest.mark.parametrize(
    ("url", "edits", "field", "value"),
    [
        ("/action-required/products-without-orders/", {"Item_Name": "New name"}, "name", "New name"),
        ("/action-required/inventory-cost-issues/", {"Current_Inventory_Price": "15.5"}, "price", 15.5),
    ],
)
def test_products(browser: Client, tmp_path: Path, url: str, edits: dict[str, str], field: str, value: Any) -> None:
    found = products()
    [same] = run(exported(browser, url, tmp_path))["files"]
    assert (same["new"], same["changed"], same["refused"]) == (0, 0, [])
    [changed] = run(exported(browser, url, tmp_path, **edits))["files"]
    assert (changed["changed"], changed["refused"]) == (1, [])
    found.refresh_from_db()
    assert getattr(found, field) == value or Product.objects.filter(**{field: value}).exists()
    assert Product.objects.count() == 2


def test_stock(browser: Client, tmp_path: Path) -> None:
    products()
    [same] = run(exported(browser, "/inventory/", tmp_path))["files"]
    assert (same["new"], same["changed"], same["unchanged"], same["refused"]) == (0, 0, 2, [])
    [changed] = run(exported(browser, "/inventory/", tmp_path, On_Hand="9"))["files"]
    assert (changed["new"] + changed["changed"], changed["unchanged"]) == (1, 1)
    assert 9 in StockBalance.objects.values_list("on_hand", flat=True)


def test_stock_of_several_places_is_not_guessed(browser: Client, tmp_path: Path) -> None:
    found = make.product("A", of=make.merchant("V1"))
    make.stock(found, 5, lot="L1")
    make.stock(found, 2, lot="L2")
    assert run(exported(browser, "/inventory/", tmp_path))["files"][0]["refused"] == []
    [result] = run(exported(browser, "/inventory/", tmp_path, On_Hand="9"))["files"]
    assert [each["code"] for each in result["refused"]] == ["places"]


def test_trackers(browser: Client, tmp_path: Path) -> None:
    products()
    rules = tmp_path / "trackers.csv"
    rules.write_text("vendor_number,sku,inventory_type,mechanism,quantity\nV1,B,good,stock_quantity,4\n")
    assert run(rules)["exit"] == 0
    [same] = run(exported(browser, "/trackers/", tmp_path))["files"]
    assert (same["changed"], same["unchanged"], same["refused"]) == (0, 1, [])
    [changed] = run(exported(browser, "/trackers/", tmp_path, Quantity="6"))["files"]
    assert (changed["changed"], Tracker.objects.get().quantity) == (1, 6)


def test_people(browser: Client, tmp_path: Path) -> None:
    merchant = make.merchant("V7")
    make.user("merchant", email="zoe@example.com", of=merchant, name="Zoe")
    answers_for_it = User.objects.get(role="admin")
    User.objects.create(
        email="robot@example.com", role="operations", is_service=True, password="!", responsible=answers_for_it
    )
    url = "/system/people/"
    [same] = run(exported(browser, url, tmp_path))["files"]
    assert (same["kind"], same["format"]) == ("users", "our-people")
    assert (same["new"], same["changed"], same["unchanged"], same["refused"]) == (0, 0, 2, [])
    assert [each["message"] for each in same["left_out"]] == ["a service account: it is changed on its own page"]
    path = exported(browser, url, tmp_path)
    path.write_text(path.read_text().replace("Zoe", "Zoë"))
    [changed] = run(path)["files"]
    assert changed["refused"] == []
    zoe = User.objects.get(email="zoe@example.com")
    assert (zoe.name, zoe.role, zoe.merchant) == ("Zoë", "merchant", merchant)
    path.write_text(path.read_text().replace("V7,active", "V7,Deactivated"))
    assert run(path)["files"][0]["changed"] == 1
    zoe.refresh_from_db()
    assert not zoe.is_active
    path.write_text(path.read_text().replace("active", "sleeping"))
    [refused] = run(path)["files"]
    assert {each["column"] for each in refused["refused"]} == {"State"}


COMES_BACK = {
    *("inventory-cost-issues", "products-without-orders", "stock-inquiry", "trackers", "write-offs", "people"),
}
LISTS = [report for report in lists if len(report.columns) >= LEAST_OF_LIST]


@pytest.mark.parametrize("report", LISTS, ids=lambda report: report.slug)
def test_every_list_comes_back_or_says_why_not(report: Any, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"  # a name that promises something else
    with path.open("w", newline="") as file:
        csv.writer(file).writerow([str(column.header) for column in report.columns])
        csv.writer(file).writerow(["1"] * len(report.columns))
    [result] = run(path)["files"]
    told = [each["message"] for each in result["refused"] if each["code"] == "not_loaded"]
    assert bool(told) == (report.slug not in COMES_BACK), result
    assert all(f"This is the export of our list “{report.title}”." in text for text in told)
    assert not result["applied"] or report.slug in COMES_BACK


def test_the_events_ledger_says_what_to_load_instead(browser: Client, tmp_path: Path) -> None:
    before = InventoryEvent.objects.count()
    products()
    response: Any = browser.get("/inventory/events/?_export=csv")
    path = tmp_path / "adjustments.csv"
    path.write_bytes(b"".join(response.streaming_content))
    [result] = run(path)["files"]
    assert [each["code"] for each in result["refused"]] == ["not_loaded"]
    assert "events are in the ledger already" in result["refused"][0]["message"]
    assert "load `adjustments`" in result["refused"][0]["message"]
    assert InventoryEvent.objects.count() == before
    with path.open("rb") as file:
        page = browser.post("/imports/new/", {"kind": "", "file": file}, follow=True).content.decode()
    assert "This is the export of our list “Events ledger”" in page


def test_a_file_with_some_headers_of_a_list_is_mapped_as_any_other(tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    path.write_text("Item SKU,Item Name,Vendor Number,Colour,Wert,Units\nA,B,V1,red,1,2\n")
    [result] = run(path)["files"]
    assert "not_loaded" not in {each["code"] for each in result["refused"]}


def test_a_sheet_has_true_values_and_comes_back(browser: Client, tmp_path: Path) -> None:
    products()
    response: Any = browser.get("/inventory/?_export=xlsx")
    path = tmp_path / "stock.xlsx"
    path.write_bytes(b"".join(response.streaming_content))
    book = openpyxl.load_workbook(path)
    cells = [cell.value for row in book.active.iter_rows() for cell in row]  # type: ignore[union-attr]
    assert "-100" in cells and "'-100" not in cells
    [same] = run(path)["files"]
    assert (same["unchanged"], same["refused"]) == (2, [])
