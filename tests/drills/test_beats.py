"""Several beats: one sends, and another goes on when it is killed, frozen or without its database."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from config import beat
from config.celery import app
from inventory_ops.models import BeatEntry, BeatLease
from inventory_ops.operations import beats
from tests import child

pytestmark = pytest.mark.django_db(transaction=True)
LONGEST = timedelta(seconds=30)  # that nobody leads

# In the child: a beat whose one task is due every 0.2 seconds, and whose messages are lines of a file.
BEAT = """
import sys, time
from datetime import timedelta
from config import beat
from config.celery import app
from inventory_ops.operations import beats

beats.LEASE = timedelta(seconds=2)
app.conf.beat_schedule = {"ping": {"task": "ping", "schedule": timedelta(seconds=0.2)}}

class Scheduler(beat.SharedScheduler):
    def apply_async(self, entry, producer=None, advance=True, **options):
        with open(sys.argv[2], "a") as file:
            file.write(f"{sys.argv[1]} {self.sent[entry.name].isoformat()}\\n")

scheduler = Scheduler(app)
while True:
    time.sleep(max(0, min(scheduler.tick(), 0.2)))
"""


def sent(log: Path) -> list[tuple[str, str]]:
    lines = log.read_text().splitlines() if log.exists() else []
    return [(name, at) for name, _, at in (line.partition(" ") for line in lines)]


def until_it_sends(log: Path, *names: str, more: int = 3) -> str:
    """Wait until one of these beats has sent `more` tasks than now; answers which."""
    start = Counter(name for name, _ in sent(log))
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        now = Counter(name for name, _ in sent(log))
        for name in names:
            if now[name] >= start[name] + more:
                return name
        time.sleep(0.1)
    raise AssertionError(f"none of {names} sends: {sent(log)}")


def test_one_of_two_sends_and_the_other_goes_on_when_it_is_killed_or_frozen(tmp_path: Path) -> None:
    log = tmp_path / "sent"
    both = {name: child.start(BEAT, name, str(log)) for name in ("one", "two")}
    try:
        leader = until_it_sends(log, "one", "two", more=5)
        assert {name for name, _ in sent(log)} == {leader}, "two beats sent"
        other = "two" if leader == "one" else "one"
        both[leader].kill()
        assert until_it_sends(log, other) == other
        both[leader] = child.start(BEAT, leader, str(log))
        os.kill(both[other].pid or 0, signal.SIGSTOP)
        assert until_it_sends(log, leader) == leader
        before = [name for name, _ in sent(log)].count(other)
        os.kill(both[other].pid or 0, signal.SIGCONT)
        until_it_sends(log, leader)
        assert [name for name, _ in sent(log)].count(other) == before, "a woken beat sent what it had missed"
    finally:
        for each in both.values():
            each.kill()
            each.join(60)
    moments = [at for _, at in sent(log)]
    assert len(moments) == len(set(moments)), "one moment of a task was sent twice"


def test_leadership_moves_within_the_time_that_is_promised() -> None:
    assert beats.LEASE + timedelta(seconds=beat.LOOK_EVERY) <= LONGEST


def test_the_lease() -> None:
    assert beats.lead("a") and beats.lead("a")
    assert not beats.lead("b")
    BeatLease.objects.update(until="2020-01-01T00:00Z")
    assert beats.lead("b") and not beats.lead("a")
    beats.give_up("a")  # not its own
    assert not beats.lead("a")
    beats.give_up("b")
    assert beats.lead("a")


def test_a_server_whose_clock_is_behind_may_lead_from_now_on() -> None:
    """Its predecessor's clock was five minutes ahead: what that one wrote lies in the future."""
    ahead = timezone.now() + timedelta(minutes=5)
    assert beats.lead("killed")
    assert not beats.lead("b")
    BeatLease.objects.update(until=ahead + beats.LEASE)
    assert beats.lead("b") and not beats.lead("killed")
    beats.load(["x"])
    BeatEntry.objects.update(sent_at=ahead)
    sent = beats.load(["x"])["x"]
    assert sent.at == ahead, "it is claimed by this"
    assert sent.ago == timedelta(0), "it is due after its interval, not five minutes later"
    assert beats.claim("x", seen=sent.at, holder="b")


def test_a_task_is_claimed_once_and_by_the_leader_alone() -> None:
    beats.lead("a")
    seen = beats.load(["x"])["x"].at
    assert beats.claim("x", seen=seen, holder="b") is None
    claimed = beats.claim("x", seen=seen, holder="a")
    assert claimed and beats.claim("x", seen=seen, holder="a") is None
    beats.take_back("x", claimed=claimed, seen=seen)
    assert beats.load(["x"])["x"].at == seen
    assert beats.claim("x", seen=seen, holder="a")


def scheduler(monkeypatch: pytest.MonkeyPatch, **entries: Any) -> beat.SharedScheduler:
    monkeypatch.setattr(app.conf, "beat_schedule", {
        name: {"task": name, "schedule": timedelta(seconds=seconds)} for name, seconds in entries.items()
    })  # fmt: skip
    return beat.SharedScheduler(app)


def test_what_was_sent_is_not_forgotten_with_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    beats.load(["night"])
    BeatEntry.objects.update(sent_at="2020-01-01T00:00Z")
    calls: list[str] = []
    monkeypatch.setattr(beat.SharedScheduler, "apply_async", lambda self, entry, **_: calls.append(entry.name))
    first = scheduler(monkeypatch, night=3600, hour=3600)
    for _ in range(3):
        first.tick()
    assert calls == ["night"], "one that is new waits for its interval, one that was missed is due"
    first.close()
    second = scheduler(monkeypatch, night=3600, hour=3600)
    for _ in range(3):
        second.tick()
    assert calls == ["night"]


def test_without_a_broker_it_is_due_again(monkeypatch: pytest.MonkeyPatch) -> None:
    beats.load(["night"])
    BeatEntry.objects.update(sent_at="2020-01-01T00:00Z")

    def away(*_: Any, **__: Any) -> None:
        raise OSError("away")

    monkeypatch.setattr(beat.SharedScheduler, "apply_async", away)
    found = scheduler(monkeypatch, night=3600)
    found.tick()
    assert BeatEntry.objects.get().sent_at.year == 2020 and not found.leads


def test_without_a_database_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    found = scheduler(monkeypatch, night=3600)
    found.tick()
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        [pid] = cursor.fetchone()
    with connection.copy().cursor() as other:
        other.execute("select pg_terminate_backend(%s, 5000)", [pid])
        other.connection.close()
    assert found.tick() == beat.LOOK_EVERY and not found.leads
    found.tick()
    assert found.leads
