"""A preview takes as much memory for many rows as for few: it reads a file as a stream."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from tests import make
from tests.bench.recognising import OURS, preview, write_lots

pytestmark = pytest.mark.django_db

FEW, MANY = 10_000, 40_000
MEGABYTE = 1 << 20


def peak(path: Path, rows: int) -> float:
    """MB of Python's own that the preview of a file takes at most."""
    write_lots(path, OURS, rows)
    tracemalloc.start()
    try:
        outcome = preview(path)
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (outcome.rows, outcome.errors) == (rows, [])
    return most / MEGABYTE


def test_four_times_the_rows_take_no_more_memory(tmp_path: Path) -> None:
    merchant = make.merchant("V1")
    for number in range(20):
        make.product(f"S{number}", of=merchant)
    peak(tmp_path / "first.csv", 100)  # what is loaded once
    few, many = peak(tmp_path / "few.csv", FEW), peak(tmp_path / "many.csv", MANY)
    assert many < few + 3, f"{few:.1f} MB, then {many:.1f} MB"
