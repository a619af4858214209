"""P17: what recognition and mapping of a file cost on top of reading it, and the memory that a large preview takes."""

from __future__ import annotations

import csv
import tempfile
import time
from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from django.utils import timezone

from inventory_ops.imports.stock import SPEC as STOCK
from inventory_ops.models import Product
from inventory_ops.operations.imports import files
from inventory_ops.operations.imports.loading import load_plan
from inventory_ops.operations.imports.outcomes import Outcome
from inventory_ops.operations.imports.planning import Options, plan
from tests.bench.job import Goal, Job, Timing, Way, at_most, register
from tests.bench.moving import undone

PREVIEW_ROWS = 500_000
OURS = ("sku", "vendor_number", "location", "lot", "quantity")
THEIRS = ("Artikel", "Lieferant", "Lager", "Charge", "Menge")
MAPPED = Options(kind="stock", answers={"*": {"columns": dict(zip(THEIRS, OURS, strict=True))}})
SAID, RECOGNISED, MAPPING, PREVIEW = "kind said", "kind recognised", "columns mapped", "preview of many rows"


def write_lots(path: Path, header: Sequence[str], rows: int, *, most: int = 90) -> None:
    """A file of stock over all products: each row a lot of 1 to `most` units; with 0 it changes nothing."""
    products = list(Product.objects.values_list("sku", "merchant__vendor_number").order_by("pk")[:50_000])
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for number, (sku, vendor) in enumerate(islice(cycle(products), rows)):
            writer.writerow([sku, vendor, "MAIN", f"B{number}", number % most + 1 if most else 0])


def preview(path: Path) -> Outcome:
    """What the check of an upload does with a file: everything, shown with its changes, and undone."""
    file = files.File(path, STOCK, path.name)
    return files.attempt(file, by=None, now=timezone.now(), record=None, shows_change=True)


@register
class Recognising(Job):
    name = "P17"
    title = "Stock file: its kind said, recognised, and its columns mapped"

    def set_up(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="ops-bench-")
        folder = Path(self.folder.name)
        self.own, self.foreign, self.large = folder / "a.csv", folder / "b.csv", folder / "stock.csv"
        self.preview_rows = min(PREVIEW_ROWS, 25 * self.scale.file_rows)
        write_lots(self.own, OURS, self.scale.file_rows)
        write_lots(self.foreign, THEIRS, self.scale.file_rows)
        write_lots(self.large, OURS, self.preview_rows, most=0)  # that it is read counts, not what it books
        self.facts["rows of the preview"] = f"{self.preview_rows:,}"

    def ways(self) -> Sequence[Way]:
        return [
            Way(SAID, lambda: self.timed(self.said)),
            Way(RECOGNISED, lambda: self.timed(lambda: self.planned(self.own, Options()))),
            Way(MAPPING, lambda: self.timed(lambda: self.planned(self.foreign, MAPPED))),
            Way(PREVIEW, self.preview, most_rounds=1, warm_up=False),
        ]

    def said(self) -> list[Outcome]:
        return files.load_files([files.File(self.own, STOCK, "a.csv")], now=timezone.now())

    @staticmethod
    def planned(path: Path, options: Options) -> list[Outcome]:
        return load_plan(plan([(path, path.name)], options=options), now=timezone.now(), progress=_quiet)

    def timed(self, load: Any) -> float:
        """Seconds of a load that is undone; the undoing does not count."""
        start = time.perf_counter()
        seconds = 0.0
        with undone():
            outcomes = load()
            seconds = time.perf_counter() - start
        if [outcome.rows for outcome in outcomes] != [self.scale.file_rows] or outcomes[0].errors:
            raise RuntimeError(f"not all rows were taken: {outcomes}")
        return seconds

    def preview(self) -> None:
        outcome = preview(self.large)
        if outcome.rows != self.preview_rows or outcome.errors:
            raise RuntimeError(f"{outcome.rows} rows, {outcome.errors[:3]}")

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        plainly = times[SAID].seconds
        found = [
            at_most("recognised, beside the kind said", times[RECOGNISED].seconds / plainly, 1.1),
            at_most("mapped, beside the kind said", times[MAPPING].seconds / plainly, 1.1),
        ]
        if (memory := times[PREVIEW].memory) is not None:
            found.append(at_most("memory of the preview", memory, 100, "MB"))
        return found

    def tear_down(self) -> None:
        self.folder.cleanup()


def _quiet(*_: Any) -> None:
    """Nobody watches."""
