"""Names of metrics and of logged events: in alert rules, in documents and in the product they are the same."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from inventory_ops.kit.db import replica
from inventory_ops.models import Delivery, Import, Job
from inventory_ops.models.audit import Security
from inventory_ops.operations import audit, scans
from inventory_ops.queries import status
from tests import make

ROOT = Path(__file__).resolve().parent.parent
DASHBOARD = json.loads((ROOT / "deploy/grafana/inventory-ops.json").read_text())
ALERTS = ROOT / "deploy/prometheus/alerts.yml"
RULES = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
OURS = ("config", "inventory_ops", "trackers", "lost_damaged", "user_audit")


@pytest.fixture
def exposed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[set[str]]]:
    """Names of samples on /metrics with the labels of each, of a shop in which everything happened once."""
    settings.METRICS_TOKEN = "a-long-enough-token-1"
    below_cost = make.product(price=1, cost=5)
    make.stock(below_cost, 3)
    scans.run("costs")
    status.tick_done(now=timezone.now())
    now = timezone.now()
    Job.objects.create(kind="export", title="x", state=Job.State.FAILED, started_at=now, finished_at=now)
    Import.objects.create(kind="merchants", state=Import.State.DONE, rows_failed=1, finished_at=now)
    monkeypatch.setattr(replica, "lag", lambda: 1.5)  # tests/performance/test_replica.py asks a real one
    audit.record(action=Security.BACKUP_MADE, by=None)
    reader = make.user("operations")
    destination = reader.destinations.create(kind="webhook", name="x", address=b"", signing_key=b"")
    Delivery.objects.create(user=reader, destination=destination, kind=destination.kind)
    Client().get("/accounts/login/")
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {settings.METRICS_TOKEN}"})
    found: dict[str, list[set[str]]] = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(set(sample.labels))
    return found


@pytest.mark.django_db
def test_every_rule_speaks_of_metrics_and_labels_that_exist(exposed: dict[str, list[set[str]]]) -> None:
    assert len(RULES) > 10
    used: set[str] = set()
    for rule in RULES:
        names = set(re.findall(r"\bops_\w+", rule["expr"]))
        assert names or "up{" in rule["expr"], rule["alert"]
        assert names <= set(exposed), rule["alert"]
        used |= names
        labels = set().union(*(each for name in names for each in exposed[name]))
        asked = set(re.findall(r"(\w+)(?:=~?|!=)\"", rule["expr"])) - {"job"}
        told = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))
        assert asked | told <= labels, rule["alert"]
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"] and rule["annotations"]["action"], rule["alert"]
    assert {"ops_up", "ops_backup_age_seconds"} <= used


@pytest.mark.django_db
def test_every_panel_of_the_dashboard_speaks_of_metrics_and_labels_that_exist(
    exposed: dict[str, list[set[str]]],
) -> None:
    assert len(DASHBOARD["panels"]) >= 8
    for panel in DASHBOARD["panels"]:
        assert panel["targets"] and panel["datasource"] == {"type": "prometheus", "uid": "${source}"}, panel["title"]
        for target in panel["targets"]:
            names = set(re.findall(r"\bops_\w+", target["expr"]))
            assert names and names <= set(exposed), panel["title"]
            labels = set().union(*(each for name in names for each in exposed[name])) | {"le"}
            grouped = re.findall(r"\bby \(([\w, ]+)\)", target["expr"])
            asked = {label.strip() for group in grouped for label in group.split(",")}
            asked |= set(re.findall(r"(\w+)(?:=~?|!=)\"", target["expr"]))
            asked |= set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert asked <= labels, panel["title"]
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)


def test_states_in_rules_are_states() -> None:
    for rule in RULES:
        for name, state in re.findall(r'ops_(\w+)_24h\{state="(\w+)"\}', rule["expr"]):
            known = {"jobs": Job.State, "deliveries": Delivery.State}[name]
            assert state in known.values, rule["alert"]


@pytest.mark.django_db
@pytest.mark.parametrize("document", ["docs/operations.md", "docs/guide/system.md"])
def test_every_metric_is_documented_and_the_reverse(document: str, exposed: dict[str, list[set[str]]]) -> None:
    families = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in exposed}
    assert set(re.findall(r"`(ops_\w+)`", (ROOT / document).read_text())) == families


def test_every_logged_event_is_documented_and_the_reverse() -> None:
    call = re.compile(r"""\blog\.(?:debug|info|warning|error|exception)\(\s*"(\w+)\"""")
    logged = {name for app in OURS for path in (ROOT / app).rglob("*.py") for name in call.findall(path.read_text())}
    assert len(logged) > 20
    section = (ROOT / "docs/operations.md").read_text().split("\n## Logs")[1].split("\n## ")[0]
    rows = "\n".join(re.findall(r"^\| (`.*?) \|", section, re.M))
    assert set(re.findall(r"`(\w+)`", rows)) == logged


def test_prometheus_takes_the_rules() -> None:
    if not (tool := shutil.which("promtool")):
        pytest.skip("promtool is not installed (apt-get install prometheus)")
    result = subprocess.run([tool, "check", "rules", ALERTS], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{len(RULES)} rules found" in result.stdout
