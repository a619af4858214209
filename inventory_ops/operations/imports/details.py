"""What a check keeps about each file, for the import's page."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from inventory_ops.operations.imports.outcomes import Outcome
from inventory_ops.operations.imports.planning import Looked, Plan

SHOWN_LEFT_OUT = 50


def of_outcome(found: Plan, outcome: Outcome) -> dict[str, Any]:
    """What was found in a file and what would change, as JSON."""
    looked = next((each for each in found.looked if each.source.name == outcome.file_name), None)
    kinds = {name: asdict(counts) for name, counts in outcome.kinds.items()}
    return {
        "name": found.short_name_of(outcome.file_name),
        "found": outcome.found,
        "kind": outcome.kind,
        "format": outcome.format,
        "rows": outcome.rows,
        "kinds": kinds or {outcome.kind: asdict(outcome.counts)},
        "failed": outcome.failed,
        "left_out": outcome.left_out,
        "left_out_rows": [[each.line, each.message] for each in outcome.left_out_rows[:SHOWN_LEFT_OUT]],
        "facts": outcome.facts,
        "changes": [[each.row, each.column, each.old, each.new] for each in outcome.changes],
        "written": _written(looked),
        "answers": looked.answers if looked else {},
    }


def _written(looked: Looked | None) -> dict[str, Any]:
    """How the file is written, with samples to see it by."""
    if looked is None or looked.layout is None:
        return {}
    layout = looked.layout
    dialect = layout.dialect
    return {
        "encoding": "" if layout.is_sheet else dialect.encoding.removesuffix("-sig"),
        "delimiter": "" if layout.is_sheet else dialect.delimiter,
        "decimal": dialect.decimal,
        "date_order": dialect.date_order,
        "header_line": dialect.header_line,
        "samples": [[_safe(cell), _safe(", ".join(layout.samples(cell)))] for cell in layout.cells[:12]],
    }


def _safe(text: str) -> str:
    """Without the character that JSON in the database cannot hold, and not too long to be shown."""
    return text.replace("\0", "")[:120]
