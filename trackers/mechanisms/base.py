"""What a tracking mechanism is: its fields, its advice, its arithmetic as SQL over one row per tracker, and its words.

The evaluation joins for each tracker `t`: `s.counted` (units on hand whose shelf life counts), `w.sold` and
`w.shipped` (units in the lookback window of complete days), `f.actual_days` (days of the window on or after the
product's first availability). Health is numerator ÷ denominator, both whole numbers, so no rounding decides a state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

# The columns of a tracker that mechanisms use; a new one is added here and to the model.
PARAMETERS = ("quantity", "lookback_days", "coverage_days", "expiry_days")


class Rule(Protocol):
    """A tracker, as far as its mechanism speaks of it: None is a parameter that it does not have."""

    quantity: int | None
    lookback_days: int | None
    coverage_days: int | None
    expiry_days: int | None


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter of a mechanism: one of PARAMETERS."""

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
    """One way to track. Texts with `%(n)s`, `%(quantity)s`, `%(lookback_days)s`, `%(coverage_days)s` are filled in
    with the value (units) and the rule's parameters."""

    name: str
    order: int  # in lists and in the form
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
    value_label: Any
    summary: str  # the rule's numbers in short
    threshold_parts: tuple[str, ...]  # as pages show it: `sold`, `actual_days`, parameters; × and ÷ between
    title_below: Any  # what health below 100 % means
    counts_stock: bool = True  # else shipments: then the value is no stock level, and nothing runs out
    value_hint: Any = ""  # under the value, where it is no stock level
    value_unit: Any = ""
    text_on_target: Any = ""  # the sentence about a healthy or a bad value; '' = that about stock
    text_below: Any = ""
    text_short: Any = ""  # the value in a few words

    @property
    def parameters(self) -> frozenset[str]:
        return frozenset(field.name for field in self.fields)

    def summarize(self, rule: Rule) -> str:
        """The rule's numbers in short, like `30 / 14 days, expiry > 5 d`."""
        text = self.summary % values_of(rule)
        return f"{text}, expiry > {rule.expiry_days} d" if rule.expiry_days is not None else text


def values_of(rule: Rule) -> dict[str, int | None]:
    return {name: getattr(rule, name) for name in PARAMETERS}
