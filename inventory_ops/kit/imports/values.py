"""Types of cells: what a text in a CSV file must look like, and the text that COPY is given for it.

Every type has `sql`, the type of its staging column, and `parse`, which answers the normalised text, None for an
empty value, or raises `BadValue` with a sentence that says what is wrong and how to correct it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import ClassVar

FIRST_YEAR, LAST_YEAR = 1900, 2200

_INTEGER = re.compile(r"([+-]?[0-9]{1,18})(?:\.0{1,20})?")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{1,20})?|\.[0-9]{1,20})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]((?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?)"
    r" ?(Z|z|UTC|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)?)?"
)
# NUL, which text in PostgreSQL cannot hold, is refused for the whole file, but for one in UTF-16
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class BadValue(ValueError):
    """A cell that cannot be taken. `hidden` keeps the value itself out of lists and logs."""

    def __init__(self, message: str, *, code: str = "invalid", hidden: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.hidden = hidden


@dataclass(frozen=True, slots=True)
class Text:
    """Any text of at most `max_length` characters in Unicode's composed form (NFC), without control characters but
    tab and line break.

    `exact` keeps blanks around it, which cells of all other types lose: there are SKUs that differ by one alone.
    """

    max_length: int = 200
    exact: bool = False
    one_line: bool = True
    upper: bool = False
    lower: bool = False
    sql: ClassVar[str] = "text"

    def parse(self, text: str) -> str:
        if not text.isascii():
            text = unicodedata.normalize("NFC", text)
        if len(text) > self.max_length:
            raise BadValue(f"is {len(text)} characters long, at most {self.max_length} are allowed", code="too_long")
        if _CONTROL.search(text) or (self.one_line and ("\n" in text or "\r" in text)):
            raise BadValue("holds a control character or a line break: remove it", code="control")
        if self.upper:
            return text.upper()
        return text.lower() if self.lower else text


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number in ASCII digits; 5.0, as spreadsheets and scripts write it, is 5."""

    minimum: int = -1_000_000_000
    maximum: int = 1_000_000_000
    sql: ClassVar[str] = "bigint"

    def parse(self, text: str) -> str:
        match = _INTEGER.fullmatch(text)
        if not match:
            raise BadValue("is not a whole number: use digits 0-9 only, like 12", code="number")
        number = int(match[1])
        if not self.minimum <= number <= self.maximum:
            raise BadValue(f"must be between {self.minimum} and {self.maximum}", code="range")
        return str(number)


@dataclass(frozen=True, slots=True)
class Number:
    """An exact decimal number in ASCII digits with a point."""

    minimum: Decimal
    maximum: Decimal
    decimals: int = 4
    exclusive: bool = False
    sql: ClassVar[str] = "numeric"

    def parse(self, text: str) -> str:
        if not _DECIMAL.fullmatch(text):
            raise BadValue("is not a number: use digits 0-9 and a decimal point, like 12.50", code="number")
        number = Decimal(text)
        if not self.minimum <= number <= self.maximum or (self.exclusive and number == self.minimum):
            relation = "more than" if self.exclusive else "at least"
            raise BadValue(f"must be {relation} {self.minimum} and at most {self.maximum}", code="range")
        exponent = number.normalize().as_tuple().exponent
        if isinstance(exponent, int) and -exponent > self.decimals:
            raise BadValue(f"has more than {self.decimals} decimals", code="decimals")
        return format(number, "f")


def money(*, positive: bool = False) -> Number:
    """An amount from 0 to below a billion, up to four decimals; `positive` leaves 0 out."""
    return Number(Decimal(0), Decimal("999999999.9999"), exclusive=positive)


def percent() -> Number:
    return Number(Decimal(0), Decimal(100))


def ratio() -> Number:
    return Number(Decimal(0), Decimal(1))


def _sane(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadValue(f"is outside the years {FIRST_YEAR} to {LAST_YEAR}", code="range")


@dataclass(frozen=True, slots=True)
class Date:
    """A calendar date, YYYY-MM-DD."""

    sql: ClassVar[str] = "date"

    def parse(self, text: str) -> str:
        if not _DATE.fullmatch(text):
            raise BadValue("is not a date: use YYYY-MM-DD, like 2026-03-31", code="date")
        try:
            day = date.fromisoformat(text)
        except ValueError as error:
            raise BadValue("is not a date of the calendar", code="date") from error
        _sane(day.year)
        return text


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in ISO 8601. With an offset it is staged in UTC and ends in Z; without, as the wall clock it was.

    Which zone a wall clock belongs to is known only when the row's merchant is: `Staging.moment` resolves it.
    """

    sql: ClassVar[str] = "text"

    def parse(self, text: str) -> str:
        match = _MOMENT.fullmatch(text)
        if not match:
            raise BadValue("is not a moment: use ISO 8601, like 2026-03-31T14:05:00 or …+02:00", code="moment")
        day, time, zone = match.groups()
        iso = f"{day}T{_two_digit_hour(time)}" if time else day
        try:
            moment = datetime.fromisoformat(iso + ("Z" if zone == "UTC" else (zone or "").upper()))
        except ValueError as error:
            raise BadValue("is not a moment of the calendar", code="moment") from error
        _sane(moment.year)
        if moment.tzinfo is None:
            return moment.isoformat()
        try:
            moment = moment.astimezone(UTC)
        except OverflowError as error:
            raise BadValue("is outside the calendar", code="range") from error
        return moment.replace(tzinfo=None).isoformat() + "Z"


def _two_digit_hour(time: str) -> str:
    return time if time[2] == ":" else f"0{time}"


@dataclass(frozen=True, slots=True)
class Boolean:
    """true/false, yes/no, 1/0 in any case."""

    sql: ClassVar[str] = "boolean"
    WORDS: ClassVar[dict[str, str]] = dict.fromkeys(("true", "yes", "1", "t", "y"), "t") | dict.fromkeys(
        ("false", "no", "0", "f", "n"), "f"
    )

    def parse(self, text: str) -> str:
        try:
            return self.WORDS[text.lower()]
        except KeyError:
            raise BadValue("is neither true nor false", code="boolean") from None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words, in any case."""

    words: tuple[str, ...]
    sql: ClassVar[str] = "text"

    def parse(self, text: str) -> str:
        word = text.lower()
        if word not in self.words:
            raise BadValue(f"must be one of {', '.join(self.words)}", code="choice")
        return word


@dataclass(frozen=True, slots=True)
class Coded:
    """One of a few numbers, or the word that our pages and exports show for it, in any case."""

    words: tuple[tuple[str, str], ...]  # number, word
    sql: ClassVar[str] = "bigint"

    def parse(self, text: str) -> str:
        word = text.lower().removesuffix(".0")
        for number, name in self.words:
            if word in {number, name}:
                return number
        raise BadValue(f"must be one of {', '.join(f'{n} ({w})' for n, w in self.words)}", code="choice")


type ValueType = Text | Integer | Number | Date | Moment | Boolean | Choice | Coded
