"""The formula against PostgreSQL's numeric, and at the places where rounding goes wrong."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lost_damaged import formula
from lost_damaged.models import SellerTransaction
from lost_damaged.queries import explanation
from tests.calculator import computed

MONEY = st.decimals(min_value=0, max_value=10**9, places=4)
PERCENT = st.decimals(min_value=0, max_value=100, places=4)
FACTOR = st.decimals(min_value=0, max_value=1, places=4)
DIGITS = st.sampled_from([0, 2, 3])
RELAXED = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def in_sql(raw: str, digits: int, **values: object) -> tuple[Decimal, Decimal]:
    """Raw and rounded amount of an expression of formula.py over columns of these names."""
    columns = ", ".join(
        f"%({name})s::{'boolean' if isinstance(value, bool) else 'numeric'} as {name}" for name, value in values.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(f"select {raw}, {formula.amount_sql(raw, str(digits))} from (select {columns}) v", values)
        found: tuple[Decimal, Decimal] = cursor.fetchone()
        return found


@pytest.mark.django_db
@RELAXED
@given(MONEY, PERCENT)
def test_of_a_commission_sql_and_python_agree(price: Decimal, percent: Decimal) -> None:
    with connection.cursor() as cursor:
        sql = formula.commission_sql(unit_price="%s::numeric", percent="%s::numeric")
        cursor.execute(f"select {sql}", [price, percent])
        assert cursor.fetchone()[0] == formula.commission_of(price, percent)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("transaction_raw_amount_follows_formula", formula.RAW_AMOUNT_CHECK),
        ("transaction_amount_is_rounded_once", formula.AMOUNT_CHECK),
    ],
)
def test_the_constraint_of_the_table_is_the_formula(name: str, expression: str) -> None:
    of_table = "select pg_get_constraintdef(oid) from pg_constraint where conname = %s and conrelid = %s::regclass"
    with connection.cursor() as cursor:
        cursor.execute("create temp table of_formula (like lost_damaged_sellertransaction) on commit drop")
        cursor.execute(f"alter table of_formula add constraint {name} check ({expression})")
        found = []
        for table in ("lost_damaged_sellertransaction", "of_formula"):
            cursor.execute(of_table, [name, table])
            found.append(cursor.fetchone()[0])
    assert found[0] == found[1]


@pytest.mark.django_db
@RELAXED
@given(MONEY, MONEY, FACTOR, DIGITS)
def test_of_an_order_item_sql_and_python_agree(
    price: Decimal, commission: Decimal, factor: Decimal, digits: int
) -> None:
    result = formula.of_order_item(unit_price=price, commission=commission, factor=factor, digits=digits)
    raw = formula.order_item_sql(unit_price="unit_price", commission="commission", factor="factor")
    assert (result.raw, result.amount) == in_sql(raw, digits, unit_price=price, commission=commission, factor=factor)
    assert 0 <= result.amount <= formula.rounded(price, digits)
    assert result.clamped == (commission > price and factor > 0)


@pytest.mark.django_db
@RELAXED
@given(MONEY, st.none() | MONEY, st.booleans(), PERCENT, FACTOR, DIGITS)
def test_of_a_product_sql_and_python_agree(
    price: Decimal, special: Decimal | None, used: bool, percent: Decimal, factor: Decimal, digits: int
) -> None:
    result = formula.of_product(
        price=price,
        special_price=special,
        special_used=used,
        commission_percent=percent,
        factor=factor,
        digits=digits,
    )
    names = ("price", "special_price", "special_used", "percent", "factor")
    values = {"price": price, "special_price": special, "special_used": used, "percent": percent, "factor": factor}
    assert (result.raw, result.amount) == in_sql(
        formula.product_sql(**{name: name for name in names}), digits, **values
    )
    assert 0 <= result.amount <= formula.rounded(price, digits)


@pytest.mark.parametrize(
    ("unit_price", "digits", "amount"),
    [("2.665", 2, "2.67"), ("0.005", 2, "0.01"), ("0.0049", 2, "0.00"), ("0.5", 0, "1"), ("1.0005", 3, "1.001")],
)
def test_halves_go_up(unit_price: str, digits: int, amount: str) -> None:
    result = formula.of_order_item(
        unit_price=Decimal(unit_price), commission=Decimal(0), factor=Decimal(1), digits=digits
    )
    assert str(result.amount) == amount


def test_it_is_rounded_once_at_the_end() -> None:
    # rounding the discounted price first would give 3.33 × 0.5 = 1.67
    result = formula.of_product(
        price=Decimal("3.70"),
        special_price=None,
        special_used=False,
        commission_percent=Decimal("10.05"),
        factor=Decimal("0.5"),
        digits=2,
    )
    assert result.amount == Decimal("1.66")
    assert result.raw == Decimal("1.664075")


def test_a_commission_above_the_price_credits_nothing_and_keeps_the_raw_value() -> None:
    result = formula.of_order_item(unit_price=Decimal(5), commission=Decimal(7), factor=Decimal(1), digits=2)
    assert (result.amount, result.raw, result.clamped) == (Decimal("0.00"), Decimal(-2), True)


@pytest.mark.parametrize(("currency", "digits"), [("GBP", 2), ("UGX", 0), ("XOF", 0), ("JPY", 0), ("TND", 3)])
def test_minor_units_are_those_of_iso_4217(currency: str, digits: int) -> None:
    assert formula.minor_units(currency) == digits


@pytest.mark.parametrize("currency", ["XAU", "ZZZ"])
def test_a_code_without_a_minor_unit_is_refused(currency: str) -> None:
    with pytest.raises(ValueError, match=currency):
        formula.minor_units(currency)


@RELAXED
@given(MONEY, PERCENT, FACTOR, DIGITS, st.booleans())
def test_the_explanation_of_a_credit_computes(
    price: Decimal, percent: Decimal, factor: Decimal, digits: int, of_item: bool
) -> None:
    """What a page prints as the formula, typed into a calculator, gives the amount that it prints."""
    commission = formula.commission_of(price, percent)
    transaction = SellerTransaction(
        formula=SellerTransaction.Formula.ORDER_ITEM if of_item else SellerTransaction.Formula.PRODUCT,
        unit_price=price if of_item else None,
        commission_amount=commission if of_item else None,
        price=None if of_item else price,
        commission_percent=None if of_item else percent,
        factor=factor,
        minor_units=digits,
        currency="EUR",
        warnings=[],
    )
    shown = explanation.of(transaction)
    value = computed(shown.expression)
    scaled = max(value, Fraction(0)) * 10**digits
    half_up = (scaled + Fraction(1, 2)).__floor__()
    amount = format(Decimal(half_up).scaleb(-digits), "f")
    assert any(f": {amount} EUR." in step for step in shown.steps), (shown, amount)
