"""Exports above a number of rows: handed to a job, from one snapshot, with progress, cancel and a file that expires."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from inventory_ops.kit import files as store
from inventory_ops.models import Job, Product, User
from inventory_ops.operations import exports, jobs
from tests import make
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/action-required/products-without-orders/"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    """Large is above ten rows; jobs are run by the tests, files are kept here."""
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(exports, "LARGE", 10)
    monkeypatch.setattr(exports, "TELL_EVERY", 0)
    monkeypatch.setattr(jobs, "send", lambda *_: None)


def client(user: User) -> Client:
    made = Client()
    made.force_login(user)
    return made


def products(number: int, **fields: Any) -> None:
    of = make.merchant()
    Product.objects.bulk_create(
        Product(merchant=of, sku=f"S{n:05}", name="=Lamp", price=1, created_at=make.ago(days=900), **fields)
        for n in range(number)
    )


def ask(browser: Client, format: str = "csv", query: str = "") -> Job:
    response = browser.get(f"{LIST}?_export={format}{query}", headers=BROWSER)
    assert response.status_code == 302
    return Job.objects.get(pk=response["Location"].split("/")[2])


def text(browser: Client, job: Job) -> str:
    return b"".join(browser.get(f"/jobs/{job.pk}/file/").streaming_content).decode()


def test_few_rows_are_streamed_and_many_become_a_job() -> None:
    products(10)
    browser = client(make.user("operations"))
    assert browser.get(f"{LIST}?_export=csv", headers=BROWSER)["Content-Type"].startswith("text/csv")
    products(1)
    job = ask(browser)
    assert (job.state, job.queue) == ("queued", "imports")
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.message, job.done_count, job.total_count) == ("done", "11 rows.", 11, 11)
    page = browser.get(f"/jobs/{job.pk}/").content.decode()
    assert "11 rows. The file is kept until" in page
    streamed = b"".join(browser.get(f"{LIST}?_export=csv").streaming_content).decode()  # a script, not a browser
    assert text(browser, job) == "\ufeff" + streamed  # with the mark by which Excel knows UTF-8
    assert len(list(csv.reader(io.StringIO(streamed)))) == 12


def test_filters_order_and_format_are_those_of_the_page() -> None:
    products(30)
    browser = client(make.user("operations"))
    job = ask(browser, "xlsx", "&sort=-sku&q=S00&per_page=5&page=2")
    assert job.params["query"] == "sort=-sku&q=S00"
    jobs.run(job.pk)
    book = openpyxl.load_workbook(io.BytesIO(b"".join(browser.get(f"/jobs/{job.pk}/file/").streaming_content)))
    skus = [row[0] for row in list(book.active.values)[1:]]
    assert skus == [f"S{n:05}" for n in range(29, -1, -1)]


def test_asking_twice_is_one_job_until_it_ends() -> None:
    products(11)
    browser, user = client(user := make.user("operations")), user
    made: list[Any] = []
    at_once(3, lambda n: made.append(ask(client(user)).pk))
    assert len(set(made)) == 1
    jobs.run(made[0])
    assert ask(browser).pk != made[0]


def test_rows_changed_meanwhile_are_not_in_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    products(50)
    browser = client(make.user("operations"))
    job = ask(browser)
    counted = exports.exports.count

    def meanwhile(*args: Any) -> int:
        found = counted(*args)
        Product.objects.update(name="changed")
        products(5)
        return found

    monkeypatch.setattr(exports.exports, "count", meanwhile)
    jobs.run(job.pk)
    content = text(browser, job)
    assert "changed" not in content
    assert content.count("\r\n") + content.count("\n") >= 51
    assert len(list(csv.reader(io.StringIO(content)))) == 51


def test_cancelled_between_two_rows_leaves_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    products(40)
    browser = client(make.user("operations"))
    job = ask(browser)
    progress = jobs.Context.progress

    def stop(self: jobs.Context, done: int, *args: Any, **more: Any) -> None:
        if done == 5:
            browser.post(f"/jobs/{job.pk}/cancel/")
        progress(self, done, *args, **more)

    monkeypatch.setattr(jobs.Context, "progress", stop)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result_file, job.done_count) == ("cancelled", "", 5)
    assert list(store.listed(exports.FOLDER)) == []


def test_a_merchants_export_holds_own_rows_and_is_own_alone() -> None:
    own = make.merchant()
    for n in range(12):
        make.product(f"OWN-{n}", of=own)
    products(12)
    browser = client(make.user("merchant", of=own))
    job = ask(browser)
    jobs.run(job.pk)
    assert "S0000" not in text(browser, job)
    assert client(make.user("operations")).get(f"/jobs/{job.pk}/file/").status_code == 404


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": ""}])
def test_who_lost_the_right_meanwhile_gets_no_file(change: dict[str, Any]) -> None:
    products(11)
    user = make.user("operations")
    job = ask(client(user))
    User.objects.filter(pk=user.pk).update(**change)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result_file) == ("failed", "")
    assert "not open to you" in job.message


def test_a_full_disk_is_said_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    products(11)
    job = ask(client(make.user("operations")))

    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exports.exports, "csv_chunks", full)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "No space left" in job.message
    assert list(store.listed(exports.FOLDER)) == []


def test_the_file_expires() -> None:
    products(11)
    browser = client(make.user("operations"))
    job = ask(browser)
    jobs.run(job.pk)
    jobs.sweep(now=timezone.now() + timedelta(days=8))
    assert browser.get(f"/jobs/{job.pk}/file/").status_code == 404
    assert list(store.listed(exports.FOLDER)) == []


def test_halves_of_lost_workers_are_swept_away(settings: Any) -> None:
    strays = [settings.MEDIA_ROOT / "exports" / "lost.csv.part", settings.MEDIA_ROOT / "imports" / "lost.csv.part"]
    strays += [settings.MEDIA_ROOT / "exports" / "lost.csv"]
    for stray in strays:
        stray.parent.mkdir(exist_ok=True)
        stray.touch()
    assert exports.delete_stray(now=timezone.now()) == 0
    assert exports.delete_stray(now=timezone.now() + timedelta(days=8)) == 3
    assert not any(stray.exists() for stray in strays)


def test_a_job_that_lost_the_database_is_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    products(11)
    job = ask(client(make.user("operations")))
    with monkeypatch.context() as patch:

        def away(*_: Any, **__: Any) -> Any:
            raise OperationalError("server closed the connection")

        patch.setattr(exports.exports, "count", away)
        jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == "queued"
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("done", 2)


# one statement that ends when somebody else has renewed the lease, or not at all
UNTIL_RENEWED = """
do $$ declare first timestamptz := (select lease_until from inventory_ops_job); begin
    for n in 1..1200 loop
        if (select lease_until from inventory_ops_job) > first then return; end if;
        perform pg_sleep(0.05);
    end loop;
    raise 'Nobody renewed the lease.';
end $$
"""


def test_a_long_statement_keeps_its_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=4))
    job = Job.objects.create(kind="test.slow", title="slow")

    def slow(_context: jobs.Context) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(UNTIL_RENEWED)
        assert jobs.sweep(now=timezone.now()) == 0
        assert jobs._claim(job.pk) is None  # nobody else takes it

    monkeypatch.setitem(jobs._handlers._values, "test.slow", slow)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("done", 1)
