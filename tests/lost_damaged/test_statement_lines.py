"""Every amount is on exactly one statement, whatever arrives late, and `verify_ledger` proves it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from iso4217 import Currency

from inventory_ops.models import Merchant, OrderItem
from lost_damaged.models import Payment, Source, Statement, StatementLine
from lost_damaged.operations import payments, statements, write_offs
from lost_damaged.operations.payments import NewPayment
from lost_damaged.operations.statements import CannotClose
from lost_damaged.queries import statements as queries
from lost_damaged.queries import verification
from tests.lost_damaged.world import World, days, items

pytestmark = pytest.mark.django_db

MAY, JUNE, JULY = (datetime(2026, month, 1, tzinfo=UTC) for month in (5, 6, 7))


def begin(world: World, at: datetime = MAY, merchant: Merchant | None = None) -> Statement:
    """The seller's first statement, which begins the books."""
    seller = merchant or world.seller
    return Statement.objects.create(number=f"ST-{seller.pk}", merchant=seller, currency=seller.currency, starts_at=at)


def opened(world: World, currency: str = "GBP") -> Statement:
    return Statement.objects.get(merchant=world.seller, currency=currency, state="open")


def amounts(statement: Statement) -> dict[str, str]:
    return {kind: f"{total.amount:.2f}" for kind, total in queries.figures(statement).totals.items() if total.count}


def shipped(
    world: World, at: datetime, price: str = "500.00", fee: str | None = "50.00", quantity: int = 1
) -> OrderItem:
    product = world.product(f"P-{world.ids}")
    return world.order_item(product, price, fee, quantity=quantity, quantity_shipped=quantity, shipped_at=at)


def change(item: OrderItem, **fields: object) -> None:
    OrderItem.objects.filter(pk=item.pk).update(**fields)


def run_sql(sql: str, *params: object) -> None:
    """As somebody with the owner's rights who switches the guards off."""
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("set session_replication_role = replica")
        cursor.execute(sql, params)
        cursor.execute("set session_replication_role = origin")


def test_history_is_not_looked_up_for_lines(world: World) -> None:
    """What was shipped before the books began was settled elsewhere; what came back since is on them."""
    begin(world, JUNE)
    calls = "select pg_stat_get_xact_function_calls('lost_damaged_bring_lines(bigint[])'::regprocedure)"
    with connection.cursor() as cursor:
        cursor.execute("set local track_functions = 'all'")
        shipped(world, MAY + days(3))
        cursor.execute(calls)
        assert cursor.fetchone() == (None,)
        back = {"returned_quantity": 1, "returned_at": JUNE + days(2)}
        world.order_item(
            world.product("BACK"), "80.00", "8.00", quantity=1, quantity_shipped=1, shipped_at=MAY + days(4), **back
        )
        shipped(world, JUNE + days(3), "200.00", "20.00")
        cursor.execute(calls)
        assert cursor.fetchone() == (2,)
    assert amounts(opened(world)) == {"order": "200.00", "fee": "-20.00", "refund": "-80.00", "fee_refund": "8.00"}


def test_the_month_on_paper(world: World) -> None:
    """Close, a late order, a late return, a late reversal, and a payment that comes back: by hand in the comments."""
    begin(world)
    first = shipped(world, MAY + days(3), "200.00", "20.00", quantity=2)  # + 400.00 − 40.00
    lost = world.product("LOST", "80.00")  # 12.5 %: a credit of 70.00
    [gone] = write_offs.write_off(items(("LOST", "U-1")), source=Source.PAGE, by=world.finance, as_of=MAY + days(10))
    may = opened(world)
    assert amounts(may) == {"order": "400.00", "fee": "-40.00", "credit": "70.00"}
    june = statements.close(number=may.number, by=world.finance, cut_off=date(2026, 5, 31), as_of=JUNE + days(2))
    may.refresh_from_db()
    assert (may.ends_at, may.closing_amount, may.payout_amount) == (JUNE, Decimal("430"), Decimal("430"))
    # now what belongs to May, or takes something of it back, arrives
    shipped(world, MAY + days(20), "500.00", "50.00")  # late order: + 500.00 − 50.00 = 450.00, paid to nobody before
    change(first, returned_quantity=1, returned_at=JUNE + days(5))  # − 200.00 + 20.00
    write_offs.reverse(number=gone.number, note="found", by=world.finance, as_of=JUNE + days(6))  # − 70.00
    assert amounts(june) == {
        "order": "500.00",
        "fee": "-50.00",
        "refund": "-200.00",
        "fee_refund": "20.00",
        "debit": "-70.00",
    }
    july = statements.close(number=june.number, by=world.finance, cut_off=date(2026, 6, 30), as_of=JULY)
    june.refresh_from_db()
    assert june.payout_amount == Decimal("200.00")  # 450 − 180 − 70
    assert (july.opening_amount, amounts(july)) == (0, {})
    # paid in two parts, of which the bank returns the second
    for amount, reference, left in (("150.00", "BANK-1", "50.00"), ("50.00", "BANK-2", "0.00")):
        new = NewPayment(june.number, Decimal(amount), "GBP", date(2026, 7, 3), reference)
        [outcome] = payments.record([new], source=Payment.Source.PAGE, by=world.finance)
        june.refresh_from_db()
        assert (outcome.state, june.payout_amount - june.paid_amount) == ("booked", Decimal(left))
    assert june.state == "paid"
    back = {"returned_on": date(2026, 7, 9), "reference": "BANK-3", "reason": "account closed"}
    payments.reverse(payment=june.payments.get(reference="BANK-2"), **back, by=world.finance)
    june.refresh_from_db()
    assert (june.state, june.paid_amount) == ("closed", Decimal("150.00"))  # 50.00 waits again
    assert lost.pk and verification.problems() == []
    unchanged = Statement.objects.get(pk=may.pk)
    assert (unchanged.payout_amount, unchanged.lines_digest) == (may.payout_amount, may.lines_digest)


def test_what_comes_late_is_marked_and_names_the_statement_it_is_about(world: World) -> None:
    may = begin(world)
    first = shipped(world, MAY + days(3))
    june = statements.close(number=may.number, by=world.finance, cut_off=date(2026, 5, 31))
    late = shipped(world, MAY + days(4))
    change(first, returned_quantity=1, returned_at=JUNE + days(1))
    usual = shipped(world, JUNE + days(2))
    change(first, commission=Decimal("40"))
    found = {
        (line.order_item_id, line.kind): (line.mark, line.about_number) for line in queries.lines(june, viewer=None)
    }
    assert found[late.pk, "order"] == found[late.pk, "fee"] == ("late", may.number)
    assert found[first.pk, "refund"] == ("", may.number)
    assert found[first.pk, "fee"] == ("correction", may.number)
    assert found[usual.pk, "order"] == ("", None)


def test_a_cancellation_after_shipping_and_a_changed_commission_are_differences(world: World) -> None:
    may = begin(world)
    item = shipped(world, MAY + days(3), "10.00", "1.505", quantity=3)
    assert amounts(may) == {"order": "30.00", "fee": "-4.52"}  # 4.515, rounded once
    june = statements.close(number=may.number, by=world.finance, cut_off=date(2026, 5, 31))
    change(item, quantity_shipped=2)
    assert amounts(june) == {"order": "-10.00", "fee": "1.51"}  # 3.01 are owed, 4.52 were taken
    change(item, commission=None)
    assert amounts(june) == {"order": "-10.00", "fee": "4.52"}
    change(item, quantity_shipped=0)
    assert amounts(june) == {"order": "-30.00", "fee": "4.52"}
    assert verification.problems() == []


def test_partial_returns_round_like_the_whole(world: World) -> None:
    may = begin(world)
    item = shipped(world, MAY + days(3), "9.99", "1.505", quantity=3)
    for units in (1, 2, 3):
        change(item, returned_quantity=units, returned_at=MAY + days(3 + units))
    assert queries.figures(may).closing == 0
    change(item, returned_quantity=2)  # one of them was booked by mistake
    assert queries.figures(may).closing == Decimal("8.48")  # 29.97 − 4.52 − 19.98 + 3.01
    assert verification.problems() == []


def test_an_order_in_another_currency_is_on_a_statement_of_its_own(world: World) -> None:
    begin(world)
    product = world.product("E")
    world.order_item(product, "1000.4", "100.6", currency="JPY", quantity_shipped=1, shipped_at=MAY + days(1))
    assert amounts(opened(world, "JPY")) == {"order": "1000.00", "fee": "-101.00"}
    assert amounts(opened(world)) == {}


def test_books_begin_with_what_was_shipped_since(world: World) -> None:
    shipped(world, MAY - days(1), "1.00", None)
    shipped(world, MAY, "2.00", None)
    begin(world)
    assert amounts(opened(world)) == {"order": "2.00"}
    assert verification.problems() == []


def test_the_cut_off_is_a_day_in_the_sellers_zone(world: World) -> None:
    world.seller.timezone = "Asia/Tokyo"
    world.seller.save()
    may = begin(world, MAY - days(1))
    midnight = datetime(2026, 5, 31, 15, tzinfo=UTC)  # in Tokyo
    shipped(world, midnight - days(0.001), "1.00", None)
    shipped(world, midnight, "2.00", None)
    june = statements.close(number=may.number, by=world.finance, cut_off=date(2026, 5, 31))
    assert (amounts(Statement.objects.get(pk=may.pk)), amounts(june)) == ({"order": "1.00"}, {"order": "2.00"})
    today = timezone.now()
    with pytest.raises(CannotClose, match="has not ended"):
        statements.close(number=june.number, by=world.finance, cut_off=(today + days(2)).date())
    with pytest.raises(CannotClose, match="begins later"):
        statements.close(number=june.number, by=world.finance, cut_off=date(2026, 5, 30))


def test_order_items_on_a_statement_stay(world: World) -> None:
    begin(world)
    item = shipped(world, MAY + days(1))
    with pytest.raises(DatabaseError, match="on a statement: it stays"), transaction.atomic():
        OrderItem.objects.filter(pk=item.pk)._raw_delete("default")
    with pytest.raises(DatabaseError, match="items are on a statement"), transaction.atomic():
        item.order.currency = "EUR"
        item.order.save()


@pytest.mark.parametrize(
    "sql",
    [
        "update lost_damaged_statementline set amount = 1",
        "delete from lost_damaged_statementline",
        "truncate lost_damaged_statementline",
        "update lost_damaged_statementline set statement_id = (select max(id) from lost_damaged_statement)",
        "insert into lost_damaged_statementline (statement_id, merchant_id, currency, kind, order_item_id, sequence,"
        " quantity, amount, occurred_at) select statement_id, merchant_id, currency, kind, order_item_id, 2, quantity,"
        " amount, occurred_at from lost_damaged_statementline",
        "update lost_damaged_statement set merchant_id = (select max(id) from inventory_ops_merchant)",
        "update lost_damaged_statement set closing_amount = closing_amount, payout_amount = 0 where state = 'closed'",
        "update lost_damaged_statement set state = 'open', ends_at = null, closing_amount = null"
        " where state = 'closed'",
        "delete from lost_damaged_statement where state = 'closed'",
    ],
)
def test_the_database_refuses_to_change_what_was_closed(world: World, sql: str) -> None:
    may = begin(world)
    shipped(world, MAY + days(1))
    statements.close(number=may.number, by=world.finance)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute(sql)


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("update lost_damaged_statementline set statement_id = %(june)s where id = %(line)s", "does not have the sums"),
        ("delete from lost_damaged_statementline where id = %(line)s", "does not have the sums"),
        (
            "insert into lost_damaged_statementline (statement_id, merchant_id, currency, kind, order_item_id,"
            " sequence, quantity, amount, occurred_at, recorded_at) select statement_id, merchant_id, currency, kind,"
            " order_item_id, 2, quantity, amount, occurred_at, now() from lost_damaged_statementline"
            " where id = %(line)s",
            "does not have the sums",
        ),
        ("update lost_damaged_statementline set occurred_at = now() where id = %(line)s", "does not have the sums"),
        ("update lost_damaged_statementline set statement_id = %(other)s where id = %(open)s", "of another seller"),
        ("delete from lost_damaged_statementline where id = %(open)s", "is not on statements with what is owed"),
        ("update lost_damaged_statementline set amount = 499 where id = %(open)s", "is not on statements with what is"),
        ("delete from lost_damaged_statementline where kind = 'credit'", "is not on exactly one statement"),
        ("update inventory_ops_orderitem set quantity_shipped = 0", "is not on statements with what is owed"),
    ],
)
def test_verify_ledger_finds_what_was_changed_past_the_guards(world: World, sql: str, found: str) -> None:
    may = begin(world)
    other = begin(world, merchant=world.other)
    shipped(world, MAY + days(1))
    shipped(world, MAY + days(2))  # of the same amount: sums alone would not find them exchanged
    june = statements.close(number=may.number, by=world.finance, cut_off=date(2026, 5, 31))
    shipped(world, JUNE + days(1))
    world.product("A")
    write_offs.write_off(items(("A", "u")), source=Source.API, by=world.finance)
    assert verification.problems() == []
    line = StatementLine.objects.filter(statement=may, kind="order").order_by("pk")[0].pk
    late = StatementLine.objects.get(statement=june, kind="order").pk
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("set session_replication_role = replica")
        cursor.execute(sql, {"june": june.pk, "other": other.pk, "line": line, "open": late})
        cursor.execute("set session_replication_role = origin")
    assert any(found in problem for problem in verification.problems())


def test_two_lines_exchanged_between_closed_statements_are_found(world: World) -> None:
    """Sums and counts are the same: only the digest of the lines tells."""
    may = begin(world)
    shipped(world, MAY + days(1))
    june = statements.close(number=may.number, by=world.finance, cut_off=date(2026, 5, 31))
    shipped(world, JUNE + days(1))
    statements.close(number=june.number, by=world.finance, cut_off=date(2026, 6, 30))
    assert verification.problems() == []
    run_sql(
        "update lost_damaged_statementline set statement_id = case statement_id when %s then %s::bigint else %s end",
        may.pk,
        june.pk,
        may.pk,
    )
    assert len([problem for problem in verification.problems() if "does not have the sums" in problem]) == 2


def test_minor_units_are_those_of_iso_4217() -> None:
    known = {each.code: int(each.exponent) for each in Currency if each.exponent is not None}
    with connection.cursor() as cursor:
        cursor.execute("select code, lost_damaged_minor_units(code) from unnest(%s::text[]) x(code)", [sorted(known)])
        assert dict(cursor.fetchall()) == known


def test_lines_that_stay_move_in_one_pass(world: World) -> None:
    """Rows of an update are never paired with each other: with nothing known of a table, that took hours."""
    may = begin(world)
    first = shipped(world, MAY + days(1), "1.00", None)
    OrderItem.objects.bulk_create(
        OrderItem(
            order=first.order,
            merchant=world.seller,
            product=first.product,
            shop_item_id=f"m-{n}",
            status=2,
            ordered_at=JUNE,
            quantity=1,
            unit_price=Decimal(1),
            quantity_shipped=1,
            shipped_at=JUNE + days(1),
        )
        for n in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("set local enable_hashjoin = off")
        cursor.execute("set local enable_mergejoin = off")
        june = statements.close(number=may.number, by=world.finance, cut_off=date(2026, 5, 31))
        cursor.execute("set local enable_hashjoin = on")
        cursor.execute("set local enable_mergejoin = on")
    assert (june.lines.count(), Statement.objects.get(pk=may.pk).lines.count()) == (3000, 1)
    OrderItem.objects.filter(shop_item_id__startswith="m-").update(commission=Decimal("0.10"))
    assert amounts(june) == {"order": "3000.00", "fee": "-300.00"}
    assert verification.problems() == []
