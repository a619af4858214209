"""The verdicts as a table of docs/scaling.md, and each statement that needs a change in docs/distribution.csv."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.apps import apps

from config.embedded.paths import CHECKOUT
from tests.distribution.collect import Statement
from tests.distribution.judge import KEY, Verdict, judge

DOCUMENT = CHECKOUT / "docs" / "scaling.md"
LIST = CHECKOUT / "docs" / "distribution.csv"
BEGIN, END = "<!-- made by tests.distribution -->", "<!-- end of what tests.distribution made -->"
WORKS = {Verdict.ONE_SHARD, Verdict.EACH_SHARD, Verdict.FAN_OUT}
LONGEST = 160  # characters of a statement in the list
HEAD = ("change", "tables", "in a function", "statement", "with as many columns or conditions")


@dataclass(frozen=True, slots=True)
class Judged:
    statement: Statement
    verdict: Verdict
    tables: list[str]

    @property
    def text(self) -> str:
        """Without comments, line ends, quotes and what it selects, cut: what is left says what it joins."""
        text = " ".join(re.sub(r"/\*.*?\*/|--[^\n]*|\"", "", self.statement.sql).split())
        return re.sub(r"^select .*? from ", "select … from ", text, flags=re.I)[:LONGEST]


def distributed() -> frozenset[str]:
    """The tables whose every row has a merchant."""
    return frozenset(
        model._meta.db_table
        for model in apps.get_models()
        for each in model._meta.concrete_fields
        if each.column == KEY and not each.null
    )


def without_merchant() -> list[str]:
    """Tables that refer to distributed ones and have no merchant, or not in every row: they need the column."""
    spread = distributed()
    return sorted(
        {
            model._meta.db_table
            for model in apps.get_models()
            for each in model._meta.concrete_fields
            if model._meta.db_table not in spread
            and each.related_model
            and each.related_model is not model
            and each.related_model._meta.db_table in spread
        }
    )


def judged(statements: Sequence[Statement]) -> list[Judged]:
    spread = distributed()
    found = [(each, judge(each.sql, spread)) for each in statements]
    return [Judged(each, *verdict) for each, verdict in found if verdict]


def section(found: Sequence[Judged], *, of: int) -> str:
    """What stands between the marks of the document."""
    lines = [
        f"Of {of:,} statements that the tests ran, {len(found):,} read or write tables that would be distributed.",
        "",
        "| what a statement does | statements | by triggers and functions |",
        "| --- | ---: | ---: |",
    ]
    for verdict in Verdict:
        those = [each for each in found if each.verdict == verdict]
        if those:
            inner = sum(not each.statement.is_direct for each in those)
            lines.append(f"| {verdict.value} | {len(those):,} | {inner:,} |")
    groups = Counter((each.verdict, ", ".join(map(_short, each.tables))) for each in found if each.verdict not in WORKS)
    lines += ["", "Those that need a change, by the tables that they name:", ""]
    lines += ["| tables | change | statements |", "| --- | --- | ---: |"]
    common = [(tables, verdict, count) for (verdict, tables), count in groups.most_common() if count > 2]
    lines += [f"| {tables} | {_change(verdict)} | {count} |" for tables, verdict, count in common]
    rest = sum(groups.values()) - sum(count for *_, count in common)
    lines += [f"| {len(groups) - len(common)} other sets of tables | see the list | {rest} |", ""]
    needing = ", ".join(f"`{_short(table)}`" for table in without_merchant())
    lines.append(f"Tables that refer to distributed ones and would need a merchant in every row: {needing}.")
    return "\n".join(lines)


def write(statements: Sequence[Statement]) -> None:
    found = judged(statements)
    text = DOCUMENT.read_text()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    DOCUMENT.write_text(f"{before}{BEGIN}\n{section(found, of=len(statements))}\n{END}{after}")
    changes = Counter(
        (
            each.verdict.name.lower(),
            " ".join(map(_short, each.tables)),
            "" if each.statement.is_direct else "yes",
            each.text,
        )
        for each in found
        if each.verdict not in WORKS
    )
    with LIST.open("w", newline="") as file:
        rows = [(*change, count) for change, count in sorted(changes.items())]
        csv.writer(file, lineterminator="\n").writerows([HEAD, *rows])


def _short(table: str) -> str:
    return re.sub(r"^(inventory_ops|lost_damaged|trackers)_", "", table)


def _change(verdict: Verdict) -> str:
    return verdict.value.split(": ", 1)[-1]
