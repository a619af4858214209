"""The examples of docs/adding-….md do what the page says: as a file in a copy of the code, or in the database."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from inventory_ops.kit.imports import registry as kinds
from inventory_ops.models import AdjustmentReason, AuditEvent
from inventory_ops.operations.imports.files import load_files
from tests import make
from tests.imports.support import write

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("config", "inventory_ops", "trackers", "lost_damaged", "user_audit", "templates")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.pyc", "__pycache__"))
    shutil.copy(ROOT / "manage.py", tmp_path)
    return tmp_path


def example(page: str, language: str = "python") -> str:
    found = re.search(rf"```{language}\n(.*?)```", (ROOT / "docs" / page).read_text(), re.DOTALL)
    assert found is not None
    return found[1]


def run(folder: Path, *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def started(folder: Path, script: str) -> str:
    """What `script` prints in a copy of the product."""
    return run(folder, "-c", "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'\n" + SET_UP + script)


SET_UP = """
import config.settings, django
django.setup()
"""


def test_a_mechanism_is_one_file(copy: Path) -> None:
    (copy / "trackers/mechanisms/fixed_cover.py").write_text(example("adding-a-mechanism.md"))
    changes = run(copy, "manage.py", "makemigrations", "trackers", "--dry-run")
    assert "tracker_has_the_parameters_of_its_mechanism" in changes
    script = """
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
    assert started(copy, script) == "10 a day for 7 days\n"


def test_a_bulk_action_is_one_file(copy: Path) -> None:
    (copy / "trackers/bulk_actions/snooze_until.py").write_text(example("adding-a-bulk-action.md"))
    script = """
from inventory_ops.kit.bulk.action import find, offered_on
from trackers.models import Tracker
assert [each.name for each in offered_on("trackers")][-1] == "snooze-until"
action = find("trackers", "snooze-until")
plan = action.plan([Tracker(pk=1), Tracker(pk=2, is_enabled=False, mechanism="stalled_days", product_id=1)][:1])
print(len(plan.will), action.title(2))
"""
    assert started(copy, script) == "1 Snooze until …: 2 trackers\n"


def test_a_report_is_one_file(copy: Path) -> None:
    """It is in the menu, people can be notified of it, and it is scanned, as the five that are there."""
    (copy / "inventory_ops/reports/expiring_stock.py").write_text(example("adding-a-report.md"))
    script = """
from inventory_ops.kit.bulk.action import offered_on
from inventory_ops.kit.reports import registry
from inventory_ops.registries import menu, topics
report, old = registry.get("expiring-stock"), registry.get("shipping-issues")
entry = {each.report: each for each in menu.entries("action")}[report.slug]
topic, of_old = topics.get(report.slug), topics.get(old.slug)
assert entry.url == report.url == "/action-required/expiring-stock/"
assert str(topic.url) == report.url + "?finding=new" and topic.roles == of_old.roles
assert report.scan == old.scan and offered_on(report.bulk_group) == offered_on(old.bulk_group)
print(entry.label)
"""
    assert started(copy, script) == "Expiring\n"


def test_a_channel_kind_is_one_file(copy: Path) -> None:
    (copy / "inventory_ops/adapters/price_engine.py").write_text(example("adding-a-channel-kind.md"))
    script = """
from uuid import uuid4
from inventory_ops.adapters import kinds
from inventory_ops.adapters.protocol import StockWrite
kind = kinds.get("price_engine")
adapter = kind.open({"address": "https://prices.example", "key": "secret"})
results = adapter.write_stock([StockWrite(uuid4(), "1", "KET-100", 3)])
print(kind.label, adapter.stock().items, results[0].outcome.value)
"""
    assert started(copy, script) == "Price engine () rejected\n"


@pytest.mark.django_db
def test_an_import_kind_is_one_file(tmp_path: Path) -> None:
    product = make.product(sku="KET-100")
    with kinds.opened():
        exec(compile(example("adding-an-import-kind.md"), "brands.py", "exec"), {})  # noqa: S102  (our own page)
        [outcome] = load_files([write(tmp_path, "brands", "sku,brand\nKET-100,Sunbeam\nNONE-1,Other\n")])
    product.refresh_from_db()
    assert (product.brand_name, outcome.counts.changed, outcome.failed) == ("Sunbeam", 1, 1)


@pytest.mark.django_db
def test_a_trigger_is_one_file() -> None:
    reason = AdjustmentReason.objects.create(code="example", name="Example")
    with connection.cursor() as cursor:
        cursor.execute(example("adding-a-trigger.md", "sql"))
    with pytest.raises(DatabaseError, match="The code of a reason does not change"), transaction.atomic():
        AdjustmentReason.objects.filter(pk=reason.pk).update(code="other")
    AdjustmentReason.objects.filter(pk=reason.pk).update(name="Another")


@pytest.mark.django_db
def test_an_operation_is_one_function() -> None:
    module: dict[str, Any] = {"__name__": "renaming"}
    exec(compile(example("adding-an-operation.md"), "renaming.py", "exec"), module)  # noqa: S102  (our own page)
    reason, by = AdjustmentReason.objects.create(code="example", name="Example"), make.user("admin")
    module["rename"](reason=reason, name="Sample", seen="Example", by=by)
    with pytest.raises(module["RenameRefused"], match="Somebody else calls it Sample now"):
        module["rename"](reason=reason, name="Third", seen="Example", by=by)
    assert AuditEvent.objects.filter(action="reason.rename").count() == 1
