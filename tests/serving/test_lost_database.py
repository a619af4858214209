"""What is answered when the connection to the database breaks, however the driver says so."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.db import InternalError, OperationalError, connection
from django.test import RequestFactory

from inventory_ops.kit.db.lost import is_lost
from inventory_ops.models import Job
from inventory_ops.operations import jobs
from inventory_ops.views import errors

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def connects_again(transactional_db: None) -> Iterator[None]:
    yield
    connection.close()


def broken() -> InternalError:
    """As psycopg reports a connection that ends while it clears its prepared statements."""
    connection.ensure_connection()
    connection.connection.close()
    return InternalError("received 2 results from command 'DEALLOCATE ALL'")


def test_an_error_of_a_statement_is_no_lost_database() -> None:
    connection.ensure_connection()
    assert not is_lost(InternalError("invalid page in block 3"))
    assert not is_lost(psycopg.errors.UniqueViolation("twice"))
    assert not is_lost(ValueError())
    assert is_lost(OperationalError("the database system is shutting down"))


def test_a_page_answers_503_to_any_error_that_left_no_connection() -> None:
    answer = errors.unavailable(RequestFactory().get("/api/v1/stock/adjustments/"), broken())
    assert answer is not None and answer.status_code == 503 and answer["Retry-After"] == "30"


def test_a_job_is_done_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(context: jobs.Context) -> None:
        raise broken()

    job = Job.objects.create(kind="statements.close", title="x")
    monkeypatch.setattr(jobs._handlers, "find", lambda kind: breaks)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.QUEUED
