"""A CSV that somebody waits for begins at once, and is the same file as one made by a single statement."""

from __future__ import annotations

import pytest

from inventory_ops.kit.db import size
from inventory_ops.kit.reports import exports, registry
from inventory_ops.kit.reports.report import Selection
from tests import make
from tests.together import at_once

SLUG = "stock-inquiry"


def _selection() -> Selection:
    return registry.get(SLUG).select({}, viewer=None)


def _make(*numbers: int) -> None:
    for number in numbers:
        make.stock(make.product(f"P{number:02}"), number)


def _lines(text: bytes) -> list[str]:
    return [line.split(",")[1] for line in text.decode().splitlines()[1:]]


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [0, 2, 3, 4, 7])
@pytest.mark.parametrize("sort", ["", "-on_hand", "expiry"])
def test_a_large_list_begins_with_its_first_rows_and_goes_on_behind_them(
    rows: int, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _make(*range(rows))
    whole = b"".join(exports.csv_chunks(_selection(), sort))
    monkeypatch.setattr(size, "is_large", lambda model: True)
    monkeypatch.setattr(exports, "FIRST_ROWS", 3)
    seen: list[int] = []
    chunks = list(exports.csv_chunks(_selection(), sort, on_row=lambda: seen.append(1)))
    assert b"".join(chunks) == whole
    assert [chunk.count(b"\r\n") + chunk.count(b"\n") for chunk in chunks][1:2] == ([min(rows, 3)] if rows else [])
    assert len(seen) == rows == len(_lines(whole))


@pytest.mark.django_db(transaction=True)
def test_both_parts_are_of_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    _make(*range(1, 6))
    monkeypatch.setattr(size, "is_large", lambda model: True)
    monkeypatch.setattr(exports, "FIRST_ROWS", 3)
    chunks = exports.csv_chunks(_selection(), "sku")
    text = next(chunks) + next(chunks)
    at_once(1, lambda _n: _make(0, 9))  # before what was sent, and behind it
    text += b"".join(chunks)
    assert _lines(text) == ["P01", "P02", "P03", "P04", "P05"]
    assert _lines(b"".join(exports.csv_chunks(_selection(), "sku"))) == [
        "P00",
        "P01",
        "P02",
        "P03",
        "P04",
        "P05",
        "P09",
    ]
    # a reader who goes away leaves no transaction behind
    chunks = exports.csv_chunks(_selection(), "sku")
    next(chunks), next(chunks)
    chunks.close()  # type: ignore[attr-defined]
    _make(20)
    assert "P20" in _lines(b"".join(exports.csv_chunks(_selection(), "sku")))
