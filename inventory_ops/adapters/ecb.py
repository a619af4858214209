"""The European Central Bank's files of reference rates: `eurofxref.csv` of a day and `eurofxref-hist.csv` of all days
since 1999, as they are or in their `.zip`, and the same as XML. One line is a day, one column a currency: what one
euro was in it."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

LARGEST_FILE = 20_000_000  # bytes, unpacked; thirty years of rates are two million
FORMATS = ("%Y-%m-%d", "%d %B %Y")
NONE = ("", "N/A")
NAMESPACE = "http://www.ecb.int/vocabulary/2002-08-01/eurofxref"


class NotReadable(ValueError):
    """The file is not one of the bank's; says what and in which line."""


@dataclass(frozen=True, slots=True)
class Reference:
    day: date
    currency: str
    rate: Decimal


def read(content: bytes) -> list[Reference]:
    """All rates of a file. Raises NotReadable."""
    text = _text(content)
    return list(_of_xml(text) if text.lstrip().startswith("<") else _rates(text))


def _text(content: bytes) -> str:
    if content.startswith(b"PK"):
        content = _unpacked(content)
    if len(content) > LARGEST_FILE:
        raise NotReadable("The file is larger than any file of reference rates.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotReadable("The file is not text in UTF-8.") from error


def _unpacked(content: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
            if len(names) != 1:
                raise NotReadable("The archive holds no single CSV file.")
            with archive.open(names[0]) as file:
                return file.read(LARGEST_FILE + 1)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise NotReadable("The archive cannot be read.") from error


def _of_xml(text: str) -> Iterator[Reference]:
    try:
        root = fromstring(text)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise NotReadable("The file is not well-formed XML.") from error
    found = False
    for number, each in enumerate(root.iter(f"{{{NAMESPACE}}}Cube"), start=1):
        if day := each.get("time"):
            for rate in each:
                found = True
                code = rate.get("currency", "").strip().upper()
                yield Reference(_day(day, number), code, _rate(rate.get("rate", ""), code, number))
    if not found:
        raise NotReadable("The file has no rates where eurofxref-daily.xml has them.")


def _rates(text: str) -> Iterator[Reference]:
    lines = csv.reader(io.StringIO(text))
    header = [name.strip().upper() for name in next(lines, [])]
    codes = [name for name in header[1:] if name]
    if not codes or header[0] != "DATE" or not all(len(code) == 3 and code.isalpha() for code in codes):
        raise NotReadable("The header is not “Date” followed by currency codes, as in eurofxref-hist.csv.")
    for number, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        day = _day(cells[0].strip(), number)
        for code, cell in zip(header[1:], cells[1:], strict=False):
            if code and cell.strip() not in NONE:
                yield Reference(day, code, _rate(cell.strip(), code, number))


def _day(text: str, line: int) -> date:
    for form in FORMATS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  (a day has no zone)
        except ValueError:
            continue
    raise NotReadable(f"Line {line}: “{text[:30]}” is not a day like 2026-11-27.")


def _rate(text: str, code: str, line: int) -> Decimal:
    try:
        rate = Decimal(text)
    except InvalidOperation as error:
        raise NotReadable(f"Line {line}, {code}: “{text[:30]}” is not a number.") from error
    if not rate.is_finite() or rate <= 0:
        raise NotReadable(f"Line {line}, {code}: “{text[:30]}” is not a rate above 0.")
    return rate
