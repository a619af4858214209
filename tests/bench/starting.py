"""P16: the embedded services from an empty folder, and commands while no server runs."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from config.embedded import stack
from config.embedded.paths import CHECKOUT, Paths
from tests.bench.job import Goal, Job, Timing, Way, at_most, register

SLUG = "inventory-cost-issues"
FILE = "vendor_number,name\nBENCH,Bench\n"
COMMANDS = {
    "report --list": ("report", "--list"),
    "report SLUG": ("report", SLUG),
    "scan": ("scan",),
    "load of a small file": ("load", "merchants.csv"),
    "help": ("help",),
    "a mistyped command": ("reprot",),
}
ADDRESSES = ("DATABASE_URL", "REDIS_URL")
MOST_PACKAGES = 6


@register
class Start(Job):
    name = "P16"
    title = "PostgreSQL and Valkey from nothing; commands, no server running"

    def set_up(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ops-bench-"))
        self.cpu: dict[str, float] = {}
        (self.folder / "merchants.csv").write_text(FILE)
        self.command("report", "--list")  # makes the database

    def tear_down(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def ways(self) -> Sequence[Way]:
        commands = [Way(name, partial(self.timed, name, words), most_rounds=3) for name, words in COMMANDS.items()]
        return [Way("start from an empty folder", self.start, most_rounds=2, warm_up=False), *commands]

    def start(self) -> float:
        folder = Path(tempfile.mkdtemp(prefix="ops-bench-"))
        try:
            start = time.perf_counter()
            with stack.running(Paths(folder)):
                return time.perf_counter() - start
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def timed(self, name: str, words: Sequence[str]) -> None:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.command(*words)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu[name] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def command(self, *words: str, options: Sequence[str] = ()) -> str:
        """Run `manage.py` on services of its own, which start and stop with it; answers what it wrote to stderr."""
        environment = {name: value for name, value in os.environ.items() if name not in ADDRESSES}
        environment["OPS_DATA_DIR"] = str(self.folder / "data")
        arguments = [str(self.folder / word) if word.endswith(".csv") else word for word in words]
        return subprocess.run(
            [sys.executable, *options, str(CHECKOUT / "manage.py"), *arguments],
            cwd=CHECKOUT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        ).stderr

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        for name, seconds in self.cpu.items():
            self.facts[f"{name}: processor"] = f"{seconds:.2f} s"
        for name, seconds in self._imports().most_common(MOST_PACKAGES):
            self.facts[f"report --list: imports of {name}"] = f"{seconds * 1000:.0f} ms"
        return [
            at_most("ready", times["start from an empty folder"].seconds, 3, "s"),
            at_most("processor of the most expensive command", max(self.cpu.values()), 1.3, "s"),
        ]

    def _imports(self) -> Counter[str]:
        """Seconds that importing the modules of each package took, as `python -X importtime` says."""
        found: Counter[str] = Counter()
        lines = self.command("report", "--list", options=("-X", "importtime"))
        for own, module in re.findall(r"^import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)$", lines, re.MULTILINE):
            found[module.partition(".")[0]] += int(own) / 1_000_000
        return found
