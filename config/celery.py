"""The Celery application: queues, safety of delivery, and the beat schedule."""

from __future__ import annotations

import os
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import structlog
from celery import Celery
from celery.schedules import crontab
from celery.signals import before_task_publish, task_postrun, task_prerun, worker_init, worker_process_init
from kombu.entity import Queue

from inventory_ops.kit import sentinels

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

REQUEST_ID = "ops_request_id"  # the header of a message
QUEUES = ("default", "scans", "imports", "channels", "iam")
# A delivered task that is not acknowledged is delivered again after this time: longer than the longest task.
VISIBILITY_TIMEOUT = timedelta(hours=2)


def broker_url(redis_url: str) -> str:
    """kombu writes a Unix socket as redis+socket://, redis-py as unix://."""
    if found := sentinels.parse(redis_url):
        return found.for_celery
    if redis_url.startswith("unix://"):
        path, _, query = redis_url.removeprefix("unix://").partition("?")
        number = query.removeprefix("db=") or "0"
        return f"redis+socket://{path}?virtual_host={number}"
    return redis_url


_blocks: dict[str, ExitStack] = {}  # of the tasks that run in this process
app = Celery("inventory_ops")
app.set_default()  # for every thread of a web server, not only the one that imports this


def transport_options(redis_url: str) -> dict[str, Any]:
    """How kombu speaks to the broker; with Sentinels, which of their servers it is."""
    options: dict[str, Any] = {"visibility_timeout": int(VISIBILITY_TIMEOUT.total_seconds())}
    if found := sentinels.parse(redis_url):
        bounds = {"socket_timeout": 3, "socket_connect_timeout": 3}
        options |= {"master_name": found.name, "sentinel_kwargs": bounds, "socket_connect_timeout": 3}
    return options


def configure() -> None:
    from config import env

    redis_url = env.read().redis_url
    app.conf.update(
        broker_url=broker_url(redis_url),
        broker_connection_retry_on_startup=True,
        broker_transport_options=transport_options(redis_url),
        task_ignore_result=True,  # results live in tables of ours, the queue is only a hint
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_default_queue="default",
        task_queues=[Queue(name) for name in QUEUES],
        task_soft_time_limit=int(timedelta(hours=1).total_seconds()),
        task_time_limit=int(timedelta(hours=1, minutes=5).total_seconds()),
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        timezone="UTC",
        beat_scheduler="config.beat:SharedScheduler",
        beat_schedule={
            "tick": {"task": "inventory_ops.tasks.tick", "schedule": timedelta(minutes=1), "options": {"expires": 50}},
            "user-actions": {
                "task": "user_audit.tasks.sweep",
                "schedule": timedelta(minutes=1),
                "options": {"expires": 50, "queue": "iam"},
            },
            "certification": {
                "task": "user_audit.tasks.certify",
                "schedule": timedelta(hours=1),
                "options": {"expires": 3000},
            },
            "claims": {
                "task": "lost_damaged.tasks.claims",
                "schedule": timedelta(hours=1),
                "options": {"expires": 3000},
            },
            "channels": {
                "task": "inventory_ops.tasks.channels_tick",
                "schedule": timedelta(seconds=10),
                "options": {"expires": 9, "queue": "channels"},
            },
            "channels-hourly": {
                "task": "inventory_ops.tasks.channels_hourly",
                "schedule": timedelta(hours=1),
                "options": {"expires": 3000, "queue": "channels"},
            },
            "daily": {"task": "inventory_ops.tasks.daily", "schedule": crontab(hour=1, minute=30)},
        },
    )


@before_task_publish.connect(weak=False)
def _say_who_sent(headers: dict[str, Any] | None = None, **_: object) -> None:
    """The id of the request that sends a task goes along."""
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    if headers is not None and request_id:
        headers.setdefault(REQUEST_ID, request_id)


@task_prerun.connect(weak=False)
def _go_on_as(task: Any = None, task_id: str = "", **_: object) -> None:
    """Log lines, tasks and statements of a task have the id of the request that sent it, else its own."""
    from inventory_ops.kit.db import statements

    block = ExitStack()
    request_id = task.request.get(REQUEST_ID) or (task.request.headers or {}).get(REQUEST_ID) or task_id
    block.enter_context(structlog.contextvars.bound_contextvars(request_id=request_id))
    block.enter_context(statements.of(task.name))
    _blocks[task_id] = block


@task_postrun.connect(weak=False)
def _ended(task_id: str = "", **_: object) -> None:
    if block := _blocks.pop(task_id, None):
        block.close()


@worker_init.connect(weak=False)
def _fill(**_: object) -> None:
    """What apps add later is there before the worker forks, as in a web process."""
    from inventory_ops.kit.registry import Later

    Later.fill_all()


@worker_process_init.connect(weak=False)
def _trace(**_: object) -> None:
    """In each process of a worker: the thread that sends spans does not survive a fork."""
    from config import env, observing

    observing.trace(env.read().otel_endpoint, service="worker")


configure()
app.autodiscover_tasks()
