"""What every registered report promises, whatever it is about: the tests loop over the registry."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory_ops.kit.db import size
from inventory_ops.kit.reports import Report, figures, registry
from inventory_ops.kit.spreadsheets import as_written
from inventory_ops.models import Merchant, User
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import findings, ledger
from inventory_ops.operations.ledger import Movement
from tests import make

pytestmark = pytest.mark.django_db

ROLES = ("operations", "merchant", "finance", "admin")
BASE = [report for report in registry if type(report).__module__.startswith("inventory_ops.")]
ids = {"argvalues": BASE, "ids": lambda report: report.slug}
HEADERS = {
    "inventory-cost-issues": "Vendor Number, Item SKU, Current Inventory Price, Current Inventory Cost of Goods, "
    "Flash Sale Start Date, Flash Sale End Date, Flash Sales Snapshot Inventory Price, Flash Sale Percentage",
    "shipping-issues": "Vendor Number, Vendor Name, Item SKU, Item Name, Number of Times Item Not Shipped",
    "order-cost-issues": "Issue Time, Order Number, Order Status, Customer Email, Vendor Number, Item SKU, "
    "Price at Time of Order, Cost at Time of Order, Current Inventory Price, Current Inventory Cost of Goods, "
    "Flash Sale Start Date, Flash Sale End Date, Flash Sales Snapshot Inventory Price",
    "products-without-orders": "SKU Number, Vendor SKU Number, Quantity Available, Short Description, Vendor Number, "
    "Brand Name, Model Name",
    "abandoned-checkouts": "Store Number, Order ID, Order Number, Customer Email, Order Total, Last Update, "
    "Promo Code, Promo Value, Gift Card Total, Gift Card Count, Customer Comments, Credit Card Issues",
    "events-ledger": "Recorded At, Occurred At, Vendor Number, Item SKU, Inventory Type, Location, Kind, "
    "Quantity Change, Quantity After, Reason, Note, Source, Reference, Actor",
    "stock-inquiry": "Vendor Number, Item SKU, Item Name, Inventory Type, On Hand, Allocated, Available, "
    "Nearest Expiry",
    "channels-listings": "Channel, External SKU, Item SKU, Quantity Sent, Sent At, State, Error",
}
MOST_QUERIES = 8
# rows that are made by grouping: which currencies there are, and the sums of each, are asked for apart
GROUPED = {"shipping-issues": 2}


@pytest.fixture
def world() -> tuple[Merchant, Merchant]:
    """Two merchants, each with a row in every report."""
    merchants = (make.merchant("OWN", currency="JPY"), make.merchant("OTHER"))
    for merchant in merchants:
        tag = merchant.vendor_number
        dear = make.product(f"=DEAR-{tag}", of=merchant, price=Decimal(10), cost=Decimal("12.5"), name="<b>Lamp</b>")
        make.stock(dear, 3)
        received = Movement(dear.pk, EventKind.RECEIVED, 7, note="<b>Lamp</b>", reference=f"=PO-{tag}")
        ledger.book([received], source=EventSource.CSV, actor="clerk@example.org")
        make.item(dear, in_=make.order(f"LOSS-{tag}", customer_email="jane@example.org"), unit_cost=Decimal(11))
        missing = make.product(f"SHORT-{tag}", of=merchant)
        for _ in range(2):
            make.item(missing, in_=make.order(at=make.ago(days=200)), quantity=3, shipped=1)
        cart = make.order(
            f"CART-{tag}", status=1, promo_code="P1", comment="+1 too slow", customer_email="joe@example.org"
        )
        make.item(missing, in_=cart, quantity=2)
        make.attempt(cart)
    return merchants


def reader(report: Report) -> User:
    """Somebody of operations, who sees all rows; of a report that is not for them somebody whom it is for."""
    return make.user("operations" if "operations" in report.roles else min(report.roles))


def client(user: User) -> Client:
    made = Client()
    made.force_login(user)
    return made


def at(report: Report, **params: str) -> str:
    query = "&".join(f"{name}={value}" for name, value in ({"as_of": "2026-03-31T12:00:00Z"} | params).items())
    return f"{report.url}?{query}"


def exported(response: Any) -> list[dict[str, str]]:
    content = b"".join(response.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(content)))


@pytest.mark.parametrize("slug", HEADERS)
def test_export_headers_are_those_of_the_contract(slug: str) -> None:
    wanted = HEADERS[slug].split(", ")
    assert [column.header for column in registry.get(slug).exported_columns][: len(wanted)] == wanted


@pytest.mark.parametrize("report", **ids)
@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
def test_the_page_opens_within_its_queries(
    report: Report, large: bool, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(size, "is_large", lambda model: large)
    browser = client(reader(report))
    browser.get(at(report))
    with CaptureQueriesContext(connection) as queries:
        response = browser.get(at(report))
    assert response.status_code == 200
    assert str(report.title) in response.content.decode()
    reads = [
        query["sql"] for query in queries.captured_queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))
    ]
    assert len(reads) <= MOST_QUERIES + GROUPED.get(report.slug, 0), "\n".join(reads)


@pytest.mark.parametrize("report", **ids)
@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
def test_every_sort_of_every_column_works_and_keeps_the_rows(
    report: Report, long: bool, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if long:  # what a scan found leads
        monkeypatch.setattr(figures, "MOST_COUNTED", 0)
        if report.scan:
            findings.scan_report(report, as_of=make.NOW)
    browser = client(reader(report))
    counts = set()
    for column in report.columns:
        if not column.sortable:
            continue
        for sort in (column.key, f"-{column.key}"):
            response = browser.get(at(report, sort=sort))
            assert response.status_code == 200, sort
            counts.add(response.context["page"].table.row_count)
    assert len(counts) == 1


@pytest.mark.parametrize("report", **ids)
def test_every_filter_takes_its_choices_and_refuses_nonsense(report: Report, world: Any) -> None:
    browser = client(reader(report))
    for name, declared in report.filterset_class.base_filters.items():
        field = declared.field if name != "category" else None
        choices = [str(value) for value, _label in getattr(field, "choices", []) if value] if field else ["999999"]
        for value in choices or ["1"]:
            response = browser.get(at(report, **{name: value}))
            assert response.status_code in (200, 400), (name, value)
        for value in ("%00", "%F0%9F%92%A3", "-1", "NaN", "9" * 30, "2026-02-30", "%27%3B--", "x" * 3000):
            response = browser.get(at(report, **{name: value}))
            assert response.status_code in (200, 400), (name, value)
            if response.status_code == 400:
                assert response.context["page"].errors


@pytest.mark.parametrize("report", **ids)
@pytest.mark.parametrize(
    "query",
    [
        "sort=nothing",
        "sort=-",
        "page=0",
        "page=-1",
        "page=1e3",
        "page=999999999999",
        "per_page=0",
        "per_page=99999",
        "as_of=yesterday",
        "as_of=0001-01-01",
        "as_of=9999-12-31",
        "page=%D9%A1",
    ],
)
def test_a_bad_address_is_explained(report: Report, query: str) -> None:
    response = client(reader(report)).get(f"{report.url}?{query}")
    assert response.status_code == 400
    name = query.split("=", maxsplit=1)[0]
    assert any(message.startswith(name) for message in response.context["page"].errors)


@pytest.mark.parametrize("report", **ids)
def test_csv_xlsx_json_command_and_api_give_the_same_rows(report: Report, world: Any, tmp_path: Any) -> None:
    user = reader(report)
    browser = client(user)
    page = browser.get(at(report)).context["page"]
    rows = exported(browser.get(at(report, _export="csv")))
    assert len(rows) == page.table.row_count

    book = openpyxl.load_workbook(io.BytesIO(b"".join(browser.get(at(report, _export="xlsx")).streaming_content)))
    sheet = list(book.active.values)
    assert list(sheet[0]) == [column.header for column in report.exported_columns]
    assert len(sheet) - 1 == len(rows)

    out = io.StringIO()
    arguments = ["--as-of", "2026-03-31T12:00:00Z", "--user", user.email]
    call_command("report", report.slug, *arguments, "--format", "csv", stdout=out)
    assert list(csv.DictReader(io.StringIO(out.getvalue()))) == rows
    out = io.StringIO()
    call_command("report", report.slug, *arguments, "--format", "json", stdout=out)
    listed = json.loads(out.getvalue())
    # CSV alone guards what a spreadsheet would run
    true_rows = [{name: as_written(value) for name, value in row.items()} for row in rows]
    assert [{name: _text(value) for name, value in row.items()} for row in listed] == true_rows
    assert all(as_written(str(cell or "")) == str(cell or "") for row in sheet for cell in row)

    answer = browser.get(f"/api/v1/reports/{report.slug}/?as_of=2026-03-31T12:00:00Z").json()
    assert answer["results"] == listed


def _text(value: Any) -> str:
    if value is None:
        return ""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("report", **ids)
def test_exports_are_not_the_page_and_keep_its_order(report: Report, world: Any) -> None:
    browser = client(reader(report))
    sort = report.default_sort
    all_rows = exported(browser.get(at(report, _export="csv", sort=sort, per_page="1")))
    assert len(all_rows) == browser.get(at(report, sort=sort)).context["page"].table.row_count


@pytest.mark.parametrize("report", **ids)
def test_no_cell_of_an_export_starts_like_a_formula(report: Report, world: Any) -> None:
    numeric = {column.header for column in report.exported_columns if column.numeric}
    for row in exported(client(reader(report)).get(at(report, _export="csv"))):
        for header, value in row.items():
            assert header in numeric or not value.startswith(("=", "+", "-", "@", "\t", "\r")), (header, value)


@pytest.mark.parametrize("report", **ids)
def test_what_merchants_typed_is_escaped(report: Report, world: Any) -> None:
    assert "<b>Lamp</b>" not in client(reader(report)).get(at(report)).content.decode()


@pytest.mark.parametrize("report", **ids)
@pytest.mark.parametrize("role", [*ROLES, ""])
def test_who_may_open_it(report: Report, role: str, world: Any) -> None:
    user = make.user(role, of=world[0] if role == "merchant" else None)
    wanted = 200 if role in report.roles else 403
    assert client(user).get(at(report)).status_code == wanted
    assert client(user).get(at(report, _export="csv")).status_code == wanted
    assert client(user).get(f"/api/v1/reports/{report.slug}/").status_code == wanted


@pytest.mark.parametrize("report", **ids)
def test_anonymous_visitors_are_sent_to_the_login(report: Report) -> None:
    response = Client().get(report.url)
    assert (response.status_code, response["Location"].split("?")[0]) == (302, "/accounts/login/")
    assert Client().get(f"/api/v1/reports/{report.slug}/").status_code == 401


@pytest.mark.parametrize("report", [each for each in BASE if "merchant" in each.roles], ids=lambda each: each.slug)
def test_a_merchant_sees_own_rows_alone(report: Report, world: Any) -> None:
    own, other = world
    viewer = make.user("merchant", of=own)
    page = client(viewer).get(at(report)).content.decode()
    everything = exported(client(viewer).get(at(report, _export="csv")))
    text = page + json.dumps(everything)
    for secret in (other.vendor_number, "CART-OTHER", "LOSS-OTHER", "jane@example.org", "joe@example.org", "clerk@"):
        assert secret not in text
    seen_by_all = exported(client(reader(report)).get(at(report, _export="csv")))
    assert len(everything) <= len(seen_by_all)


def test_money_has_the_currencys_digits(world: Any) -> None:
    rows = exported(client(make.user("operations")).get(at(registry.get("inventory-cost-issues"), _export="csv")))
    by_vendor = {row["Vendor Number"]: row for row in rows}
    assert by_vendor["OTHER"]["Current Inventory Cost of Goods"] == "12.50"
    assert by_vendor["OWN"]["Current Inventory Cost of Goods"] == "12.5"  # JPY has no minor unit, a cost may be finer


def test_the_command_refuses_what_does_not_exist() -> None:
    for arguments, reason in (
        (["nothing"], "There is no report"),
        ([], "Which report"),
        (["shipping-issues", "--set", "nope=1"], "there is no filter"),
        (["shipping-issues", "--set", "times"], "FILTER=VALUE"),
        (["shipping-issues", "--set", "times=x"], "number"),
        (["shipping-issues", "--as-of", "soon"], "--as-of"),
        (["shipping-issues", "--sort", "nope"], "--sort"),
        (["shipping-issues", "--user", "nobody@example.com"], "no user"),
    ):
        with pytest.raises(Exception, match=reason):
            call_command("report", *arguments, stdout=io.StringIO())
