"""Cells that are drawn once for many rows say what each row says."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy, override

from inventory_ops.kit.reports import columns, registry, table
from user_audit.models.identities import Severity
from user_audit.reports.identity_columns import Judged


def cells(column: columns.Column, values: list[Any], **others: Any) -> list[str]:
    draw = table.build([column], {}, sort="").cells[0]
    return [draw({column.alias: value} | others) for value in values]


def test_a_choice_is_drawn_once_for_each_value() -> None:
    column = columns.Choice(key="state", header="State", words={"a": "<A>", "b": "B"}, tones={"b": "good"})
    found = cells(column, ["a", "b", "a", None, "", "unknown"])
    assert [cell.partition(">")[2].removesuffix("</td>") for cell in found] == [
        column.html({column.alias: value}) for value in ("a", "b", "a", None, "", "unknown")
    ]
    assert "&lt;A&gt;" in found[0] and "is-good" in found[1] and found[0] == found[2]


def test_a_choice_is_drawn_in_the_language_of_its_table() -> None:
    column = columns.Choice(key="state", header="State", words={"y": gettext_lazy("Yes")})
    found = []
    for language in ("en", "de", "en"):
        with override(language):
            found += cells(column, ["y"])
    assert ["Yes" in cell for cell in found] == [True, False, True] and "Ja" in found[1]


def test_a_choice_that_looks_at_more_of_the_row_is_drawn_for_each() -> None:
    column = Judged(key="finding", header="Finding", words={"x": "Without a person"})
    draw = table.build([column], {}, sort="").cells[0]
    found = [draw({column.alias: "x", "c_severity": severity}) for severity in (Severity.HIGH, Severity.LOW)]
    assert ["is-critical" in cell for cell in found] == [True, False]


def test_such_choices_are_in_use() -> None:
    """The case above is not made up."""
    assert any(isinstance(column, Judged) for report in registry for column in report.columns)
