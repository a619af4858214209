"""`manage.py load PATH…`: files of our layout and of other shops' exports."""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from django.core.management import call_command
from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from inventory_ops.kit.imports import formats, registry
from inventory_ops.kit.imports.files import ENDINGS
from inventory_ops.management import load_results
from inventory_ops.management.arguments import text
from inventory_ops.operations import scans
from inventory_ops.operations.imports.files import File
from inventory_ops.operations.imports.loading import load_plan, stopped
from inventory_ops.operations.imports.outcomes import Outcome
from inventory_ops.operations.imports.planning import Looked, Options, Plan, plan

SHOWN_WARNINGS = 20  # of a file, in text
SAID = ("vendor", "store", "currency", "timezone")


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # `check`, `serve` and `demo` run them: they import every page
    help = (
        "Import files (.csv .tsv .txt .xlsx, plain, .gz or in a .zip) or folders of them. What a file is, its header"
        " says: one of our kinds, or the export of another shop."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        kinds, layouts = [spec.name for spec in registry], formats.registry.keys()
        parser.add_argument("paths", nargs="+", type=text, metavar="PATH")
        parser.add_argument("--shift-dates", action="store_true", help="move all moments so the newest is yesterday")
        parser.add_argument("--all-or-nothing", action="store_true", help="one refused row undoes the whole call")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")
        parser.add_argument("--kind", choices=kinds, default="", help="what the files are, whatever their header says")
        parser.add_argument("--format", choices=layouts, default="", help="the foreign layout of the files")
        parser.add_argument("--vendor", type=text, default="", help="vendor number, where a file names none")
        parser.add_argument("--store", type=text, default="", help="store number, where a file names none")
        parser.add_argument("--currency", type=text, default="", help="currency, where a file names none")
        parser.add_argument("--timezone", type=text, default="", help="zone of moments without an offset")
        parser.add_argument("--answers", type=text, default="", metavar="FILE", help="answers as JSON, by file name")
        parser.add_argument("--questions", action="store_true", help="print what is open as JSON and load nothing")

        parser.add_argument(
            "--scan", action="store_true", help="run the scans afterwards, so that findings are up to date"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        as_json = options["json"]
        paths, problems = find_files([Path(path) for path in options["paths"]])
        if not paths:
            self._fail(problems or ["No file found."], as_json=as_json)
        try:
            answers = read_answers(options["answers"])
        except ValueError as error:
            self._fail([f"{options['answers']}: {error}"], as_json=as_json)
        everywhere = {key: options[key] for key in SAID if options[key]}
        said = Options(options["kind"], options["format"], answers, everywhere)
        found = plan([(path, str(path)) for path in paths], options=said, thorough=options["questions"])
        if options["questions"]:
            self.stdout.write(json.dumps(load_results.questions(found), indent=2, ensure_ascii=False))
        else:
            self._load(found, problems, options)

    def _load(self, found: Plan, problems: list[str], options: dict[str, Any]) -> None:
        started = time.monotonic()
        as_json, all_or_nothing = options["json"], options["all_or_nothing"]
        outcomes: list[Outcome] = []
        if not (all_or_nothing and (found.stopped or problems)):
            with _ProgressBar([each.as_file() for each in found.files], quiet=as_json) as bar:
                outcomes = load_plan(
                    found, shift_dates=options["shift_dates"], all_or_nothing=all_or_nothing, progress=bar.show
                )
        seconds = time.monotonic() - started
        if as_json:
            self.stdout.write(json.dumps(load_results.result(outcomes, found, problems, seconds), indent=2))
        elif outcomes:
            self._print(outcomes, seconds)
        for line in [*problems, *(line for each in found.stopped for line in stopped_lines(each))]:
            self.stderr.write(line)
        self._scan(outcomes, wanted=options["scan"], as_json=as_json)
        if code := load_results.exit_code(outcomes, found, problems):
            sys.exit(code)

    def _scan(self, outcomes: list[Outcome], *, wanted: bool, as_json: bool) -> None:
        """Run the scans that the load made stale, or say which."""
        if not any(outcome.counts.new or outcome.counts.changed for outcome in outcomes if outcome.applied):
            return
        names = scans.names_of_data()
        out = io.StringIO() if as_json else self.stdout  # what is printed as JSON stays JSON
        if wanted:
            call_command("scan", *names, stdout=out)
        elif not as_json:
            text = "Findings are as of the last scan: run `manage.py scan {}`, or load with --scan."
            self.stdout.write(text.format(" ".join(names)))

    def _fail(self, problems: list[str], *, as_json: bool) -> NoReturn:
        if as_json:
            nothing = {"exit": load_results.NOTHING_DONE, "files": [], "problems": problems}
            self.stdout.write(json.dumps(nothing, indent=2))
        for problem in problems:
            self.stderr.write(problem)
        sys.exit(load_results.NOTHING_DONE)

    def _print(self, outcomes: list[Outcome], seconds: float) -> None:
        for outcome in outcomes:
            for error in outcome.errors:
                value = f" {error.value!r}" if error.value else ""
                column = f" {error.column}" if error.column else ""
                self.stdout.write(f"{outcome.file_name}:{error.line}:{column}{value} {error.message}")
            if outcome.failed > len({error.line for error in outcome.errors}):
                self.stdout.write(f"{outcome.file_name}: … {outcome.failed:,} rows refused in all")
            for warning in outcome.warnings[:SHOWN_WARNINGS]:
                self.stdout.write(f"{outcome.file_name}:{warning.line}: warning: {warning.message}")
            if outcome.warned > SHOWN_WARNINGS:
                self.stdout.write(f"{outcome.file_name}: … {outcome.warned:,} rows with a warning in all")
        for outcome in outcomes:
            counts = outcome.counts
            if outcome.found:
                self.stdout.write(f"{outcome.file_name}: {outcome.found}")
            text = (
                f"{outcome.file_name}: {counts.new:,} new, {counts.changed:,} changed, {counts.unchanged:,} unchanged,"
                f" {outcome.failed:,} refused"
                + (f", {outcome.warned:,} with a warning" if outcome.warned else "")
                + (f", {outcome.left_out:,} left out" if outcome.left_out else "")
            )
            self.stdout.write(text + (" — nothing of this file was applied" if outcome.refused else ""))
        rows = sum(outcome.rows for outcome in outcomes)
        self.stdout.write(f"{rows:,} rows in {seconds:.1f} s ({rows / max(seconds, 0.001):,.0f} a second)")


def find_files(paths: list[Path]) -> tuple[list[Path], list[str]]:
    """The files that `paths` name, and what is wrong with the names."""
    files: list[Path] = []
    problems: list[str] = []
    for path in paths:
        try:
            is_folder, is_file = path.is_dir(), path.is_file()
        except OSError as error:  # as of a name that is too long
            problems.append(f"{path}: {error.strerror}.")
            continue
        if is_folder:
            found = sorted(each for each in path.iterdir() if each.is_file() and each.name.lower().endswith(ENDINGS))
            if not found:
                problems.append(f"{path}: no file in this folder that ends in {', '.join(ENDINGS)}.")
            files += found
        elif is_file:
            files.append(path)
        else:
            problems.append(f"{path}: no such file or folder.")
    return files, problems


def read_answers(path: str) -> Mapping[str, Mapping[str, Any]]:
    """The answers of a file: `{"FILE NAME or *": {key: value}}`. Raises ValueError."""
    if not path:
        return {}
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ValueError(error.strerror) from error
    if not isinstance(found, dict) or not all(isinstance(each, dict) for each in found.values()):
        raise ValueError('must be an object like {"*": {"vendor": "V10"}}.')
    return found


def stopped_lines(looked: Looked) -> list[str]:
    """Why a file goes no further, for people."""
    lines = []
    for error in stopped(looked):
        place = f"{error.line}: " if error.line else " "
        lines.append(f"{looked.source.name}:{place}{error.column + ' ' if error.column else ''}{error.message}")
    if looked.is_open:
        lines.append(f"{looked.source.name}: not loaded. Answer with --answers FILE; --questions lists what is open.")
    return lines


class _ProgressBar:
    """A bar a file by packed bytes read, on a terminal; nothing elsewhere."""

    def __init__(self, files: list[File], *, quiet: bool) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[phase]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._tasks = {
            file.path: self._bar.add_task(
                file.path.name, total=file.path.stat().st_size or 1, phase="waiting", start=False
            )
            for file in files
        }

    def __enter__(self) -> _ProgressBar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, file: File, phase: str, done: int) -> None:
        task = self._tasks[file.path]
        self._bar.start_task(task)
        self._bar.update(task, phase=phase, completed=done or None)
