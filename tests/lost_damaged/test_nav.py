"""NAV batches, judged by hledger and by the models of a public Business Central client."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import threading
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client

from inventory_ops.models import Merchant, User
from lost_damaged.models import FinanceSettings, NavBatch, NavBatchLine, SellerAccount, Source
from lost_damaged.nav import lines
from lost_damaged.operations import nav, write_offs
from lost_damaged.operations.nav import CannotDecide
from lost_damaged.queries import nav as queries
from tests.lost_damaged.world import World, items, make_world

pytestmark = pytest.mark.django_db
HEADER = (
    "Journal Template Name;Journal Batch Name;Line No.;Posting Date;Document Date;Document Type;Document No.;"
    "External Document No.;Account Type;Account No.;Description;Currency Code;Amount;Debit Amount;Credit Amount;"
    "Bal. Account Type;Bal. Account No.;Reason Code;Shortcut Dimension 1 Code;Shortcut Dimension 2 Code;"
    "Correction;Batch Id"
)


def fill(world: World) -> None:
    """Credits, a reversal, an amount of 0, a held seller, another currency, and texts that want quoting."""
    far = Merchant.objects.create(vendor_number="V7", name="Far", currency="JPY")
    SellerAccount.objects.create(merchant=world.seller, vendor_no="V-0001")
    SellerAccount.objects.create(merchant=far, vendor_no="V-0007")
    world.product("A")
    world.product('=1;"x"' + "ü" * 80, "33.335")
    world.product("J", "1001", merchant=far)
    world.product("B", merchant=world.other)
    free = world.order_item(world.product("F"), "5", "5")
    outcomes = write_offs.write_off(
        items(
            ("A", "u-1"),
            ("A", "x" * 64),
            ('=1;"x"' + "ü" * 80, "=u;2"),
            ("J", "j-1"),
            ("B", "held"),
            ("F", "zero", free.shop_item_id),
        ),
        source=Source.API,
        by=world.finance,
    )
    assert all(outcome.state == "booked" for outcome in outcomes)
    write_offs.reverse(number=outcomes[1].number, note="found", by=world.finance)


def rows(batch: NavBatch) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(bytes(batch.csv).decode(), newline=""), delimiter=";"))


def test_a_batch_has_two_lines_a_transaction_and_is_balanced(world: World) -> None:
    fill(world)
    made = nav.export(by=world.finance)
    assert made.held == 1
    gbp = next(batch for batch in made.batches if batch.currency == "GBP")
    jpy = next(batch for batch in made.batches if batch.currency == "JPY")
    text = bytes(gbp.csv).decode()
    assert text.split("\r\n")[0] == HEADER and text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
    found = rows(gbp)
    assert (len(found), gbp.line_count) == (8, 8)
    assert [int(row["Line No."]) for row in found] == [10_000 * n for n in range(1, 9)]
    by_document: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in found:
        by_document[row["Document No."]].append(row)
        assert len(row["Document No."]) <= 20 and len(row["External Document No."]) <= 35
        assert len(row["Description"]) <= 100 and row["Currency Code"] == ""
        assert not any(row[name].startswith(("=", "+", "@")) for name in row)
        assert Decimal(row["Amount"]) == Decimal(row["Debit Amount"]) - Decimal(row["Credit Amount"])
    for pair in by_document.values():
        assert [row["Account Type"] for row in pair] == ["G/L Account", "Vendor"]
        assert [row["Account No."] for row in pair] == ["60450", "V-0001"]
        assert sum(Decimal(row["Amount"]) for row in pair) == 0
    [reversal] = [pair for pair in by_document.values() if pair[0]["Correction"] == "1"]
    assert [row["Amount"] for row in reversal] == ["-87.50", "87.50"]
    assert [(row["Debit Amount"], row["Credit Amount"]) for row in reversal] == [("-87.50", "0.00"), ("0.00", "-87.50")]
    assert {row["Reason Code"] for row in found} == {"OTHER"}
    assert {row["Shortcut Dimension 2 Code"] for row in found} == {"LAMPS"}
    assert {row["Batch Id"] for row in found} == {gbp.number}
    assert [row["Amount"] for row in rows(jpy)] == ["876", "-876"]
    assert {row["Currency Code"] for row in rows(jpy)} == {"JPY"}
    assert gbp.debit_amount == gbp.credit_amount == sum(Decimal(row["Debit Amount"]) for row in found)
    long = [row for row in found if row["Document No."] == row["External Document No."]]
    assert len(long) == 4  # the UID of 64 characters does not fit: its credit and its reversal


def hledger(batch: NavBatch, folder: Path, *, break_it: bool = False) -> subprocess.CompletedProcess[str]:
    """Let hledger read the batch: each document a transaction, each line a posting."""
    program = shutil.which("hledger")
    if program is None:
        pytest.skip("hledger is not installed (apt install hledger)")
    journal = []
    by_document: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows(batch):
        by_document[row["Document No."]].append(row)
    for number, found in by_document.items():
        journal.append(f"{found[0]['Posting Date']} ({number}) lost and damaged")
        for row in found:
            account = "expenses" if row["Account Type"] == "G/L Account" else "liabilities"
            amount = Decimal(row["Amount"]) + (1 if break_it and account == "expenses" else 0)
            journal.append(f"    {account}:{row['Account No.']}    {amount} {batch.currency}")
    file = folder / "batch.journal"
    file.write_text("\n".join(journal) + "\n")
    return subprocess.run([program, "-f", str(file), "balance", "-N"], capture_output=True, text=True, check=False)


def test_hledger_finds_every_document_balanced(world: World, tmp_path: Path) -> None:
    fill(world)
    for batch in nav.export(by=world.finance).batches:
        judged = hledger(batch, tmp_path)
        assert judged.returncode == 0, judged.stderr
        assert "liabilities:V-" in judged.stdout
        assert hledger(batch, tmp_path, break_it=True).returncode != 0  # it can say no


def test_the_models_of_a_public_client_accept_the_json(world: World) -> None:
    from pybusinesscentral.model.journal_line import JournalLine

    fill(world)
    for batch in nav.export(by=world.finance).batches:
        objects = json.loads(bytes(batch.json))["journalLines"]
        assert len(objects) == batch.line_count
        for each, row in zip(objects, rows(batch), strict=True):
            line = JournalLine.model_validate(
                {name: value for name, value in each.items() if name != "dimensionSetLines"}
            )
            assert line.document_number == row["Document No."]
            assert Decimal(str(line.amount)) == Decimal(row["Amount"])
            assert each["accountType"] in {"G_x002F_L_x0020_Account", "Vendor"}


def test_a_batch_is_frozen_and_downloads_are_the_same_bytes(world: World) -> None:
    fill(world)
    [batch, *_] = nav.export(by=world.finance).batches
    client = Client()
    client.force_login(world.finance)
    first = client.get(f"/finance/nav/{batch.number}/csv/").content
    FinanceSettings.objects.create(nav_expense_account="99999", nav_template="OTHER")
    SellerAccount.objects.update(vendor_no="CHANGED")
    assert client.get(f"/finance/nav/{batch.number}/csv/").content == first == bytes(batch.csv)
    assert client.get(f"/finance/nav/{batch.number}/json/").status_code == 200
    assert client.get(f"/finance/nav/{batch.number}/exe/").status_code == 404
    for sql in (
        "update lost_damaged_navbatch set csv = ''",
        "update lost_damaged_navbatch set debit_amount = 1, credit_amount = 1",
        "delete from lost_damaged_navbatchline",
        "delete from lost_damaged_navbatch",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
            cursor.execute("set constraints all immediate")


def test_a_transaction_is_in_one_active_batch(world: World) -> None:
    fill(world)
    first = nav.export(by=world.finance).batches
    assert nav.export(by=world.finance).batches == []
    nav.reject(number=first[0].number, note="account blocked", by=world.finance)
    [again] = nav.export(by=world.finance).batches
    second = User.objects.create_user("second@example.com", None, role="finance")
    with pytest.raises(CannotDecide, match="second person"):
        nav.confirm(number=again.number, posted_number="GJ-77", by=world.finance)
    assert rows(again)[0]["Document No."] == rows(first[0])[0]["Document No."]
    nav.confirm(number=again.number, posted_number="GJ-77", by=second)
    for call in (
        lambda: nav.confirm(number=again.number, posted_number="2", by=second),
        lambda: nav.reject(number=again.number, note="x", by=world.finance),
        lambda: nav.reject(number=first[1].number, note=" ", by=world.finance),
    ):
        with pytest.raises(CannotDecide):
            call()
    assert (
        NavBatchLine.objects.filter(active=True).count()
        == NavBatchLine.objects.values("transaction").distinct().count()
    )


def test_held_sellers_go_out_when_they_have_a_number(world: World) -> None:
    fill(world)
    nav.export(by=world.finance)
    assert [(each.vendor_number, each.count, each.amount) for each in queries.held()] == [("V2", 1, Decimal("87.5"))]
    SellerAccount.objects.create(merchant=world.other, vendor_no="V-0002")
    [batch] = nav.export(by=world.finance).batches
    assert rows(batch)[1]["Account No."] == "V-0002"


@pytest.mark.django_db(transaction=True)
def test_two_exports_at_once_share_no_transaction_and_lose_none(transactional_db: None) -> None:
    world = make_world()
    SellerAccount.objects.create(merchant=world.seller, vendor_no="V-1")
    world.product("A")
    write_offs.write_off(items(*[("A", f"u-{n}") for n in range(30)]), source=Source.API, by=world.finance)
    failures: list[Exception] = []

    def work() -> None:
        try:
            nav.export(by=world.finance)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert NavBatch.objects.count() == 1
    assert NavBatchLine.objects.count() == 30


def test_texts_are_made_to_fit() -> None:
    assert lines.text("a\r\nb\x00c\u2028d", 100) == "a b c d"
    assert lines.text("-x" * 80, 100) == ("'" + "-x" * 80)[:100]
    assert lines.amount_text(Decimal("-0.00"), 2) == "0.00"


def test_the_pages(world: World) -> None:
    fill(world)

    def login(role: str) -> Client:
        client = Client()
        merchant = world.seller if role == "merchant" else None
        client.force_login(User.objects.create_user(f"{role}@example.org", None, role=role, merchant=merchant))
        return client

    client = login("finance")
    page = client.get("/finance/nav/new/").content.decode()
    assert "Held" in page and "V2" in page and "Make the batches" in page
    assert client.post("/finance/nav/new/").status_code == 302
    batch = NavBatch.objects.get(currency="GBP")
    page = client.get(f"/finance/nav/{batch.number}/").content.decode()
    assert "Control totals" in page and f"{batch.debit_amount:.2f}" in page
    for role, sees, acts in (("operations", 200, 403), ("admin", 200, 403), ("merchant", 403, 403)):
        other = login(role)
        for path in (
            "/finance/nav/",
            "/finance/nav/new/",
            f"/finance/nav/{batch.number}/",
            f"/finance/nav/{batch.number}/csv/",
        ):
            assert other.get(path).status_code == sees, (role, path)
        assert other.post("/finance/nav/new/").status_code == acts
        assert other.post(f"/finance/nav/{batch.number}/decide/", {"confirm": "1"}).status_code == acts
    values = {"confirm": "1", "posted_number": "GJ<1>"}
    refused = client.post(f"/finance/nav/{batch.number}/decide/", values, follow=True)
    assert "a second person has to confirm" in refused.text
    second = Client()
    second.force_login(world.finance)
    second.post(f"/finance/nav/{batch.number}/decide/", values)
    batch.refresh_from_db()
    assert (batch.state, batch.posted_number) == ("confirmed", "GJ<1>")
    assert "GJ&lt;1&gt;" in client.get(f"/finance/nav/{batch.number}/").content.decode()
    assert client.post("/finance/nav/new/")["Location"] == "/finance/nav/new/"
    assert client.get("/finance/nav/NAV-2026-999999/").status_code == 404
