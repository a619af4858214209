"""Rules of layouts beyond the sample exports: other versions, marks and habits of the same shops."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from inventory_ops.kit.imports import formats
from inventory_ops.models import InventoryEvent, Order, OrderItem, Product, StockBalance
from tests import make
from tests.imports.exported import FOLDER
from tests.imports.test_exports import run

pytestmark = pytest.mark.django_db


def load(tmp_path: Path, name: str, content: str | bytes, **answers: Any) -> dict[str, Any]:
    path, said = tmp_path / name, tmp_path / "answers.json"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    said.write_text(json.dumps({"*": answers}))
    [found] = run(path, answers=str(said))["files"]
    return found


@pytest.fixture(autouse=True)
def catalogue() -> Product:
    merchant = make.merchant("M-HARBOUR", currency="EUR", timezone="Europe/Berlin")
    return make.product("HP-10", of=merchant, name="Oak Lantern", price="10")


def test_woocommerce_prices_have_the_shops_decimal_sign(tmp_path: Path) -> None:
    text = (
        'ID,Type,SKU,Name,Published,"Date sale price starts","Sale price","Regular price",Categories,Stock,Parent\n'
        '1,"simple, virtual",W-1,Mug,1,,"1.234,50","2.000,00","Home > Mugs",5,\n'
        '2,simple,W-2,Cup,1,,,"7,5",Mugs,,\n'
    )
    result = load(tmp_path, "export.csv", text, vendor="M-HARBOUR", stock_location="MAIN")
    assert result["refused"] == [] and "9 of 11 columns used" in result["found"]
    assert list(Product.objects.filter(sku__startswith="W").order_by("sku").values_list("price", "special_price")) == [
        (2000, 1234.5),
        (7.5, None),
    ]


def test_woocommerce_orders_of_both_plug_ins(tmp_path: Path) -> None:
    rows = (
        "Order Number,Order Status,Order Date,Customer Note,Email (Billing),SKU,Item #,Item Name,Quantity (- Refund),"
        "Item Cost,Coupon Code\n"
        "7,Completed,2026-11-02 10:30,,a@example.com,HP-10,1,Oak Lantern,2,9.50,X\n"
        "7,Completed,2026-11-02 10:30,,a@example.com,,2,Nothing,1,1,X\n"
    )
    result = load(tmp_path, "orders.csv", rows, vendor="M-HARBOUR", store="EU")
    assert [(each["line"], each["column"]) for each in result["refused"]] == [(3, "SKU")]
    columns = (
        "order_id,order_number,order_date,status,customer_email,order_currency,line_item_1,line_item_2\n"
        "8,8,2026-11-03 11:00:00,processing,b@example.com,EUR,"
        "name:Oak Lantern|product_id:3|sku:HP-10|quantity:2|total:19.00|sub_total:20.00,\n"
    )
    result = load(tmp_path, "order_export.csv", columns, vendor="M-HARBOUR", store="EU")
    assert result["refused"] == []
    facts = OrderItem.objects.order_by("id").values_list("shop_item_id", "status", "quantity", "unit_price")
    assert list(facts) == [("7-1", 3, 2, 9.5), ("8-1", 2, 2, 10)]
    assert Order.objects.get(number="7").created_at.isoformat() == "2026-11-02T09:30:00+00:00"


def test_an_inventory_ledger_with_tabs_is_the_same(tmp_path: Path) -> None:
    folder = FOLDER / "amazon-inventory-ledger"
    for name in ("-100", "CAFÉ-1"):
        make.product(name, of=Product.objects.get().merchant if name == "-100" else Product.objects.first().merchant)  # type: ignore[union-attr]
    answers = json.loads((folder / "answers.json").read_text())["*"]
    text = (folder / "432471020367.csv").read_text().replace('","', '"\t"')
    result = load(tmp_path, "432471020368.txt", text, **answers)
    assert (result["new"], len(result["refused"]), result["left_out_rows"]) == (10, 3, 6)
    assert InventoryEvent.objects.filter(kind="adjusted").count() == 10


@pytest.mark.parametrize(
    "text",
    [
        "Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,Quay,Mill\nx,Oak,Title,,HP-10,,,5,not stocked\n",
        "Handle,Title,SKU,Location,Incoming,Unavailable,Committed,Available,On hand\nx,Oak,HP-10,Quay,0,0,1,4,5\n",
    ],
    ids=["a column a place", "on hand beside available"],
)
def test_older_inventory_exports_of_shopify(tmp_path: Path, text: str) -> None:
    places = {"Quay": "QUAY", "Mill": "MILL"}
    result = load(tmp_path, "inventory_export.csv", text, vendor="M-HARBOUR", locations=places)
    assert (result["format"], result["refused"]) == ("shopify-inventory", [])
    balance = StockBalance.objects.get()
    assert (balance.location.code, balance.on_hand) == ("QUAY", 5)


def test_a_shop_may_be_told_by_labels_and_in_any_package(tmp_path: Path) -> None:
    header = "External ID,Internal Reference,Name,Product Category,Sales Price,Cost,Product Type"
    text = f"{header}\nx1,O-1,Lamp,All / A,5.0,2,Goods\n"
    packed = tmp_path / "odoo.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("folder/Product.csv.gz", gzip.compress(text.encode()))
        archive.writestr("__MACOSX/._Product.csv", b"\x00")
    assert run(packed, vendor="M-HARBOUR")["files"][0]["new"] == 1
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["Our products"])
    for line in text.replace("O-1", "O-2").splitlines():
        book.active.append(line.split(","))
    path = tmp_path / "Product.xlsx"
    book.save(path)
    assert run(path, vendor="M-HARBOUR")["files"][0]["new"] == 1
    assert Product.objects.filter(sku__startswith="O-", category__name="A").count() == 2


def test_empty_cells_keep_or_clear(tmp_path: Path) -> None:
    rows = "sku,vendor_number,name,brand_name,price\nHP-10,M-HARBOUR,,,11\n"
    Product.objects.update(brand_name="B")
    refused = load(tmp_path, "p.csv", rows)
    assert [each["column"] for each in refused["refused"]] == ["name"]
    kept = load(tmp_path, "p.csv", rows, empty="keep")
    assert (kept["changed"], kept["refused"]) == (1, [])
    product = Product.objects.get()
    assert (product.name, product.brand_name, product.price) == ("Oak Lantern", "B", 11)
    load(tmp_path, "p.csv", "sku,vendor_number,brand_name\nHP-10,M-HARBOUR,\n")
    product.refresh_from_db()
    assert product.brand_name == ""
    new = load(tmp_path, "p.csv", "sku,vendor_number,price\nNEW,M-HARBOUR,1\n")
    assert [(each["column"], each["code"]) for each in new["refused"]] == [("name", "required")]


def test_the_command_says_vendor_store_and_zone(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("order_number,status,created_at,sku,quantity,unit_price\n1,3,2026-11-02 10:00,HP-10,1,5\n")
    run(path, vendor="M-HARBOUR", store="S9", timezone="Asia/Tokyo")
    order = Order.objects.get()
    assert order.store and order.store.number == "S9"
    assert order.created_at.isoformat() == "2026-11-02T01:00:00+00:00"


def test_the_help_page_lists_every_format_with_a_picture(client: Client) -> None:
    client.force_login(make.user("operations"))
    page = client.get("/imports/formats/").content.decode()
    for found in formats.registry:
        assert found.where and found.kinds and f'id="{found.name}"' in page
        assert finders.find(f"img/formats/{found.name}.svg")
        for part in found.parts:
            assert len(part.signature) >= 3


def test_the_example_of_the_docs_works(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs/adding-a-format.md").read_text()
    with formats.registry.opened():
        exec(compile(text.split("```python\n")[1].split("```")[0], "docs/adding-a-format.md", "exec"), {})  # noqa: S102
        rows = "Item,Dock,Counted,State\nHP-10,North,7,ok\nHP-10,South,1,void\n,North,1,ok\n"
        result = load(tmp_path, "counts.csv", rows, vendor="M-HARBOUR", locations={"North": "N"})
    assert (result["new"], result["left_out_rows"], [each["column"] for each in result["refused"]]) == (1, 1, ["Item"])
    assert StockBalance.objects.get().location.code == "N"
