"""How jobs grow with the data: `uv run -m tests.bench.growth S.json M.json L.json` prints the table as Markdown.

The files are what `manage.py bench --save` wrote, one of each scale, in any order.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from math import log
from pathlib import Path
from typing import Any

from tests.bench.scale import SCALES

JOBS = ("P24", "P4", "P2", "P8")
PAGES = ("P24", "P4")
# of P4: what others do, for the ratio; it is not ours to keep from growing
OTHERS = ("hand SQL", "OFFSET", "Django admin")
MOST = 0.002  # seconds that a page may grow from the smallest scale to the largest

type Times = dict[str, float]


def times(found: dict[str, Any]) -> dict[str, Times]:
    """The medians of the jobs that the table has, by job and way."""
    jobs = {job["name"]: job["times"] for job in found["jobs"]}
    return {
        name: {way: timing["median"] for way, timing in jobs[name].items() if not any(each in way for each in OTHERS)}
        for name in JOBS
        if name in jobs
    }


def exponent(small: float, large: float, growth: float) -> float:
    """The power of the amount of data that a time grows by: 0 is not at all, 1 as the data do."""
    return log(large / small) / log(growth) if small > 0 and large > 0 else 0.0


def lines(runs: Sequence[dict[str, Any]]) -> list[str]:
    """The table, a line for each way that the smallest and the largest scale have. Raises ValueError for fewer than
    two scales, or two runs of one."""
    order = list(SCALES)
    runs = sorted(runs, key=lambda run: order.index(run["scale"]))
    names = [run["scale"] for run in runs]
    if len(set(names)) != len(runs) or len(runs) < 2:
        raise ValueError("Give the files of two or more scales, one of each.")
    data = [times(run) for run in runs]
    growth = SCALES[names[-1]].items / SCALES[names[0]].items
    heads = [*names, f"{names[0]} to {names[-1]}", "exponent", ""]
    made = [f"| job | {' | '.join(heads)} |", f"| --- |{' ---: |' * (len(heads) - 1)} --- |"]
    for job in JOBS:
        for way in data[-1].get(job, {}):
            cells = [each.get(job, {}).get(way) for each in data]
            if (small := cells[0]) is None or (large := cells[-1]) is None:
                continue
            power = exponent(small, large, growth)
            mark = f"grows by more than {MOST * 1000:g} ms" if job in PAGES and large - small > MOST else ""
            shown = ["–" if cell is None else f"{cell * 1000:.1f} ms" for cell in cells]
            shown += [f"{(large - small) * 1000:+.1f} ms", f"{power:.2f}", mark]
            made.append(f"| {job} {way} | {' | '.join(shown)} |")
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    files: list[Path] = parser.parse_args().files
    try:
        print("\n".join(lines([json.loads(file.read_text()) for file in files])))
    except ValueError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
