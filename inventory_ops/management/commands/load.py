"""`manage.py load PATH… [--shift-dates] [--all-or-nothing] [--json]`"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from inventory_ops.kit.imports import RowError, registry
from inventory_ops.management.arguments import text
from inventory_ops.operations.imports.files import File, Outcome, load_files

ALL_APPLIED, SOME_REFUSED, NOTHING_DONE = 0, 1, 2
SHOWN_WARNINGS = 20  # of a file, in text


class Command(BaseCommand):
    help = "Import CSV files (plain or .gz) or folders of them; a file's name says its kind, like orders.csv.gz."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=text, metavar="PATH")
        parser.add_argument("--shift-dates", action="store_true", help="move all moments so the newest is yesterday")
        parser.add_argument("--all-or-nothing", action="store_true", help="one refused row undoes the whole call")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        files, problems = find_files([Path(path) for path in options["paths"]])
        if problems or not files:
            self._fail(problems or ["No CSV file found."], as_json=options["json"])
        started = time.monotonic()
        with _ProgressBar(files, quiet=options["json"]) as bar:
            outcomes = load_files(
                files,
                shift_dates=options["shift_dates"],
                all_or_nothing=options["all_or_nothing"],
                progress=bar.show,
            )
        seconds = time.monotonic() - started
        if options["json"]:
            self.stdout.write(json.dumps(as_json(outcomes, seconds), indent=2))
        else:
            self._print(outcomes, seconds)
        if code := exit_code(outcomes):
            sys.exit(code)

    def _fail(self, problems: list[str], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"exit": NOTHING_DONE, "files": [], "problems": problems}, indent=2))
        for problem in problems:
            self.stderr.write(problem)
        sys.exit(NOTHING_DONE)

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
            text = (
                f"{outcome.file_name}: {counts.new:,} new, {counts.changed:,} changed, {counts.unchanged:,} unchanged,"
                f" {outcome.failed:,} refused" + (f", {outcome.warned:,} with a warning" if outcome.warned else "")
            )
            self.stdout.write(text + (" — nothing of this file was applied" if outcome.refused else ""))
        rows = sum(outcome.rows for outcome in outcomes)
        self.stdout.write(f"{rows:,} rows in {seconds:.1f} s ({rows / max(seconds, 0.001):,.0f} a second)")


def find_files(paths: list[Path]) -> tuple[list[File], list[str]]:
    """The files that `paths` name, and what is wrong with the names."""
    files: list[File] = []
    problems: list[str] = []
    kinds = ", ".join(spec.name for spec in registry)
    for path in paths:
        try:
            is_folder, is_file = path.is_dir(), path.is_file()
        except OSError as error:  # as of a name that is too long
            problems.append(f"{path}: {error.strerror}.")
            continue
        if is_folder:
            found = sorted(p for p in path.iterdir() if p.name.lower().endswith((".csv", ".csv.gz")))
            if not found:
                problems.append(f"{path}: no .csv or .csv.gz file in this folder.")
        elif is_file:
            found = [path]
        else:
            problems.append(f"{path}: no such file or folder.")
            continue
        for file in found:
            if spec := registry.of_file(file):
                files.append(File(path=file, spec=spec, name=str(file)))
            else:
                problems.append(f"{file}: the name says no known kind. Name it KIND.csv or KIND.csv.gz, KIND: {kinds}.")
    return files, problems


def exit_code(outcomes: list[Outcome]) -> int:
    if not any(outcome.errors for outcome in outcomes):
        return ALL_APPLIED
    return SOME_REFUSED if any(outcome.applied for outcome in outcomes) else NOTHING_DONE


def _remark(outcome: Outcome, remark: RowError) -> dict[str, Any]:
    return {
        "file": outcome.file_name,
        "line": remark.line,
        "column": remark.column,
        "value": remark.value,
        "reason": remark.message,
        "code": remark.code,
    }


def as_json(outcomes: list[Outcome], seconds: float) -> dict[str, Any]:
    return {
        "exit": exit_code(outcomes),
        "seconds": round(seconds, 3),
        "files": [
            {
                "file": outcome.file_name,
                "kind": outcome.kind,
                "applied": not outcome.refused,
                "rows": outcome.rows,
                "new": outcome.counts.new,
                "changed": outcome.counts.changed,
                "unchanged": outcome.counts.unchanged,
                "refused": outcome.failed,
                "errors": [_remark(outcome, error) for error in outcome.errors],
                "warned": outcome.warned,
                "warnings": [_remark(outcome, warning) for warning in outcome.warnings],
            }
            for outcome in outcomes
        ],
    }


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
            id(file): self._bar.add_task(
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
        task = self._tasks[id(file)]
        self._bar.start_task(task)
        self._bar.update(task, phase=phase, completed=done or None)
