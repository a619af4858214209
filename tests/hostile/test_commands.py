"""Arguments of management commands that nobody means: refused in words, and nothing is written."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.core.management.base import BaseCommand, DjangoHelpFormatter
from django.db import connection, transaction

from tests.hostile import corpus
from tests.hostile.marketplace import Attacked
from tests.hostile.wire import Wire

OURS = ("inventory_ops", "trackers", "lost_damaged", "user_audit", "config")
STARTERS = {"demo", "serve", "bench"}  # start servers and databases of their own: parsed only
WRITERS = {"backup"}  # any name is a good one for the file it writes: see tests/drills/test_backup.py
HOLE = object()
GOOD = {
    "paths": "merchants.csv",
    "slug": "inventory-cost-issues",
    "names": "costs",
    "email": "ops@example.com",
    "account": "123456789012",
    "user_name": "somebody",
    "reason": "tried",
}


def own_actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Those that the command adds to every command's."""
    base = BaseCommand().create_parser("manage.py", "any", formatter_class=DjangoHelpFormatter)
    known = {action.dest for action in base._actions}
    return [action for action in parser._actions if action.dest not in known]


def calls(parser: argparse.ArgumentParser, before: tuple[str, ...] = ()) -> Iterator[tuple[object, ...]]:
    """Command lines with one argument left open; the others that it needs are good."""
    actions = own_actions(parser)
    for action in actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from calls(below, (*before, name))
            return
    positional = [GOOD.get(action.dest, "1") for action in actions if not action.option_strings]
    needed = [f"{action.option_strings[0]}={GOOD.get(action.dest, '1')}" for action in actions
              if action.option_strings and action.required]  # fmt: skip
    for action in actions:
        if not action.option_strings:
            rest = [GOOD.get(each.dest, "1") if each is not action else HOLE for each in actions
                    if not each.option_strings]  # fmt: skip
            yield (*before, *needed, *rest)
        elif action.nargs != 0:
            others = [each for each in needed if not each.startswith(action.option_strings[0])]
            yield (*before, *others, *positional, action.option_strings[0], HOLE)


def filled(call: tuple[object, ...], value: str) -> list[str]:
    """An option's value is joined to it, so that one that begins with a dash stays a value."""
    words: list[str] = []
    for each in call:
        if each is not HOLE:
            words.append(str(each))
        elif words and words[-1].startswith("--") and "=" not in words[-1]:
            words[-1] += f"={value}"
        else:
            words.append(value)
    return words


class _Output(io.TextIOWrapper):
    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", errors="strict")


def fault(name: str, words: list[str]) -> str:
    """What is wrong with how a command takes `words`; '' when it runs, or refuses them in words."""
    with transaction.atomic():
        writes = Wire._writes()
        found = ""
        try:
            with redirect_stdout(_Output()), redirect_stderr(_Output()):
                call_command(name, *words, stdout=sys.stdout, stderr=sys.stderr)
        except CommandError as error:
            if not str(error).strip():
                found = "refused without a word"
            elif name != "load" and Wire._writes() != writes:  # its record of what was refused
                found = "refused, but wrote"
        except SystemExit as error:
            found = "" if error.code in (0, 1, 2) else f"exit {error.code}"
        except Exception as error:
            found = f"{type(error).__name__}: {str(error)[:100]}"
        transaction.set_rollback(True)
    connection.ensure_connection()
    return found


class TestCommands(Attacked):
    @pytest.fixture(autouse=True)
    def _somewhere_else(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        with TemporaryDirectory() as folder:
            (Path(folder) / "merchants.csv").write_text("vendor_number,name\nV1,One\n")
            monkeypatch.chdir(folder)  # paths of the corpus mean nothing here, and what is written goes with it
            yield

    def test_every_argument_of_every_command(self) -> None:
        wrong, tried = [], 0
        names = [name for name, app in get_commands().items() if app in OURS and name not in STARTERS | WRITERS]
        assert {"load", "report", "scan", "verify_ledger", "user_audit"} <= set(names)
        values = list(corpus.CELLS.items())
        for name in names:
            parser = load_command_class(str(get_commands()[name]), name).create_parser("manage.py", name)
            for number, call in enumerate(calls(parser)):
                for what, value in values[number % 3 :: 3]:
                    if "\x00" in value:
                        continue  # no system passes it on
                    tried += 1
                    if found := fault(name, filled(call, value)):
                        wrong.append(f"{name} {' '.join(map(str, filled(call, what)))[:80]}: {found}")
        assert tried > 1000
        assert not wrong, f"{len(wrong)} faults\n" + "\n".join(wrong[:60])

    def test_a_broken_command_is_found(self) -> None:
        """The control."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("inventory_ops.operations.scans.names", lambda: int("broken"))
            assert fault("scan", ["costs"]).startswith("ValueError")
