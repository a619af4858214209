"""Pages, exports and scans read the tables of issues, and never one that is behind."""

from __future__ import annotations

import csv
import io
import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory_ops.kit.reports import exports, registry
from inventory_ops.models import (
    Category,
    Finding,
    InventoryCostIssue,
    IssueChange,
    IssueRefresh,
    Merchant,
    OrderCostIssue,
    Product,
    ShippingCandidate,
    ShippingIssue,
)
from inventory_ops.operations import issues, scans
from inventory_ops.queries.issues import SHIPPING_PERIODS, TABLES, state
from inventory_ops.reports import base
from tests import make

pytestmark = pytest.mark.django_db
SLUGS = list(TABLES)
MOST_QUERIES = 8


def world(number: str = "OWN", **fields: Any) -> Merchant:
    """A merchant with two rows in each report, of now."""
    merchant = make.merchant(number, **fields)
    now = timezone.now()
    for cost in ("12.5", "11"):
        dear = make.product(f"DEAR-{cost}-{number}", of=merchant, cost=Decimal(cost), name="<b>Lamp</b>")
        make.stock(dear, 3)
        placed = make.order(f"LOSS-{cost}-{number}", at=now - timedelta(days=3), customer_email="jane@example.org")
        make.item(dear, in_=placed, unit_cost=Decimal(cost))
    make.sale(dear, now - timedelta(days=1), now + timedelta(days=1))
    for n in range(2):
        short = make.product(f"SHORT-{n}-{number}", of=merchant)
        for back in range(2 + n):
            make.item(short, in_=make.order(at=now - timedelta(days=200 + back)), quantity=3, shipped=1)
    return merchant


def client(user: Any) -> Client:
    made = Client()
    made.force_login(user)
    return made


def export(slug: str, *, viewer: Any = None, as_of: datetime | None = None, sort: str = "", **filters: str) -> str:
    selection = registry.get(slug).select(filters, viewer=viewer, as_of=as_of)
    return b"".join(exports.csv_chunks(selection, sort)).decode()


def live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base.issues, "right_at", lambda *args, **kwargs: None)


@pytest.mark.parametrize("slug", SLUGS)
def test_every_sort_and_filter_gives_the_rows_of_the_live_query(slug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world()
    other = world("OTHER", currency="JPY")
    report = registry.get(slug)
    viewers = [None, make.user("merchant", of=other)]
    now = timezone.now()
    assert export(slug, as_of=now).count("\n") == 5
    cases: list[dict[str, str]] = [{"sort": sort} for key in report.columns_by_key for sort in (key, f"-{key}")]
    cases = [case for case in cases if report.columns_by_key[case["sort"].removeprefix("-")].sortable]
    filters = {"q": ["lamp", "vendor oTHER", "nothing"], "vendor": ["other", "x"], "brand": ["b"], "times": ["3"]}
    filters |= {"loss": ["2"], "flash_sale": ["yes", "no"], "status": ["3"], "explained": ["both", "price_or_cost"]}
    filters |= {"window": [*SHIPPING_PERIODS, "45d"], "margin": ["0"], "show": ["missing_cost"], "owner": ["nobody"]}
    days = [str((now + timedelta(days=back)).date()) for back in (-201, -200, 0, 1)]
    filters |= {"date_from": days, "date_to": days}
    known = report.filterset_class.base_filters
    cases += [{name: value} for name, values in filters.items() if name in known for value in values]
    kept = [export(slug, viewer=viewer, as_of=now, **case) for case in cases for viewer in viewers]
    live(monkeypatch)
    assert kept == [export(slug, viewer=viewer, as_of=now, **case) for case in cases for viewer in viewers]
    assert any("OTHER" in text for text in kept)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_merchant_sees_its_own_rows_alone(slug: str) -> None:
    world()
    other = world("OTHER")
    issues.refresh(as_of=timezone.now())
    text = client(make.user("merchant", of=other)).get(registry.get(slug).url).content.decode()
    assert "-OTHER" in text and "-OWN" not in text


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("params", [{}, {"per_page": "1"}], ids=["whole", "first of several"])
def test_a_page_that_is_up_to_date_keeps_within_its_queries(slug: str, params: dict[str, str]) -> None:
    world()
    browser = client(make.user())
    url = registry.get(slug).url
    browser.get(url, params)
    scans.run("costs")
    browser.get(url, params)
    with CaptureQueriesContext(connection) as queries:
        response = browser.get(url, params)
    assert len(queries) <= MOST_QUERIES, [query["sql"][:200] for query in queries.captured_queries]
    assert "Rows up to date" in response.content.decode()
    table = TABLES[slug].model._meta.db_table
    assert any(table in query["sql"] for query in queries.captured_queries)


@pytest.mark.parametrize("slug", [*SLUGS, "abandoned-checkouts", "products-without-orders"])
def test_any_column_may_be_the_only_one_shown(slug: str) -> None:
    merchant = world()
    cart = make.order("CART", status=1, at=timezone.now() - timedelta(days=1))
    make.item(make.product(of=merchant), in_=cart)
    browser, report = client(make.user()), registry.get(slug)
    for column in report.columns:
        if column.on_page:
            response = browser.get(report.url, {"columns": column.key})
            assert response.status_code == 200 and response.context["page"].table.row_count, column.key


def test_deep_pages_are_found_by_the_last_row() -> None:
    merchant = make.merchant()
    for n in range(7):
        make.product(f"P{n}", of=merchant, cost=Decimal(20))  # the same loss: the key decides
    browser = client(make.user())
    seen, address = [], "?per_page=2&sort=-loss"
    while address:
        page = browser.get(f"/action-required/inventory-cost-issues/{address}").context["page"]
        seen += [part.split("<")[0] for part in page.table.body.split('/">')[1:]]
        address = page.pager.next_url
        assert not address or "after=" in address
    assert seen == [f"P{n}" for n in reversed(range(7))]


def test_a_page_that_is_behind_refreshes_first() -> None:
    world()
    browser = client(make.user())
    url = "/action-required/inventory-cost-issues/"
    assert "DEAR-12.5-OWN" in browser.get(url).content.decode()
    Product.objects.filter(sku="DEAR-12.5-OWN").update(cost=Decimal(3))
    Product.objects.filter(sku="SHORT-0-OWN").update(cost=Decimal(77))
    assert IssueChange.objects.exists()
    text = browser.get(url).content.decode()
    assert "DEAR-12.5-OWN" not in text and "SHORT-0-OWN" in text and "Rows up to date" in text
    assert not IssueChange.objects.exists()


def test_a_sale_that_ends_is_noticed_by_the_clock() -> None:
    product = make.product("A", cost=Decimal(9), price=Decimal(20))
    now = timezone.now()
    make.sale(product, now - timedelta(hours=1), now - timedelta(seconds=1))
    make.sale(product, now + timedelta(seconds=20), now + timedelta(seconds=40))
    issues.refresh(as_of=now)
    assert not InventoryCostIssue.objects.exists()
    slug = "inventory-cost-issues"
    assert "A" in export(slug, as_of=now + timedelta(seconds=20)).split("\r\n", 1)[1]
    assert InventoryCostIssue.objects.exists()
    assert "A" not in export(slug, as_of=now + timedelta(seconds=40)).split("\r\n", 1)[1]
    # a moment that is gone: the table stays, the live query answers
    assert "A" in export(slug, as_of=now + timedelta(seconds=30)).split("\r\n", 1)[1]
    assert not InventoryCostIssue.objects.exists()


def test_moments_away_from_now_never_change_the_tables() -> None:
    world()
    now = timezone.now()
    for moment in (now - timedelta(days=400), now - timedelta(minutes=5), now + timedelta(days=9)):
        for slug in SLUGS:
            export(slug, as_of=moment)
    assert not IssueRefresh.objects.exists()
    assert not any(table.model.objects.exists() for table in TABLES.values())  # type: ignore[attr-defined]


def test_nothing_is_written_when_nothing_changed() -> None:
    world()
    now = timezone.now()
    issues.refresh(as_of=now)

    def versions() -> list[Any]:
        with connection.cursor() as cursor:
            found = []
            for table in [*(table.model for table in TABLES.values()), IssueRefresh]:
                cursor.execute(f"select array_agg(xmin::text || ctid) from {table._meta.db_table}")
                found += cursor.fetchall()
        return found

    before = versions()
    with CaptureQueriesContext(connection) as queries:
        issues.refresh(as_of=now + timedelta(seconds=1))
    assert versions() == before
    assert not any("merge" in query["sql"] for query in queries.captured_queries)
    issues.refresh(as_of=now + timedelta(seconds=2), whole=True)
    assert versions()[:-1] == before[:-1]


def test_every_period_that_is_offered_is_kept_and_no_other() -> None:
    now = timezone.now()
    product = make.product("A")
    for days in (3, 3, 10, 20, 50, 80, 150, 300, 700, 900):
        make.item(product, in_=make.order(at=now - timedelta(days=days)), quantity=2, shipped=1)
    issues.refresh(as_of=now)
    report = registry.get("shipping-issues")

    def of(**params: str) -> tuple[bool, list[int]]:
        found = report.select(params, viewer=None, as_of=now)
        return bool(found.scope.kept), [row["times"] for row in found.rows.values("times")]

    times = {"7d": 2, "14d": 3, "30d": 4, "60d": 5, "90d": 6, "180d": 7, "365d": 8, "12m": 8, "24m": 9, "": 10}
    assert set(times) == set(SHIPPING_PERIODS)
    for period, expected in times.items():
        assert of(window=period) == (True, [expected]), period
    # days of somebody's own: the products of the shortest period around them, and their lines
    assert of(window="45d") == (True, [4])
    today, tomorrow = str(now.date()), str(now.date() + timedelta(days=1))
    month_ago, days_ago = str(now.date() - timedelta(days=30)), str(now.date() - timedelta(days=5))
    assert of(date_from=month_ago) == of(date_from=month_ago, date_to=tomorrow) == (True, [4])
    assert of(date_to=days_ago) == (True, [8])
    # the day is not over: what is known of it is what is known now
    assert of(date_to=today) == of(date_to=tomorrow) == (True, [10])


@pytest.mark.parametrize("seed", range(3))
def test_any_days_give_the_rows_of_the_live_query(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance, now = random.Random(seed), timezone.now()
    merchants = [make.merchant("OWN"), make.merchant("OTHER")]
    shelf = Category.objects.create(name="Shelf")
    products = [make.product(f"P{n}", of=merchants[n % 2], category=shelf if n % 3 else None) for n in range(8)]
    for _ in range(120):
        placed = now - timedelta(days=chance.choice((1, 5, 20, 60, 200, 500, 900)), hours=chance.randrange(100))
        order = make.order(at=placed, status=chance.choice((2, 3)))
        for product in chance.sample(products, 2):
            by = chance.choice(("", "customer", "seller"))
            gone: dict[str, Any] = {"cancelled_quantity": chance.randint(1, 2), "cancelled_by": by} if by else {}
            ship_by = placed + timedelta(days=3)
            make.item(product, in_=order, quantity=4, shipped=chance.choice((0, 1, 2)), ship_by=ship_by, **gone)

    def day() -> str:
        return str((now - timedelta(days=chance.choice((0, 3, 30, 70, 300, 950)))).date())

    cases: list[dict[str, str]] = []
    for _ in range(12):
        first, last = sorted((day(), day()))
        days = [{"window": f"{chance.randint(1, 999)}d"}, {"date_from": first, "date_to": last}, {"date_to": last}]
        more = [{}, {"times": "1"}, {"times": ""}, {"times": "4"}, {"q": "p1"}, {"vendor": "own"}]
        more += [{"category": str(shelf.pk)}, {"owner": "nobody"}]
        sort = chance.choice(("times", "-times", "sku", "-vendor", "-units", "value", "-last_at"))
        cases.append(chance.choice(days) | chance.choice(more) | {"sort": sort})
    viewers = [None, make.user("merchant", of=merchants[1])]
    kept = [export("shipping-issues", viewer=viewer, as_of=now, **case) for case in cases for viewer in viewers]
    live(monkeypatch)
    assert kept == [export("shipping-issues", viewer=viewer, as_of=now, **case) for case in cases for viewer in viewers]
    assert max(text.count("\n") for text in kept) > 3


def test_own_days_ask_only_for_the_lines_of_products_that_were_short_around_them() -> None:
    now = timezone.now()
    for n in range(2):
        product = make.product(f"P{n}")
        make.item(product, in_=make.order(at=now - timedelta(days=20)), quantity=2, shipped=1)
        make.item(product, in_=make.order(at=now - timedelta(days=20 + 200 * n)), quantity=2, shipped=1)
    found = registry.get("shipping-issues").select({"window": "45d"}, viewer=None, as_of=now)
    assert found.rows.model is ShippingCandidate
    assert [row.sku for row in found.rows] == ["P0"]


@pytest.mark.parametrize("slug", SLUGS)
def test_a_category_is_found_when_the_table_cannot_answer(slug: str) -> None:
    world()
    shelf = Category.objects.create(name="Shelf")
    Product.objects.update(category=shelf)
    now = timezone.now()
    for as_of in (now, now - timedelta(minutes=5)):  # of a moment that is gone the live query tells
        assert export(slug, as_of=as_of, category=str(shelf.pk)) == export(slug, as_of=as_of)
        assert export(slug, as_of=as_of).count("\n") == 3


def test_no_window_reaches_beyond_the_moment_it_is_read_for() -> None:
    now = timezone.now()
    product = make.product("A")
    for hours in (-30, -1, 1, 30):  # the later ones are of a clock that is ahead
        make.item(product, in_=make.order(at=now + timedelta(hours=hours)), quantity=2, shipped=1)
    for days in (0, 1, 2):
        last = str(now.date() + timedelta(days=days))
        assert export("shipping-issues", as_of=now, date_to=last) == export("shipping-issues", as_of=now, window="")
        behind = registry.get("unshipped-orders").select({"date_to": last}, viewer=None, as_of=now)
        assert behind.rows.count() == 2


def test_a_line_that_leaves_a_period_concerns_that_period_alone() -> None:
    now = timezone.now()
    product = make.product("A")
    for _ in range(2):
        make.item(product, in_=make.order(at=now - timedelta(days=7, seconds=-20)), quantity=2, shipped=1)
    issues.refresh(as_of=now)
    later = now + timedelta(seconds=30)
    assert not state("shipping-issues", as_of=later).is_current
    assert not state("shipping-issues", as_of=later, periods=["7d"]).is_current
    assert state("shipping-issues", as_of=later, periods=["12m"]).is_current
    assert "A" not in export("shipping-issues", as_of=later, window="7d").split("\r\n", 1)[1]
    assert not ShippingIssue.objects.filter(period="7d").exists()
    assert ShippingIssue.objects.get(period="14d").times == 2


def near() -> None:
    """Products with margins from below nothing to half the price, at prices of every kind."""
    now = timezone.now()
    for number, cost in enumerate(("0", "0.0001", "5", "8.9999", "9", "9.01", "9.8", "9.9999", "10", "11")):
        make.product(f"NEAR-{number}", cost=Decimal(cost))
        special = {"price": Decimal(20), "special_price": Decimal(10)}
        make.stock(make.product(f"SPECIAL-{number}", cost=Decimal(cost), **special), 2)
        start = now + timedelta(hours=number % 2 * 2 - 1)  # every other one begins later
        make.sale(make.product(f"SALE-{number}", cost=Decimal(cost), price=Decimal(20)), start, start + timedelta(9))
    make.product("GIVEN-AWAY", cost=Decimal(1), price=Decimal(0))
    make.product("NOTHING", cost=Decimal(0), price=Decimal(0))
    make.product("UNKNOWN", cost=None)


@pytest.mark.parametrize("sort", ["loss", "-loss", "sku", "-value_at_risk", "-sale"])
def test_every_margin_gives_the_rows_of_the_live_query(sort: str, monkeypatch: pytest.MonkeyPatch) -> None:
    near()
    world()
    slug, now = "inventory-cost-issues", timezone.now()
    margins = ["-100", "-10", "-0.0001", "0", "1.9999", "2", "9.9999", "10", "10.0001", "11", "50", "100"]
    cases = [{"margin": margin} for margin in margins] + [{"margin": "2", "q": "near"}, {}]
    kept = [export(slug, as_of=now, sort=sort, **case) for case in cases]
    are_kept = [registry.get(slug).select(case, viewer=None, as_of=now).scope.kept for case in cases]
    assert [bool(state) for state in are_kept] == [case.get("margin") not in margins[-4:] for case in cases]
    live(monkeypatch)
    assert kept == [export(slug, as_of=now, sort=sort, **case) for case in cases]
    counts = [text.count("\n") for text in kept]
    assert counts[: len(margins)] == sorted(counts[: len(margins)]) and len(set(counts)) > 8
    assert all("GIVEN-AWAY" in text for text in kept[: len(margins)])


def test_what_has_a_small_margin_is_kept_and_no_issue() -> None:
    near()
    scans.run("costs")
    assert InventoryCostIssue.objects.filter(sku="NEAR-8").exists()  # cost = price
    below = {"NEAR-9", "SPECIAL-9", "GIVEN-AWAY", "SALE-8", "SALE-9", "SALE-6"}
    found = {label.split(" ")[0] for label in Finding.objects.values_list("label", flat=True)}
    assert found <= {row.sku for row in InventoryCostIssue.objects.all()} and "NEAR-8" not in found
    assert found >= below - {f"SALE-{n}" for n in range(1, 10, 2)}
    # its stock is noted like that of an issue
    issues.refresh(as_of=timezone.now())
    make.stock(Product.objects.get(sku="NEAR-8"), 7)
    issues.refresh(as_of=timezone.now())
    assert InventoryCostIssue.objects.get(sku="NEAR-8").on_hand == 7


def test_scans_read_the_tables_and_open_the_same_findings() -> None:
    world()
    scans.run("costs")
    scans.run("shipping")
    assert Finding.objects.filter(report="inventory-cost-issues").count() == InventoryCostIssue.objects.count() == 2
    assert Finding.objects.filter(report="order-cost-issues").count() == OrderCostIssue.objects.count() == 2
    assert Finding.objects.filter(report="shipping-issues").count() == 2
    assert ShippingIssue.objects.filter(period="12m").count() == 2
    found = Finding.objects.get(label__startswith="DEAR-12.5-OWN")
    assert found.value == Decimal("7.5") and found.merchant_id
    Product.objects.filter(sku="DEAR-12.5-OWN").update(cost=Decimal(1))
    assert scans.run("costs").resolved == 1


def test_exports_of_strangers_and_masks_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    own = world()
    rows = list(csv.DictReader(io.StringIO(export("order-cost-issues", viewer=make.user("merchant", of=own)))))
    assert {row["Customer Email"] for row in rows} == {"j***@example.org"}
