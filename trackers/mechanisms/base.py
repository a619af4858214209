"""What a tracking mechanism is: its fields, its advice, and its arithmetic as SQL over one row per tracker.

The evaluation joins for each tracker `t`: `s.counted` (units on hand whose shelf life counts), `w.sold` and
`w.shipped` (units in the lookback window of complete days), `f.actual_days` (days of the window on or after the
product's first availability). Health is numerator ÷ denominator, both whole numbers, so no rounding decides a state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter of a mechanism."""

    name: str
    label: Any
    help_text: Any
    required: bool = True
    least: int = 1
    most: int = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Preset:
    """A scenario that fills the form in."""

    name: str
    title: Any
    text: Any
    values: dict[str, int]


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One of the three ways to track."""

    name: str
    label: Any
    advice: Any
    fields: tuple[Field, ...]
    value: str
    numerator: str
    denominator: str
    threshold: str
    needs_days: bool  # without a complete day since first availability there is nothing to say
    needs_sales: bool  # without sales the threshold is zero, and health says nothing
    preset: Preset
    value_label: Any = ""
