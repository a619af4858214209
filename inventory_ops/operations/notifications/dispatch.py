"""From notices to people: each destination is notified of what is new since it was last notified, in one message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.kit.db import locks
from inventory_ops.models import Delivery, Destination, Notice, Notification, User
from inventory_ops.operations.notifications import deliveries
from inventory_ops.queries import notices, shop
from inventory_ops.registries import topics
from inventory_ops.registries.topics import Topic

log = structlog.get_logger(__name__)

MOST_LINES = 10  # of a topic in a message; the rest is a link
DIGEST_TIME = time(7, 0)  # UTC
KEPT = timedelta(days=90)


def dispatch(*, now: datetime) -> int:
    """Notify every destination that is due of what is new for it; answers how many were sent something."""
    number_batch()
    waiting = Notice.objects.filter(batch__gt=OuterRef("cursor"))
    due = Q(frequency=Destination.Frequency.INSTANT) | Q(next_at__lte=now)
    # a digest with nothing new is due, too: its next time has to move on
    has_news = Exists(waiting) | ~Q(frequency=Destination.Frequency.INSTANT)
    ids = Destination.objects.filter(due, has_news, is_enabled=True, user__is_active=True).values_list("pk", flat=True)
    return sum(notify(pk, now=now) > 0 for pk in list(ids))


@transaction.atomic
def number_batch() -> int:
    """Give the new notices one number; answers the last number given, after which what comes now is new.

    The lock is held until commit, so numbers become visible in their order.
    """
    locks.wait_for("inventory_ops.notices")
    last = _latest_batch()
    numbered = Notice.objects.filter(batch__isnull=True).update(batch=last + 1)
    return last + bool(numbered)


def _latest_batch() -> int:
    last = Notice.objects.aggregate(last=Max("batch"))["last"] or 0
    return max(last, Destination.objects.aggregate(last=Max("cursor"))["last"] or 0)


@transaction.atomic
def notify(destination_id: int, *, now: datetime) -> int:
    """Hand one destination what is new for it; answers the number of news. Two at once notify it once."""
    destination = (
        Destination.objects.select_for_update(skip_locked=True, of=["self"])
        .select_related("user")
        .filter(pk=destination_id)
        .first()
    )
    if destination is None:
        return 0
    with shop.written_to(destination.user):
        return _notify(destination, now)


def _notify(destination: Destination, now: datetime) -> int:
    top = Notice.objects.aggregate(last=Max("batch"))["last"] or destination.cursor
    sections = _sections(destination, top)
    destination.cursor = max(top, destination.cursor)
    if destination.frequency != Destination.Frequency.INSTANT:
        destination.next_at = next_digest(destination.frequency, after=now)
    destination.save(update_fields=["cursor", "next_at"])
    total = sum(section["count"] for section in sections)
    if not total:
        return 0
    if destination.kind == Destination.Kind.APP:
        Notification.objects.bulk_create(_line(destination, section, now) for section in sections)
    else:
        deliveries.create(destination=destination, title=_title(sections, total), sections=sections, now=now)
    return total


def _sections(destination: Destination, top: int) -> list[dict[str, Any]]:
    """What is new by topic: count, list, and the first lines by value."""
    user = destination.user
    wanted: dict[str, list[int | None]] = {}
    for key, merchant in destination.subscriptions.order_by("pk").values_list("topic", "merchant"):
        wanted.setdefault(key, []).append(merchant)
    sections = []
    for key, merchants in wanted.items():
        topic = topics.get(key)
        if topic is None or not user.has_role(*topic.roles):
            continue
        news: QuerySet[Notice] = Notice.objects.filter(topic=key, batch__gt=destination.cursor, batch__lte=top)
        if None not in merchants:
            news = news.filter(merchant__in=[each for each in merchants if each])
        if not user.sees_all_merchants:
            news = news.filter(merchant=user.own_merchant_id)
        if count := news.count():
            named = news.order_by("-value", "pk").annotate(vendor=F("merchant__vendor_number"))
            sections.append(_section(topic, count, _lines(named, user)))
    return sections


def _lines(news: QuerySet[Any], user: User) -> list[dict[str, Any]]:
    """The first news, each with the finding that it is about as that is now."""
    rows = [dict(row) for row in news.values("key", "label", "url", "vendor")[:MOST_LINES]]
    about = notices.findings_of((row["key"] for row in rows), viewer=user)
    lines = []
    for row in rows:
        finding = about.get(row.pop("key"))
        if finding:
            row["url"] = reverse("finding", args=[finding["report"], finding["key"]])
            row["finding"] = finding
        lines.append(row)
    return lines


def _section(topic: Topic, count: int, lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"topic": topic.key, "title": str(topic.label), "count": count, "url": str(topic.url), "lines": list(lines)}


def _title(sections: Sequence[dict[str, Any]], total: int) -> str:
    if len(sections) == 1:
        return f"{sections[0]['title']}: {_new(total)}"
    return _("%(news)s in %(n)d lists") % {"news": _new(total), "n": len(sections)}


def _new(count: int) -> str:
    return ngettext("%(n)s new", "%(n)s new", count) % {"n": f"{count:,}"}


def _line(destination: Destination, section: dict[str, Any], now: datetime) -> Notification:
    labels = [line["label"] for line in section["lines"][:3]]
    more = section["count"] - len(labels)
    text = ", ".join(labels) + (_(" and %(n)s more") % {"n": f"{more:,}"} if more > 0 else "")
    url = section["lines"][0]["url"] if section["count"] == 1 else section["url"]
    return Notification(
        user=destination.user,
        topic=section["topic"],
        title=f"{section['title']}: {_new(section['count'])}",
        text=text[:500],
        url=url or section["url"],
        created_at=now,
    )


def next_digest(frequency: str, *, after: datetime) -> datetime:
    """The next morning, or the next Monday's, at DIGEST_TIME (UTC)."""
    moment = datetime.combine(after.date(), DIGEST_TIME, after.tzinfo)
    if moment <= after:
        moment += timedelta(days=1)
    if frequency == Destination.Frequency.WEEKLY:
        moment += timedelta(days=-moment.weekday() % 7)
    return moment


def delete_old(*, now: datetime) -> None:
    """Notices that everybody was sent, lines and deliveries of the past season."""
    behind = Destination.objects.filter(is_enabled=True).order_by("cursor").values_list("cursor", flat=True).first()
    old = Notice.objects.filter(at__lt=now - KEPT)
    old.filter(batch__lte=behind if behind is not None else _latest_batch()).delete()
    Notification.objects.filter(created_at__lt=now - KEPT).delete()
    Delivery.objects.filter(created_at__lt=now - KEPT).exclude(state=Delivery.State.PENDING).delete()
