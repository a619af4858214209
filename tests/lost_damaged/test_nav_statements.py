"""Exports to NAV of a chosen period, sellers and posting date, and of whole statements, judged by hledger."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction

from inventory_ops.models import Merchant, User
from lost_damaged.models import (
    Adjustment,
    FinanceSettings,
    NavBatch,
    NavBatchLine,
    SellerAccount,
    Source,
    Statement,
    StatementLine,
)
from lost_damaged.operations import nav, statements, write_offs
from lost_damaged.queries import nav as queries
from lost_damaged.queries import verification
from lost_damaged.queries.nav import Choice
from tests.doors.support import in_front
from tests.lost_damaged.test_nav import hledger, rows
from tests.lost_damaged.test_statement_lines import JUNE, MAY, begin, change, opened, shipped
from tests.lost_damaged.world import World, days, items

pytestmark = pytest.mark.django_db
ACCOUNTS = {
    "nav_sales_account": "70100",
    "nav_commission_account": "70200",
    "nav_adjustment_account": "70300",
}


def whole_from(day: date | None) -> None:
    FinanceSettings.objects.update_or_create(pk=1, defaults={"nav_statements_from": day, **ACCOUNTS})


def number(merchant: Merchant, vendor_no: str) -> None:
    SellerAccount.objects.create(merchant=merchant, vendor_no=vendor_no)


def month(world: World) -> Statement:
    """May, closed: orders, fees, a refund with its commission, a credit, an adjustment below 0."""
    begin(world)
    item = shipped(world, MAY + days(3), "200.00", "20.00", quantity=2)
    change(item, returned_quantity=1, returned_at=MAY + days(9))
    world.product("LOST", "80.00")
    write_offs.write_off(items(("LOST", "U-1")), source=Source.PAGE, by=world.finance, as_of=MAY + days(10))
    may = opened(world)
    made = Adjustment.objects.create(
        number="AD-1", merchant=world.seller, currency="GBP", amount=Decimal("-7.50"), reason="Pallets"
    )
    StatementLine.objects.create(
        statement=may, merchant=world.seller, currency="GBP", kind="adjustment", adjustment=made,
        amount=made.amount, occurred_at=MAY + days(11),
    )  # fmt: skip
    statements.close(number=may.number, by=world.finance, cut_off=date(2026, 5, 31), as_of=JUNE + days(2))
    may.refresh_from_db()
    return may


def balances(*batches: NavBatch) -> dict[str, Decimal]:
    """What the lines of batches come to, by account."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for batch in batches:
        for row in rows(batch):
            sums[row["Account No."]] += Decimal(row["Amount"])
    return dict(sums)


def test_a_whole_statement_goes_to_nav_as_it_was_closed(world: World, tmp_path: Path) -> None:
    may = month(world)
    number(world.seller, "V-1")
    whole_from(date(2026, 5, 31))
    [batch] = nav.export(by=world.finance).batches
    # 400 sold, 40 commission, 200 and 20 given back, a credit of 70 as a transaction, −7.50
    assert balances(batch) == {
        "70100": Decimal("200"),
        "70200": Decimal("-20"),
        "70300": Decimal("-7.50"),
        "60450": Decimal("70"),
        "V-1": -(may.closing_amount - may.opening_amount),
    }
    found = [row for row in rows(batch) if row["Document No."] == may.number]
    assert {row["Posting Date"] for row in found} == {"2026-05-31"} and len(found) == 10
    assert [(row["Description"], row["Debit Amount"], row["Credit Amount"]) for row in found[::2]] == [
        ("Item price (1)", "400.00", "0.00"),
        ("Commission (1)", "0.00", "40.00"),
        ("Item price refunded (1)", "0.00", "200.00"),
        ("Commission returned (1)", "20.00", "0.00"),
        ("Adjustments (1)", "0.00", "7.50"),
    ]
    assert {row["Correction"] for row in found} == {"0"}
    assert batch.debit_amount == batch.credit_amount == Decimal("737.5")
    judged = hledger(batch, tmp_path)
    assert judged.returncode == 0 and "-242.50 GBP  liabilities:V-1" in judged.stdout, judged
    assert hledger(batch, tmp_path, break_it=True).returncode != 0
    assert nav.export(by=world.finance).batches == []
    assert verification.problems() == []


def test_what_was_rejected_is_exported_again_whole(world: World, tmp_path: Path) -> None:
    may = month(world)
    number(world.seller, "V-1")
    whole_from(date(2026, 1, 1))
    [first] = nav.export(by=world.finance).batches
    nav.reject(number=first.number, note="wrong account", by=world.finance)
    FinanceSettings.objects.update(nav_sales_account="71000")
    [again] = nav.export(by=world.finance).batches
    assert balances(again)["71000"] == 200 and "70100" not in balances(again)
    assert balances(again)["V-1"] == balances(first)["V-1"]
    assert hledger(again, tmp_path).returncode == 0
    nav.confirm(number=again.number, posted_number="G-1", by=User.objects.create_user("b@example.com", None))
    assert nav.export(by=world.finance).batches == []
    assert NavBatchLine.objects.filter(statement=may, active=True).count() == 1
    with pytest.raises(DatabaseError), transaction.atomic():  # NAV gets no statement twice
        NavBatchLine.objects.create(batch=again, statement=may)


def test_statements_stay_where_the_shop_does_not_want_them_in_nav(world: World) -> None:
    may = month(world)
    number(world.seller, "V-1")
    for day, wanted in ((None, False), (date(2026, 6, 1), False), (date(2026, 5, 31), True)):
        whole_from(day)
        assert queries.statements().filter(pk=may.pk).exists() == wanted, day
    with pytest.raises(DatabaseError), transaction.atomic():
        FinanceSettings.objects.update(nav_sales_account="")


def test_a_correction_below_zero_has_the_sides_of_what_it_corrects(world: World, tmp_path: Path) -> None:
    may = month(world)
    number(world.seller, "V-1")
    item = may.lines.get(kind="order").order_item
    assert item is not None
    change(item, unit_price=Decimal("150.00"), commission=Decimal("10.00"))  # in June: 2 × −50, 2 × +10, and back
    june = opened(world)
    statements.close(number=june.number, by=world.finance, cut_off=None)
    whole_from(date(2026, 6, 1))
    [batch] = [each for each in nav.export(by=world.finance).batches if each.month.month != 5]
    june.refresh_from_db()
    found = [row for row in rows(batch) if row["Document No."] == june.number]
    assert [(row["Description"], row["Debit Amount"], row["Credit Amount"]) for row in found[::2]] == [
        ("Item price (1)", "-100.00", "0.00"),
        ("Commission (1)", "0.00", "-20.00"),
        ("Item price refunded (1)", "0.00", "-50.00"),
        ("Commission returned (1)", "-10.00", "0.00"),
    ]
    assert {row["Correction"] for row in found} == {"1"}
    assert hledger(batch, tmp_path).returncode == 0


def test_period_sellers_and_posting_date_are_chosen(world: World, tmp_path: Path) -> None:
    number(world.seller, "V-1")
    number(world.other, "V-2")
    for sku, merchant in (("A", world.seller), ("B", world.other)):
        world.product(sku, merchant=merchant)
        for day in (1, 15, 31):
            moment = datetime(2026, 5, day, 23, 59, 59, tzinfo=UTC)
            write_offs.write_off(items((sku, f"{sku}-{day}")), source=Source.PAGE, by=world.finance, as_of=moment)
    choice = Choice(date(2026, 5, 15), date(2026, 5, 31), [world.seller.pk])
    [batch] = nav.export(by=world.finance, choice=choice, posting_date=date(2026, 6, 30)).batches
    found = rows(batch)
    assert {row["External Document No."] for row in found} == {"A-15", "A-31"}
    assert {row["Posting Date"] for row in found} == {"2026-06-30"}
    assert {row["Document Date"] for row in found} == {"2026-05-15", "2026-05-31"}
    assert (batch.month, batch.sellers, batch.posting_date) == (date(2026, 6, 1), "V1", date(2026, 6, 30))
    assert hledger(batch, tmp_path).returncode == 0
    [rest] = nav.export(by=world.finance).batches
    assert {row["External Document No."] for row in rows(rest)} == {"A-1", "B-1", "B-15", "B-31"}


def test_the_page_shows_and_exports_what_is_chosen(world: World) -> None:
    month(world)
    number(world.seller, "V-1")
    world.product("B", merchant=world.other)
    write_offs.write_off(items(("B", "held")), source=Source.PAGE, by=world.finance)
    finance = in_front(world.finance)
    fields = {"general-shop_name": "Shop", "general-claim_days": "90", "part": "general"}
    fields |= {"general-nav_statements_from": "2026-05-01", "general-nav_sales_account": "70100"}
    fields |= {f"general-nav_{name}": "X" for name in ("template", "journal", "expense_account")}
    fields["general-nav_local_currency"] = "GBP"
    refused = finance.post("/settings/finance/", fields)
    assert refused.status_code == 422 and refused.text.count("Whole statements need this account.") >= 2
    fields |= {"general-nav_commission_account": "70200", "general-nav_adjustment_account": "70300"}
    assert finance.post("/settings/finance/", fields).status_code == 302
    page = finance.get("/finance/nav/new/?first=2026-05-01&last=2026-05-31&sellers=v1").text
    assert "242.50" in page and 'value="2026-05-31"' in page and "V2" not in page
    for bad in ("first=x", "first=2026-06-01&last=2026-05-01", "sellers=V1,NOBODY", "posting_date=0001-01-01"):
        assert finance.get(f"/finance/nav/new/?{bad}").status_code == 422, bad
    FinanceSettings.objects.update(locked_until=date(2026, 5, 31))
    refused = finance.post("/finance/nav/new/", {"posting_date": "2026-05-31"})
    assert refused.status_code == 422 and not NavBatch.objects.exists()
    chosen = {"first": "2026-05-01", "last": "2026-05-31", "sellers": "v1", "posting_date": "2026-06-05"}
    answer = finance.post("/finance/nav/new/", chosen, follow=True)
    batch = NavBatch.objects.get()
    assert (batch.posting_date, batch.debit_amount) == (date(2026, 6, 5), Decimal("737.5"))
    assert "Orders, fees, refunds, adjustments" in answer.text and "172.50" in answer.text
