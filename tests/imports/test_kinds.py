"""Every kind: what it writes, what it refuses, and that loading again changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum

from inventory_ops.models import (
    AuditEvent,
    Category,
    FlashSale,
    Import,
    InventoryEvent,
    Merchant,
    Order,
    OrderItem,
    PriceChange,
    Product,
    StockBalance,
    User,
)
from inventory_ops.operations.imports.files import load_files
from tests.imports.support import NOW, ORDER, ORDERS, Load, messages, tables, write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]

AGAIN = {
    "merchants": "vendor_number,name,factor,email\nV1,One,0.5,\nV9,Nine,1,a@example.com\n",
    "locations": "location,name,is_active\nEAST,East,\nWEST,,false\n",
    "inventory_types": "inventory_type,name,is_sellable\nused,Used,true\nBroken,Broken,\n",
    "exchange_rates": "day,base,currency,rate\n2026-03-27,EUR,USD,1.25\n2026-03-26,EUR,USD,1.2\n",
    "categories": "name,parent,commission_percent\nPots,Home,3\nHome,,10\n",
    "products": "sku,vendor_number,name,price,special_price,special_from,special_to,cost,created_at\n"
    "A,V1,Kettle,11,9,2026-03-01,2026-04-01,6,\nN,V3,New,500,,,,,2025-01-01T00:00:00\n",
    "flash_sales": "sku,starts_at,ends_at,percentage\nB,2026-03-01,2026-03-05,25\nB,2026-03-05,2026-03-06,10\n",
    "users": "email,name,role,vendor_number,is_active,last_login\n"
    "x@example.com,X,merchant,V1,true,2026-01-01T00:00:00\n"
    "y@example.com,Y,finance,,no,\n",
    "orders": ORDERS,
    "adjustments": "sku,quantity_delta,reason,note,occurred_at\n"
    "B,-2,damaged,x,2026-01-01\nB,-2,damaged,x,2026-01-01\nB,5,FOUND,,2026-01-02\n",
    "stock": "sku,quantity,lot,expires_on\nB,7,L1,2027-01-01\nB,3,,\nD,0,,\n",
}


@pytest.mark.parametrize("kind", AGAIN)
def test_loading_again_changes_nothing(load: Load, kind: str) -> None:
    first = load(kind, AGAIN[kind])
    assert first.errors == []
    assert first.counts.new + first.counts.changed > 0
    before = tables()
    second = load(kind, AGAIN[kind])
    assert second.errors == []
    assert (second.counts.new, second.counts.changed, second.counts.unchanged) == (0, 0, first.rows)
    assert tables() == before
    assert AuditEvent.objects.filter(action="import.apply", data__kind=kind).count() >= 2
    assert Import.objects.filter(kind=kind, state="done").count() >= 2


def test_absent_columns_keep_what_is_there(load: Load) -> None:
    load("merchants", "vendor_number,name\nV2,Zwei\n")
    merchant = Merchant.objects.get(vendor_number="V2")
    assert (merchant.name, merchant.currency, merchant.timezone) == ("Zwei", "EUR", "Europe/Berlin")


# -- categories ---------------------------------------------------------------------------------------------------
def test_a_parent_may_stand_below_its_child(load: Load) -> None:
    load("categories", "name,parent\nSmall,Big\nBig,Home\n")
    child = Category.objects.get(name="Small")
    assert child.parent and child.parent.parent and child.parent.parent.name == "Home"


def test_circles_and_unknown_parents_are_refused(load: Load) -> None:
    outcome = load("categories", "name,parent\nA,B\nB,A\nC,C\nD,nowhere\nE,D\nHome,Kettles\nF,\n")
    assert [(line, code) for line, _, code in messages(outcome)] == [
        (2, "circle"),
        (3, "circle"),
        (4, "self"),
        (5, "unknown"),
        (6, "unknown"),
        (7, "circle"),
    ]
    assert set(Category.objects.values_list("name", flat=True)) == {"Home", "Kettles", "F"}


# -- products -----------------------------------------------------------------------------------------------------
def test_price_changes_are_recorded_for_known_products_only(load: Load) -> None:
    load("products", AGAIN["products"])
    change = PriceChange.objects.get()
    assert (change.product.sku, change.price_before, change.price_after) == ("A", 10, 11)
    assert (change.special_price_before, change.special_price_after, change.source) == (None, 9, "import")
    load("products", "sku,vendor_number,name,price\nA,V1,Renamed,11\n")
    assert PriceChange.objects.count() == 1


def test_special_price_dates_are_of_the_merchants_zone(load: Load) -> None:
    load("products", "sku,vendor_number,name,price,special_price,special_from\nA,V2,K,12,9,2026-07-01T00:00:00\n")
    assert Product.objects.get(sku="A", merchant__vendor_number="V2").special_from == datetime(
        2026, 6, 30, 22, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (",V1,x,1,,,,,", "sku", "required"),
        ("Z,V9,x,1,,,,,", "vendor_number", "unknown"),
        ("Z,V1,,1,,,,,", "name", "required"),
        ("Z,V1,x,,,,,,", "price", "required"),
        ("Z,V1,x,-1,,,,,", "price", "range"),
        ("Z,V1,x,1,0,,,,", "special_price", "range"),
        ("Z,V1,x,1,1,2026-02-01,2026-01-01,,", "special_to", "order"),
        ("Z,V1,x,1,1,2026-02-01,2026-02-01,,", "special_to", "order"),
        ("A,V1,x,1,1,2026-02-01,2026-01-01,,", "special_to", "order"),
        ("Z,V1,x,1,,,,-2,", "cost", "range"),
        ("Z,V1,x,1,,,,,Nowhere", "category", "unknown"),
        ("Z,V1,x,1e3,,,,,", "price", "number"),
    ],
)
def test_products_refused(load: Load, row: str, column: str, code: str) -> None:
    header = "sku,vendor_number,name,price,special_price,special_from,special_to,cost,category\n"
    before = Product.objects.count()
    outcome = load("products", f"{header}{row}\n")
    assert messages(outcome) == [(2, column, code)]
    assert Product.objects.count() == before


def test_skus_that_differ_by_a_blank_are_two(load: Load) -> None:
    outcome = load("products", "sku,vendor_number,name,price\nJ,V1,x,1\nJ ,V1,y,2\n")
    assert outcome.counts.new == 2


# -- which product ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("sku", "vendor", "expected"),
    [
        ("B", "", []),
        ("A", "V2", []),
        ("A", "", [(2, "sku", "ambiguous")]),
        ("Z", "", [(2, "sku", "unknown")]),
        ("B", "V2", [(2, "sku", "unknown")]),
        ("B", "V7", [(2, "vendor_number", "unknown")]),
        ("b", "", [(2, "sku", "unknown")]),
    ],
)
@pytest.mark.parametrize("kind", ["stock", "adjustments", "flash_sales", "orders"])
def test_which_product_a_row_means(
    load: Load, kind: str, sku: str, vendor: str, expected: list[tuple[int, str, str]]
) -> None:
    rest = {
        "stock": ("quantity", "5"),
        "adjustments": ("quantity_delta,reason,occurred_at", "1,count,2026-01-01"),
        "flash_sales": ("starts_at,ends_at,percentage", "2026-01-01,2026-01-02,5"),
        "orders": ("order_number,item_id,status,created_at,quantity,unit_price", "O1,1,3,2026-01-01,1,1"),
    }[kind]
    outcome = load(kind, f"sku,vendor_number,{rest[0]}\n{sku},{vendor},{rest[1]}\n")
    assert messages(outcome) == expected


# -- flash sales --------------------------------------------------------------------------------------------------
def test_flash_sale_defaults_and_rounding(load: Load) -> None:
    load("products", "sku,vendor_number,name,price\nE,V1,x,0.25\nF,V1,x,0.35\nY,V3,x,25\n")
    load(
        "flash_sales",
        "sku,starts_at,ends_at,percentage\nE,2026-01-01,2026-01-02,50\nF,2026-01-01,2026-01-02,50\nY,2026-01-01,2026-01-02,50\n",
    )
    prices = dict(FlashSale.objects.values_list("product__sku", "sale_price"))
    # 0.125 and 0.175 to pence, 12.5 to yen: halves go to the even neighbour
    assert prices == {"E": Decimal("0.12"), "F": Decimal("0.18"), "Y": Decimal(12)}
    load("products", "sku,vendor_number,name,price\nE,V1,x,9\n")
    load("flash_sales", "sku,starts_at,ends_at,percentage\nE,2026-01-01,2026-01-02,50\n")
    assert FlashSale.objects.get(product__sku="E").snapshot_price == Decimal("0.25")


def test_overlapping_flash_sales_are_refused(load: Load) -> None:
    head = "sku,starts_at,ends_at,percentage\n"
    assert load("flash_sales", head + "B,2026-03-01,2026-03-05,25\n").errors == []
    outcome = load(
        "flash_sales",
        head + "B,2026-03-04,2026-03-06,10\n"  # with the table
        "B,2026-03-06,2026-03-08,10\n"  # touches: fine
        "B,2026-03-07,2026-03-09,10\n"  # with line 3
        "B,2026-04-02,2026-04-01,10\n"  # backwards
        "B,2026-05-01,2026-05-02,10\nB,2026-05-01,2026-05-03,10\n"
        "D,2026-03-01,2026-03-05,10\n",
    )
    assert messages(outcome) == [
        (2, "starts_at", "overlap"),
        (4, "starts_at", "overlap"),
        (5, "ends_at", "order"),
        (7, "starts_at", "duplicate"),
    ]
    assert FlashSale.objects.count() == 4


# -- users --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("a@example.com,merchant,V1", []),
        ("a@example.com,,", []),
        ("a@example.com,merchant,", [(2, "vendor_number", "required")]),
        ("a@example.com,finance,V1", [(2, "vendor_number", "not_allowed")]),
        ("a@example.com,merchant,V9", [(2, "vendor_number", "unknown")]),
        ("a@example.com,root,", [(2, "role", "choice")]),
        ("nobody,admin,", [(2, "email", "email")]),
    ],
)
def test_users(load: Load, row: str, expected: list[tuple[int, str, str]]) -> None:
    outcome = load("users", f"email,role,vendor_number\n{row}\n")
    assert messages(outcome) == expected
    if not expected:
        assert not User.objects.get().has_usable_password()


def test_closing_an_account_ends_its_sessions(load: Load) -> None:
    load("users", "email,role\nA@example.com,finance\n")
    load("users", "email,is_active\na@example.com,false\n")
    user = User.objects.get()
    assert (user.email, user.is_active, user.session_epoch) == ("a@example.com", False, 1)


# -- adjustments and stock ----------------------------------------------------------------------------------------
def test_adjustments_are_booked_once_each(load: Load) -> None:
    load("adjustments", AGAIN["adjustments"])
    balance = StockBalance.objects.get()
    assert (balance.on_hand, balance.version) == (1, 3)
    events = list(
        InventoryEvent.objects.order_by("sequence").values_list("quantity", "quantity_after", "reason", "source")
    )
    assert events == [(-2, -2, "damaged", "csv"), (-2, -4, "damaged", "csv"), (5, 1, "found", "csv")]
    outcome = load("adjustments", AGAIN["adjustments"] + "B,-2,damaged,x,2026-01-01\n")
    assert (outcome.counts.new, outcome.counts.unchanged) == (1, 3)
    assert StockBalance.objects.get().on_hand == -1


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("B,good,MAIN,0,count,,2026-01-01", "quantity_delta", "zero"),
        ("B,good,MAIN,1,,,2026-01-01", "reason", "required"),
        ("B,good,MAIN,1,because,,2026-01-01", "reason", "unknown"),
        ("B,nice,MAIN,1,count,,2026-01-01", "inventory_type", "unknown"),
        ("B,good,MOON,1,count,,2026-01-01", "location", "unknown"),
        ("B,good,MAIN,99999999,count,,2026-01-01", "quantity_delta", "range"),
        ("B,good,MAIN,1,count,,", "occurred_at", "required"),
        ("B,good,MAIN,1,count,,2126-01-01", "occurred_at", "future"),
        (f"B,good,MAIN,1,count,{'x' * 501},2026-01-01", "note", "too_long"),
    ],
)
def test_adjustments_refused(load: Load, row: str, column: str, code: str) -> None:
    outcome = load("adjustments", f"sku,inventory_type,location,quantity_delta,reason,note,occurred_at\n{row}\n")
    assert messages(outcome) == [(2, column, code)]
    assert not InventoryEvent.objects.exists()


def test_a_counter_out_of_range_refuses_the_file(load: Load) -> None:
    rows = "".join(f"B,10000000,count,{n},2026-01-01\n" for n in range(300))
    outcome = load("adjustments", "sku,quantity_delta,reason,note,occurred_at\n" + rows)
    assert outcome.refused
    assert "more units than can be counted" in outcome.errors[0].message
    assert not InventoryEvent.objects.exists()


def test_stock_is_what_the_file_says(load: Load) -> None:
    load("adjustments", AGAIN["adjustments"])
    load("stock", "sku,quantity,lot,expires_on\nB,7,L1,2027-01-01\nB,3,L2,\n")
    assert dict(StockBalance.objects.values_list("lot", "on_hand")) == {"": 0, "L1": 7, "L2": 3}
    load("stock", "sku,quantity,lot,expires_on\nB,4,L2,\n")
    assert dict(StockBalance.objects.values_list("lot", "on_hand")) == {"": 0, "L1": 0, "L2": 4}
    load("stock", "sku,quantity\nB,9\n")
    assert StockBalance.objects.aggregate(total=Sum("on_hand"))["total"] == 9
    assert set(InventoryEvent.objects.exclude(kind="adjusted").values_list("kind", "source")) == {("imported", "csv")}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("B,good,1,,\nB,good,2,,\n", [(3, "sku", "duplicate")]),
        ("B,good,1,L,2027-01-01\nB,good,2,L,2027-01-01\n", [(3, "sku", "duplicate")]),
        ("B,good,1,L,\nB,good,2,M,\nB,defective,1,L,\n", []),
        ("B,good,-1,,\n", [(2, "quantity", "range")]),
        ("B,good,1,,31.12.2026\n", [(2, "expires_on", "date")]),
        ("B,GOOD,1,,\n", []),
    ],
)
def test_stock_rows(load: Load, rows: str, expected: list[tuple[int, str, str]]) -> None:
    assert messages(load("stock", "sku,inventory_type,quantity,lot,expires_on\n" + rows)) == expected


# -- whole calls --------------------------------------------------------------------------------------------------
def test_files_of_one_call_in_any_order(tmp_path: Path) -> None:
    files = [
        write(tmp_path, "stock", "sku,quantity\nNEW,4\n"),
        write(tmp_path, "orders", f"{ORDER}\nO,1,2,2026-01-01,NEW,1,1\n"),
        write(tmp_path, "products", "sku,vendor_number,name,price\nNEW,V5,x,1\n"),
        write(tmp_path, "merchants", "vendor_number,name\nV5,Five\n"),
    ]
    outcomes = load_files(files, now=NOW)
    assert [(outcome.kind, outcome.errors) for outcome in outcomes] == [
        ("merchants", []),
        ("products", []),
        ("orders", []),
        ("stock", []),
    ]
    balance = StockBalance.objects.get()
    assert (balance.on_hand, balance.allocated) == (4, 1)


def test_all_or_nothing_leaves_nothing(tmp_path: Path) -> None:
    before = tables()
    files = [
        write(tmp_path, "merchants", "vendor_number,name\nV5,Five\n"),
        write(tmp_path, "orders", f"{ORDER}\nO,1,2,2026-01-01,B,1,1\nO,2,2,2026-01-01,Z,1,1\n"),
        write(tmp_path, "stock", "sku,quantity\nB,4\n"),
    ]
    outcomes = load_files(files, now=NOW, all_or_nothing=True)
    assert messages(outcomes[1]) == [(3, "sku", "unknown")]
    assert all(outcome.refused and outcome.applied == 0 for outcome in outcomes)
    assert tables() == before
    assert Import.objects.filter(state="failed").count() == 3


def test_a_file_that_fails_half_way_is_rolled_back(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import DatabaseError

    from inventory_ops.operations import ledger

    def fail(*args: object, **kwargs: object) -> None:
        raise DatabaseError("disk full")

    before = tables()
    monkeypatch.setattr(ledger, "book_staged", fail)
    outcome = load("orders", f"{ORDER}\nO,1,2,2026-01-01,B,1,1\n")
    assert outcome.refused
    assert "Nothing of the file was applied" in outcome.errors[0].message
    assert tables() == before


def test_shift_dates_moves_the_newest_moment_to_yesterday(tmp_path: Path) -> None:
    files = [
        write(tmp_path, "orders", f"{ORDER},ship_by\nO,1,2,2010-12-01T09:00,B,1,1,2012-01-01\n"),
        write(tmp_path, "adjustments", "sku,quantity_delta,reason,occurred_at\nB,3,count,2010-12-05T10:00\n"),
        write(tmp_path, "flash_sales", "sku,starts_at,ends_at,percentage\nB,2010-11-01,2013-01-01,5\n"),
        write(tmp_path, "stock", "sku,quantity,lot,expires_on\nB,3,L,2011-12-05\n"),
    ]
    outcomes = load_files(files, now=NOW, shift_dates=True)
    assert not [outcome.errors for outcome in outcomes if outcome.errors]
    shift = datetime(2026, 3, 14, tzinfo=UTC) - datetime(2010, 12, 5, tzinfo=UTC)
    order = Order.objects.get()
    assert order.created_at == datetime(2010, 12, 1, 9, tzinfo=UTC) + shift
    assert OrderItem.objects.get().ship_by == datetime(2012, 1, 1, tzinfo=UTC) + shift
    assert InventoryEvent.objects.get(kind="adjusted").occurred_at == datetime(2026, 3, 14, 10, tzinfo=UTC)
    assert FlashSale.objects.get().starts_at == datetime(2010, 11, 1, tzinfo=UTC) + shift
    assert StockBalance.objects.get(lot="L").expires_on == (datetime(2011, 12, 5, tzinfo=UTC) + shift).date()
    # the day after: everything moves on by a day, nothing is there twice
    outcomes = load_files(files, now=NOW + timedelta(days=1), shift_dates=True)
    assert not [outcome.errors for outcome in outcomes if outcome.errors]
    assert Order.objects.get().created_at == order.created_at + timedelta(days=1)
    assert FlashSale.objects.get().starts_at == datetime(2010, 11, 2, tzinfo=UTC) + shift
    assert InventoryEvent.objects.filter(kind="adjusted").count() == 1
    assert StockBalance.objects.aggregate(total=Sum("on_hand"))["total"] == 3
