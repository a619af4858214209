"""How long quantities waited to be sent to a channel, and what it did not take, by day."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from inventory_ops.kit import markup, showing
from inventory_ops.kit.charts import Chart, Columns, Point, Series
from inventory_ops.models import Channel, ChannelDay

DAYS = 30


def of(channel: Channel, *, now: datetime) -> list[Chart]:
    """Of the last days (UTC); none before anything was sent."""
    first = now.date() - timedelta(days=DAYS - 1)
    found = {each.day: each for each in ChannelDay.objects.filter(channel=channel, day__gte=first)}
    if not found:
        return []
    waits, counts = [], []
    for back in range(DAYS):
        day = first + timedelta(days=back)
        each = found.get(day, ChannelDay(day=day))
        seconds = each.longest_wait.total_seconds() if each.longest_wait is not None else 0
        text = _wait(each.longest_wait) if each.longest_wait is not None else ""
        label = showing.short_day(day)
        waits.append(Point(label, [seconds], [text]))
        values = [each.sent, each.rejected, each.failures]
        counts.append(Point(label, values, [markup.number(value) for value in values]))
    series = [
        Series(_("Sent")),
        Series(_("Rejected"), "warning", below=True),
        Series(_("Failed rounds"), "critical", below=True),
    ]
    return [
        Columns(_("Longest wait to be sent"), [Series(_("Longest wait"), "warning")], waits, _("Day")),
        Columns(_("Sent and failed"), series, counts, _("Day")),
    ]


def _wait(waited: timedelta) -> str:
    seconds = int(waited.total_seconds())
    if seconds < 60:
        return _("%(n)d s") % {"n": seconds}
    return markup.in_words(waited)
