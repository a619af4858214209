"""Truth tables of the five reports: each rule of the specification with its boundaries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from inventory_ops.kit.reports import registry
from inventory_ops.kit.reports.scope import months_before
from inventory_ops.models import Product
from tests import make
from tests.make import NOW, ago

pytestmark = pytest.mark.django_db
TICK = timedelta(microseconds=1)


def rows(slug: str, *, viewer: Any = None, as_of: datetime = NOW, **filters: str) -> list[dict[str, Any]]:
    report = registry.get(slug)
    selection = report.select(filters, viewer=viewer, as_of=as_of)
    columns = [column for column in report.columns if column.expression or column.on_page or column.exported]
    return list(
        report.page_values(selection.rows, columns, viewer=viewer).order_by(*report.ordering(report.default_sort))
    )


def skus(slug: str, **filters: Any) -> set[str]:
    return {row["c_sku"] for row in rows(slug, **filters)}


# -- 1 inventory cost issues ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "cost", "fields", "listed"),
    [
        ("10", "10.01", {}, True),
        ("10", "10", {}, False),  # equal is not an issue
        ("10", "9.99", {}, False),
        ("10", None, {}, False),  # missing cost is a list of its own
        ("0", "0", {}, False),
        ("0", "0.01", {}, True),
        # the special price counts inside its window [from, to)
        ("10", "9", {"special_price": Decimal("8")}, True),
        ("10", "9", {"special_price": Decimal("8"), "special_from": NOW}, True),
        ("10", "9", {"special_price": Decimal("8"), "special_from": NOW + TICK}, False),
        ("10", "9", {"special_price": Decimal("8"), "special_to": NOW + TICK}, True),
        ("10", "9", {"special_price": Decimal("8"), "special_to": NOW}, False),
        ("10", "9", {"special_price": Decimal("9")}, False),
        ("10", "11", {"special_price": Decimal("12")}, False),  # a special price above the price is still in force
    ],
)
def test_cost_is_compared_with_the_price_in_force(
    price: str, cost: str | None, fields: dict[str, Any], listed: bool
) -> None:
    make.product("A", price=Decimal(price), cost=Decimal(cost) if cost else None, **fields)
    assert ("A" in skus("inventory-cost-issues")) is listed


@pytest.mark.parametrize(
    ("start", "end", "listed"),
    [
        (NOW, NOW + TICK, True),  # in force from its start on
        (NOW + TICK, NOW + timedelta(days=1), False),
        (ago(days=1), NOW, False),  # until just before its end
        (ago(days=1), NOW + timedelta(days=1), True),
    ],
)
def test_an_active_flash_sale_decides_the_price(start: datetime, end: datetime, listed: bool) -> None:
    product = make.product("A", price=Decimal(10), cost=Decimal("8.5"))
    make.sale(product, start, end, price="8")
    assert ("A" in skus("inventory-cost-issues")) is listed


def test_a_flash_sale_goes_before_a_special_price() -> None:
    product = make.product("A", price=Decimal(10), cost=Decimal("7"), special_price=Decimal(6))
    make.sale(product, ago(days=1), NOW + timedelta(days=1), price="8")
    assert skus("inventory-cost-issues") == set()


@pytest.mark.parametrize(
    ("cost", "snapshot", "explained"),
    [("9", "10", "flash_sale"), ("10", "10", "flash_sale"), ("10.01", "10", "both")],
)
def test_why_a_product_in_a_sale_is_below_cost(cost: str, snapshot: str, explained: str) -> None:
    product = make.product("A", price=Decimal(10), cost=Decimal(cost))
    make.sale(product, ago(days=1), NOW + timedelta(days=1), price="8", snapshot=snapshot)
    assert rows("inventory-cost-issues")[0]["c_explained_by"] == explained


def test_without_a_sale_price_or_cost_explains_it() -> None:
    make.product("A", price=Decimal(10), cost=Decimal(11))
    assert rows("inventory-cost-issues")[0]["c_explained_by"] == "price_or_cost"


def test_the_sale_shown_is_the_active_one_else_the_next() -> None:
    product = make.product("A", price=Decimal(10), cost=Decimal(11))
    make.sale(product, ago(days=9), ago(days=8))
    assert rows("inventory-cost-issues")[0]["c_sale_starts_at"] is None
    later = make.sale(product, NOW + timedelta(days=5), NOW + timedelta(days=6))
    soon = make.sale(product, NOW + timedelta(days=1), NOW + timedelta(days=2))
    assert rows("inventory-cost-issues")[0]["c_sale_starts_at"] == soon.starts_at
    active = make.sale(product, ago(hours=1), NOW + timedelta(hours=1))
    assert rows("inventory-cost-issues")[0]["c_sale_starts_at"] == active.starts_at
    assert later.starts_at > soon.starts_at


def test_loss_units_and_value_at_risk() -> None:
    product = make.product("A", price=Decimal(10), cost=Decimal("12.5"))
    make.stock(product, 4)
    make.stock(product, 3, lot="L1", expires_on=NOW.date())
    make.stock(product, 9, type_="defective")  # cannot be sold, so nothing is lost by it
    row = rows("inventory-cost-issues")[0]
    assert (row["c_loss"], row["c_on_hand"], row["c_value_at_risk"]) == (Decimal("2.5"), 7, Decimal("17.5"))


def test_missing_cost_is_a_list_of_its_own() -> None:
    make.product("A", cost=None)
    make.product("B", cost=Decimal(99))
    assert skus("inventory-cost-issues", show="missing_cost") == {"A"}


@pytest.mark.parametrize(
    ("margin", "listed"), [("0", {"E", "L"}), ("10", {"E", "L", "T"}), ("9.99", {"E", "L"}), ("-1", {"L"})]
)
def test_margin_at_most(margin: str, listed: set[str]) -> None:
    make.product("E", price=Decimal(10), cost=Decimal(10))
    make.product("L", price=Decimal(10), cost=Decimal(11))
    make.product("T", price=Decimal(10), cost=Decimal(9))
    make.product("H", price=Decimal(10), cost=Decimal(5))
    assert skus("inventory-cost-issues", margin=margin) == listed


@pytest.mark.parametrize(("loss", "listed"), [("2", {"A"}), ("2.01", set()), ("1", {"A", "B"})])
def test_loss_at_least(loss: str, listed: set[str]) -> None:
    make.product("A", price=Decimal(10), cost=Decimal(12))
    make.product("B", price=Decimal(10), cost=Decimal(11))
    assert skus("inventory-cost-issues", loss=loss) == listed


# -- 2 shipping issues ----------------------------------------------------------------------------------------------


def short(product: Product, *, status: int = 3, at: datetime | None = None, quantity: int = 2, **fields: Any) -> None:
    make.item(product, in_=make.order(status=status, at=at), quantity=quantity, **({"shipped": 0} | fields))


SHORT: dict[str, tuple[Callable[[Product], None], bool]] = {
    "closed, nothing shipped": (lambda p: short(p), True),
    "closed, shipped in part": (lambda p: short(p, shipped=1), True),
    "closed, shipped in full": (lambda p: short(p, shipped=2), False),
    "cart": (lambda p: short(p, status=1), False),
    "open, no ship-by": (lambda p: short(p, status=2), False),
    "open, inside ship-by": (lambda p: short(p, status=2, ship_by=NOW), False),
    "open, past ship-by": (lambda p: short(p, status=2, ship_by=NOW - TICK), True),
    "cancelled by seller": (lambda p: short(p, status=2, cancelled_quantity=2, cancelled_by="seller"), True),
    "cancelled by warehouse": (lambda p: short(p, status=2, cancelled_quantity=2, cancelled_by="warehouse"), True),
    "cancelled by system": (lambda p: short(p, status=2, cancelled_quantity=1, cancelled_by="system"), True),
    "cancelled by customer": (lambda p: short(p, cancelled_quantity=2, cancelled_by="customer"), False),
    "part cancelled by customer, rest shipped": (
        lambda p: short(p, cancelled_quantity=1, cancelled_by="customer", shipped=1),
        False,
    ),
    "part cancelled by customer, rest not shipped": (
        lambda p: short(p, cancelled_quantity=1, cancelled_by="customer"),
        True,
    ),
}


@pytest.mark.parametrize("case", SHORT)
def test_which_lines_count_as_not_shipped(case: str) -> None:
    build, counted = SHORT[case]
    build(make.product("A"))
    assert ("A" in skus("shipping-issues", times="1")) is counted


def test_distinct_orders_are_counted_not_lines_or_units() -> None:
    product = make.product("A")
    first = make.order()
    make.item(product, in_=first, quantity=5, shipped=0)
    make.item(product, in_=first, quantity=5, shipped=1)
    assert skus("shipping-issues") == set()  # once: below the default of two or more
    short(product)
    row = rows("shipping-issues")[0]
    assert (row["c_times"], row["c_units"]) == (2, 11)


def test_the_window_of_12_months_is_open_at_its_start() -> None:
    product = make.product("A")
    edge = months_before(NOW, 12)
    short(product, at=edge)
    short(product, at=edge + TICK)
    short(product, at=NOW)
    short(product, at=NOW + TICK)
    assert rows("shipping-issues", times="1")[0]["c_times"] == 2
    assert rows("shipping-issues", times="1", window="")[0]["c_times"] == 3


def test_12_months_before_the_31st_of_march_and_a_leap_day() -> None:
    assert months_before(NOW, 1).day == 28
    assert months_before(NOW.replace(year=2028, month=2, day=29), 12) == NOW.replace(year=2027, month=2, day=28)


# -- 3 order cost issues --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("price", "cost", "listed"), [("10", "10.01", True), ("10", "10", False), ("10", None, False)])
@pytest.mark.parametrize("status", [1, 2, 3])
def test_lines_below_cost(price: str, cost: str | None, listed: bool, status: int) -> None:
    make.item(
        make.product("A"),
        in_=make.order(status=status),
        unit_price=Decimal(price),
        unit_cost=Decimal(cost) if cost else None,
    )
    assert ("A" in skus("order-cost-issues")) is listed


def test_the_window_is_by_issue_time() -> None:
    product = make.product("A")
    for number, moment in (("old", ago(days=30)), ("in", ago(days=30) + TICK), ("future", NOW + TICK)):
        make.item(product, in_=make.order(number, at=moment), unit_cost=Decimal(11))
    assert {row["c_order"] for row in rows("order-cost-issues")} == {"in"}


def test_status_filter_and_current_prices() -> None:
    product = make.product("A", price=Decimal(20), cost=Decimal(3), special_price=Decimal(15))
    for status in (1, 2, 3):
        make.item(product, in_=make.order(f"S{status}", status=status), unit_cost=Decimal(11))
    assert {row["c_order"] for row in rows("order-cost-issues", status="3")} == {"S3"}
    row = rows("order-cost-issues")[0]
    assert (row["c_price_now"], row["c_cost_now"], row["c_price"], row["c_cost"]) == (15, 3, 10, 11)


# -- 4 products without orders --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "at", "fields", "listed"),
    [
        (3, ago(days=30), {}, True),  # at the window's open start
        (3, ago(days=30) + TICK, {}, False),
        (2, ago(days=1), {}, False),
        (1, ago(days=1), {}, True),  # a cart is not an order
        (3, NOW, {}, False),
        (3, NOW + TICK, {}, True),
        (2, ago(days=1), {"quantity": 2, "cancelled_quantity": 2, "cancelled_by": "seller"}, True),
        (2, ago(days=1), {"quantity": 2, "cancelled_quantity": 1, "cancelled_by": "seller"}, False),
    ],
)
def test_what_counts_as_an_order(status: int, at: datetime, fields: dict[str, Any], listed: bool) -> None:
    make.item(make.product("A"), in_=make.order(status=status, at=at), **fields)
    assert ("A" in skus("products-without-orders")) is listed


@pytest.mark.parametrize(("created", "listed"), [(ago(days=30), True), (ago(days=30) + TICK, False)])
def test_products_newer_than_the_window_are_left_out(created: datetime, listed: bool) -> None:
    make.product("A", created_at=created)
    assert ("A" in skus("products-without-orders")) is listed
    assert "A" in skus("products-without-orders", new="include")


def test_quantity_available_and_last_order() -> None:
    product = make.product("A", cost=Decimal(3))
    make.stock(product, 10, allocated=4)
    make.stock(product, 5, type_="defective")
    make.item(product, in_=make.order(at=ago(days=90)))
    row = rows("products-without-orders")[0]
    assert (row["c_available"], row["c_stock_value"]) == (6, 30)
    assert row["c_last_ordered_at"] == ago(days=90)
    make.product("B")
    never = next(row for row in rows("products-without-orders") if row["c_sku"] == "B")
    assert (never["c_last_ordered_at"], never["c_available"]) == (None, 0)


@pytest.mark.parametrize(("days", "listed"), [("7d", True), ("14d", False), ("90d", False)])
def test_other_windows(days: str, listed: bool) -> None:
    make.item(make.product("A"), in_=make.order(at=ago(days=10)))
    assert ("A" in skus("products-without-orders", window=days)) is listed


def test_own_dates_take_in_both_days() -> None:
    make.item(make.product("A"), in_=make.order(at=datetime(2026, 3, 10, tzinfo=NOW.tzinfo)))
    assert skus("products-without-orders", date_from="2026-03-10", date_to="2026-03-10") == set()
    assert skus("products-without-orders", date_from="2026-03-11", date_to="2026-03-20") == {"A"}


# -- 5 abandoned checkouts ------------------------------------------------------------------------------------------


def cart(number: str, at: datetime, *, lines: int = 1, status: int = 1, **fields: Any) -> Any:
    made = make.order(number, status=status, at=at, **fields)
    for _ in range(lines):
        make.item(make.product(), in_=made)
    return made


def numbers(**filters: Any) -> set[str]:
    return {row["c_number"] for row in rows("abandoned-checkouts", **filters)}


def test_a_cart_is_abandoned_after_the_stores_time_out() -> None:
    quick = make.store("1", abandon_after=timedelta(minutes=10))
    cart("default-in-time", ago(minutes=60))
    cart("default-late", ago(minutes=60) - TICK)
    cart("quick-late", ago(minutes=11), store=quick)
    cart("quick-in-time", ago(minutes=10), store=quick)
    assert numbers() == {"default-late", "quick-late"}


def test_orders_and_empty_carts_are_not_abandoned() -> None:
    cart("placed", ago(days=1), status=2)
    cart("closed", ago(days=1), status=3)
    cart("empty", ago(days=1), lines=0)
    assert numbers() == set()


def test_scans_pages_and_merchants_find_the_same_carts() -> None:
    own = make.merchant()
    cart("LINES", ago(hours=2), lines=2)
    cart("EMPTY", ago(hours=2), lines=0)
    cart("YOUNG", ago(minutes=10))
    make.item(make.product(of=own), in_=cart("OWN", ago(days=2), lines=0, store=make.store()))
    found = [
        {row["c_number"] for row in rows("abandoned-checkouts", viewer=viewer)}
        for viewer in (None, make.user(), make.user("merchant", of=own))
    ]
    assert found == [{"LINES", "OWN"}, {"LINES", "OWN"}, {"OWN"}]


def test_the_window_is_by_last_activity() -> None:
    edge = months_before(NOW, 12)
    cart("at", edge)
    cart("after", edge + TICK)
    assert numbers() == {"after"}
    assert numbers(window="") == {"at", "after"}


def test_card_issues_show_the_last_failure_and_the_count() -> None:
    made = cart("A", ago(days=1))
    make.attempt(made, "51", "Insufficient funds", attempted_at=ago(days=2))
    make.attempt(made, "54", "Expired card", attempted_at=ago(days=1))
    cart("B", ago(days=1))
    by_number = {row["c_number"]: row["c_card_issue"] for row in rows("abandoned-checkouts")}
    assert by_number == {"A": "54: Expired card (2×)", "B": ""}
    assert numbers(card_issue="yes") == {"A"}
    assert numbers(card_issue="no") == {"B"}


def test_a_merchant_sees_its_own_lines_total_and_a_masked_address() -> None:
    own, other = make.merchant(), make.merchant()
    made = make.order("A", status=1, at=ago(days=1), customer_email="jane@example.org", total_amount=Decimal(70))
    make.item(make.product(of=own), in_=made, quantity=2)
    make.item(make.product(of=other), in_=made, quantity=5)
    viewer = make.user("merchant", of=own)
    row = rows("abandoned-checkouts", viewer=viewer)[0]
    assert (row["c_total"], row["c_email"]) == (20, "j***@example.org")
    assert rows("abandoned-checkouts")[0]["c_total"] == 70


def test_groups_by_product_promo_and_card_error() -> None:
    product = make.product("A")
    for number in ("1", "2"):
        made = make.order(number, status=1, at=ago(days=1), promo_code="SPRING")
        make.item(product, in_=made, quantity=3)
        make.attempt(made)
    assert rows("abandoned-by-product")[0]["c_carts"] == 2
    assert rows("abandoned-by-promo")[0]["c_promo"] == "SPRING"
    assert rows("abandoned-by-card-error")[0]["c_carts"] == 2
