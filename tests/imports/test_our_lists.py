"""Exports of our own lists come back: as they are they change nothing, edited values are changes."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.test import Client

from inventory_ops.models import Product, StockBalance
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
