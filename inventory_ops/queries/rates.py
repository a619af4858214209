"""What amounts of different currencies are in the shop's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, F, Func, JSONField
from django.db.models.expressions import RawSQL

from inventory_ops.kit.money import Rates
from inventory_ops.models import CurrencyFactor, ExchangeRate, Merchant


def current() -> Rates:
    """The shop's currency, and what others are in it by the newest rates."""
    return read({code: [str(factor), day] for code, factor, day in CurrencyFactor.objects.values_list()})


def read(found: Mapping[str, Sequence[Any]]) -> Rates:
    """The same of what `as_json` gave: factor and day by currency. The shop's own has no day."""
    home = next((code for code, (_factor, day) in found.items() if day is None), "")
    return Rates(home, {code: Decimal(factor) for code, (factor, _day) in found.items()})


def as_json() -> Any:
    """All factors as an expression, so that another query brings them along."""
    return RawSQL(
        "(select jsonb_object_agg(currency, jsonb_build_array(factor::text, day)) from inventory_ops_currencyfactor)",
        [],
        output_field=JSONField(),
    )


def is_complete() -> bool:
    """Is there a rate of every merchant's currency?"""
    return not Merchant.objects.exclude(currency__in=CurrencyFactor.objects.values("currency")).exists()


def order_of(currency: str) -> dict[str, Any]:
    """`factor` and `band` of rows whose currency's path is given, for `kit.db.expressions.in_one_order`."""
    return {
        name: Func(F(currency), function=f"inventory_ops_{name}_of", output_field=DecimalField())
        for name in ("factor", "band")
    }


@dataclass(frozen=True, slots=True)
class Known:
    """One currency of the shop's merchants: what it is in the shop's own. None: no rate leads there."""

    currency: str
    factor: Decimal | None
    day: date | None


def in_use() -> list[Known]:
    """The currencies of merchants, with what is known of each."""
    factors = {each.currency: each for each in CurrencyFactor.objects.all()}
    codes = sorted(set(Merchant.objects.values_list("currency", flat=True).distinct()))
    return [
        Known(code, found.factor if (found := factors.get(code)) else None, found.day if found else None)
        for code in codes
    ]


def newest() -> Iterable[ExchangeRate]:
    """The newest rate of each pair."""
    return ExchangeRate.objects.order_by("base", "currency", "-day").distinct("base", "currency")
