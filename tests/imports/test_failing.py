"""Small files that real users brought and that were refused, or damaged what was there: each as it has to come out."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from inventory_ops.models import Order, OrderItem, Product, StockBalance
from tests import make
from tests.imports.test_exports import run

pytestmark = pytest.mark.django_db
FOLDER = Path(__file__).parent / "failing"


@pytest.fixture(autouse=True)
def base() -> None:
    assert run(FOLDER / "00-base")["exit"] == 0


def load(folder: str, **options: Any) -> list[dict[str, Any]]:
    """The results of the folder's files, one call each."""
    found = [run(path, **options) for path in sorted((FOLDER / folder).iterdir())]
    return [file for result in found for file in result["files"]]


def codes(result: dict[str, Any], kind: str = "refused") -> list[tuple[int, str]]:
    return [(each["line"], each["code"]) for each in result[kind]]


def on_hand(sku: str) -> int:
    return sum(StockBalance.objects.filter(product__sku=sku).values_list("on_hand", flat=True))


def test_01_two_stores_keep_their_order_5001() -> None:
    load("01-order-number-of-two-stores")
    facts = Order.objects.order_by("store__number").values_list("store__number", "customer_email", "status")
    assert list(facts) == [("shopA", "anna@example.com", 3), ("shopB", "bert@example.com", 2)]


def test_02_a_number_with_slashes_has_a_page(client: Client) -> None:
    load("02-order-number-with-slash")
    client.force_login(make.user("operations"))
    assert client.get("/orders/SHOP/2026/0002/").status_code == 200
    listed = client.get("/action-required/order-cost-issues/?as_of=2026-11-28T12:00:00Z").content.decode()
    assert 'href="/orders/SHOP/2026/0002/' in listed


def test_03_damaged_skus_are_refused_or_warned_of() -> None:
    [result] = load("03-excel-damaged-skus")
    assert codes(result) == [(3, "damaged"), (5, "damaged"), (6, "damaged")]
    assert codes(result, "warned") == [(2, "lookalike"), (4, "damaged")]
    assert "00123" in result["warned"][0]["message"]


def test_04_skus_that_look_alike_are_warned_of() -> None:
    [result] = load("04-blank-around-sku")
    assert {line for line, _ in codes(result, "warned")} == {2, 3, 4, 5, 6}
    assert all("Z-A" in each["message"] for each in result["warned"] if each["code"] == "lookalike")


def test_05_a_moment_with_a_blank_before_its_offset() -> None:
    load("05-shopify-moment")
    assert Order.objects.get().created_at.isoformat() == "2026-04-05T17:06:21+00:00"


def test_06_a_whole_number_with_a_point() -> None:
    load("06-whole-number-as-5.0")
    assert on_hand("Z-A") == 5


def test_07_a_price_alone_changes() -> None:
    before = Product.objects.get(sku="Z-A")
    [result] = load("07-price-only-update")
    assert (result["changed"], result["refused"]) == (1, [])
    after = Product.objects.get(sku="Z-A")
    assert (after.price, after.name, after.cost) == (Decimal(11), before.name, before.cost)


def test_08_our_export_comes_back() -> None:
    load("06-whole-number-as-5.0")
    [result] = load("08-stock-inquiry-export-back")
    assert (result["refused"], result["changed"], on_hand("Z-A")) == ([], 1, 7)


def test_09_the_name_of_a_copy_says_nothing_wrong() -> None:
    [result] = load("09-browser-copy-name")
    assert (result["kind"], result["refused"], result["new"]) == ("orders", [], 1)


def test_10_amounts_finer_than_the_unit_are_the_same_everywhere(client: Client) -> None:
    assert run(FOLDER / "10-yen-rounding")["exit"] == 0
    client.force_login(make.user("operations"))
    as_of = "as_of=2026-11-28T12:00:00Z"
    page = client.get(f"/action-required/order-cost-issues/?{as_of}").content.decode()
    assert "1,400.50" in page or "1,400.5" in page
    [row] = client.get(f"/api/v1/reports/order-cost-issues/?{as_of}").json()["results"]
    assert (row["Price at Time of Order"], row["Cost at Time of Order"]) == ("1400.5", "1500.75")
    assert (row["Loss per Unit"], row["Loss"]) == ("100.25", "301")
    order = client.get("/orders/YEN1/").content.decode()
    assert "1,400.5" in order and "4,202" in order


def test_11_composed_and_decomposed_are_one_sku(client: Client) -> None:
    for name in ("products.csv", "stock.csv"):
        assert run(FOLDER / "11-nfc-nfd" / name)["exit"] == 0
    assert on_hand("CAFÉ-1") == 3
    client.force_login(make.user("operations"))
    assert "CAFÉ-1" in client.get("/search/", {"q": "CAFE\u0301-1"}).content.decode()


def test_13_empty_columns_at_the_end() -> None:
    assert load("13-trailing-empty-columns")[0]["refused"] == [] and on_hand("Z-A") == 5


def test_14_title_lines_above_the_header() -> None:
    assert load("14-title-lines-above-header")[0]["refused"] == [] and on_hand("Z-A") == 5


def test_15_a_german_file_is_read_after_one_question(tmp_path: Path) -> None:
    path = FOLDER / "15-german-excel" / "products.csv"
    [result] = load("15-german-excel")
    assert [(each["code"], each["column"]) for each in result["refused"]] == [("question", "encoding")]
    assert "Tür" in result["refused"][0]["message"]
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({"*": {"encoding": "cp1252"}}))
    assert run(path, answers=str(answers))["exit"] == 0
    product = Product.objects.get(sku="G1")
    assert (product.name, product.price, product.cost) == ("Tür", Decimal("1234.5"), Decimal("10.2"))


def test_16_columns_of_an_order_on_its_first_line() -> None:
    assert load("16-order-columns-on-first-line-only")[0]["refused"] == []
    assert list(OrderItem.objects.values_list("status", flat=True)) == [3, 3]


def test_17_negative_stock_is_refused_unless_it_was_said_to_be_none(tmp_path: Path) -> None:
    [result] = load("17-negative-stock")
    assert codes(result) == [(2, "range")]
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({"*": {"negative": "zero"}}))
    [result] = load("17-negative-stock", answers=str(answers))
    assert (codes(result), codes(result, "warned"), on_hand("Z-A")) == ([], [(2, "negative")], 0)


def test_18_an_item_id_is_a_text() -> None:
    load("18-text-item-id")
    assert OrderItem.objects.get().shop_item_id == "item_01JABC"


def test_19_the_apostrophe_of_our_csv_is_taken_off(client: Client) -> None:
    load("19-sku-with-dash-exported")
    assert Product.objects.filter(name="dash").count() == 1
    make.stock(Product.objects.get(name="dash"), 3)
    client.force_login(make.user("operations"))
    rows = client.get("/api/v1/reports/stock-inquiry/").json()["results"]
    assert [row["Item SKU"] for row in rows] == ["-100"]
    csv = b"".join(client.get("/inventory/?_export=csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert ",'-100," in csv
