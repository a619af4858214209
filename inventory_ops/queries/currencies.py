"""Currencies: which exist, and how many decimals their smallest unit has."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from iso4217 import Currency

DIGITS: dict[str, int] = {currency.code: currency.exponent or 0 for currency in Currency}

# (currency, digits) as a table, for statements that round to the smallest unit
MINOR_UNITS_SQL = "values " + ", ".join(f"('{code}', {digits})" for code, digits in sorted(DIGITS.items()))
MINOR_UNITS_SQL = f"select * from ({MINOR_UNITS_SQL}) unit(currency, digits)"


def is_currency(code: str) -> bool:
    return code in DIGITS


def to_minor_unit(amount: Decimal, currency: str) -> Decimal:
    """`amount` rounded half-even to the currency's smallest unit."""
    return amount.quantize(Decimal(1).scaleb(-DIGITS.get(currency, 2)), ROUND_HALF_EVEN)
