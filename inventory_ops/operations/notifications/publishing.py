"""Saying that something is worth telling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from inventory_ops.kit.reports import Report
from inventory_ops.models import Notice
from inventory_ops.registries import topics


@dataclass(frozen=True, slots=True)
class News:
    """One thing to tell. The same `key` within a topic is sent once, ever."""

    key: str
    label: str
    url: str = ""
    merchant_id: int | None = None
    value: Decimal = Decimal(0)


def publish(*, topic: str, news: Sequence[News], at: datetime) -> None:
    """Keep news for the dispatcher; call it in the transaction that makes them true."""
    if topics.get(topic) is None:
        raise KeyError(f"There is no topic {topic!r}.")
    Notice.objects.bulk_create(
        (
            Notice(
                topic=topic,
                key=each.key,
                label=each.label[:300],
                url=each.url,
                merchant_id=each.merchant_id,
                value=each.value,
                at=at,
            )
            for each in news
        ),
        batch_size=2000,
        ignore_conflicts=True,
    )


def publish_opened(report: Report, *, as_of: datetime) -> None:
    """The findings that the scan of `as_of` opened or opened again; each opening is sent once."""
    if topics.get(report.slug) is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into inventory_ops_notice (topic, key, merchant_id, label, url, value, at)
            select f.report, 'finding:' || f.id || ':' || f.times_opened, f.merchant_id, f.label, %(url)s, f.value,
                %(now)s
            from inventory_ops_finding f
            where f.report = %(report)s and f.opened_at = %(now)s and f.state = 'open'
            on conflict (topic, key) do nothing
            """,
            {"report": report.slug, "now": as_of, "url": report.url},
        )
