"""Every command that a document shows is run here, or by a test that is named here, or is left out for a reason."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command

from config.embedded.paths import Paths, default_data_dir
from tests.test_deployment import GOOD, check

ROOT = Path(settings.BASE_DIR)
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
STARTS = ("uv ", "manage.py ", "docker ", "pip ", "git ", ".ci/", "pg_", "pytest", "cd ", "find ")
FENCED = re.compile(r"^```(?:sh|bash|shell|console|crontab)\n(.*?)^```", re.M | re.S)
INDENTED = re.compile(r"^    (\S.*)$", re.M)
INLINE = re.compile(r"`([^`\n]+)`")
ASSIGNED = re.compile(r"[A-Z][A-Z_]*=\S*$")

# run in this process on the database of the tests, with what stands for the placeholders
HERE = {
    "manage.py access_table": "access_table",
    "manage.py bench --scale S|M|L": "bench --scale S --help",
    "manage.py report <slug>": "report products-without-orders",
    "manage.py reseal": "reseal",
    "manage.py scan --full": "scan --full",
    "manage.py verify_ledger": "verify_ledger",
    "uv run manage.py bench": "bench --help",
    "uv run manage.py load FOLDER": "load {folder}",
    "uv run manage.py load FOLDER --shift-dates": "load {folder} --shift-dates",
    "uv run manage.py makemigrations --empty <app> --name <what_changes>": (
        "makemigrations --empty lost_damaged --name tried --dry-run"
    ),
    "uv run manage.py makemigrations trackers": "makemigrations trackers --check --dry-run",
    "uv run manage.py report --list": "report --list",
    "uv run manage.py report shipping-issues --set window=90d --format json": (
        "report shipping-issues --set window=90d --format json"
    ),
    "uv run manage.py scan": "scan",
    "uv run manage.py shell": "shell -v 0 -c pass",
    "uv run manage.py showmigrations --plan": "showmigrations --plan",
}
BACKUP = "tests/drills/test_backup.py"
DRILL, ROLES = f"{BACKUP}::test_the_drill", f"{BACKUP}::test_on_a_server_with_roles_and_under_another_key"
MADE = f"{BACKUP}::test_what_was_made_is_known"
DEPLOYMENT = "tests/test_deployment.py"
SERVED = "tests/serving/test_serve.py::test_serve_starts_everything_and_stops_it"
OWNERS_RESTORE = (
    "DATABASE_URL=postgresql://ops_owner:PASSWORD@HOST:5432/inventory_ops uv run manage.py restore FILE --role ops_app"
)
# run by another test, from the document itself or in the same words
ELSEWHERE = {
    OWNERS_RESTORE: ROLES,
    r"30 2 * * * cd /srv/inventory-ops && uv run manage.py backup /var/backups/ops-$(date +\%F).backup": MADE,
    ".ci/advisories": f"{DEPLOYMENT}::test_known_advisories_fail_the_run_and_an_index_that_is_away_does_not",
    "manage.py serve": SERVED,
    "pip install uv && uv run manage.py demo": "tests/demo/test_interruptions.py::test_ten_interruptions",
    "uv run manage.py check --deploy": f"{DEPLOYMENT}::test_check_deploy_is_clean_in_production_settings",
    "uv run manage.py serve": SERVED,
    "uv sync --extra sentry --extra otel": "tests/test_observing.py::test_the_extras_are_what_tests_try",
    "OPS_DATA_DIR=/srv/new uv run manage.py restore /var/backups/ops-2026-11-28.backup": DRILL,
    "OPS_DATA_DIR=/srv/new uv run manage.py verify_ledger": DRILL,
    "manage.py backup": MADE,
    "manage.py grants ROLE": "tests/test_app_role.py::granted",
    "manage.py grants ops_app": "tests/test_app_role.py::granted",
    "manage.py migrate": "tests/drills/test_rollback.py::test_back_and_forth",
    "pg_basebackup -D /var/backups/base-2026-11-28 -c fast -X stream": (
        "tests/drills/test_point_in_time.py::test_back_to_the_moment_before_a_mistake"
    ),
    "uv run lint-imports": "tests/house/test_contracts.py",
    "uv run manage.py backup /var/backups/ops-2026-11-28.backup": MADE,
    "uv run manage.py backup FILE": MADE,
    "uv run manage.py migrate inventory_ops 0004": "tests/drills/test_rollback.py::test_back_and_forth",
    "uv run manage.py restore FILE": DRILL,
    "uv run manage.py scan --demo": "tests/serving/test_demo_apart.py::test_the_flag_leads_any_command_to_the_demo",
}
LEFT_OUT = {
    "manage.py bench --only P1 --only P25 --scale M": "minutes; tests/performance/test_bench.py runs each job",
    "pg_stat_statements": "a name",
    "uv run -m tests.capacity": "tests/capacity/test_model.py compares what it writes",
    "uv run -m tests.distribution": "runs all tests; tests/distribution/test_judge.py tries what it judges by",
    "uv run -m tests.languages.catalogues": "tests/languages/test_catalogues.py compares what it writes",
    "uv run --group cluster -m tests.cluster": ".ci/run starts it for its drills, with programs of the system",
    "uv run --group cluster -m tests.cluster.drills": ".ci/run runs the short ones; all take twenty minutes",
    ".ci/run": "it is what runs this",
    ".ci/vendor_assets.py": "fetches assets anew; what it fetched is compared with the manifest",
    "10 3 * * * find /var/backups -name 'ops-*.backup' -mtime +30 -delete": "not ours",
    "OPS_AWS=real AWS_ACCOUNTS='[…]' uv run manage.py scan users": "needs an account of AWS; tests use a local one",
    "git pull": "of a person's own clone",
    "git pull --ff-only": "of a person's own clone",
    "pg_dump": "a name",
    "uv audit": "by .ci/advisories",
    "uv run pytest": "it is what runs this",
    "uv sync": "a name",
}


def shown(document: Path) -> Iterator[str]:
    """Commands of a document, without comments and prompts."""
    text = document.read_text()
    for block in FENCED.findall(text):
        for line in block.splitlines():
            if line.strip():
                yield re.sub(r"\s+#.*$", "", line.removeprefix("$ ")).strip()
    outside = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    for found in [*INDENTED.findall(outside), *INLINE.findall(outside)]:
        words = found.split(" ")
        while words and ASSIGNED.match(words[0]):
            words = words[1:]
        rest = " ".join(words)
        if rest.startswith(STARTS) and not re.search(r"[…]( |$)", rest):
            yield found.strip()


ALL = sorted({command for document in DOCUMENTS for command in shown(document)})
OWN_TESTS = re.compile(r"uv run pytest (.+)")


def collected(words: str) -> None:
    command = [sys.executable, "-m", "pytest", "-n0", "--collect-only", "-q", *shlex.split(words.replace("-n0", ""))]
    # services are not started for it, nor are ours stopped by it
    env = os.environ | {"DATABASE_URL": GOOD["DATABASE_URL"], "REDIS_URL": GOOD["REDIS_URL"]}
    env.pop("OPS_TEST_DATA_DIR", None)
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=env)
    assert found.returncode == 0, found.stdout + found.stderr


def test_every_command_is_known_and_nothing_else() -> None:
    assert len(ALL) > 30
    rest = {each for each in ALL if not each.startswith(("docker compose ",)) and not OWN_TESTS.fullmatch(each)}
    assert rest == {*HERE, *ELSEWHERE, *LEFT_OUT}


@pytest.mark.django_db
@pytest.mark.parametrize("command", HERE)
def test_a_command_runs(command: str, tmp_path: Path) -> None:
    (tmp_path / "merchants.csv").write_text("vendor_number,name\nV1,One\n")
    words = shlex.split(HERE[command].format(folder=tmp_path))
    assert words[0] == re.sub(r".*manage\.py ", "", command).split(" ")[0]
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(output):
        try:
            call_command(*words, stdout=output)
        except SystemExit as ended:
            assert not ended.code, command


@pytest.mark.parametrize("place", sorted(set(ELSEWHERE.values())))
def test_the_test_that_runs_it_exists(place: str) -> None:
    file, _, name = place.partition("::")
    assert not name or f"def {name}(" in (ROOT / file).read_text()


@pytest.mark.parametrize("command", [each for each in ALL if OWN_TESTS.fullmatch(each)])
def test_tests_that_are_named_exist(command: str) -> None:
    found = OWN_TESTS.fullmatch(command)
    assert found
    collected(found[1])


@pytest.mark.parametrize("command", [each for each in ALL if each.startswith("docker compose ")])
def test_docker_is_asked_for_services_that_there_are(command: str) -> None:
    """No Docker is at hand: then at least the names hold."""
    words = command.split()[2:]
    file = "docker-compose.yml"
    for option in ("-f", "--env-file"):
        if option in words:
            place = words.index(option)
            file = words[place + 1] if option == "-f" else file
            del words[place : place + 2]
    services = yaml.safe_load((ROOT / file).read_text())["services"]
    verb, *words = [word for word in words if not word.startswith("-")]
    assert verb in {"up", "build", "stop", "run", "logs", "exec"}
    named = words[:1] if verb in {"run", "exec"} else words
    assert set(named) <= set(services)


def test_checks_are_what_they_say() -> None:
    """`check --deploy` warns of a switch that is off."""
    server = os.environ.get("DATABASE_URL") or Paths(default_data_dir()).database_url("postgres")
    result = check(**(GOOD | {"HSTS_SECONDS": "0", "DATABASE_URL": server}))
    assert result.returncode != 0
    assert "HSTS" in result.stderr
