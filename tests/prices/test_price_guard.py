"""The price guard: off, warn, block; in imports of products and flash sales, and on the page."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from inventory_ops.models import AuditEvent, FlashSale, Import, Merchant, PriceChange, PriceGuard, Product, Proposal
from inventory_ops.operations import price_rules, prices, proposals
from inventory_ops.operations.imports.files import load_files
from lost_damaged.operations import rules
from tests import make
from tests.doors.support import in_front, left_open
from tests.imports.support import NOW, messages, write
from tests.together import at_once

pytestmark = pytest.mark.django_db
HEAD = "sku,vendor_number,name,price,special_price,special_to,cost\n"


@pytest.fixture
def vendor() -> Merchant:
    return make.merchant("V1")


def rule(mode: str, merchant: Merchant | None = None) -> None:
    price_rules.set_rule(merchant=merchant, mode=mode, valid_from=timezone.now())


def load(folder: Path, rows: str, kind: str = "products", head: str = HEAD) -> Any:
    return load_files([write(folder, kind, head + rows)], now=NOW)[0]


def codes(remarks: Any) -> list[tuple[int, str]]:
    return [(remark.line, remark.code) for remark in remarks]


def test_without_a_rule_nothing_is_checked(tmp_path: Path, vendor: Merchant) -> None:
    outcome = load(tmp_path, "A,V1,Lamp,10,,,12\n")
    assert (outcome.counts.new, outcome.errors, outcome.warnings) == (1, [], [])


def test_block_refuses_the_row_with_the_reason_and_takes_the_others(tmp_path: Path, vendor: Merchant) -> None:
    rule("block")
    outcome = load(tmp_path, "A,V1,Lamp,10,,,12\nB,V1,Lamp,10,,,10\nC,V1,Lamp,10,,,\n")
    assert messages(outcome) == [(2, "price", "below_cost")]
    assert (
        "Cost of goods 12 is above the price of 10: the price guard of this vendor refuses it"
        in outcome.errors[0].message
    )
    assert set(Product.objects.values_list("sku", flat=True)) == {"B", "C"}


def test_warn_takes_the_row_and_says_so(tmp_path: Path, vendor: Merchant) -> None:
    rule("warn")
    outcome = load(tmp_path, "A,V1,Lamp,10,,,12\nB,V1,Lamp,10,8,,9\nC,V1,Lamp,10,8,2020-01-01,9\n")
    assert (outcome.counts.new, outcome.errors, outcome.warned) == (3, [], 2)
    assert codes(outcome.warnings) == [(2, "below_cost"), (3, "below_cost")]
    assert "special price of 8" in outcome.warnings[1].message
    job = Import.objects.get()
    assert (job.rows_warned, job.warnings.count()) == (2, 2)


def test_a_vendors_own_rule_goes_before_the_one_for_all(tmp_path: Path, vendor: Merchant) -> None:
    make.merchant("V2")
    make.merchant("V3")
    rule("block")
    rule("off", vendor)
    rule("warn", Merchant.objects.get(vendor_number="V2"))
    outcome = load(tmp_path, "A,V1,Lamp,10,,,12\nA,V2,Lamp,10,,,12\nA,V3,Lamp,10,,,12\n")
    assert (codes(outcome.errors), codes(outcome.warnings)) == ([(4, "below_cost")], [(3, "below_cost")])


def test_only_what_changes_is_looked_at(tmp_path: Path, vendor: Merchant) -> None:
    rows = "A,V1,Lamp,10,,,12\n"
    load(tmp_path, rows)
    rule("block")
    assert load(tmp_path, rows).errors == []
    assert load(tmp_path, "A,V1,Better name,10,,,12\n").errors == []
    assert codes(load(tmp_path, "A,V1,Lamp,11,,,12\n").errors) == [(2, "below_cost")]
    assert load(tmp_path, "A,V1,Lamp,12,,,12\n").errors == []


def test_columns_that_the_file_lacks_count_as_they_are(tmp_path: Path, vendor: Merchant) -> None:
    load(tmp_path, "A,V1,Lamp,20,,,12\n")
    rule("block")
    outcome = load(tmp_path, "A,V1,Lamp,11\n", head="sku,vendor_number,name,price\n")
    assert codes(outcome.errors) == [(2, "below_cost")]


def test_a_higher_cost_meets_the_flash_sale_that_runs_or_comes(tmp_path: Path, vendor: Merchant) -> None:
    product = make.product("A", of=vendor, price=Decimal(10), cost=Decimal(5), name="Lamp")
    make.sale(product, NOW + timedelta(days=1), NOW + timedelta(days=2), price="8")
    make.sale(product, NOW - timedelta(days=3), NOW - timedelta(days=2), price="1")
    rule("block")
    outcome = load(tmp_path, "A,V1,Lamp,10,,,9\n")
    assert "flash sale price of 8" in outcome.errors[0].message
    assert load(tmp_path, "A,V1,Lamp,10,,,8\n").errors == []


def test_flash_sales_below_cost(tmp_path: Path, vendor: Merchant) -> None:
    make.product("A", of=vendor, price=Decimal(10), cost=Decimal("7.5"))
    head = "sku,starts_at,ends_at,percentage\n"
    good, bad = "A,2026-04-01,2026-04-02,25\n", "A,2026-05-01,2026-05-02,25.5\n"
    over = "A,2020-05-01,2020-05-02,90\n"
    rule("block")
    outcome = load(tmp_path, good + bad + over, "flash_sales", head)
    assert messages(outcome) == [(3, "percentage", "below_cost")]
    assert FlashSale.objects.count() == 2
    rule("warn")
    assert codes(load(tmp_path, good + bad, "flash_sales", head).warnings) == [(3, "below_cost")]
    assert load(tmp_path, good + bad, "flash_sales", head).warnings == []  # nothing new is said of the same file


def test_a_refused_row_has_no_warning_besides(tmp_path: Path, vendor: Merchant) -> None:
    rule("warn")
    outcome = load(tmp_path, "A,V1,Lamp,10,12,x,11\n")
    assert outcome.failed == 1
    assert outcome.warnings == []


def test_the_command_prints_warnings_and_still_succeeds(tmp_path: Path, vendor: Merchant) -> None:
    rule("warn")
    path = write(tmp_path, "products", HEAD + "A,V1,Lamp,10,,,12\n").path
    for options, found in (([], ":2: warning: Cost of goods 12"), (["--json"], '"warned_rows": 1')):
        Product.objects.all().delete()
        out = io.StringIO()
        call_command("load", str(path), *options, stdout=out)  # it would exit otherwise
        assert found in out.getvalue()
    assert json.loads(out.getvalue())["files"][0]["warned"][0]["code"] == "below_cost"


def test_warnings_are_shown_before_the_import_is_applied(vendor: Merchant, settings: Any, tmp_path: Path) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    settings.MEDIA_ROOT = tmp_path
    rule("warn")
    browser = Client()
    browser.force_login(make.user("operations"))
    file = SimpleUploadedFile("products.csv", (HEAD + "A,V1,Lamp,10,,,12\n").encode())
    page = browser.post("/imports/new/", {"kind": "products", "file": file}, follow=True).content.decode()
    assert "Rows to look at" in page
    assert "it would be sold at a loss" in page
    assert "Apply 1 row" in page


# -- the page -------------------------------------------------------------------------------------------------------


@pytest.fixture
def product(vendor: Merchant) -> Product:
    return make.product("A", of=vendor, price=Decimal(10), cost=Decimal(5))


@pytest.fixture
def browser() -> Client:
    made = Client()
    made.force_login(make.user("operations", email="mara@example.com"))
    return made


def form(product: Product, **values: str) -> dict[str, str]:
    product.refresh_from_db()
    shown = {"price": "10", "special_price": "", "special_from": "", "special_to": "", "cost": "5"}
    return shown | values


def test_prices_are_changed_with_history_and_audit(browser: Client, product: Product) -> None:
    address = f"/products/{product.pk}/prices/"
    assert "Save prices" in browser.get(address).content.decode()
    answer = browser.post(
        address, form(product, price="12.5", special_price="11", special_to="2030-01-01T00:00", cost="6")
    )
    assert answer.status_code == 302
    product.refresh_from_db()
    assert (product.price, product.special_price, product.cost) == (Decimal("12.5"), Decimal(11), Decimal(6))
    change = PriceChange.objects.get()
    assert (change.price_before, change.price_after, change.cost_after) == (Decimal(10), Decimal("12.5"), Decimal(6))
    assert (change.source, change.actor) == ("page", "mara@example.com")
    assert AuditEvent.objects.get(action="product.price").merchant_id == product.merchant_id
    browser.post(address, form(product, price="12.5", special_price="11", special_to="2030-01-01T00:00", cost="6"))
    assert PriceChange.objects.count() == 1  # nothing changed


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"price": ""}, "required"),
        ({"price": "-1"}, "greater than or equal to 0"),
        ({"price": "1.005"}, "GBP has 2 decimals"),
        ({"price": "NaN"}, "Enter a number"),
        ({"price": "1e50"}, "digits"),
        ({"special_price": "0"}, "greater than"),
        ({"special_from": "2030-01-02T00:00", "special_to": "2030-01-01T00:00"}, "end before it begins"),
        ({"special_from": "soon"}, "valid date"),
        ({"seen_price": "9.0000", "price": "11"}, "Meanwhile somebody changed this"),
    ],
)
def test_bad_prices_are_refused(browser: Client, product: Product, values: dict[str, str], reason: str) -> None:
    answer = browser.post(f"/products/{product.pk}/prices/", form(product, **values))
    assert answer.status_code == 422
    assert reason in answer.content.decode()
    product.refresh_from_db()
    assert product.price == 10


def test_a_warning_asks_and_a_block_refuses(browser: Client, product: Product) -> None:
    address = f"/products/{product.pk}/prices/"
    rule("warn")
    asked = browser.post(address, form(product, price="4"))
    assert asked.status_code == 422
    assert "Save although it sells at a loss" in asked.content.decode()
    rule("block")
    for accept in ({}, {"accept_loss": "on"}):
        refused = browser.post(address, form(product, price="4", **accept))
        assert refused.status_code == 422
        assert "refuses that" in refused.content.decode()
        assert "Save although" not in refused.content.decode()
    rule("warn")
    assert browser.post(address, form(product, price="4", accept_loss="on")).status_code == 302
    product.refresh_from_db()
    assert product.price == 4


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_once_one_wins_and_the_other_is_told() -> None:
    product = make.product("A", price=Decimal(10), cost=Decimal(5))
    seen = prices.version(product)
    users = [make.user("operations") for _ in range(3)]

    def change(index: int) -> str:
        to = prices.Prices(price=Decimal(11 + index), cost=Decimal(5))
        try:
            prices.change(product=product, to=to, seen=seen, by=users[index], as_of=NOW)
        except prices.PricesChanged:
            return "told"
        return "won"

    assert sorted(at_once(3, change)) == ["told", "told", "won"]
    assert PriceChange.objects.count() == 1


def test_rules_are_proposed_by_finance_and_administration(vendor: Merchant) -> None:
    admin = in_front(make.user("admin"))
    address = "/settings/price-guard/"
    for values, status in (
        ({"vendor": "", "mode": "warn"}, 302),
        ({"vendor": "", "mode": "block"}, 422),  # one waits already
        ({"vendor": "v1", "mode": "block"}, 302),
        ({"vendor": "nobody", "mode": "off"}, 422),
        ({"vendor": "", "mode": "maybe"}, 422),
        ({"vendor": "", "mode": "default"}, 422),
        ({}, 422),
    ):
        assert admin.post(address, values).status_code == status, values
    assert not PriceGuard.objects.exists()
    finance = make.user("finance")
    for made in Proposal.objects.all():
        in_front(finance).post(f"/settings/proposals/{made.pk}/", {"verb": "approve"})
    assert sorted(PriceGuard.objects.values_list("merchant__vendor_number", "mode"), key=str) == [
        ("V1", "block"),
        (None, "warn"),
    ]
    assert "Warn: who changes it" in admin.get(address).text
    asked = left_open(finance).post(address, {"vendor": "", "mode": "off"})
    assert asked["Location"].startswith("/accounts/reauthenticate/")


def test_operations_propose_a_guard_and_others_approve(vendor: Merchant) -> None:
    """Those who see what is sold at a loss say so where they see it; the reports lead there."""
    operator, finance = make.user("operations"), make.user("finance")
    browser = in_front(operator)
    for slug in ("inventory-cost-issues", "order-cost-issues"):
        assert 'href="/settings/price-guard/"' in browser.get(f"/action-required/{slug}/").text
    answer = browser.post("/settings/price-guard/", {"vendor": "v1", "mode": "block"}, follow=True)
    made = Proposal.objects.get()
    assert "Approve" not in answer.text and "Withdraw" not in answer.text
    browser.post(f"/settings/proposals/{made.pk}/", {"verb": "approve"})
    made.refresh_from_db()
    assert made.state == Proposal.State.PROPOSED
    in_front(finance).post(f"/settings/proposals/{made.pk}/", {"verb": "approve"})
    assert PriceGuard.objects.get().mode == "block"
    product = make.product("LAMP", of=vendor)
    assert "Block" in browser.get(f"/products/{product.pk}/").text
    factor = proposals.propose(kind=rules.FACTOR, values={"factor": "0.5"}, by=finance)
    assert browser.get(f"/settings/proposals/{factor.pk}/").status_code == 404  # no matter of theirs
