"""A statement leads back to its page: the request's id and route stand in it, follow into tasks, and into the log."""

from __future__ import annotations

from typing import Any

import pytest
import structlog
from celery import shared_task
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from structlog.testing import capture_logs

from config import celery
from inventory_ops.kit.db import statements
from inventory_ops.operations import jobs
from tests import make

pytestmark = pytest.mark.django_db
LIST = "/action-required/products-without-orders/"


def browser() -> Client:
    client = Client()
    client.force_login(make.user("operations"))
    return client


def test_statements_of_a_page_name_its_request_and_route() -> None:
    client = browser()
    with CaptureQueriesContext(connection) as found:
        client.get(LIST, headers={"X-Request-ID": "r-4711"})
    assert found.captured_queries
    for each in found.captured_queries:
        assert each["sql"].rstrip().endswith("*/") and "request_id=r-4711 " in each["sql"]
    assert any("page=action-required/<slug:slug>/ */" in each["sql"] for each in found)


def test_nothing_of_a_request_is_left_for_the_next_statement() -> None:
    browser().get(LIST)
    with CaptureQueriesContext(connection) as found, connection.cursor() as cursor:
        cursor.execute("select 1")
    assert found[0]["sql"] == "select 1"


def test_a_route_cannot_end_the_comment() -> None:
    page = "a*/ drop table x; -- %s"
    with statements.of(page), CaptureQueriesContext(connection) as found, connection.cursor() as cursor:
        cursor.execute("select %s", ["v"])
        assert cursor.fetchone() == ("v",)
    assert found[0]["sql"].endswith("/*request_id= page=a/droptablex--s */")


def test_a_slow_statement_is_logged_with_its_page_and_without_values(settings: Any) -> None:
    settings.SLOW_STATEMENT_SECONDS = 0
    with capture_logs() as logged, statements.of("products/"), connection.cursor() as cursor:
        cursor.execute("select %s", ["somebody@example.com"])
    [slow] = [each for each in logged if each["event"] == "slow_statement"]
    assert (slow["page"], slow["sql"]) == ("products/", "select %s")
    settings.SLOW_STATEMENT_SECONDS = 60
    with capture_logs() as logged, connection.cursor() as cursor:
        cursor.execute("select 1")
    assert not logged


def test_a_task_goes_on_with_the_id_of_the_request_that_sent_it() -> None:
    seen: list[tuple[Any, str]] = []

    @shared_task(name="tests.statements")
    def look() -> None:
        with CaptureQueriesContext(connection) as found, connection.cursor() as cursor:
            cursor.execute("select 1")
        seen.append((structlog.contextvars.get_contextvars().get("request_id"), found[0]["sql"]))

    headers: dict[str, Any] = {}
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        celery._say_who_sent(headers=headers)
    look.apply(headers=headers)
    assert seen == [("r-1", "select 1 /*request_id=r-1 page=tests.statements */")]
    assert "request_id" not in structlog.contextvars.get_contextvars()
    look.apply()
    assert seen[1][0], "a task that no request sent has an id of its own"


def test_a_job_is_named_by_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "send", lambda *_: None)
    wanted = {"report": "products-without-orders", "format": "csv", "query": ""}
    job = jobs.enqueue(kind="export", title="x", by=make.user("operations"), params=wanted)
    with CaptureQueriesContext(connection) as found:
        jobs.run(job.pk)
    assert any("page=job:export */" in each["sql"] for each in found)
