"""The model adds up, its documents are those that it writes, and its simulation agrees with theory."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import exp
from statistics import fmean

import pytest

from tests.capacity import documents, model, queue


def test_the_documents_are_what_the_model_writes() -> None:
    for path, text in documents.made().items():
        assert path.read_text() == text, f"{path} is not what the model writes: `uv run -m tests.capacity`"


def test_ten_times_the_marketplace_needs_no_less_of_anything() -> None:
    costs = documents.read_costs()
    for smaller, larger in pairwise([model.needs(size, costs) for size in documents.SIZES]):
        for name in model.columns():
            if name != "one_primary":
                assert getattr(larger, name) >= getattr(smaller, name), name


def test_what_a_day_costs_by_hand() -> None:
    """A million SKUs, with costs that can be worked out on paper."""
    costs = replace(
        documents.read_costs(),
        line_database=100, adjustment_database=0, write_off_database=0, page_database=0, tracker_database=0,
        line_log=1000, line_pages=0, adjustment_log=0, adjustment_pages=0, write_off_log=0, write_off_pages=0,
        line_bytes=500, event_bytes=0,
    )  # fmt: skip
    found = model.needs(1_000_000, costs)
    assert found.lines_a_day == 100_000
    assert found.database_processors == 1  # 10 s of a day
    assert found.log_gigabytes_a_day == 0.1
    assert found.disk_gigabytes_a_year == round(365 * 100_000 * 500 / 1e9)
    assert found.one_primary == "yes"
    assert model.needs(100_000_000, replace(costs, line_database=100_000)).one_primary.startswith("no: ")


def test_the_first_end_of_one_primary_is_named() -> None:
    costs = documents.read_costs()
    by_log = replace(costs, line_log=1e9)
    most, end = model.most_a_second(by_log)["line"]
    assert end == "log" and most == pytest.approx(model.LOG_LIMIT / (1e9 + costs.line_pages * model.BLOCK))


def test_one_thread_waits_as_long_as_theory_says() -> None:
    """Pollaczek and Khinchine: of pages at random, one thread, half busy."""
    mean, rate = 0.1, 5.0
    spread = exp(queue.SPREAD**2)  # of a log-normal time: its mean square by its squared mean
    expected = mean + rate * mean * mean * spread / (2 * (1 - rate * mean))
    found = fmean(fmean(queue.waits(rate, mean, 1, seed=seed)) for seed in range(8))
    assert found == pytest.approx(expected, rel=0.08)


def test_fewer_threads_would_not_do() -> None:
    threads = queue.threads_for(200, 0.05, within=1.5)
    assert 200 * 0.05 <= threads <= 3 * 200 * 0.05
