"""What /metrics reads of the database: one statement, compiled once a process, since it is asked every few seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, DateTimeField, DurationField, F, Min, Q, QuerySet, Sum, TextField, Value
from django.db.models.functions import Cast

from inventory_ops.kit.db.compiled import Slot, Statement
from inventory_ops.models import Delivery, FindingTotal, Import, Job, ScanRun
from inventory_ops.queries import status
from inventory_ops.queries.findings import COUNTED

SINCE, NOW, LONG_AGO = (Slot(name, DateTimeField()) for name in ("since", "now", "long_ago"))
COLUMNS = ("what", "first", "second", "number", "moment", "ran")


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the last 24 hours what ended, of now what waits. Each by what it is counted by."""

    scans: Mapping[tuple[str, str], int]  # by name and state
    jobs: Mapping[str, int]  # by state
    deliveries: Mapping[str, int]
    ended: Mapping[tuple[str, str], tuple[int, float]]  # by kind of job and state: how many, and the seconds they ran
    oldest: Mapping[str, datetime]  # when the oldest job of each queue was made
    refused: Mapping[str, int]  # rows of files, by kind
    findings: Mapping[str, int]  # that wait for somebody, by report
    stuck: int
    backup: datetime | None


def read(*, now: datetime) -> Figures:
    given: dict[str, Any] = {"now": now, "since": now - status.DAY, "long_ago": now - status.WAITS_TOO_LONG}
    found: dict[str, list[tuple[Any, ...]]] = {}
    for what, *values in sorted(_FIGURES.rows(**given), key=lambda row: row[:3]):
        found.setdefault(what, []).append(tuple(values))

    def by_first(what: str) -> dict[str, int]:
        return {first: number for first, _second, number, *_ in found.get(what, ())}

    return Figures(
        scans={(name, state): number for name, state, number, *_ in found.get("scan", ())},
        jobs=by_first("job"),
        deliveries=by_first("delivery"),
        ended={(kind, state): (n, ran.total_seconds()) for kind, state, n, _at, ran in found.get("ended", ())},
        oldest={queue: moment for queue, _second, _number, moment, _ran in found.get("queue", ())},
        refused=by_first("refused"),
        findings=by_first("finding"),
        stuck=by_first("stuck").get("", 0),
        backup=next((moment for *_, moment, _ran in found.get("backup", ())), None),
    )


def _counted(
    what: str,
    rows: QuerySet[Any],
    *by: str,
    number: Any = Count("pk"),  # noqa: B008  (an expression, which nobody changes)
    moment: Any = Value(None),  # noqa: B008
    ran: Any = Value(None),  # noqa: B008
) -> QuerySet[Any]:
    """Rows of `COLUMNS`, each of the same type in all parts of the statement."""
    first, second = (*(Cast(F(name), TextField()) for name in by), Value(""), Value(""))[:2]
    grouped: Any = rows.values(what=Value(what), first=first, second=second)
    measures = {"number": number, "moment": Cast(moment, DateTimeField()), "ran": Cast(ran, DurationField())}
    return grouped.annotate(**measures).values_list(*COLUMNS)


def _build() -> QuerySet[Any]:
    jobs, positive = Job.objects.order_by(), Q(number__gt=0)
    ended = jobs.filter(finished_at__gt=SINCE, started_at__isnull=False)
    totals = FindingTotal.objects.visible_to(None).filter(state__in=COUNTED)
    imports = Import.objects.filter(finished_at__gt=SINCE).exclude(kind="")
    return _counted("scan", ScanRun.objects.filter(started_at__gt=SINCE).order_by(), "name", "state").union(
        _counted("job", jobs.filter(Q(finished_at__gt=SINCE) | Q(finished_at__isnull=True)), "state"),
        _counted("delivery", Delivery.objects.filter(created_at__gt=SINCE).order_by(), "state"),
        _counted("ended", ended, "kind", "state", ran=Sum(F("finished_at") - F("started_at"))),
        _counted("queue", jobs.filter(state=Job.State.QUEUED), "queue", moment=Min("created_at")),
        _counted("refused", imports.order_by(), "kind", number=Sum("rows_failed")),
        _counted("finding", totals.order_by(), "report", number=Sum("count")).filter(positive),
        _counted("stuck", jobs.filter(status.is_stuck(NOW, LONG_AGO))),
        _counted("backup", status.backups(), number=Value(1), moment=F("at"))[:1],
        all=True,
    )


_FIGURES = Statement(_build)
