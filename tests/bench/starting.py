"""P16: the embedded services, from an empty folder."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from config.embedded import stack
from config.embedded.paths import Paths
from tests.bench.job import Goal, Job, Timing, Way, at_most, register


@register
class Start(Job):
    name = "P16"
    title = "PostgreSQL and Valkey from nothing"

    def ways(self) -> Sequence[Way]:
        return [Way("start from an empty folder", self.start, most_rounds=2, warm_up=False)]

    def start(self) -> float:
        folder = Path(tempfile.mkdtemp(prefix="ops-bench-"))
        try:
            start = time.perf_counter()
            with stack.running(Paths(folder)):
                return time.perf_counter() - start
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        return [at_most("ready", times["start from an empty folder"].seconds, 3, "s")]
