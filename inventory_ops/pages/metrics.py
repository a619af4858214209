"""The metrics page: requests from the counters that all processes share, the rest read when it is asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

import redis
from django.db import DatabaseError, InterfaceError
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from config import metrics
from config.celery import QUEUES
from inventory_ops.kit.db import replica
from inventory_ops.queries import figures, findings, health, status
from inventory_ops.queries.figures import Figures
from inventory_ops.queries.findings import Freshness


class Ops(Collector):
    """All families; what cannot be read is left out, and `ops_up` says which service is down."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        read = self._read()
        broker_problem = health.broker()
        up = GaugeMetricFamily("ops_up", "1 when the service answers", labels=["service"])
        up.add_metric(["database"], read is not None)
        up.add_metric(["broker"], not broker_problem)
        yield up
        if not broker_problem:
            try:
                yield from self._requests()
                yield from self._queues()
            except redis.RedisError:
                return
        if read:
            yield from self._database(*read)

    def _read(self) -> tuple[Figures, Mapping[str, Freshness]] | None:
        """All that the database knows; None when it does not answer."""
        try:
            return figures.read(now=self.now), findings.freshness(now=self.now)
        except (DatabaseError, InterfaceError):
            return None

    @staticmethod
    def _requests() -> Iterator[Metric]:
        requests = CounterMetricFamily("ops_requests", "Requests answered", labels=["method", "route", "status"])
        times = HistogramMetricFamily("ops_request_seconds", "Time to answer", labels=["route"])
        buckets: dict[str, dict[str, int]] = defaultdict(dict)
        sums: dict[str, int] = {}
        for name, value in metrics.counted().items():
            kind, _bar, rest = name.partition("|")
            if kind == "count":
                method, code, route = rest.split("|", 2)
                requests.add_metric([method, route, code], value)
            elif kind == "bucket":
                bound, route = rest.split("|", 1)
                buckets[route][bound] = value
            else:
                sums[rest] = value
        for route, found in buckets.items():
            total, cumulated = 0, []
            for bound in [*map(str, metrics.BUCKETS), "+Inf"]:
                total += found.get(bound, 0)
                cumulated.append((bound, total))
            times.add_metric([route], cumulated, sums.get(route, 0) / 1_000_000)
        yield requests
        yield times

    def _queues(self) -> Iterator[Metric]:
        depth = GaugeMetricFamily("ops_queue_depth", "Messages that wait", labels=["queue"])
        for name, number in status.queue_depths(QUEUES).items():
            depth.add_metric([name], number)
        yield depth
        if tick := status.last_tick():
            age = self._age(tick)
            yield GaugeMetricFamily("ops_tick_age_seconds", "Since a worker last did beat's minute task", value=age)

    def _database(self, found: Figures, scans: Mapping[str, Freshness]) -> Iterator[Metric]:
        ages = GaugeMetricFamily("ops_scan_age_seconds", "Since the last good run", labels=["scan"])
        failed = GaugeMetricFamily("ops_scan_failed", "1 when the last run failed", labels=["scan"])
        for name, fresh in scans.items():
            failed.add_metric([name], fresh.state == "failed")
            if fresh.last_at:
                ages.add_metric([name], self._age(fresh.last_at))
        yield ages
        yield failed
        runs = GaugeMetricFamily("ops_scan_runs_24h", "Runs of the last 24 hours", labels=["scan", "state"])
        for (name, state), number in found.scans.items():
            runs.add_metric([name, state], number)
        yield runs
        for kind, states in (("jobs", found.jobs), ("deliveries", found.deliveries)):
            family = GaugeMetricFamily(f"ops_{kind}_24h", "Of the last 24 hours, by state", labels=["state"])
            for state, number in states.items():
                family.add_metric([state], number)
            yield family
        yield from self._jobs(found)
        yield GaugeMetricFamily("ops_jobs_stuck", "Jobs that no worker is at", value=found.stuck)
        waiting = GaugeMetricFamily("ops_findings", "Findings that wait for somebody", labels=["report"])
        for slug, number in found.findings.items():
            waiting.add_metric([slug], number)
        yield waiting
        if found.backup:
            age = self._age(found.backup)
            yield GaugeMetricFamily("ops_backup_age_seconds", "Since manage.py backup last succeeded", value=age)

    def _jobs(self, found: Figures) -> Iterator[Metric]:
        runs = GaugeMetricFamily("ops_job_runs_24h", "Jobs that ended", labels=["kind", "state"])
        times = GaugeMetricFamily("ops_job_seconds_24h", "Seconds that they ran", labels=["kind", "state"])
        for (kind, state), (number, seconds) in found.ended.items():
            runs.add_metric([kind, state], number)
            times.add_metric([kind, state], seconds)
        yield runs
        yield times
        ages = GaugeMetricFamily("ops_queue_age_seconds", "That the oldest job waits", labels=["queue"])
        for queue in QUEUES:
            ages.add_metric([queue], max(self._age(found.oldest.get(queue, self.now)), 0))
        yield ages
        refused = GaugeMetricFamily("ops_refused_rows_24h", "Rows of files that were refused", labels=["kind"])
        for kind, number in found.refused.items():
            refused.add_metric([kind], number)
        yield refused
        if (lag := replica.lag()) is not None:
            yield GaugeMetricFamily("ops_replica_lag_seconds", "That the replica is behind", value=lag)

    def _age(self, moment: datetime) -> float:
        return (self.now - moment).total_seconds()


def page(*, now: datetime) -> bytes:
    """The text that Prometheus reads."""
    registry = CollectorRegistry()
    registry.register(Ops(now))
    return generate_latest(registry)
