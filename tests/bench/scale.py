"""How much data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers of rows; `items` are order lines over 24 months, `lots` stock balances."""

    name: str
    products: int
    merchants: int
    items: int
    lots: int
    trackers: int
    events: int
    carts: int
    file_rows: int  # of the files that imports and exports are measured with


SCALES = {
    scale.name: scale
    for scale in (
        Scale("XS", 500, 10, 4_000, 1_500, 900, 4_000, 300, 500),  # the test suite's: whether it runs, not how fast
        Scale("S", 10_000, 200, 100_000, 50_000, 30_000, 100_000, 20_000, 20_000),
        Scale("M", 200_000, 2_000, 2_000_000, 1_000_000, 200_000, 2_000_000, 200_000, 200_000),
        Scale("L", 1_000_000, 2_000, 20_000_000, 1_000_000, 1_000_000, 20_000_000, 2_000_000, 1_000_000),
    )
}
