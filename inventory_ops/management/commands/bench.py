"""`manage.py bench`: measures the product against raw SQL and against its peers, on generated data."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from tests.bench import database, report, runner
from tests.bench.job import discover, registry
from tests.bench.scale import SCALES


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # `check`, `serve` and `demo` run them: they import every page
    help = "Run the benchmark suite on data of its own and print which goals hold."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--scale", choices=list(SCALES), default="S", help="how much data (L: 30 minutes, 70 GB)")
        parser.add_argument("--only", action="append", metavar="NAME", help="a job, like P4; may be repeated")
        parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
        parser.add_argument("--save", type=Path, metavar="FILE", help="write the JSON to a file, too")
        parser.add_argument("--rounds", type=int, default=runner.ROUNDS, help="rounds after the warm-up")
        parser.add_argument("--fresh", action="store_true", help="generate the data anew")
        parser.add_argument("--drop", action="store_true", help="drop the suite's database afterwards")

    def handle(self, *args: Any, **options: Any) -> None:
        logging.getLogger("inventory_ops.kit.db.statements").setLevel(logging.ERROR)  # here all are slow at times
        discover()
        names = [name.upper() for name in options["only"] or registry.names]
        if unknown := [name for name in names if name not in registry.jobs]:
            raise CommandError(f"There is no job {unknown[0]!r}. The jobs are {', '.join(registry.names)}.")
        if not 1 <= options["rounds"] <= 100:
            raise CommandError("--rounds: use a number from 1 to 100.")
        scale = SCALES[options["scale"]]
        jobs = [registry.jobs[name] for name in names]
        with database.entered(scale, fresh=options["fresh"], keep=not options["drop"], tell=self.tell):
            results = runner.run(jobs, scale=scale, rounds=options["rounds"], tell=self.tell)
            numbers = json.dumps(report.as_json(results, scale), indent=1)
            if options["save"]:
                options["save"].write_text(numbers)
            if options["json"]:
                self.stdout.write(numbers)
            else:
                console = Console(file=self.stdout, width=None if self.stdout.isatty() else 130)  # type: ignore[arg-type]
                console.print(report.table(results, scale))
        if not options["json"]:
            self.stdout.write(report.summary(results))

    def tell(self, text: str) -> None:
        self.stderr.write(text)
