"""Writing off: amounts, repeats, refusals, reversal."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from inventory_ops.models import AuditEvent, Category, Merchant, OrderItem
from lost_damaged import formula
from lost_damaged.items import Item
from lost_damaged.models import Factor, FinanceSettings, LedgerEntry, SellerTransaction, Source, Statement, WriteOff
from lost_damaged.operations import rules, write_offs
from lost_damaged.operations.write_offs import CannotReverse, Outcome
from tests.lost_damaged.world import World, days, items

pytestmark = pytest.mark.django_db


def write_off(world: World, *rows: tuple[Any, ...], **options: Any) -> list[Outcome]:
    return write_offs.write_off(items(*rows), source=Source.API, by=world.finance, **options)


def code_of(outcome: Outcome) -> str:
    return str(outcome.error.code) if outcome.error else outcome.state


def test_an_order_item_is_credited_with_price_less_commission(world: World) -> None:
    item = world.order_item(world.product("A"))
    [outcome] = write_off(world, ("A", "u-1", item.shop_item_id))
    assert (outcome.state, outcome.amount, outcome.currency) == ("booked", Decimal("85.00"), "GBP")
    credit = SellerTransaction.objects.get()
    assert credit.number == outcome.number == WriteOff.objects.get().number
    assert (credit.type, credit.formula, credit.unit_price, credit.factor) == ("credit", "order_item", 100, 1)
    entries = {entry.account: (entry.debit, entry.credit) for entry in LedgerEntry.objects.all()}
    assert entries == {"expense": (85, 0), "liability": (0, 85)}
    assert AuditEvent.objects.get().summary == "1 unit written off (API)"


def test_a_product_is_credited_with_its_lowest_price_less_percent(world: World) -> None:
    world.product("A", "80.00", special_price=Decimal("60.00"), special_from=timezone.now() - days(1))
    [outcome] = write_off(world, ("A", "u-1"))
    assert outcome.amount == Decimal("52.50")


@pytest.mark.parametrize(
    ("special", "start", "end", "used"),
    [
        (None, None, None, False),
        ("60", None, None, True),
        ("60", 0, None, True),  # starts this very moment
        ("60", None, 0, False),  # ends this very moment: the end is exclusive
        ("60", 1, None, False),
        ("60", -2, -1, False),
        ("120", None, None, True),  # in force, but the price is lower
    ],
)
def test_a_special_price_counts_inside_its_window_only(
    world: World, special: str | None, start: int | None, end: int | None, used: bool
) -> None:
    now = timezone.now()
    world.product(
        "A",
        special_price=Decimal(special) if special else None,
        special_from=now + days(start) if start is not None else None,
        special_to=now + days(end) if end is not None else None,
    )
    write_off(world, ("A", "u-1"), as_of=now)
    credit = SellerTransaction.objects.get()
    lowest = Decimal("60") if used and special == "60" else Decimal(100)
    assert credit.special_used == used
    assert credit.amount == (lowest * Decimal("0.875")).quantize(Decimal("0.01"))


def test_the_percent_comes_from_the_nearest_category_above(world: World) -> None:
    middle = Category.objects.create(name="Desk lamps", parent=world.category)
    leaf = Category.objects.create(name="LED desk lamps", parent=middle)
    world.product("A", category=leaf)
    write_off(world, ("A", "u-1"))
    credit = SellerTransaction.objects.get()
    assert (credit.commission_percent, credit.commission_category) == (Decimal("12.5"), "Lamps")


def test_without_any_percent_it_is_refused(world: World) -> None:
    world.product("A", category=Category.objects.create(name="Root"))
    world.product("B", category=None)
    assert [code_of(outcome) for outcome in write_off(world, ("A", "u-1"), ("B", "u-2"))] == ["2007", "2007"]
    assert not WriteOff.objects.exists()


@pytest.mark.parametrize(("percent", "amount"), [("0", "100.00"), ("100", "0.00")])
def test_the_ends_of_the_percent(world: World, percent: str, amount: str) -> None:
    world.product("A", category=Category.objects.create(name="Edge", commission_percent=Decimal(percent)))
    assert write_off(world, ("A", "u-1"))[0].amount == Decimal(amount)


def test_an_order_item_without_commission_takes_the_percent_of_its_category(world: World) -> None:
    item = world.order_item(world.product("A"), commission=None)
    write_off(world, ("A", "u-1", item.shop_item_id))
    credit = SellerTransaction.objects.get()
    assert (credit.commission_amount, credit.amount) == (Decimal("12.5"), Decimal("87.50"))


def test_a_negative_result_credits_nothing_and_says_so(world: World) -> None:
    item = world.order_item(world.product("A"), "10.00", "12.00")
    [outcome] = write_off(world, ("A", "u-1", item.shop_item_id))
    assert (outcome.amount, outcome.warnings) == (Decimal(0), ["negative_clamped"])
    credit = SellerTransaction.objects.get()
    assert credit.raw_amount == Decimal(-2)
    assert not credit.entries.exists()


def test_the_factor_is_the_sellers_then_the_default_and_by_date(world: World) -> None:
    now = timezone.now()
    world.product("A", category=Category.objects.create(name="Free", commission_percent=0))

    def factor_at(moment: Any, uid: str) -> Decimal:
        write_off(world, ("A", uid), as_of=moment)
        return SellerTransaction.objects.get(write_off__uid=uid).factor

    assert factor_at(now, "none") == 1
    Factor.objects.create(merchant=None, factor=Decimal("0.9"), valid_from=now - days(9))
    assert factor_at(now, "default") == Decimal("0.9")
    Factor.objects.create(merchant=world.seller, factor=Decimal("0.8"), valid_from=now - days(5))
    assert factor_at(now, "merchant") == Decimal("0.8")
    Factor.objects.create(merchant=world.seller, factor=Decimal("0.7"), valid_from=now - days(1))
    Factor.objects.create(merchant=world.seller, factor=Decimal("0.6"), valid_from=now + days(1))
    assert factor_at(now, "dated") == Decimal("0.7")
    assert factor_at(now - days(2), "before") == Decimal("0.8")
    assert factor_at(now + days(1), "after") == Decimal("0.6")
    Factor.objects.create(merchant=world.seller, factor=Decimal("0.5"), valid_from=now + days(1))
    assert factor_at(now + days(2), "corrected") == Decimal("0.5")


@pytest.mark.parametrize(
    ("currency", "price", "factor", "amount"),
    [
        ("GBP", "2.665", "1", "2.67"),
        ("GBP", "0.01", "0.5", "0.01"),
        ("UGX", "999.5", "1", "1000"),
        ("XOF", "3", "0.5", "2"),
        ("TND", "1.2345", "1", "1.235"),
        ("JPY", "101", "0.005", "1"),
    ],
)
def test_halves_and_currencies(world: World, currency: str, price: str, factor: str, amount: str) -> None:
    merchant = Merchant.objects.create(vendor_number="V9", name="Far", currency=currency)
    Factor.objects.create(merchant=merchant, factor=Decimal(factor), valid_from=timezone.now() - days(1))
    item = world.order_item(world.product("A", merchant=merchant), price, "0")
    [outcome] = write_off(world, ("A", "u-1", item.shop_item_id))
    assert outcome.amount == Decimal(amount)
    assert SellerTransaction.objects.get().minor_units == formula.minor_units(currency)


def test_an_identical_repeat_books_nothing_and_answers_with_the_first(world: World) -> None:
    item = world.order_item(world.product("A"))
    [first] = write_off(world, ("A", "u-1", item.shop_item_id))
    repeats = write_off(world, ("A", "U-1", item.shop_item_id), ("A", "u-1", item.shop_item_id))
    assert [(repeat.state, repeat.number, repeat.amount) for repeat in repeats] == [
        ("repeat", first.number, Decimal(85))
    ] * 2
    assert SellerTransaction.objects.count() == 1


def test_other_data_for_a_known_uid_is_a_conflict(world: World) -> None:
    item = world.order_item(world.product("A"))
    world.product("B")
    write_off(world, ("A", "u-1", item.shop_item_id))
    outcomes = write_off(world, ("B", "u-1", item.shop_item_id))
    outcomes += write_off(world, ("A", "u-1"))
    outcomes += write_off(world, ("unknown", "u-1"))
    assert [code_of(outcome) for outcome in outcomes] == ["2004"] * 3
    assert WriteOff.objects.count() == 1


def test_twins_in_one_call(world: World) -> None:
    world.product("A")
    world.product("B")
    outcomes = write_off(world, ("A", "u-1"), ("A", "u-1"), ("A", "u-2"), ("B", "u-2"), ("B", "u-3"))
    assert [code_of(outcome) for outcome in outcomes] == ["booked", "repeat", "2010", "2010", "booked"]
    assert outcomes[0].number == outcomes[1].number
    assert WriteOff.objects.count() == 2


def test_what_cannot_be_found(world: World) -> None:
    product = world.product("A")
    item = world.order_item(world.product("B"))
    foreign = world.order_item(world.product("C", merchant=world.other))
    outcomes = write_off(
        world,
        ("nope", "u-1"),
        ("a", "u-2"),
        (product.sku, "u-3", 1),
        (product.sku, "u-4", item.shop_item_id),
        (product.sku, "u-5", foreign.shop_item_id),
    )
    assert [code_of(outcome) for outcome in outcomes] == ["2003", "2003", "2003", "2006", "2006"]
    assert outcomes[0].error and outcomes[0].error.message == "SKU was not found."


def test_a_sku_of_two_sellers_needs_the_order_item(world: World) -> None:
    world.product("A")
    item = world.order_item(world.product("A", merchant=world.other))
    first, second = write_off(world, ("A", "u-1"), ("A", "u-2", item.shop_item_id))
    assert (code_of(first), second.state, second.merchant_id) == ("2003", "booked", world.other.pk)


def test_an_order_in_another_currency_is_refused(world: World) -> None:
    item = world.order_item(world.product("A"), currency="EUR")
    assert code_of(write_off(world, ("A", "u-1", item.shop_item_id))[0]) == "2008"
    metal = Merchant.objects.create(vendor_number="V3", name="Gold", currency="XAU")
    world.product("G", merchant=metal)
    assert code_of(write_off(world, ("G", "u-2"))[0]) == "2008"


def test_a_locked_period_takes_nothing_new_but_answers_repeats(world: World) -> None:
    world.product("A")
    write_off(world, ("A", "u-1"))
    FinanceSettings.objects.create(locked_until=timezone.now().date())
    assert [code_of(outcome) for outcome in write_off(world, ("A", "u-1"), ("A", "u-2"))] == ["repeat", "2011"]


def test_an_amount_above_the_cap_waits_for_a_second_person(world: World) -> None:
    rules.set_caps(unit=Decimal("50"), per_import=Decimal("500"), daily=Decimal("500"))
    world.product("A", "57.14")
    world.product("B", "57.15")  # 50.01 after rounding
    assert [outcome.state for outcome in write_off(world, ("A", "a"), ("B", "b"))] == ["booked", "waits"]


def test_statuses_of_the_order_change_nothing_but_the_warning(world: World) -> None:
    now = timezone.now()
    shipped = world.order_item(world.product("A"), quantity_shipped=1, shipped_at=now)
    opened = world.order_item(world.product("B"))
    cancelled = world.order_item(world.product("C"), cancelled_quantity=1, cancelled_by="seller")
    outcomes = write_off(
        world,
        ("A", "a", shipped.shop_item_id),
        ("B", "b", opened.shop_item_id),
        ("C", "c", cancelled.shop_item_id),
    )
    assert [(outcome.state, outcome.amount) for outcome in outcomes] == [("booked", Decimal("85.00"))] * 3
    assert [outcome.warnings for outcome in outcomes] == [["order_item_shipped"], [], []]


def test_more_units_than_the_order_item_has_wait_for_a_second_person(world: World) -> None:
    item = world.order_item(world.product("A"), quantity=2)
    rows = [("A", f"u-{n}", item.shop_item_id) for n in range(3)]
    outcomes = write_off(world, *rows)
    assert [outcome.state for outcome in outcomes] == ["booked", "booked", "waits"]
    assert outcomes[2].error and "More units are written off than the order item has" in outcomes[2].error.message
    [single] = write_off(world, ("A", "u-9", item.shop_item_id))
    assert (single.state, "order_item_repeated" in single.warnings) == ("waits", True)
    [repeat, _again] = write_off(world, rows[0], rows[1])  # known ones are no further units
    assert (repeat.state, repeat.warnings) == ("repeat", [])
    write_offs.reverse(number=outcomes[0].number, note="found", by=world.finance)
    assert write_off(world, ("A", "u-10", item.shop_item_id))[0].state == "booked"
    [system] = write_offs.write_off(items(("A", "u-11", item.shop_item_id)), source=Source.API, by=None)
    assert (system.state, system.warnings) == ("booked", ["order_item_repeated"])


def test_a_cart_and_a_rounded_uid_are_warned_of(world: World) -> None:
    item = world.order_item(world.product("A"))
    item.order.status = 1
    item.order.placed_at = None
    item.order.save()
    OrderItem.objects.filter(pk=item.pk).update(status=1)
    for uid, warnings in (
        ("12345678901230000", ["order_item_cart", "uid_rounded"]),
        ("12345678901230001", ["order_item_cart"]),
        ("123456789012300", ["order_item_cart"]),  # 15 digits are exact
    ):
        [outcome] = write_off(world, ("A", uid, item.shop_item_id), dry_run=True)
        assert outcome.warnings == warnings, uid
    [booked] = write_off(world, ("A", "12345678901230000", item.shop_item_id))
    assert (booked.state, booked.warnings) == ("booked", ["order_item_cart", "uid_rounded"])


def test_a_dry_run_writes_nothing_and_tells_the_same(world: World) -> None:
    item = world.order_item(world.product("A"))
    rows = [("A", "u-1", item.shop_item_id), ("A", "u-1", item.shop_item_id), ("nope", "u-2")]
    dry = write_off(world, *rows, dry_run=True)
    assert [code_of(outcome) for outcome in dry] == ["ready", "repeat", "2003"]
    assert not WriteOff.objects.exists()
    real = write_off(world, *rows)
    assert [code_of(outcome) for outcome in real] == ["booked", "repeat", "2003"]
    assert dry[0].amount == real[0].amount
    again = write_off(world, *rows, dry_run=True)
    assert [code_of(outcome) for outcome in again] == ["repeat", "repeat", "2003"]


def test_a_reversal_takes_the_credit_back_once(world: World) -> None:
    world.product("A")
    [outcome] = write_off(world, ("A", "u-1"))
    debit = write_offs.reverse(number=outcome.number, note="Found behind the rack", by=world.finance)
    assert debit.amount == -Decimal("87.50")
    assert debit.number != outcome.number
    totals: dict[str, Decimal] = {"expense": Decimal(0), "liability": Decimal(0)}
    for entry in LedgerEntry.objects.all():
        totals[entry.account] += entry.debit - entry.credit
    assert set(totals.values()) == {Decimal(0)}
    with pytest.raises(CannotReverse, match="reversed already"):
        write_offs.reverse(number=outcome.number, note="again", by=world.finance)
    assert code_of(write_off(world, ("A", "u-1"))[0]) == "2005"
    assert code_of(write_off(world, ("A", "u-1", 5))[0]) == "2005"


def test_a_reversal_needs_a_note_and_a_write_off(world: World) -> None:
    with pytest.raises(CannotReverse, match="no write-off"):
        write_offs.reverse(number="LD-2026-999999", note="x", by=world.finance)
    with pytest.raises(CannotReverse, match="Say why"):
        write_offs.reverse(number="LD-2026-999999", note="  ", by=world.finance)


def test_one_call_of_many_sellers_uses_one_open_statement_each(world: World) -> None:
    world.product("A")
    world.product("B", merchant=world.other)
    write_off(world, ("A", "a"), ("B", "b"), ("A", "c"))
    write_off(world, ("A", "d"))
    assert Statement.objects.count() == 2
    lines = Statement.objects.get(merchant=world.seller).lines
    assert sorted(lines.values_list("transaction__write_off__uid", flat=True)) == ["a", "c", "d"]


def test_statements_run_a_fixed_number_whatever_the_items(world: World, django_assert_max_num_queries: Any) -> None:
    world.product("A")
    write_off(world, ("A", "first"))
    with django_assert_max_num_queries(27):
        write_off(world, *[("A", f"u-{n}") for n in range(200)])


@pytest.mark.parametrize(
    "sql",
    [
        "update lost_damaged_writeoff set uid = 'x'",
        "delete from lost_damaged_writeoff",
        "update lost_damaged_sellertransaction set amount = 1",
        "delete from lost_damaged_sellertransaction",
        "delete from lost_damaged_ledgerentry",
        "update lost_damaged_ledgerentry set debit = 1",
        "truncate lost_damaged_writeoff cascade",
        "truncate lost_damaged_ledgerentry",
    ],
)
def test_what_was_booked_cannot_be_changed(world: World, sql: str) -> None:
    world.product("A")
    write_off(world, ("A", "u-1"))
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        # an amount that does not follow from its inputs, a second credit, a half entry, a factor above 1
        "insert into lost_damaged_sellertransaction (number, write_off_id, merchant_id, type, amount,"
        " currency, minor_units, formula, unit_price, commission_amount, special_used, commission_category, factor,"
        " raw_amount, warnings, note, actor, reverses_id, created_at) select 'LD-X', write_off_id, merchant_id,"
        " 'debit', -1, currency, 2, 'order_item', 10, 2, false, '', 1, 8, '[]', '', '', id, now()"
        " from lost_damaged_sellertransaction",
        "insert into lost_damaged_sellertransaction (number, write_off_id, merchant_id, type, amount,"
        " currency, minor_units, formula, special_used, commission_category, factor, raw_amount, warnings, note, actor,"
        " reverses_id, created_at) select 'LD-X', write_off_id, merchant_id, 'debit', -8, currency, 2,"
        " 'order_item', false, '', 1, 8, '[]', '', '', id, now() from lost_damaged_sellertransaction",
        "insert into lost_damaged_ledgerentry (transaction_id, account, debit, credit)"
        " select id, 'expense', 1, 0 from lost_damaged_sellertransaction",
        "insert into lost_damaged_ledgerentry (transaction_id, account, debit, credit)"
        " select id, 'expense', 1, 1 from lost_damaged_sellertransaction",
        "insert into lost_damaged_writeoff (number, merchant_id, product_id, uid, uid_key, status, reason, source,"
        " actor) select 'LD-Y', merchant_id, product_id, 'U-1', 'U-1', status, reason, source, ''"
        " from lost_damaged_writeoff",
        "insert into lost_damaged_writeoff (number, merchant_id, product_id, uid, uid_key, status, reason, source,"
        " actor) select 'LD-Y', merchant_id, product_id, 'ü', 'Ü', status, reason, source, ''"
        " from lost_damaged_writeoff",
        "update inventory_ops_merchant set currency = 'EUR' where vendor_number = 'V1'",
    ],
)
def test_the_database_refuses_what_does_not_add_up(world: World, sql: str) -> None:
    world.product("A")
    write_off(world, ("A", "u-1"))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
        cursor.execute("set constraints all immediate")


def test_every_amount_can_be_computed_again_in_python(world: World) -> None:
    Factor.objects.create(merchant=world.seller, factor=Decimal("0.3333"))
    rows: list[tuple[Any, ...]] = []
    for n in range(60):
        price = str(Decimal(n * 37 % 101) + Decimal("0.0355") * n)
        product = world.product(f"P{n}", price, special_price=Decimal("19.995") if n % 3 == 0 else None)
        rows.append((product.sku, f"p-{n}"))
        item = world.order_item(product, price, str(Decimal(n) / 8))
        rows.append((product.sku, f"o-{n}", item.shop_item_id))
    write_off(world, *rows)
    assert SellerTransaction.objects.count() == 120
    for each in SellerTransaction.objects.all():
        if each.formula == "order_item":
            result = formula.of_order_item(
                unit_price=each.unit_price, commission=each.commission_amount, factor=each.factor, digits=2
            )
        else:
            result = formula.of_product(
                price=each.price,
                special_price=each.special_price,
                special_used=each.special_used,
                commission_percent=each.commission_percent,
                factor=each.factor,
                digits=2,
            )
        assert (result.amount, result.raw) == (each.amount, each.raw_amount)


def test_a_transaction_without_its_entries_or_its_line_cannot_be_committed(world: World) -> None:
    world.product("A")
    [outcome] = write_off(world, ("A", "u-1"))
    sql = (
        "with t as (insert into lost_damaged_sellertransaction (number, write_off_id, merchant_id, type, amount,"
        " currency, minor_units, formula, price, special_used, commission_percent, commission_category, factor,"
        " raw_amount, warnings, note, actor, reverses_id, created_at) select 'LD-X', write_off_id, merchant_id,"
        " 'debit', -amount, currency, 2, 'product', price, false, commission_percent, '', factor,"
        " raw_amount, '[]', '', '', id, now() from lost_damaged_sellertransaction where number = %s"
        " returning *) {line}"
    )
    on_statement = (
        "insert into lost_damaged_statementline (statement_id, merchant_id, currency, kind, transaction_id, sequence,"
        " quantity, amount, occurred_at) select s.id, t.merchant_id, t.currency, 'debit', t.id, 1, 1, t.amount, now()"
        " from t, lost_damaged_statement s"
    )
    for line, refusal in ((on_statement, "not balanced"), ("select 1", "on no statement")):
        with pytest.raises(DatabaseError, match=refusal), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.format(line=line), [outcome.number])


def test_items_keep_their_position(world: World) -> None:
    world.product("A")
    outcomes = write_offs.write_off([Item(7, "A", "x"), Item(3, "nope", "y")], source=Source.PAGE, by=world.finance)
    assert [(outcome.position, code_of(outcome)) for outcome in outcomes] == [(3, "2003"), (7, "booked")]
