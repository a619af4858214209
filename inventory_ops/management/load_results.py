"""What `load` prints as JSON: results by file, and open questions."""

from __future__ import annotations

from typing import Any

from inventory_ops.kit.imports import RowError
from inventory_ops.operations.imports.loading import stopped
from inventory_ops.operations.imports.outcomes import Outcome
from inventory_ops.operations.imports.planning import Asked, Looked, Plan

ALL_APPLIED, SOME_REFUSED, NOTHING_DONE = 0, 1, 2


def exit_code(outcomes: list[Outcome], found: Plan, problems: list[str]) -> int:
    if not any(outcome.errors for outcome in outcomes) and not found.stopped and not problems:
        return ALL_APPLIED
    return SOME_REFUSED if any(outcome.applied for outcome in outcomes) else NOTHING_DONE


def questions(found: Plan) -> dict[str, Any]:
    """What is open, by file name."""
    return {
        each.source.short_name: {asked.key: _question(asked) for asked in each.questions}
        if not each.refusal
        else {"refused": [error.message for error in each.refusal.errors]}
        for each in found.looked
    }


def _question(asked: Asked) -> dict[str, Any]:
    shown: dict[str, Any] = {"question": asked.text, "required": asked.required}
    if asked.values:
        shown["values"] = list(asked.values)
    if asked.samples:
        shown["samples"] = list(asked.samples)
    return shown | ({"guess": asked.guess} if asked.guess else {})


def result(outcomes: list[Outcome], found: Plan, problems: list[str], seconds: float) -> dict[str, Any]:
    return {
        "exit": exit_code(outcomes, found, problems),
        "seconds": round(seconds, 3),
        "files": [*map(_outcome, outcomes), *map(_stopped, found.stopped)],
        "problems": problems,
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    counts = outcome.counts
    return {
        "file": outcome.file_name,
        "kind": outcome.kind,
        "format": outcome.format,
        "found": outcome.found,
        "applied": not outcome.refused,
        "rows": outcome.rows,
        "new": counts.new,
        "changed": counts.changed,
        "unchanged": counts.unchanged,
        "kinds": {
            kind: {"new": each.new, "changed": each.changed, "unchanged": each.unchanged}
            for kind, each in outcome.kinds.items()
        },
        "refused_rows": outcome.failed,
        "refused": _remarks(outcome.file_name, outcome.errors),
        "warned_rows": outcome.warned,
        "warned": _remarks(outcome.file_name, outcome.warnings),
        "left_out_rows": outcome.left_out,
        "left_out": _remarks(outcome.file_name, outcome.left_out_rows),
    }


def _stopped(looked: Looked) -> dict[str, Any]:
    """A file that was not loaded, in the same form."""
    name, layout = looked.source.name, looked.layout
    part = layout.part.kind if layout and layout.part else ""
    return {
        "file": name,
        "kind": looked.spec.name if looked.spec else part,
        "format": layout.format.name if layout and layout.format else "",
        "found": "",
        "applied": False,
        **dict.fromkeys(("rows", "new", "changed", "unchanged", "refused_rows", "warned_rows", "left_out_rows"), 0),
        "kinds": {},
        "refused": _remarks(name, stopped(looked)),
        "warned": [],
        "left_out": [],
    }


def _remarks(file: str, remarks: list[RowError]) -> list[dict[str, Any]]:
    return [
        {
            "file": file,
            "line": remark.line,
            "column": remark.column,
            "value": remark.value,
            "message": remark.message,
            "code": remark.code,
        }
        for remark in remarks
    ]
