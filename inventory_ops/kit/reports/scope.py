"""From which point of view a report is read: the moment, the viewer, the window, the filters' values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

WINDOW = re.compile(r"([1-9][0-9]{0,3})(d|m)")
FIRST_YEAR, LAST_YEAR = 1900, 2200
LONGEST_WINDOW = timedelta(days=3660)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)  # where a window without a start begins


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of time: after `start`, up to and including `end`."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Scope:
    """What `Report.rows` needs to know. `params` are the cleaned values of the filters, None when not given."""

    as_of: datetime
    viewer: Any = None  # a `Viewer`, None for a view of everything; reports know it as their user
    window: Window | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    kept: Any = None  # state of the table that a report keeps of its rows, when it is right at `as_of`


def months_before(moment: datetime, months: int) -> datetime:
    """The same time of day `months` calendar months earlier; the 31st becomes the month's last day."""
    index = moment.year * 12 + moment.month - 1 - months
    year, month = divmod(index, 12)
    month += 1
    first_of_next = date(year + month // 12, month % 12 + 1, 1)
    last_day = (first_of_next - timedelta(days=1)).day
    return moment.replace(year=year, month=month, day=min(moment.day, last_day))


def parse_window(text: str, *, as_of: datetime) -> Window:
    """`30d` is 30 × 24 hours, `12m` twelve calendar months, both ending at `as_of`.

    Raises ValueError when the text is neither or reaches back more than ten years.
    """
    match = WINDOW.fullmatch(text)
    if not match:
        raise ValueError("Use a number of days or months, like 30d or 12m.")
    count, unit = int(match[1]), match[2]
    if (timedelta(days=count) if unit == "d" else timedelta(days=30 * count)) > LONGEST_WINDOW:
        raise ValueError("The longest window is ten years.")
    start = as_of - timedelta(days=count) if unit == "d" else months_before(as_of, count)
    return Window(start=start, end=as_of)


def window_of_dates(first: date | None, last: date | None, *, as_of: datetime) -> Window:
    """From the start of day `first` to the end of day `last`, both optional: days of the zone that pages are in."""
    # a window is open at its start: one microsecond earlier takes midnight itself in
    instant = timedelta(microseconds=1)
    start = (start_of_day(first) if first else BEGINNING) - instant
    end = end_of_day(last) if last else as_of
    return Window(start=start, end=end)


def start_of_day(day: date) -> datetime:
    """When a day begins in the zone that pages are in (where its midnight is skipped or comes twice: the first)."""
    return datetime.combine(day, time.min, timezone.get_current_timezone()).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The last microsecond of a day in the zone that pages are in."""
    return start_of_day(day + timedelta(days=1)) - timedelta(microseconds=1)
