"""A tracker's numbers written as calculations whose printed parts give the printed result.

The average of daily sales is not one of the parts: rounded to a decimal it would not give the threshold. The units
sold and the days stand there instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from inventory_ops.kit.markup import number
from trackers.mechanisms import Mechanism
from trackers.queries import Reading

DIVIDED_BY = "÷"
HUNDREDTH = Decimal("0.01")

type Values = Mapping[str, int | None]  # a rule's parameters by name


@dataclass(frozen=True, slots=True)
class Calculation:
    """`parts` is what is computed; the sign says whether `result` is exact or rounded."""

    parts: str
    result: str
    exact: bool

    def __str__(self) -> str:
        return f"{self.parts} {'=' if self.exact else '≈'} {self.result}"


def threshold(mechanism: Mechanism, rule: Values, reading: Reading) -> Calculation | None:
    """What the value is compared with, to two decimals, half up; None where it is a plain number of the rule."""
    if reading.threshold is None or len(mechanism.threshold_parts) == 1:
        return None
    parts, exact = _computed(mechanism, rule, reading)
    rounded = (Decimal(exact.numerator) / exact.denominator).quantize(HUNDREDTH, ROUND_HALF_UP)
    return Calculation(parts, number(_short(rounded)), Fraction(rounded) == exact)


def health(mechanism: Mechanism, rule: Values, reading: Reading) -> Calculation | None:
    """Value ÷ threshold in whole percent, rounded down as the bar beside it; None where health says nothing."""
    if not reading.threshold or reading.ratio is None:
        return None
    parts, below = _computed(mechanism, rule, reading)
    percent = max(reading.value, 0) * 100 / below
    divisor = f"({parts})" if len(mechanism.threshold_parts) > 1 else parts
    shown = f"{number(max(reading.value, 0))} {DIVIDED_BY} {divisor}"
    return Calculation(shown, f"{number(percent.__floor__())} %", percent.denominator == 1)


def _computed(mechanism: Mechanism, rule: Values, reading: Reading) -> tuple[str, Fraction]:
    """The parts of the threshold, printed and computed from left to right."""
    values = {**rule, "sold": reading.sold, "actual_days": reading.actual_days}
    printed: list[str] = []
    total, sign = Fraction(1), ""
    for part in mechanism.threshold_parts:
        value = values.get(part)
        if value is None:
            sign = part
            printed.append(part)
            continue
        total = total / value if sign == DIVIDED_BY else total * value
        printed.append(number(value))
    return " ".join(printed), total


def _short(rounded: Decimal) -> Decimal:
    """Without zeros at the end: 4.50 as 4.5, 60.00 as 60."""
    return rounded.to_integral_value() if rounded == rounded.to_integral_value() else rounded.normalize()
