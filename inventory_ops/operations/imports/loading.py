"""Loading of a plan: files of our kinds and of foreign layouts, in one order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from inventory_ops.kit.imports import Limits, RowError, registry
from inventory_ops.models import User
from inventory_ops.operations.imports import mappings
from inventory_ops.operations.imports.files import File, Others, Progress, attempt, load_files
from inventory_ops.operations.imports.foreign import Unit, attempt_unit
from inventory_ops.operations.imports.outcomes import CheckedOnly, Outcome, digest, record_outcome
from inventory_ops.operations.imports.planning import Looked, Plan


def load_plan(
    plan: Plan,
    *,
    by: User | None = None,
    now: datetime | None = None,
    shift_dates: bool = False,
    all_or_nothing: bool = False,
    progress: Progress,
) -> list[Outcome]:
    """Load what can be loaded. Answers that went through are remembered for the next file of the layout."""
    outcomes = load_files(
        [each.as_file() for each in plan.files],
        by=by,
        now=now,
        shift_dates=shift_dates,
        all_or_nothing=all_or_nothing,
        progress=progress,
        others=[_turn(unit, by, all_or_nothing=all_or_nothing) for unit in plan.units],
    )
    by_name = {each.source.name: each for each in plan.looked}
    for outcome in outcomes:
        outcome.found = outcome.found or sentence(by_name[outcome.file_name], outcome)
    remember(plan, outcomes, by=by)
    return outcomes


def _turn(unit: Unit, by: User | None, *, all_or_nothing: bool) -> Others:
    def load(now: datetime, shift_days: int) -> list[Outcome]:
        def record(outcomes: list[Outcome]) -> None:
            for outcome, layout in zip(outcomes, unit.layouts, strict=True):
                sha256 = digest(layout.source.path)
                record_outcome(outcome, by=by, now=now, shift_days=shift_days, sha256=sha256)

        outcomes = attempt_unit(unit, by=by, now=now, record=record, shift_days=shift_days)
        for outcome in outcomes:
            if outcome.refused:
                record_outcome(outcome, by=by, now=now, all_or_nothing=all_or_nothing)
        return outcomes

    return _order(unit), load


def run_plan(
    plan: Plan,
    *,
    by: User | None,
    now: datetime,
    limits: Limits,
    all_or_nothing: bool,
    record: Callable[[list[Outcome]], None] | None,
) -> list[Outcome]:
    """Load a plan in one transaction and `record` the outcome of it; without `record` all is tried out and undone.

    Files see what the ones before them bring, so a check of products and their stock says what a load would.
    """

    def keep(_outcome: object) -> None:
        """Recorded below, all together."""

    turns: list[tuple[int, Callable[[], list[Outcome]]]] = []
    shared: Any = {"by": by, "now": now, "limits": limits, "all_or_nothing": all_or_nothing, "record": keep}
    shared["shows_change"] = record is None
    for each in plan.files:
        file = each.as_file()
        turns.append((file.spec.order, partial(_one, file, shared)))
    turns += [(_order(unit), partial(attempt_unit, unit, **shared)) for unit in plan.units]
    outcomes: list[Outcome] = []
    with suppress(CheckedOnly), transaction.atomic():
        for _, turn in sorted(turns, key=lambda turn: turn[0]):
            outcomes += turn()
        if record is None or (all_or_nothing and any(outcome.errors for outcome in outcomes)):
            raise CheckedOnly
        record(outcomes)
    by_name = {each.source.name: each for each in plan.looked}
    for outcome in outcomes:
        outcome.found = outcome.found or sentence(by_name[outcome.file_name], outcome)
    return outcomes


def _one(file: File, shared: Any) -> list[Outcome]:
    return [attempt(file, **shared)]


def _order(unit: Unit) -> int:
    return min(spec.order for part in unit.format.parts if (spec := registry.find(part.kind)))


def remember(plan: Plan, outcomes: Sequence[Outcome], *, by: User | None) -> None:
    """Keep the answers of files that went through, for the next one of their layout."""
    good = {outcome.file_name for outcome in outcomes if not outcome.refused}
    for each in plan.looked:
        if each.layout and each.source.name in good:
            mappings.remember(each.layout, each.answers, by=by)


def sentence(looked: Looked, outcome: Outcome) -> str:
    """What the file was taken for, like: Stock: 12 rows, 6 of 8 columns used."""
    layout = looked.layout
    assert layout is not None and looked.spec is not None
    columns = looked.mapping.columns
    used = sum(bool(ours) for ours in columns.values()) if columns else len(layout.cells)
    return f"{looked.spec.title}: {outcome.rows:,} rows, {used} of {len(layout.cells)} columns used"


def stopped(looked: Looked) -> list[RowError]:
    """Why a file goes no further: it cannot be read, or a question is open."""
    if looked.refusal:
        return looked.refusal.errors
    found = []
    for asked in looked.questions:
        if asked.required:
            seen = f" ({'; '.join(asked.samples[:3])})" if asked.samples else ""
            found.append(RowError(0, asked.key, "", "question", f"{asked.text}{seen}"))
    return found
