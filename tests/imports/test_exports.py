"""Exports of other shops give exactly what is expected of them, by command."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from inventory_ops.kit.imports.files import ENDINGS
from tests.imports import exported
from tests.imports.exported import FOLDER, FOLDERS, in_order

pytestmark = pytest.mark.django_db


def run(*args: str | Path, **options: Any) -> dict[str, Any]:
    out = io.StringIO()
    with contextlib.suppress(SystemExit):
        call_command("load", *map(str, args), json=True, stdout=out, stderr=io.StringIO(), **options)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def files(folder: str) -> list[Path]:
    return sorted(path for path in (FOLDER / folder).iterdir() if path.name.lower().endswith(ENDINGS))


def remarks(result: dict[str, Any], kind: str) -> set[tuple[str, int]]:
    return {(Path(each["file"]).name, each["line"]) for file in result["files"] for each in file[kind]}


@pytest.mark.parametrize("folder", FOLDERS)
def test_by_command(folder: str) -> None:
    expected = exported.expected(folder)
    if (FOLDER / folder / "given").is_dir():
        assert run(FOLDER / folder / "given")["exit"] == 0
    before = {kind: exported.loaded(kind) for kind in expected["rows"]}
    result = run(*files(folder), answers=str(FOLDER / folder / "answers.json"))
    check(folder, result, before)
    again = run(*files(folder), answers=str(FOLDER / folder / "answers.json"))
    assert [(file["new"], file["changed"]) for file in again["files"]] == [(0, 0)] * len(again["files"])


def check(folder: str, result: dict[str, Any], before: dict[str, list[dict[str, Any]]]) -> None:
    expected = exported.expected(folder)
    for kind, rows in expected["rows"].items():
        names = {name for row in rows for name in row}
        # what a file without the column gives is a default of ours, not of the layout
        names |= {"cost", "special_price", "category"} if kind == "products" else set()
        found = [row for row in exported.loaded(kind) if row not in before[kind]]
        assert in_order([{name: row[name] for name in row if name in names} for row in found]) == in_order(rows), kind
    for kind in ("refused", "warned", "left_out"):
        assert remarks(result, kind) == {(each["file"], each["line"]) for each in expected[kind]}, kind
    named = {
        (Path(each["file"]).name, each["line"], each["column"])
        for file in result["files"]
        for kind in ("refused", "warned")
        for each in file[kind]
    }
    wanted = expected["refused"] + expected["warned"]
    assert {(each["file"], each["line"], each["column"]) for each in wanted} <= named
    assert {Path(file["file"]).name: file["rows"] for file in result["files"]} == {
        name: facts["rows"] for name, facts in expected["files"].items()
    }
