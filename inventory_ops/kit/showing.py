"""How moments, days and numbers are written for whoever looks: in their zone and formats, for one request or job.

Without `shown` it is UTC and the plain formats, which the system's own texts, logs and mails use. Exports do not ask:
they state moments in UTC with the offset, and numbers plainly.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils import dateformat, timezone, translation
from django.utils.formats import date_format

# what `strftime` makes of a day: whole, and without its year
DATES = {
    "d_mon_y": ("%-d %b %Y", "%-d %b"),
    "dd_mm_y": ("%d/%m/%Y", "%d/%m"),
    "dots": ("%d.%m.%Y", "%d.%m."),
    "mm_dd_y": ("%m/%d/%Y", "%m/%d"),
    "iso": ("%Y-%m-%d", "%m-%d"),
}
# what stands between thousands, and before decimals
NUMBERS = {
    "comma": (",", "."),
    "dot": (".", ","),
    "space": ("\N{NARROW NO-BREAK SPACE}", ","),
    "apostrophe": ("\N{RIGHT SINGLE QUOTATION MARK}", "."),
}


@dataclass(frozen=True, slots=True)
class Formats:
    """Keys of DATES and NUMBERS."""

    date: str = "d_mon_y"
    number: str = "comma"


PLAIN = Formats()
# how each language writes days and numbers, as Unicode's data of locales has it; PLAIN elsewhere
OF_LANGUAGES = {
    "de": Formats("dots", "dot"),
    "es": Formats("dd_mm_y", "dot"),
    "pt-br": Formats("dd_mm_y", "dot"),
    "zh-hans": Formats("iso", "comma"),
}
_formats: ContextVar[Formats] = ContextVar("formats", default=PLAIN)


@dataclass(frozen=True, slots=True)
class How:
    """All that `shown` says."""

    language: str | None
    zone: str
    formats: Formats


def how() -> How:
    """How things are shown here."""
    return How(translation.get_language(), zone_name(), _formats.get())


@contextmanager
def shown(*, zone: str = "", formats: Formats = PLAIN, language: str = "") -> Iterator[None]:
    """Show everything inside in `zone` (an IANA name, '' is UTC), `formats` and `language` ('' is the product's)."""
    token = _formats.set(formats)
    # a language that this installation no longer offers is none
    offered = language if language and translation.check_for_language(language) else translation.get_language()
    try:
        with timezone.override(ZoneInfo(zone) if zone else UTC), translation.override(offered):
            yield
    finally:
        _formats.reset(token)


def set_for_rest(*, zone: str, formats: Formats) -> None:
    """As `shown`, from here to the end of the `shown` that is around: who asks is known only now."""
    timezone.activate(ZoneInfo(zone) if zone else UTC)
    _formats.set(formats)


def zone_name() -> str:
    """The zone that pages are shown in."""
    return timezone.get_current_timezone_name()


def local(moment: datetime) -> datetime:
    """The moment in the zone that pages are shown in."""
    return moment.astimezone(timezone.get_current_timezone())


def today() -> date:
    """The day that it is in the zone that pages are shown in."""
    return local(timezone.now()).date()


def moment(value: datetime | None) -> str:
    """A moment as day and time; '' for None."""
    if value is None:
        return ""
    pattern = DATES[_formats.get().date][0]
    return _written_moment(value, timezone.get_current_timezone(), pattern, translation.get_language())


@lru_cache(maxsize=4_000)
def _written_moment(value: datetime, zone: tzinfo, pattern: str, language: str | None) -> str:
    here = value.astimezone(zone)
    return f"{_written_day(here.date(), pattern, language)}, {here.hour:02}:{here.minute:02}"


def day(value: date | datetime | None) -> str:
    """A day, of a moment that in the zone; '' for None."""
    return _day(value, 0)


def short_day(value: date | datetime | None) -> str:
    """A day without its year; '' for None."""
    return _day(value, 1)


def month(value: date) -> str:
    """The month of a day, with its year."""
    return date_format(value, "YEAR_MONTH_FORMAT")


def clock(value: datetime | None) -> str:
    """A moment's time of day, to the second; '' for None."""
    return f"{local(value):%H:%M:%S}" if value else ""


def _day(value: date | datetime | None, form: int) -> str:
    if value is None:
        return ""
    return _written(local(value) if isinstance(value, datetime) else value, form)


def _written(value: date, form: int) -> str:
    day = date(value.year, value.month, value.day)
    return _written_day(day, DATES[_formats.get().date][form], translation.get_language())


@lru_cache(maxsize=4_000)
def _written_day(day: date, pattern: str, language: str | None) -> str:
    # `strftime` knows English months alone; it is ten times as fast
    if "%b" in pattern and language != "en":
        pattern = pattern.replace("%b", dateformat.format(day, "M"))
    return f"{day:{pattern}}"


def plain_number(text: str) -> str:
    """A number written like 1,234.50, in the viewer's format."""
    chosen = _formats.get().number
    return text if chosen == "comma" else text.translate(_TABLES[chosen])


_TABLES = {name: str.maketrans({",": group, ".": point}) for name, (group, point) in NUMBERS.items()}
