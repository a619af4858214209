"""The amount of a write-off: each step once in exact decimals and, beside it, once as an SQL expression.

The booking statement, the check constraint, the preview and the explanation all take their arithmetic from here; a
property test holds the two forms together.

An order item gives (unit price − commission) × factor; a unit outside orders gives
lowest price × (1 − commission percent / 100) × factor. Nothing is rounded on the way: the result is, once, half up,
to the currency's minor unit (ISO 4217), which is what NAV and PostgreSQL's round(numeric) do. Below 0 it is 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from iso4217 import Currency

HUNDRED = Decimal(100)
EXACT = Context(prec=60)


@dataclass(frozen=True, slots=True)
class Result:
    """`raw` is exact and may be negative; `amount` is rounded and at least 0."""

    raw: Decimal
    amount: Decimal

    @property
    def clamped(self) -> bool:
        return self.raw < 0


def minor_units(currency: str) -> int:
    """Decimals of a currency. Raises ValueError for a code that ISO 4217 does not know or gives no minor unit."""
    exponent = Currency(currency).exponent
    if exponent is None:
        raise ValueError(f"{currency} has no minor unit.")
    return int(exponent)


def amount_sql(raw: str, digits: str) -> str:
    """`Result.amount` of a raw amount."""
    return f"round(greatest({raw}, 0), {digits})"


def rounded(amount: Decimal, digits: int) -> Decimal:
    """`amount` with `digits` decimals, halves away from zero."""
    with localcontext(EXACT):
        return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def of_order_item(*, unit_price: Decimal, commission: Decimal, factor: Decimal, digits: int) -> Result:
    """Credit for a unit that was sold: prices and commission of one unit."""
    with localcontext(EXACT):
        return _result((unit_price - commission) * factor, digits)


def order_item_sql(*, unit_price: str, commission: str, factor: str) -> str:
    """`of_order_item(…).raw`."""
    return f"({unit_price} - {commission}) * {factor}"


def commission_of(unit_price: Decimal, percent: Decimal) -> Decimal:
    """Commission of a sold unit whose order item has none of its own, with the four decimals of a money column."""
    with localcontext(EXACT):
        return rounded(unit_price * percent / HUNDRED, 4)


def commission_sql(*, unit_price: str, percent: str) -> str:
    """`commission_of`."""
    return f"round({unit_price} * {percent} * 0.01, 4)"


def of_product(
    *,
    price: Decimal,
    special_price: Decimal | None,
    special_used: bool,
    commission_percent: Decimal,
    factor: Decimal,
    digits: int,
) -> Result:
    """Credit for a unit outside orders. `special_used`: is the special price inside its window?"""
    with localcontext(EXACT):
        lowest = lowest_price(price, special_price, special_used=special_used)
        return _result(lowest * (1 - commission_percent / HUNDRED) * factor, digits)


def product_sql(*, price: str, special_price: str, special_used: str, percent: str, factor: str) -> str:
    """`of_product(…).raw`."""
    lowest = lowest_price_sql(price=price, special_price=special_price, special_used=special_used)
    return f"({lowest}) * (1 - {percent} * 0.01) * {factor}"


def lowest_price(price: Decimal, special_price: Decimal | None, *, special_used: bool) -> Decimal:
    return min(price, special_price) if special_used and special_price is not None else price


def _result(raw: Decimal, digits: int) -> Result:
    return Result(raw=raw, amount=rounded(max(raw, Decimal(0)), digits))


def lowest_price_sql(*, price: str, special_price: str, special_used: str) -> str:
    """`lowest_price`."""
    return f"case when {special_used} then least({price}, {special_price}) else {price} end"


# What every stored transaction has to satisfy; a missing input makes the comparison NULL, which a check lets pass.
RAW_AMOUNT_CHECK = f"""coalesce(raw_amount = case formula
    when 'order_item' then {order_item_sql(unit_price="unit_price", commission="commission_amount", factor="factor")}
    when 'product' then {
    product_sql(
        price="price",
        special_price="special_price",
        special_used="special_used",
        percent="commission_percent",
        factor="factor",
    )
} end, false)"""
AMOUNT_CHECK = f"amount = {amount_sql('raw_amount', 'minor_units')} * case type when 'credit' then 1 else -1 end"
