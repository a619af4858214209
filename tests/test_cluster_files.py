"""deploy/cluster/docker-compose.yml and what it configures fit together, and the product starts with its settings."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.cluster.render import rendered
from tests.test_deployment import COMPOSE as ONE_MACHINE
from tests.test_deployment import GOOD, ROOT

FOLDER = ROOT / "deploy" / "cluster"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the service `configure` writes, by its own script."""
    target = tmp_path_factory.mktemp("config")
    script = (FOLDER / "configure.sh").read_text()
    script = script.replace("/cluster", str(FOLDER)).replace("/config/", f"{target}/")
    script = script.replace("python render.py", f"{sys.executable} render.py")
    subprocess.run(["sh", "-c", script], check=True)
    return target


def test_each_component_is_there_as_often_as_the_document_says() -> None:
    counts = {"etcd": 3, "pg": 3, "valkey": 2, "sentinel": 3, "web": 2, "worker": 3, "beat": 2}
    for name, count in counts.items():
        assert [each for each in SERVICES if re.fullmatch(rf"{name}\d", each)] == [
            f"{name}{n + 1}" for n in range(count)
        ]
    assert {"haproxy", "pgbouncer", "nginx", "migrate"} <= set(SERVICES)


def test_what_services_need_is_there() -> None:
    declared = set(COMPOSE["volumes"])
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", ())) <= set(SERVICES), name
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in declared or (FOLDER / source).is_dir(), (name, volume)
        assert set(service.get("networks", ())) <= set(COMPOSE["networks"]), name
        if build := service.get("build"):
            assert (FOLDER / build / "Dockerfile").exists(), name


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["nginx"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name, service in SERVICES.items():
        if re.match("pg|etcd|valkey|sentinel|haproxy|database", name):
            assert service["networks"] == ["inside"], name


def test_versions_are_those_of_one_machine() -> None:
    postgres = ONE_MACHINE["services"]["postgres"]["image"]
    assert f"FROM {postgres}\n" in (FOLDER / "Dockerfile").read_text()
    assert SERVICES["valkey1"]["image"] == ONE_MACHINE["services"]["valkey"]["image"]
    python = re.search(r"^FROM (python:\S+)$", (ROOT / "Dockerfile").read_text(), re.M)
    assert python and SERVICES["configure"]["image"] == python[1]


def test_commands_of_the_product_are_those_of_one_machine() -> None:
    for name in ("worker", "beat"):
        assert SERVICES[f"{name}1"]["command"] == ONE_MACHINE["services"][name]["command"]
    assert SERVICES["migrate"]["command"] == ONE_MACHINE["services"]["migrate"]["command"]


def test_addresses_lead_to_what_listens_there(configured: Path) -> None:
    environment = SERVICES["web1"]["environment"]
    haproxy = (configured / "haproxy.cfg").read_text()
    pool = (configured / "pgbouncer.ini").read_text()
    assert "@pgbouncer:6432/" in environment["DATABASE_URL"] and "listen_port = 6432" in pool
    assert "@haproxy:5001/" in environment["DATABASE_REPLICA_URL"] and "bind 0.0.0.0:5001" in haproxy
    assert "host=haproxy port=5000" in pool and "bind 0.0.0.0:5000" in haproxy
    assert "@haproxy:5000/" in SERVICES["migrate"]["environment"]["DATABASE_URL"]
    assert environment["REDIS_URL"].count(":26379") == 3
    assert "port 26379" in (configured / "sentinel.conf").read_text()
    site = (configured / "nginx.conf").read_text()
    assert "server web1:8000 " in site and "server web2:8000 " in site
    assert SERVICES["nginx"]["ports"] == ["127.0.0.1:8080:8080"] and "listen 0.0.0.0:8080" in site


def test_each_database_says_its_own_address(configured: Path) -> None:
    haproxy = (configured / "haproxy.cfg").read_text()
    for name in ("pg1", "pg2", "pg3"):
        found = yaml.safe_load((configured / f"{name}.yml").read_text())
        assert found["name"] == name and SERVICES[name]["command"] == ["patroni", f"/config/{name}.yml"]
        assert found["postgresql"]["connect_address"] == f"{name}:5432"
        assert found["restapi"]["connect_address"] == f"{name}:8008"
        assert found["etcd3"]["hosts"] == ["etcd1:2379", "etcd2:2379", "etcd3:2379"]
        assert haproxy.count(f"server {name} {name}:5432 check port 8008") == 2
        assert f"{name}:/var/lib/postgresql" in SERVICES[name]["volumes"]


def test_no_value_is_left_open(configured: Path) -> None:
    for path in configured.iterdir():
        assert not re.search(r"\$\{[a-z_]+\}", path.read_text()), path
    with pytest.raises(KeyError):
        rendered("host ${host} port ${port}", {"host": "here"})
    done = subprocess.run(
        [sys.executable, FOLDER / "render.py", FOLDER / "haproxy.cfg", "host=x"], capture_output=True, text=True
    )
    assert done.returncode == 1 and "needs a value: write_port=…" in done.stderr


def test_the_product_starts_with_these_settings() -> None:
    given = GOOD | SERVICES["web1"]["environment"] | {"FILES_URL": "s3://bucket/folder"}
    done = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(ROOT), **given},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
