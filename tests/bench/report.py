"""The suite's results as a table and as JSON."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from typing import Any

import django
from django.db import connection
from rich.table import Table

from tests.bench.runner import Result
from tests.bench.scale import Scale


def seconds(value: float) -> str:
    """A duration in the unit that fits."""
    if value < 0.001:
        return f"{value * 1_000_000:.0f} µs"
    if value < 1:
        return f"{value * 1000:.3g} ms"
    return f"{value:.1f} s" if value < 600 else f"{value / 60:.0f} min"


def table(results: Sequence[Result], scale: Scale) -> Table:
    """One block a job: its ways with median, spread and memory, its figures, and each goal with its verdict."""
    shown = Table(title=f"Scale {scale.name}: {scale.products:,} SKUs, {scale.items:,} order items", show_lines=False)
    for head, justify in (("Job", "left"), ("Way or goal", "left"), ("Median", "right"), ("Min – max", "right")):
        shown.add_column(head, justify=justify)  # type: ignore[arg-type]
    shown.add_column("Memory", justify="right")
    shown.add_column("Verdict")
    for result in results:
        shown.add_section()
        shown.add_row(result.name, result.title, "", "", "", "")
        for name, timing in result.times.items():
            sampled = f" (of {timing.share:.2%} of the work)" if timing.share < 1 else ""
            memory = f"+{timing.memory:.0f} MB" if timing.memory is not None else ""
            spread = f"{seconds(min(timing.runs))} – {seconds(max(timing.runs))}"
            shown.add_row("", f"  {name}{sampled}", seconds(timing.seconds), spread, memory, "")
        for name, text in result.facts.items():
            shown.add_row("", f"  {name}", text, "", "", "")
        for name in result.left_out:
            shown.add_row("", f"  {name}", "not installed", "", "", "")
        for goal in result.goals:
            shown.add_row("", f"  {goal.text}", goal.found, "", "", "holds" if goal.holds else "MISSED")
    return shown


def summary(results: Sequence[Result]) -> str:
    goals = [goal for result in results for goal in result.goals]
    missed = [f"{result.name}: {goal.text}" for result in results for goal in result.goals if not goal.holds]
    text = f"{len(goals) - len(missed)} of {len(goals)} goals hold."
    return text + (" Missed: " + "; ".join(missed) + "." if missed else "")


def as_json(results: Sequence[Result], scale: Scale) -> dict[str, Any]:
    """Everything measured, with what it was measured on."""
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('server_version'), pg_database_size(current_database())")
        postgres, size = cursor.fetchone()
    return {
        "scale": scale.name,
        "python": platform.python_version(),
        "django": django.get_version(),
        "postgresql": postgres,
        "database_bytes": size,
        "jobs": [
            {
                "name": result.name,
                "title": result.title,
                "times": {
                    name: {
                        "median": timing.seconds,
                        "runs": timing.runs,
                        "memory_mb": timing.memory,
                        "share": timing.share,
                    }
                    for name, timing in result.times.items()
                },
                "facts": result.facts,
                "left_out": result.left_out,
                "goals": [{"text": goal.text, "found": goal.found, "holds": goal.holds} for goal in result.goals],
            }
            for result in results
        ],
    }
