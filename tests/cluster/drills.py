"""Faults of a cluster under steady load, and what has to hold afterwards."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cluster import code, layout, network
from tests.cluster.cluster import Cluster, running
from tests.cluster.load import Journal, Load, known_of

LONGEST_PAUSE = 30  # seconds without an acknowledged write
CALM = 5.0  # seconds of load before a fault, and after it
KINDS = ("adjustment", "write-off", "import", "export")
PATIENCE = 240  # seconds until jobs of a killed worker are done: its lease, and the beat's next minute


class Impossible(Exception):
    """This machine lacks what the fault needs; says what."""


type Fault = Callable[[Cluster], None]


@dataclass
class Outcome:
    """What came of one drill. `problems` is empty when all is as it has to be."""

    title: str
    pause: float
    errors: dict[str, int]
    acknowledged: int
    found: int
    lost: list[str]
    doubled: list[str]
    problems: list[str] = field(default_factory=list)

    @property
    def row(self) -> str:
        errors = ", ".join(f"{number} × {code}" for code, number in sorted(self.errors.items())) or "none"
        cells = (self.title, f"{self.pause:.0f} s", errors, self.acknowledged, self.found)
        return "| " + " | ".join(map(str, [*cells, len(self.lost), len(self.doubled)])) + " |"


@dataclass(frozen=True, slots=True)
class Drill:
    """A fault, done and undone by `fault`. `may_pause`: seconds without a write that it may cost."""

    name: str
    title: str
    fault: Fault
    may_pause: float = LONGEST_PAUSE
    is_short: bool = False


DRILLS: dict[str, Drill] = {}


def drill(name: str, title: str, **options: Any) -> Callable[[Fault], Fault]:
    def add(fault: Fault) -> Fault:
        DRILLS[name] = Drill(name, title, fault, **options)
        return fault

    return add


def another_primary(cluster: Cluster, than: str) -> None:
    cluster.until(lambda: cluster.primary() not in {"", than}, "another primary", 60)


@drill("primary-killed", "primary killed (kill -9 of PostgreSQL and Patroni)", is_short=True)
def primary_killed(cluster: Cluster) -> None:
    name = cluster.primary()
    cluster.parts[name].kill()
    another_primary(cluster, name)
    time.sleep(CALM)
    cluster.parts[name].start()
    cluster.until(cluster.is_whole, "three databases")


@drill("primary-frozen", "primary frozen (SIGSTOP), woken when another leads", is_short=True)
def primary_frozen(cluster: Cluster) -> None:
    name = cluster.primary()
    cluster.parts[name].freeze()
    try:
        another_primary(cluster, name)
        time.sleep(CALM)
    finally:
        cluster.parts[name].wake()
    cluster.until(cluster.is_whole, "three databases")


@drill("broker-killed", "Valkey primary killed", may_pause=10)
def broker_killed(cluster: Cluster) -> None:
    name = cluster.broker()
    cluster.parts[name].kill()
    cluster.until(lambda: cluster.broker() not in {"", name}, "another Valkey", 60)
    time.sleep(CALM)
    cluster.parts[name].start()


@drill("web-killed", "web node killed in the middle of requests", may_pause=10, is_short=True)
def web_killed(cluster: Cluster) -> None:
    for name in layout.WEB:
        cluster.parts[name].kill()
        time.sleep(CALM)
        cluster.parts[name].start()
        cluster.until(lambda name=name: cluster.web_answers(name), f"{name}", 90)  # type: ignore[misc]


@drill("worker-killed", "worker killed in each job, one after the other", may_pause=10)
def worker_killed(cluster: Cluster) -> None:
    for name in layout.WORKERS:
        kinds = cluster.wait_for_busy(name)
        cluster.parts[name].kill()
        print(f"  {name} was killed at: {', '.join(kinds)}", flush=True)
        cluster.parts[name].start()


@drill("pool-restarted", "PgBouncer restarted", may_pause=15, is_short=True)
def pool_restarted(cluster: Cluster) -> None:
    cluster.parts["pgbouncer"].kill()
    time.sleep(1)
    cluster.parts["pgbouncer"].start()


@drill("etcd-lost", "majority of etcd lost for 30 s")
def etcd_lost(cluster: Cluster) -> None:
    for name in layout.ETCD[:2]:
        cluster.parts[name].kill()
    time.sleep(30)
    for name in layout.ETCD[:2]:
        cluster.parts[name].start()
    cluster.until(cluster.is_whole, "three databases")


@drill("beat-killed", "leading beat killed", may_pause=10)
def beat_killed(cluster: Cluster) -> None:
    name = cluster.leading_beat()
    cluster.parts[name].kill()
    cluster.until(lambda: cluster.leading_beat() not in {"", name}, "another beat", 30)
    cluster.parts[name].start()


@drill("replica-lags", "a replica does not replay for 20 s", may_pause=10)
def replica_lags(cluster: Cluster) -> None:
    name = cluster.asynchronous()
    cluster.sql(name, "select pg_wal_replay_pause()")
    time.sleep(20)
    cluster.sql(name, "select pg_wal_replay_resume()")


@drill("standbys-cut", "both standbys frozen for 15 s: nothing can be acknowledged")
def standbys_cut(cluster: Cluster) -> None:
    others = [name for name in layout.DATABASES if name != cluster.primary()]
    for name in others:
        cluster.parts[name].freeze()
    time.sleep(15)
    for name in others:
        cluster.parts[name].wake()
    cluster.until(cluster.is_whole, "three databases")


@drill("network-cut", "network between the nodes and PostgreSQL cut (HAProxy stopped) for 10 s")
def network_cut(cluster: Cluster) -> None:
    cluster.parts["haproxy"].freeze()
    time.sleep(10)
    cluster.parts["haproxy"].wake()


@drill("node-cut", "network of the primary's machine cut until another leads, and 5 s more")
def node_cut(cluster: Cluster) -> None:
    name = cluster.primary()
    if cluster.parts[name].group is None:
        raise Impossible("packets cannot be dropped here: it takes root, iptables and control groups of version 2")
    with network.cut(name, [cluster.layout.port(name), cluster.layout.port(f"{name}-rest")]):
        another_primary(cluster, name)
        time.sleep(CALM)
    cluster.until(cluster.is_whole, "three databases")


@drill("files-away", "store of files away for 15 s", may_pause=10)
def files_away(cluster: Cluster) -> None:
    cluster.parts["s3"].freeze()
    time.sleep(15)
    cluster.parts["s3"].wake()


@drill("disk-full", "disk of the primary full for 20 s")
def disk_full(cluster: Cluster) -> None:
    name = cluster.primary()
    disk = cluster.layout.home / "data" / name
    if disk not in cluster.disks:
        raise Impossible("a small disk cannot be mounted here")
    ballast = disk / "ballast"
    try:
        with suppress(OSError), ballast.open("wb") as file:
            while True:
                file.write(bytes(1 << 20))
                file.flush()
        time.sleep(20)
    finally:
        ballast.unlink()
    cluster.until(cluster.is_whole, "three databases")


def five_minutes_ahead() -> dict[str, str]:
    """Variables that set the clock of a process."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if library is None:
        raise Impossible("libfaketime is not installed")
    return {"LD_PRELOAD": str(library), "FAKETIME": "+300s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


@drill("clock-ahead", "clock of one web node, worker and beat 5 minutes ahead for 80 s", may_pause=10)
def clock_ahead(cluster: Cluster) -> None:
    names = (layout.WEB[0], layout.WORKERS[0], layout.BEATS[0])
    ahead = five_minutes_ahead()
    for name in names:
        cluster.restart(name, **ahead)
    time.sleep(80)
    for name in names:
        cluster.restart(name)


@drill("database-clock", "a primary whose clock is 5 minutes ahead leads for 30 s, then one whose clock is right")
def database_clock(cluster: Cluster) -> None:
    ahead = five_minutes_ahead()
    first = cluster.primary()
    others = [name for name in layout.DATABASES if name != first]
    for name in others:
        cluster.restart_database(name, clock=ahead)
    switchover(cluster)
    time.sleep(30)
    leading = cluster.primary()
    for name in others:
        if name != leading:
            cluster.restart_database(name)
    switchover(cluster)
    cluster.restart_database(leading)


@drill(
    "rolling", "the version before upgraded: migrated, then web, workers and beats one after the other", may_pause=10
)
def rolling(cluster: Cluster) -> None:
    cluster.code = code.CURRENT
    cluster.manage("migrate", "--noinput")
    for name in (*layout.WEB, *layout.WORKERS, *layout.BEATS):
        cluster.restart(name)
        if name in layout.WEB:
            cluster.until(lambda name=name: cluster.web_answers(name), f"{name}", 90)  # type: ignore[misc]


@drill("switchover", "planned switch of the primary", may_pause=20)
def switchover(cluster: Cluster) -> None:
    name = cluster.primary()
    cluster.switch_over()
    another_primary(cluster, name)
    cluster.until(cluster.is_whole, "three databases")


def run(cluster: Cluster, chosen: Drill, known: dict[str, str]) -> Outcome:
    """One drill, with a load and a journal of its own."""
    journal = Journal(cluster.layout.folder("journals") / f"{chosen.name}.jsonl")
    port = cluster.layout.port("proxy")
    problems = []
    with Load(layout.HOST, port, known=known, journal=journal):
        time.sleep(CALM)
        begun = time.monotonic()
        try:
            chosen.fault(cluster)
        except (TimeoutError, Impossible) as error:
            problems.append(str(error))
        time.sleep(CALM)
        ended = time.monotonic()
    verdict = _settled(cluster, journal)
    outcome = Outcome(
        title=chosen.title,
        pause=journal.longest_pause(begun, ended),
        errors=dict(journal.errors()),
        acknowledged=sum(len(journal.acknowledged(kind)) for kind in KINDS),
        found=verdict["found"],
        lost=verdict["lost"],
        doubled=verdict["doubled"],
        problems=problems,
    )
    _judge(outcome, chosen, journal, verdict)
    return outcome


def _settled(cluster: Cluster, journal: Journal) -> dict[str, Any]:
    """The verdict once no job is under way, or when that takes too long."""
    told = {
        "asked": {kind: sorted(journal.asked(kind)) for kind in KINDS},
        "acknowledged": {kind: sorted(journal.acknowledged(kind)) for kind in KINDS},
    }
    deadline = time.monotonic() + PATIENCE
    while True:
        verdict: dict[str, Any] = json.loads(cluster.run("-m", "tests.cluster.judge", stdin=json.dumps(told)))
        if not verdict["unfinished"] or time.monotonic() > deadline:
            return verdict
        time.sleep(5)


def _judge(outcome: Outcome, chosen: Drill, journal: Journal, verdict: dict[str, Any]) -> None:
    found = outcome.problems
    if outcome.pause > chosen.may_pause:
        found.append(f"no write for {outcome.pause:.1f} s, and it may be {chosen.may_pause:.0f}")
    if not outcome.acknowledged or outcome.found != outcome.acknowledged:
        found.append(f"{outcome.acknowledged} acknowledged, {outcome.found} found")
    for name in ("lost", "doubled", "unfinished", "failed", "ledger"):
        if verdict[name]:
            found.append(f"{name}: {verdict[name][:5]}")
    for each in journal.bad()[:5]:
        found.append(f"{each.kind} was answered {each.status} after {each.seconds:.1f} s: {_short(each.text)}")


def _short(text: str) -> str:
    return " ".join(text.split())[:300]


def run_all(names: list[str], *, keep: bool = False, revision: str = "") -> list[Outcome]:
    """The drills in one cluster, one after the other; it begins with the code of `revision`, if there is one."""
    outcomes = []
    with running(keep=keep, revision=revision) as cluster:
        print(f"Cluster at {cluster.layout.address}, logs in {cluster.layout.home / 'log'}", flush=True)
        known = known_of(cluster.run("-m", "tests.cluster.seed"))
        for name in names:
            outcome = run(cluster, DRILLS[name], known)
            outcomes.append(outcome)
            print(outcome.row, flush=True)
            for problem in outcome.problems:
                print(f"  PROBLEM {problem}", flush=True)
    return outcomes


def main() -> None:
    if missing := layout.missing():
        sys.exit(f"Missing: {', '.join(missing)}. See docs/deployment.md.")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(DRILLS)}; none: all")
    parser.add_argument("--short", action="store_true", help="the drills of .ci/run")
    parser.add_argument("--keep", action="store_true", help="leave the logs")
    parser.add_argument(
        "--from", dest="revision", default="", help="the commit that `rolling` upgrades from (default: the last tag)"
    )
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(DRILLS):
        parser.error(f"Unknown: {', '.join(sorted(unknown))}.")
    chosen = asked.names or [name for name, each in DRILLS.items() if each.is_short or not asked.short]
    print("| fault | time without writes | errors seen | acknowledged | found | lost | doubled |")
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    revision = asked.revision or (code.last_release() if "rolling" in chosen else "")
    if revision and "rolling" in chosen:  # the others run on the new version
        chosen.sort(key=lambda name: name != "rolling")
    outcomes = run_all(chosen, keep=asked.keep, revision=revision)
    sys.exit(any(outcome.problems for outcome in outcomes))


if __name__ == "__main__":
    main()
