"""Closing the statements of all sellers on several connections: each once, and the rest after a fault."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.utils import translation
from structlog.contextvars import bound_contextvars, get_contextvars

from inventory_ops.kit.db import parallel
from inventory_ops.models import AuditEvent, Job, Merchant
from inventory_ops.operations import jobs
from lost_damaged.models import Statement
from lost_damaged.operations import statements
from lost_damaged.queries import verification

SELLERS = 11

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def few_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "TOGETHER", 3)
    monkeypatch.setattr(parallel, "processors", lambda: 2)


@pytest.fixture
def opened(transactional_db: None) -> list[int]:
    sellers = Merchant.objects.bulk_create(
        [Merchant(vendor_number=f"V{n}", name=f"Seller {n}", currency="GBP") for n in range(SELLERS)]
    )
    starts = datetime(2026, 5, 1, tzinfo=UTC)
    return [
        Statement.objects.create(number=f"T-{each.pk}", merchant=each, currency="GBP", starts_at=starts).pk
        for each in sellers
    ]


def close_by_job() -> Job:
    job = Job.objects.create(kind="statements.close", title="Close", params={"cut_off": "2026-05-31"})
    jobs.run(job.pk)
    job.refresh_from_db()
    return job


def test_a_job_closes_all_on_several_connections(opened: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    backends: set[int] = set()
    close_many = statements.close_many

    def watched(**values: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("select pg_backend_pid()")
            backends.add(cursor.fetchone()[0])
        return close_many(**values)

    monkeypatch.setattr(statements, "close_many", watched)
    job = close_by_job()
    assert (job.state, job.message, job.done_count) == ("done", "11 statements closed.", SELLERS)
    assert Statement.objects.filter(pk__in=opened, state="closed").count() == SELLERS
    assert Statement.objects.filter(state="open", previous__in=opened).count() == SELLERS
    assert AuditEvent.objects.filter(action="statement.close").count() == SELLERS
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        assert len(backends) == 4 and cursor.fetchone()[0] not in backends  # one a group, and not this one
    assert verification.problems() == []


def test_what_was_closed_before_a_fault_stays_and_the_rest_is_closed_by_trying_again(
    opened: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    close_many = statements.close_many

    def failing(*, ids: Sequence[int], **values: Any) -> Any:
        closed = close_many(ids=ids, **values)
        if opened[4] in ids:
            raise RuntimeError("after the others")
        return closed

    with monkeypatch.context() as patched:
        patched.setattr(statements, "close_many", failing)
        assert close_by_job().state == "failed"
    left = Statement.objects.filter(pk__in=opened, state="open").count()
    assert 0 < left < SELLERS
    job = close_by_job()
    assert job.state == "done"
    assert Statement.objects.filter(pk__in=opened, state="closed").count() == SELLERS
    assert Statement.objects.filter(previous__in=opened).count() == SELLERS


def test_two_who_close_at_once_close_each_statement_once(opened: list[int]) -> None:
    last = date(2026, 5, 31)
    both = list(
        parallel.on_own_connections(
            lambda _: statements.close_at_once(ids=opened, by=None, cut_off=last), range(2), most=2
        )
    )
    assert sorted(each.number for closed in both for each in closed) == sorted(
        Statement.objects.filter(pk__in=opened).values_list("number", flat=True)
    )


def test_work_on_own_connections_has_the_language_and_the_request_of_its_caller() -> None:
    def seen(n: int) -> tuple[int, str, object]:
        return n, translation.get_language(), get_contextvars()["request_id"]

    with translation.override("de"), bound_contextvars(request_id="abc"):
        assert list(parallel.on_own_connections(seen, range(3), most=2)) == [(n, "de", "abc") for n in range(3)]


def test_nothing_begins_after_an_error() -> None:
    begun: list[int] = []

    def fail(n: int) -> None:
        begun.append(n)
        if n == 0:
            raise ValueError(n)
        time.sleep(0.05)

    with pytest.raises(ValueError, match="0"):
        list(parallel.on_own_connections(fail, range(50), most=1))
    assert len(begun) < 50
