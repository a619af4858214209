"""Who may import whom: each kind of forbidden import is tried on a copy of the code and found."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("config", "inventory_ops", "trackers", "lost_damaged", "user_audit", "tests")

FORBIDDEN = {
    "reads call no writes": (
        "inventory_ops/queries/costs.py",
        "from inventory_ops.operations import prices",
    ),
    "operations know no forms": ("inventory_ops/operations/prices.py", "from inventory_ops.forms import prices"),
    "forms know no views": ("inventory_ops/forms/prices.py", "from inventory_ops.views import prices"),
    "siblings never meet": ("trackers/queries.py", "from lost_damaged import models"),
    "the base knows none of its siblings": ("inventory_ops/pages/overview.py", "from trackers import cards"),
    "the kit knows no domain, not even for types": (
        "inventory_ops/kit/page.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from inventory_ops.models import User",
    ),
    "models of an app know none of its reads": ("lost_damaged/models/nav.py", "from lost_damaged.queries import nav"),
    "adapters know no domain": ("inventory_ops/adapters/web.py", "from inventory_ops.models import Channel"),
    "the product knows no tests": ("trackers/cards.py", "from tests import make"),
    "a circle": ("inventory_ops/kit/imports/columns.py", "from inventory_ops.kit.imports import spec"),
    "a module in no layer": ("inventory_ops/helpers.py", "x = 1"),
    "a module of another app in no layer": ("user_audit/helpers.py", "x = 1"),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("code")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("*.pyc", "node_modules"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


def test_the_code_keeps_its_contracts(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("why", FORBIDDEN)
def test_a_forbidden_import_is_found(copy: Path, why: str) -> None:
    name, line = FORBIDDEN[why]
    path = copy / name
    before = path.read_text() if path.exists() else None
    path.write_text((before or "") + f"\n{line}\n")
    try:
        assert lint(copy).returncode == 1, f"{why}: {line} in {name} passed"
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before)
