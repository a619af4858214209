"""SQL expressions that give a value its exported text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db.models import (
    Case,
    DecimalField,
    Expression,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast
from iso4217 import Currency


class PlainText(Func):
    """Text that a spreadsheet will not run: a leading = + - @ TAB CR gets an apostrophe in front (ASVS 1.2.10)."""

    template = r"regexp_replace((%(expressions)s)::text, E'^([=+@\\t\\r-])', '''\1')"
    output_field = TextField()


class IsoMoment(Func):
    """timestamptz as ISO 8601 in UTC with its offset."""

    template = """to_char((%(expressions)s) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')"""
    output_field = TextField()


class TrimmedNumber(Func):
    """numeric without trailing zeros."""

    template = "trim_scale((%(expressions)s)::numeric)::text"
    output_field = TextField()


class MaskedEmail(Func):
    """An address of which only the first character and the domain stay."""

    template = r"regexp_replace((%(expressions)s)::text, '^(.).*(@.*)$', '\1***\2')"
    output_field = TextField()


class RoundTo(Func):
    """numeric rounded half away from zero to a number of digits, and printed with exactly that many."""

    output_field = TextField()
    template = "ROUND(%(expressions)s)::text"


class AtLeast(Func):
    """numeric with at least a number of digits, and with all that it has beyond them."""

    output_field = TextField()

    def as_sql(
        self,
        compiler: Any,
        connection: Any,
        function: Any = None,
        template: Any = None,
        arg_joiner: Any = None,
        **extra: Any,
    ) -> Any:
        value, digits = (compiler.compile(each) for each in self.get_source_expressions())
        sql = (
            f"(case when scale(trim_scale({value[0]})) > {digits[0]} then trim_scale({value[0]})"
            f" else round({value[0]}, {digits[0]}) end)::text"
        )
        params = (*value[1], *digits[1], *value[1], *value[1], *digits[1])
        return sql, params


@cache
def _currencies_by_digits() -> dict[int, list[str]]:
    by_digits: dict[int, list[str]] = {}
    for currency in Currency:
        if currency.exponent is not None and currency.exponent != 2:
            by_digits.setdefault(int(currency.exponent), []).append(currency.code)
    return by_digits


def minor_units(currency: Expression | str) -> Case:
    """Number of decimals of a currency column, from ISO 4217."""
    from django.db.models import F

    column = F(currency) if isinstance(currency, str) else currency
    whens = [
        When(_Equals(column, codes), then=Value(digits)) for digits, codes in sorted(_currencies_by_digits().items())
    ]
    return Case(*whens, default=Value(2), output_field=IntegerField())


class _Equals(Func):
    """column in (…constants): usable as a condition on any expression."""

    conditional = True

    def __init__(self, column: Any, codes: list[str]) -> None:
        super().__init__(column, *[Value(code) for code in codes])
        from django.db.models import BooleanField

        self.output_field = BooleanField()

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **__: Any) -> Any:
        column, *codes = self.get_source_expressions()
        column_sql, column_params = compiler.compile(column)
        parts = [compiler.compile(code) for code in codes]
        sql = f"{column_sql} IN ({', '.join(part[0] for part in parts)})"
        return sql, (*column_params, *(param for part in parts for param in part[1]))


def as_text(expression: Any) -> Cast:
    return Cast(expression, TextField())


def these(ids: Sequence[int]) -> RawSQL:
    """Ids as a subquery for `pk__in`: one array, however many they are, of which the planner knows the length."""
    return RawSQL("SELECT unnest(%s::bigint[])", [list(ids)])


class CountOf(Subquery):
    """The number of rows of a queryset, as an expression; slice the queryset to count up to a cap."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def in_one_order(amount: str, *, of: str = "") -> Any:
    """An amount as what lists are ordered by, whatever its currency (sql/currency_order.sql). `of` leads to the row
    that has `factor` and `band` beside it."""
    return ExpressionWrapper(F(f"{of}{amount}") * F(f"{of}factor") + F(f"{of}band"), output_field=DecimalField())
