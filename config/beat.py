"""The scheduler of `celery beat`: several may run, one sends, and what was sent is kept in the database, not a file."""

from __future__ import annotations

import os
import socket
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import structlog
from celery.beat import ScheduleEntry, Scheduler
from django.db import DatabaseError, InterfaceError, connection

from inventory_ops.operations import beats

log = structlog.get_logger(__name__)
LOOK_EVERY = 5.0  # seconds: renews the lease, or asks whether it is free


class SharedScheduler(Scheduler):
    """Celery's own scheduler, which sleeps while another beat leads and claims each task before it sends it."""

    max_interval = LOOK_EVERY

    def __init__(self, app: Any, *args: Any, **options: Any) -> None:
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self.leads = False
        self.sent: dict[str, datetime] = {}
        options["max_interval"] = LOOK_EVERY
        super().__init__(app, *args, **options)

    def setup_schedule(self) -> None:
        self.install_default_entries(self.data)
        self.merge_inplace(self.app.conf.beat_schedule)

    def tick(self, *args: Any, **options: Any) -> float:
        try:
            if not self._leading():
                return LOOK_EVERY
            return min(float(super().tick(*args, **options)), LOOK_EVERY)
        except (DatabaseError, InterfaceError) as error:
            log.warning("beat_without_database", error=type(error).__name__)
            self._start_over()
            connection.close()
            return LOOK_EVERY

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        """Claimed first: a beat that was frozen, and wakes while another leads, sends nothing."""
        seen = self.sent[entry.name]
        claimed = beats.claim(entry.name, seen=seen, holder=self.holder)
        if claimed is None:
            self._start_over()
            return
        self.sent[entry.name] = claimed
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except Exception as error:
            log.warning("task_not_sent", task=entry.task, args=[], error=type(error).__name__)
            beats.take_back(entry.name, claimed=claimed, seen=seen)
            self._start_over()

    def close(self) -> None:
        with suppress(DatabaseError, InterfaceError):  # else the lease ends by itself
            beats.give_up(self.holder)
        super().close()

    def _leading(self) -> bool:
        leads = beats.lead(self.holder)
        if leads and not self.leads:
            log.info("beat_leads", holder=self.holder)
            self._load()
        self.leads = leads
        return leads

    def _load(self) -> None:
        """Times of this machine's clock, as long ago as they are by the database's."""
        now = datetime.now(UTC)
        for name, sent in beats.load(list(self.schedule)).items():
            self.sent[name] = sent.at
            self.schedule[name].last_run_at = now - sent.ago
        self._heap = None

    def _start_over(self) -> None:
        """Read again what was sent, once this beat leads again."""
        self.leads = False
        self._heap = None
