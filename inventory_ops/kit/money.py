"""Totals over several currencies: in the one that the shop reports in where rates are known, else apart.

The kit knows no rates; the base app says where they are read (`provide`, from AppConfig.ready).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import ngettext

from inventory_ops.kit import markup


@dataclass(frozen=True, slots=True)
class Rates:
    """What one unit of each currency is in `currency`, which is '' before the shop says what it reports in."""

    currency: str = ""
    factors: Mapping[str, Decimal] = field(default_factory=dict)

    def convert(self, parts: Mapping[str, Decimal]) -> Decimal | None:
        """Their sum in `currency`; None when a rate of one of them is not known."""
        if not self.currency or any(value and code not in self.factors for code, value in parts.items()):
            return None
        return sum((value * self.factors[code] for code, value in parts.items() if value), Decimal(0))


@dataclass(frozen=True, slots=True)
class Total:
    """A total to show: `text` is one amount, or how many currencies there are that cannot be added up. `parts` are the
    amounts behind it, the largest first; empty where `text` is the only one."""

    text: str
    note: str = ""
    parts: tuple[str, ...] = ()


_source: list[Callable[[], Rates]] = []
_known: ContextVar[Rates | None] = ContextVar("rates", default=None)


def provide(source: Callable[[], Rates]) -> None:
    """Say where the rates are read when nobody has read them yet."""
    _source[:] = [source]


@contextmanager
def known(found: Rates | None) -> Iterator[None]:
    """Use rates that were read already for everything inside."""
    token = _known.set(found)
    try:
        yield
    finally:
        _known.reset(token)


def read_already() -> Rates | None:
    """Rates that were read for the page; None outside of pages."""
    return _known.get()


def rates() -> Rates:
    return _known.get() or (_source[0]() if _source else Rates())


def total(parts: Mapping[str, Decimal]) -> Total:
    """The amounts by currency as one total."""
    amounts = {code: value for code, value in parts.items() if value}
    if len(amounts) <= 1:
        code, value = next(iter((amounts or parts).items()), ("", Decimal(0)))
        return Total(whole(value, code))
    found = rates()
    worth = {code: found.convert({code: value}) for code, value in amounts.items()}
    ordered = sorted(amounts, key=lambda code: (worth[code] is None, -abs(worth[code] or Decimal(0)), code))
    listed = tuple(whole(amounts[code], code) for code in ordered)
    several = ngettext("%(n)d currency", "%(n)d currencies", len(amounts)) % {"n": len(amounts)}
    converted = found.convert(amounts)
    if converted is None:
        return Total(several, "", listed)
    note = ngettext("of %(n)d currency", "of %(n)d currencies", len(amounts)) % {"n": len(amounts)}
    return Total(whole(converted, found.currency), note, listed)


def whole(value: Decimal, currency: str) -> str:
    """An amount in whole units, with its currency's code."""
    text = markup.number(value.quantize(Decimal(1)))
    return f"{currency}\N{NO-BREAK SPACE}{text}" if currency else text
