"""Spans of time that trends are drawn by: days, weeks or months, by how long a window is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from inventory_ops.kit import showing
from inventory_ops.kit.reports.scope import Window, start_of_day

MOST_DAYS, MOST_WEEKS = 35, 190
MOST_MONTHS = 60


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, in the zone that pages are in. `is_whole`: no end of the window cuts it."""

    first: date
    last: date
    is_whole: bool = True

    @property
    def label(self) -> str:
        if self.first == self.last:
            return showing.short_day(self.first)
        return f"{showing.short_day(self.first)} – {showing.short_day(self.last)}"


@dataclass(frozen=True, slots=True)
class Periods:
    """`unit` is what Postgres' date_trunc takes."""

    unit: str
    spans: list[Period]

    def at(self, start: date) -> int | None:
        """The index of the span that begins with the day that date_trunc gave."""
        return next(
            (index for index, span in enumerate(self.spans) if _truncated(span.first, self.unit) == start), None
        )


def of(window: Window) -> Periods:
    """The spans that cover a window; of a long one, the last MOST_MONTHS months."""
    first, last = showing.local(window.start + timedelta(microseconds=1)).date(), showing.local(window.end).date()
    days = (last - first).days + 1
    unit = "day" if days <= MOST_DAYS else "week" if days <= MOST_WEEKS else "month"
    spans: list[Period] = []
    end = last
    begins_whole = window.start < start_of_day(first)
    while end >= first and len(spans) < MOST_MONTHS:
        start = max(_truncated(end, unit), first)
        spans.append(Period(start, end, is_whole=start > first or begins_whole))
        end = start - timedelta(days=1)
    return Periods(unit, spans[::-1])


def window_of(periods: Periods, *, until: datetime) -> Window:
    """What the spans cover altogether."""
    return Window(start_of_day(periods.spans[0].first) - timedelta(microseconds=1), until)


def _truncated(day: date, unit: str) -> date:
    if unit == "day":
        return day
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1)
