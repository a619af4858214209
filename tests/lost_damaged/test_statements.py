"""Account statements: figures, closing, carry-forward, and that nothing is in two."""

from __future__ import annotations

import csv
import io
import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.db.models import Sum
from django.test import Client
from django.utils import timezone

from inventory_ops.models import Merchant, User
from lost_damaged.models import SellerTransaction, Source, Statement
from lost_damaged.operations import statements, write_offs
from lost_damaged.operations.statements import CannotClose
from lost_damaged.queries import statements as queries
from lost_damaged.queries.statements import Total
from lost_damaged.statement_rows import waterfall
from tests.lost_damaged.world import World, days, items, make_world

pytestmark = pytest.mark.django_db


def write_off(world: World, *rows: tuple[Any, ...]) -> list[str]:
    return [each.number for each in write_offs.write_off(items(*rows), source=Source.API, by=world.finance)]


def login(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_figures_of_the_open_statement(world: World) -> None:
    product = world.product("A")
    now = timezone.now()
    item = world.order_item(product, "10.00", "1.505", quantity=3, quantity_shipped=2, shipped_at=now)
    world.order_item(product, "99.00", "9.00", quantity=1, quantity_shipped=1, shipped_at=now - days(60))
    [_first, second] = write_off(world, ("A", "a"), ("A", "b", item.shop_item_id))
    write_offs.reverse(number=second, note="found", by=world.finance)
    figures = queries.figures(Statement.objects.get())
    assert figures.of("order") == Total(Decimal("20.00"), 1)
    assert figures.of("fee") == Total(Decimal("-3.01"), 1)
    assert figures.of("credit") == Total(Decimal("96.00"), 2)
    assert figures.of("debit") == Total(Decimal("-8.50"), 1)
    assert figures.of("credit", "debit") == Total(Decimal("87.50"), 3)
    assert figures.closing == figures.payout == Decimal("104.49")


def test_closing_freezes_and_the_next_one_opens(world: World) -> None:
    world.product("A")
    write_off(world, ("A", "a"))
    first = Statement.objects.get()
    following = statements.close(number=first.number, by=world.finance)
    first.refresh_from_db()
    assert (first.state, first.closing_amount, first.payout_amount) == ("closed", Decimal("87.5"), Decimal("87.5"))
    assert (following.opening_amount, following.starts_at, following.previous) == (0, first.ends_at, first)
    with pytest.raises(CannotClose, match="closed already"):
        statements.close(number=first.number, by=world.finance)
    for sql in ("update lost_damaged_statement set payout_amount = 0", "delete from lost_damaged_statement"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"{sql} where state = 'closed'")
    write_off(world, ("A", "b"))
    assert following.lines.get().transaction.write_off.uid == "b"
    assert first.lines.get().transaction.write_off.uid == "a"


def test_a_negative_balance_is_not_paid_but_carried_forward(world: World) -> None:
    world.product("A")
    [number] = write_off(world, ("A", "a"))
    statements.close(number=Statement.objects.get().number, by=world.finance)
    write_offs.reverse(number=number, note="found", by=world.finance)
    second = Statement.objects.get(state="open")
    third = statements.close(number=second.number, by=world.finance)
    second.refresh_from_db()
    assert (second.closing_amount, second.payout_amount) == (Decimal("-87.5"), 0)
    assert third.opening_amount == Decimal("-87.5")
    write_off(world, ("A", "b"), ("A", "c"))
    assert queries.figures(third).payout == Decimal("87.5")


def test_each_currency_of_the_shop_has_statements_of_its_own(world: World) -> None:
    far = Merchant.objects.create(vendor_number="V7", name="Far", currency="JPY")
    world.product("A")
    world.product("J", "1000", merchant=far)
    write_off(world, ("A", "a"), ("J", "j"))
    assert {(each.currency, each.merchant_id) for each in Statement.objects.all()} == {
        ("GBP", world.seller.pk),
        ("JPY", far.pk),
    }


def test_the_pages(world: World) -> None:
    world.product("A")
    world.product("B", merchant=world.other)
    write_off(world, ("A", "a"), ("B", "secret"))
    own, foreign = (Statement.objects.get(merchant=each) for each in (world.seller, world.other))
    client = login(world.finance)
    assert client.get("/finance/statements/").context["page"].table.row_count == 2
    page = client.get(f"/finance/statements/{own.number}/").content.decode()
    for word in ("Opening Balance", "Other Revenues", "Lost or Damaged Credit", "Fees", "Closing Balance", "87.50"):
        assert word in page
    printed = client.get(f"/finance/statements/{own.number}/?print=1").content.decode()
    assert "87.50" in printed and "sidebar" not in printed
    rows = list(
        csv.DictReader(io.StringIO(client.get(f"/finance/statements/{own.number}/?_export=csv").content.decode()))
    )
    assert {row["Line"]: row["Amount"] for row in rows}["Lost or Damaged Credit"] == "87.50"
    merchant = login(User.objects.create_user("m@example.com", None, role="merchant", merchant=world.seller))
    assert merchant.get("/finance/statements/").context["page"].table.row_count == 1
    assert merchant.get(f"/finance/statements/{own.number}/").status_code == 200
    assert merchant.get(f"/finance/statements/{foreign.number}/").status_code == 404
    assert merchant.post(f"/finance/statements/{own.number}/close/").status_code == 403
    assert merchant.get("/finance/statements/close/").status_code == 403
    assert merchant.post(f"/finance/statements/{own.number}/pay/").status_code == 403
    assert merchant.get("/finance/statement-lines/").context["page"].table.row_count == 1


@pytest.mark.django_db(transaction=True)
def test_bookings_while_statements_are_closed_are_each_in_exactly_one(transactional_db: None) -> None:
    world = make_world()
    world.product("A")
    write_off(world, ("A", "first"))
    failures: list[Exception] = []

    def book(n: int) -> None:
        try:
            for m in range(10):
                write_off(world, ("A", f"u-{n}-{m}"))
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    def close() -> None:
        try:
            for _ in range(8):
                statements.close(number=Statement.objects.get(state="open").number, by=world.finance)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=book, args=(n,)) for n in range(4)] + [threading.Thread(target=close)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert SellerTransaction.objects.count() == 41
    closed = Statement.objects.filter(state="closed")
    assert closed.count() == 8
    for each in closed:
        assert each.credits_amount == (each.lines.aggregate(total=Sum("amount"))["total"] or 0)
        assert each.credits_count == each.lines.count()
    paid = closed.aggregate(total=Sum("payout_amount"))["total"]
    rest = queries.figures(Statement.objects.get(state="open")).of("credit").amount
    assert paid + rest == Decimal("87.50") * 41


def test_the_picture_of_the_payout_leads_from_the_opening_to_the_closing_balance(world: World) -> None:
    product = world.product("A")
    world.order_item(product, "10.00", "1.505", quantity=2, quantity_shipped=2, shipped_at=timezone.now())
    write_off(world, ("A", "a"))
    statement = Statement.objects.get()
    chart = waterfall(queries.figures(statement), currency=statement.currency, list_url="/lines/?statement=1")
    steps = [row for row in chart.rows if not row.is_total]
    opening, closing = (
        next(row for row in chart.rows if row.label == f"{each} Balance") for each in ("Opening", "Closing")
    )
    edges = [opening.end, *(row.end for row in steps)]
    assert [row.start for row in steps] == pytest.approx(edges[:-1])  # each begins where the one before ended
    assert closing.end == pytest.approx(edges[-1])
    orders, fees = steps[0], next(row for row in steps if "commission" in row.label)
    assert orders.url == "/lines/?statement=1&kind=order" and (orders.tone, fees.tone) == ("good", "critical")
    page = login(world.finance).get(f"/finance/statements/{statement.number}/").text
    assert "What makes the payout" in page and "chart-bar" in page
