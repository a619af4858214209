"""The examples of docs/adding-a-….md do what the page says: each is tried on a copy of the code."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("config", "inventory_ops", "trackers", "lost_damaged", "user_audit", "templates")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.pyc", "__pycache__"))
    shutil.copy(ROOT / "manage.py", tmp_path)
    return tmp_path


def example(page: str) -> str:
    found = re.search(r"```python\n(.*?)```", (ROOT / "docs" / page).read_text(), re.DOTALL)
    assert found is not None
    return found[1]


def run(folder: Path, *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_mechanism_is_one_file(copy: Path) -> None:
    (copy / "trackers/mechanisms/fixed_cover.py").write_text(example("adding-a-mechanism.md"))
    changes = run(copy, "manage.py", "makemigrations", "trackers", "--dry-run")
    assert "tracker_has_the_parameters_of_its_mechanism" in changes
    script = """
import config.settings, django
django.setup()
from trackers import forms, imports, queries
from trackers.mechanisms import CHOICES, MECHANISMS
from trackers.models import Tracker
assert [name for name, label in CHOICES] == ["stock_quantity", "turnover_days", "stalled_days", "fixed_cover"]
assert dict(Tracker._meta.get_field("mechanism").choices)["fixed_cover"] == "Fixed cover"
assert "when 'fixed_cover' then (s.counted)::bigint" in queries.EVALUATION
assert "fixed_cover-quantity" in forms.TrackerForm(viewer=type("V", (), {"sees_all_merchants": True})()).fields
assert "fixed_cover" in str(imports.SPEC.columns)
print(Tracker(mechanism="fixed_cover", quantity=10, coverage_days=7).parameters)
"""
    assert run(copy, "-c", "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'\n" + script) == (
        "10 a day for 7 days\n"
    )


def test_a_bulk_action_is_one_file(copy: Path) -> None:
    (copy / "trackers/bulk_actions/snooze_until.py").write_text(example("adding-a-bulk-action.md"))
    script = """
import config.settings, django
django.setup()
from inventory_ops.kit.bulk.action import find, offered_on
from trackers.models import Tracker
assert [each.name for each in offered_on("trackers")][-1] == "snooze-until"
action = find("trackers", "snooze-until")
plan = action.plan([Tracker(pk=1), Tracker(pk=2, is_enabled=False, mechanism="stalled_days", product_id=1)][:1])
print(len(plan.will), action.title(2))
"""
    told = run(copy, "-c", "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'\n" + script)
    assert told == "1 Snooze until …: 2 trackers\n"
