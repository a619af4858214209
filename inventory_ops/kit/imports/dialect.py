"""How a file writes its rows: encoding, delimiter, quotes, header line, decimal mark, order of dates, time zone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from inventory_ops.kit.imports.values import BadValue, Date, Integer, Moment, Number, Text
from inventory_ops.kit.spreadsheets import as_written

DELIMITERS = (",", ";", "\t", "|")
DATE_ORDERS = ("dmy", "mdy", "ymd")

_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:[.  ' ][0-9]{3})+(?:,[0-9]+)?")
_COMMA = re.compile(r"[+-]?[0-9]+(?:,[0-9]+)?")
_DAY = re.compile(r"([0-9]{1,4})[./-]([0-9]{1,2})[./-]([0-9]{2,4})(?:[ ,T]+(.*))?")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?:[   ]?([AaPp])\.?[Mm]\.?)?")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What is known of a file before its rows are read. The defaults are those of our own files."""

    encoding: str = "utf-8-sig"
    delimiter: str = ","
    quoted: bool = True
    header_line: int = 1
    decimal: str = "."
    date_order: str = "ymd"
    zone: ZoneInfo | None = None  # of moments without an offset; None is for the row's merchant to say
    guarded: bool = True  # texts may begin with the apostrophe that our CSV exports put before = + - @

    def reader_of(self, kind: object) -> Callable[[str], str] | None:
        """What brings a cell of type `kind` into the form that the type reads; None where it stands so already."""
        if isinstance(kind, Integer | Number) and self.decimal == ",":
            return with_point
        if isinstance(kind, Text) and self.guarded:
            return as_written
        if isinstance(kind, Date) and self.date_order != "ymd":
            return lambda text: iso_moment(text, self.date_order)[:10]
        if isinstance(kind, Moment) and (self.date_order != "ymd" or self.zone):
            return self._moment
        return None

    def _moment(self, text: str) -> str:
        if self.date_order != "ymd":
            text = iso_moment(text, self.date_order)
        return in_zone(text, self.zone) if self.zone else text


def with_point(text: str) -> str:
    """A number with decimal comma (1.234,50) as 1234.50; what is none comes back as it is.

    A point that does not stand between groups of three digits does not separate thousands: 5.0 stays 5.0.
    """
    if _GROUPED.fullmatch(text):
        return re.sub(r"[.  ' ]", "", text).replace(",", ".")
    return text.replace(",", ".") if _COMMA.fullmatch(text) else text


def in_zone(text: str, zone: ZoneInfo) -> str:
    """A moment without an offset, read in `zone` as `Staging.moment` does, in UTC; other text comes back as it is."""
    try:
        moment = datetime.fromisoformat(Moment().parse(text))
    except (BadValue, ValueError):
        return text
    if moment.tzinfo is not None:
        return text
    found = moment.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None, fold=0) != moment:  # skipped by the change to summer time
        found = moment.replace(tzinfo=zone).astimezone(UTC)
    return found.isoformat()


def iso_moment(text: str, order: str) -> str:
    """A date, with or without a clock (also 8:07 AM), in ISO 8601; what is none comes back as it is.

    Raises BadValue for a date that no calendar has.
    """
    match = _DAY.fullmatch(text)
    if not match:
        return text
    parts = [match[1], match[2], match[3]]
    if len(parts[0]) == 4:
        order = "ymd"
    year, month, day = (int(parts[order.index(letter)]) for letter in "ymd")
    if year < 100:
        year += 2000 if year < 70 else 1900
    try:
        found = date(year, month, day)
    except ValueError as error:
        raise BadValue("is not a date of the calendar", code="date") from error
    rest = match[4]
    if rest is None:
        return found.isoformat()
    clock = re.match(_CLOCK, rest)
    if not clock:
        return text
    hour = int(clock[1])
    if clock[4]:
        hour = hour % 12 + (12 if clock[4] in "pP" else 0)
    return f"{found.isoformat()}T{hour:02}:{clock[2]}:{clock[3] or '00'}{rest[clock.end() :]}"


# --- what samples tell ---

_SURE_COMMA = re.compile(r"[+-]?[0-9]*(?:[. ][0-9]{3})*,(?:[0-9]{1,2}|[0-9]{4,})")
_SURE_COMMA_GROUPS = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|[+-]?[0-9]{1,3}(?:\.[0-9]{3}){2,}")
_SURE_POINT = re.compile(r"[+-]?[0-9]*(?:[, ][0-9]{3})*\.(?:[0-9]{1,2}|[0-9]{4,})")
_EITHER = re.compile(r"[+-]?[0-9]{1,3}[.,][0-9]{3}")


def decimal_of(cells: list[str]) -> str:
    """The decimal mark that samples of numbers show: `,` or `.`; empty where they show either; `.` where none is."""
    comma = point = either = False
    for cell in cells:
        text = cell.strip()
        if _SURE_COMMA.fullmatch(text) or _SURE_COMMA_GROUPS.fullmatch(text):
            comma = True
        elif _SURE_POINT.fullmatch(text):
            point = True
        elif _EITHER.fullmatch(text):
            either = True
    if comma:
        return ","
    return "." if point or not either else ""


def date_order_of(cells: list[str]) -> str:
    """The order of dates that samples show; empty where 03/04/2026 leaves it open, `ymd` where there is none."""
    seen: set[str] = set()
    for cell in cells:
        match = _DAY.fullmatch(cell.strip())
        if not match or len(match[1]) == 4:
            continue
        if "." in cell[:4] or int(match[1]) > 12:
            seen.add("dmy")
        elif int(match[2]) > 12:
            seen.add("mdy")
        else:
            seen.add("")
    sure = seen - {""}
    if len(sure) == 1:
        return sure.pop()
    return "" if seen else "ymd"
