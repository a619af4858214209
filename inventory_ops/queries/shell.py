"""What surrounds a page, in one statement: the menu's numbers and the saved views of a list."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connections, router
from django.db.models import QuerySet, Sum
from django.db.models.functions import JSONObject

from inventory_ops.kit.db.compiled import sql_of
from inventory_ops.kit.db.expressions import CountOf
from inventory_ops.models import FindingTotal, Notification, SavedView, User
from inventory_ops.queries import of_viewer
from inventory_ops.queries.findings import COUNTED

MOST_IN_MENU = 9_999
MOST_UNREAD = 100

type Counted = Callable[[User], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class StoredView:
    """A saved view as lists need it. `query` is a query string, `columns` are keys ([] = the viewer's own)."""

    pk: int
    name: str
    query: str
    columns: list[str]
    scope: str
    owner: int
    widths: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FrameData:
    """`counts` by report slug (findings that wait for somebody) or by the key of `others`; the views of a report.

    `unread` notifications stop at MOST_UNREAD.
    """

    unread: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    views: Sequence[StoredView] = ()


def frame_data(*, viewer: User, others: Mapping[str, Counted], report: str = "") -> FrameData:
    """All of it in one query, so that list pages keep within theirs. Without `report`, there are no views.

    The numbers of `others` stop at MOST_IN_MENU + 1: no page waits for a count over millions.
    """
    sql, params = _statement(of_viewer.who(viewer), tuple(others.values()), report)
    with connections[router.db_for_read(User)].cursor() as cursor:
        cursor.execute(sql, params)
        waiting, views, unread, *sizes = cursor.fetchone()
    counts = {each["report"]: each["n"] for each in map(json.loads, waiting)}
    return FrameData(
        counts=counts | dict(zip(others, sizes, strict=True)),
        unread=unread,
        views=[StoredView(**each) for each in map(json.loads, views)],
    )


@lru_cache(maxsize=of_viewer.KEPT)
def _statement(who: of_viewer.Who, others: tuple[Counted, ...], report: str) -> tuple[str, tuple[Any, ...]]:
    """Building a dozen subqueries takes longer than running them, so each person's are built once a process.

    They are built for a user who has nothing but `who`: nothing else can decide what is counted.
    """
    viewer = User(**dict(who))
    kept = FindingTotal.objects.visible_to(viewer).filter(state__in=COUNTED)
    waiting = kept.values("report").annotate(n=Sum("count"))
    views = SavedView.objects.visible_to(viewer).filter(report=report).order_by("name", "pk")
    stored = JSONObject(
        pk="pk", name="name", query="query", columns="columns", scope="scope", owner="owner_id", widths="widths"
    )
    sizes = {
        f"other_{index}": CountOf(counted(viewer).order_by().values("pk")[: MOST_IN_MENU + 1])
        for index, counted in enumerate(others)
    }
    return sql_of(
        User.objects.filter(pk=viewer.pk).values_list(
            ArraySubquery(waiting.values(json=JSONObject(report="report", n="n"))),
            ArraySubquery(views.values(json=stored)),
            CountOf(Notification.objects.filter(user=viewer.pk, read_at__isnull=True).values("pk")[:MOST_UNREAD]),
            *sizes.values(),
        )
    )
