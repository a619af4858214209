"""The files of the model: docs/capacity-costs.csv is measured, the rest follows from it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields
from math import log10
from pathlib import Path
from typing import Any

from config.embedded.paths import CHECKOUT
from tests.capacity.model import LARGEST, Costs, Needs, columns, most_a_second, needs

DOCS = CHECKOUT / "docs"
COSTS, TABLE, PLOT, PAGE = (
    DOCS / "capacity-costs.csv",
    DOCS / "capacity.csv",
    DOCS / "images" / "capacity.svg",
    DOCS / "capacity.md",
)
BEGIN, END = "<!-- made by tests.capacity -->", "<!-- end of what tests.capacity made -->"
SIZES = (1_000_000, 10_000_000, 100_000_000)
AT_ONCE = "16 at once"
MEASURED = {  # the names of figures, as P25 gives them
    "adjustment": f"adjustments, {AT_ONCE}",
    "write_off": f"write-offs, {AT_ONCE}",
    "line": "order lines of a file",
    "page": "pages",
}
FIGURES = {"database": "µs of PostgreSQL's processor", "ours": "µs of ours", "log": "bytes of log"}
ROWS = {"line": "order line", "event": "ledger event", "product": "product", "tracker": "tracker"}
ROWS["balance"] = "stock balance"
LINES = {  # of the table that people read: what a row says, and its unit
    "people": "people",
    "lines_a_day": "order lines a day",
    "pages_a_second": "pages a second, at the busiest hour",
    "writes_a_second": "writes a second, then",
    "web_processors": "processors for web",
    "web_nodes": "web nodes of 16",
    "threads": "threads of web, all nodes",
    "worker_processors": "processors for workers",
    "worker_nodes": "worker nodes of 16",
    "database_processors": "processors of the primary",
    "log_megabytes_a_second": "MB of log a second",
    "log_gigabytes_a_day": "GB of log a day",
    "disk_operations_a_second": "operations of its disk a second",
    "memory_gigabytes": "GB that are worked on, best in memory",
    "disk_gigabytes_now": "GB of products, stock and trackers",
    "disk_gigabytes_a_year": "GB more a year",
    "one_primary": "one primary is enough",
}


def write_costs(measured: Mapping[str, Any]) -> None:
    """What a run of the benchmarks found, as a table."""
    facts = {name: value for job in measured["jobs"] for name, value in job["facts"].items()}

    def number(name: str) -> float:
        return float(facts[name].replace(",", ""))

    found = {
        f"{kind}_{part}": number(f"{name}: {figure}")
        for kind, name in MEASURED.items()
        for part, figure in FIGURES.items()
        if f"{kind}_{part}" in {each.name for each in fields(Costs)}
    }
    for kind in ("adjustment", "write_off", "line"):
        found[f"{kind}_pages"] = number(f"{MEASURED[kind]}: changed pages in a hundred") / 100
    found |= {f"{kind}_bytes": number(f"bytes on disk, {name}") for kind, name in ROWS.items()}
    found["tracker_database"] = 1e6 / number("trackers a second")
    found["syncs_at_once"] = number(f"{MEASURED['adjustment']}: waits for the disk in a thousand") / 1000
    rows = [(each.name, f"{found[each.name]:g}") for each in fields(Costs)]
    COSTS.write_text(_csv([("cost", "value"), *rows]))


def read_costs() -> Costs:
    with COSTS.open() as file:
        return Costs(**{row["cost"]: float(row["value"]) for row in csv.DictReader(file)})


def made() -> dict[Path, str]:
    """The files that follow from the costs, with their contents."""
    costs = read_costs()
    found = [needs(size, costs) for size in SIZES]
    before, after = PAGE.read_text().split(BEGIN)[0], PAGE.read_text().split(END)[1]
    return {
        TABLE: _csv([columns(), *map(astuple, found)]),
        PLOT: plot(costs),
        PAGE: f"{before}{BEGIN}\n{page(found, costs)}\n{END}{after}",
    }


def write() -> None:
    for path, text in made().items():
        path.write_text(text)


def page(found: Sequence[Needs], costs: Costs) -> str:
    """The tables of the page."""
    lines = [f"| | {' | '.join(f'{each.skus:,} SKUs' for each in found)} |", "| --- |" + " ---: |" * len(found)]
    for name, label in LINES.items():
        cells = (_said(getattr(each, name)) for each in found)
        lines.append(f"| {label} | {' | '.join(cells)} |")
    lines += ["", f"The most that one primary of {LARGEST} processors takes, of each kind by itself:", ""]
    lines += ["| write | a second | what ends it |", "| --- | ---: | --- |"]
    for kind, (most, end) in most_a_second(costs).items():
        lines.append(f"| {kind.replace('_', '-')} | {most:,.0f} | {end} |")
    return "\n".join(lines)


def plot(costs: Costs) -> str:
    """Processors of the primary, disk and operations of it, by SKUs; both axes by powers of ten."""
    width, height, left, bottom = 640, 330, 70, 280
    sizes = [10**exponent for exponent in (5, 5.5, 6, 6.5, 7, 7.5, 8)]
    series = {
        "processors of the primary": ("database_processors", "#1d4ed8"),
        "GB of disk more a year": ("disk_gigabytes_a_year", "#b45309"),
        "operations of the disk a second": ("disk_operations_a_second", "#15803d"),
    }

    def x(skus: float) -> float:
        return left + (log10(skus) - 5) / 3 * 400

    def y(value: float) -> float:
        return bottom - log10(max(value, 1)) / 6 * 250

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif"'
        ' font-size="12" role="img" aria-label="What one primary needs, by SKUs">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for exponent in range(7):
        line = y(10**exponent)
        out.append(f'<line x1="{left}" y1="{line:.0f}" x2="470" y2="{line:.0f}" stroke="#ddd"/>')
        out.append(f'<text x="{left - 6}" y="{line + 4:.0f}" text-anchor="end" fill="#555">{10**exponent:,}</text>')
    for exponent in range(5, 9):
        place = f'x="{x(10**exponent):.0f}" y="{bottom + 20}"'
        out.append(f'<text {place} text-anchor="middle" fill="#555">{10**exponent:,}</text>')
    out.append(f'<text x="270" y="{bottom + 40}" text-anchor="middle" fill="#555">SKUs</text>')
    limit = y(LARGEST)
    out.append(f'<line x1="{left}" y1="{limit:.0f}" x2="470" y2="{limit:.0f}" stroke="#b91c1c" stroke-dasharray="4"/>')
    out.append(f'<text x="476" y="{limit + 4:.0f}" fill="#b91c1c">{LARGEST} processors</text>')
    for label, (name, color) in series.items():
        values = [getattr(needs(round(size), costs), name) for size in sizes]
        points = " ".join(f"{x(size):.0f},{y(value):.0f}" for size, value in zip(sizes, values, strict=True))
        out.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/>')
        out.append(f'<text x="476" y="{y(values[-1]) + 4:.0f}" fill="{color}">{label}</text>')
    return "\n".join([*out, "</svg>", ""])


def _said(value: object) -> str:
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)


def _csv(rows: Sequence[Sequence[object]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
