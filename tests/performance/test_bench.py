"""The benchmark suite runs, at a scale that is too small to say how fast anything is."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from inventory_ops.models import Product, Store
from tests.bench import database
from tests.bench.job import Timing, at_least, at_most, registry
from tests.bench.scale import SCALES


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_every_job_runs_on_data_of_its_own(tmp_path: Path, benchmarks_copy: None) -> None:
    out = io.StringIO()
    home = connection.settings_dict["NAME"]
    saved = tmp_path / "found.json"
    with database.entered(SCALES["XS"], fresh=True):  # a run that leaves much behind
        Store.objects.update(name="Renamed")
    with database.entered(SCALES["XS"]):
        assert Store.objects.exists() and not Store.objects.filter(name="Renamed").exists()
    options = {"json": True, "save": saved, "drop": True}
    call_command("bench", scale="XS", rounds=1, stdout=out, stderr=io.StringIO(), **options)
    found = json.loads(out.getvalue())
    assert json.loads(saved.read_text()) == found
    jobs = {job["name"]: job for job in found["jobs"]}
    assert set(jobs) == set(registry.names)
    for job in found["jobs"]:
        assert job["times"] and not job["left_out"], job["name"]
        assert all(timing["median"] >= 0 for timing in job["times"].values())
    # nothing of it reached the product's own database, and its own is gone
    assert connection.settings_dict["NAME"] == home
    assert not Product.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_database where datname like 'inventory_ops_bench_xs%'")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_what_does_not_exist_is_refused() -> None:
    with pytest.raises(CommandError, match="There is no job 'P99'"):
        call_command("bench", only=["p99"])
    with pytest.raises(CommandError, match="--rounds"):
        call_command("bench", rounds=0)


def test_goals_hold_up_to_their_bound() -> None:
    assert at_most("x", 2.0, 2).holds and not at_most("x", 2.01, 2).holds
    assert at_least("x", 2.0, 2).holds and not at_least("x", 1.99, 2).holds
    assert Timing(runs=[3.0, 1.0, 2.0]).seconds == 2.0
