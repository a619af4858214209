"""`manage.py load`: names, exit codes, and what it prints."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from inventory_ops.models import Merchant

pytestmark = pytest.mark.django_db

type Run = Callable[..., tuple[int, str, str]]
GOOD = "vendor_number,name\nV1,One\n"
BAD = "vendor_number,name\nV1,One\nV2,\n"


@pytest.fixture
def run() -> Run:
    def call(*arguments: str | Path) -> tuple[int, str, str]:
        out, err = StringIO(), StringIO()
        try:
            call_command("load", *map(str, arguments), stdout=out, stderr=err)
        except SystemExit as stop:
            assert isinstance(stop.code, int)
            return stop.code, out.getvalue(), err.getvalue()
        return 0, out.getvalue(), err.getvalue()

    return call


def test_all_applied(run: Run, tmp_path: Path) -> None:
    (tmp_path / "merchants.csv").write_text(GOOD)
    code, out, _ = run(tmp_path)
    assert code == 0
    assert "1 new, 0 changed, 0 unchanged, 0 refused" in out


def test_some_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "merchants.csv.gz"
    file.write_bytes(gzip.compress(BAD.encode(), mtime=0))
    code, out, _ = run(file)
    assert code == 1
    assert f"{file}:3: name is empty" in out


@pytest.mark.parametrize("options", [[], ["--all-or-nothing"]])
def test_json(run: Run, tmp_path: Path, options: list[str]) -> None:
    file = tmp_path / "merchants.csv"
    file.write_text(BAD)
    code, out, _ = run(file, "--json", *options)
    result = json.loads(out)
    assert code == result["exit"] == (2 if options else 1)
    assert Merchant.objects.count() == (0 if options else 1)
    (loaded,) = result["files"]
    assert (loaded["kind"], loaded["rows"], loaded["refused_rows"]) == ("merchants", 2, 1)
    (error,) = loaded["refused"]
    assert error == {
        "file": str(file),
        "line": 3,
        "column": "name",
        "value": "",
        "message": "is empty: a value is required",
        "code": "required",
    }


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("colours.csv", "red,green\n1,2\n", "Which of our columns"),
        ("../colours.csv.gz", "", "no such file"),
        ("merchants.csv", "vendor_number\nV1\n", "missing"),
        ("merchants.csv", "vendor_number,name\n,\nV1,\n", "required"),
    ],
)
def test_nothing_done(run: Run, tmp_path: Path, name: str, content: str, said: str) -> None:
    if content:
        (tmp_path / name).write_text(content)
    code, out, err = run(tmp_path / name)
    assert code == 2
    assert said in out + err
    assert not Merchant.objects.exists()


def test_an_unknown_file_does_not_stop_the_others(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine (1).txt").write_text(GOOD)
    (tmp_path / "colours.csv").write_text("red,green\n1,2\n")
    code, _, err = run(tmp_path)
    assert code == 1 and "colours.csv" in err and "mine" not in err
    assert Merchant.objects.exists()
    Merchant.objects.all().delete()
    assert run(tmp_path, "--all-or-nothing")[0] == 2
    assert not Merchant.objects.exists()


def test_a_folder_without_files(run: Run, tmp_path: Path) -> None:
    code, _, err = run(tmp_path)
    assert (code, "no file in this folder" in err) == (2, True)
