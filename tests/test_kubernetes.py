"""The manifests of deploy/kubernetes are what Kubernetes takes, and say what compose and settings say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from config import env as environment
from config.celery import QUEUES
from tests.test_deployment import COMPOSE, GOOD

FILE = Path(__file__).resolve().parent.parent / "deploy" / "kubernetes" / "inventory-ops.yml"
OBJECTS: list[dict[str, Any]] = list(yaml.safe_load_all(FILE.read_text()))
SCRATCH = "/tmp"  # noqa: S108  (of the container)
VERSIONS = ("1.31", "1.34")
PODS = [each["spec"]["template"]["spec"] for each in OBJECTS if "template" in each.get("spec", {})]


def named(kind: str, name: str) -> dict[str, Any]:
    [found] = [each for each in OBJECTS if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return found


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("found", OBJECTS, ids=lambda each: f"{each['kind']} {each['metadata']['name']}")
def test_the_published_schema_takes_it(found: dict[str, Any], version: str) -> None:
    kubernetes_validate.validate(found, version, strict=True)


def test_a_wrong_manifest_is_refused() -> None:
    wrong = named("Deployment", "inventory-ops-web") | {"spec": {"replicas": "two"}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


def test_the_settings_are_ones_that_the_product_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (GOOD | named("ConfigMap", "inventory-ops")["data"]).items():
        monkeypatch.setenv(name, value)
    found = environment.read()
    assert found.production and found.files and found.files["bucket_name"] == "inventory-ops"


def test_commands_are_those_of_compose() -> None:
    for name in ("worker", "beat"):
        [container] = named("Deployment", f"inventory-ops-{name}")["spec"]["template"]["spec"]["containers"]
        assert container["command"] == COMPOSE["services"][name]["command"]
    [container] = named("Job", "inventory-ops-migrate")["spec"]["template"]["spec"]["containers"]
    assert container["command"] == COMPOSE["services"]["migrate"]["command"]
    assert set(COMPOSE["services"]["worker"]["command"][-1].split(",")) == set(QUEUES)


def test_everything_runs_without_rights_on_a_disk_that_it_cannot_write() -> None:
    for pod in PODS:
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in pod["containers"]:
            rights = container["securityContext"]
            assert rights["readOnlyRootFilesystem"] and rights["capabilities"] == {"drop": ["ALL"]}
            assert [each["mountPath"] for each in container["volumeMounts"]] == [SCRATCH]
    assert named("ConfigMap", "inventory-ops")["data"]["OPS_DATA_DIR"].startswith(f"{SCRATCH}/")


def test_migrations_run_before_the_rest_is_replaced() -> None:
    notes = named("Job", "inventory-ops-migrate")["metadata"]["annotations"]
    assert notes["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert notes["argocd.argoproj.io/hook"] == "PreSync"
