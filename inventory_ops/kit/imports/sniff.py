"""Telling from a file's first lines how it is written: encoding, delimiter, quotes, and which line is the header."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from inventory_ops.kit.imports.dialect import DELIMITERS, Dialect
from inventory_ops.kit.imports.files import DAMAGED

SAMPLE = 1 << 17  # bytes
HEADER_WITHIN = 30  # rows
BLOCK = 1 << 20

type Judge = Callable[[Sequence[str]], float]  # how much a row looks like a header that we know; 0 is not at all
type Row = tuple[int, list[str]]  # the physical line it begins on, its cells

_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?[0-9][0-9.,' ]*")


@dataclass(frozen=True, slots=True)
class Text:
    """The beginning of a text file. `encoding` is empty where only a person can say it; `odd` are cells to judge by."""

    start: str
    encoding: str
    odd: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """Where the header is, and how the rows are written; `score` is the judge's."""

    cells: list[str]
    dialect: Dialect
    score: float
    rows: list[Row]  # the first ones below the header


def text_of(source: IO[bytes], encoding: str = "", *, whole: bool = True) -> Text:
    """Decode the beginning of a file, and, if `whole`, make sure that all of it is UTF-8. Leaves it at its start."""
    try:
        start = source.read(SAMPLE)
        found = encoding or _by_mark(start)
        if not found:
            found = "utf-8-sig" if _is_utf8(source if whole else io.BytesIO(), start) else ""
        source.seek(0)
    except (*DAMAGED, OSError):  # reading it says so
        source.seek(0)
        return Text("", "utf-8-sig")
    if found:
        decoder = codecs.getincrementaldecoder(found)(errors="replace")
        return Text(decoder.decode(start), found)
    text = start.decode("cp1252", errors="replace")
    odd = dict.fromkeys(re.findall(r'[^,;\t|"\r\n]*[^\x00-\x7f][^,;\t|"\r\n]*', text))
    return Text(text, "", tuple(cell.strip()[:80] for cell in list(odd)[:3]))


def _by_mark(start: bytes) -> str:
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = start[:2000:2].count(0), start[1:2000:2].count(0)
    most = min(len(start), 2000) // 2
    if most > 8 and max(even, odd) > most * 0.8 and min(even, odd) < most * 0.1:
        return "utf-16-le" if odd > even else "utf-16-be"
    return ""


def _is_utf8(rest: IO[bytes], start: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    block = start
    try:
        while block:
            if not block.isascii() or decoder.getstate()[0]:
                decoder.decode(block)
            block = rest.read(BLOCK)
    except UnicodeDecodeError:
        return False
    return True


def find(text: str, judge: Judge, *, encoding: str = "utf-8-sig", delimiter: str = "") -> Found | None:
    """The header line that the judge likes best, or else the one that looks most like a header; None for no text."""
    skipped = 0
    if sep := _SEP.match(text.split("\n", 1)[0]):
        delimiter, skipped = delimiter or sep[1], 1
    best: Found | None = None
    for candidate in [delimiter] if delimiter else DELIMITERS:
        quoted = _is_quoted(text, candidate)
        rows = list(_rows(text, candidate, quoted=quoted))[skipped:]
        found = best_of(rows, judge)
        if found is None:
            continue
        at, score = found
        line, cells = rows[at]
        if best is None or (score, len(cells)) > (best.score, len(best.cells)):
            dialect = Dialect(encoding, candidate, quoted, line)
            best = Found(trimmed(cells), dialect, score, rows[at + 1 :])
    return best


def best_of(rows: Sequence[Row], judge: Judge) -> tuple[int, float] | None:
    """Number of the row that is the header, and its score: the judge's, else 0 for what looks like one."""
    likes = [(judge(trimmed(cells)), -at) for at, (_, cells) in enumerate(rows[:HEADER_WITHIN])]
    if not likes:
        return None
    score, at = max(likes)
    if score > 0:
        return -at, score
    filled = [sum(bool(cell.strip()) for cell in cells) for _, cells in rows[:HEADER_WITHIN]]
    widest = max(filled)
    for at, (_, cells) in enumerate(rows[:HEADER_WITHIN]):
        words = [cell.strip() for cell in cells if cell.strip()]
        if words and len(words) >= 0.6 * widest and not any(_NUMBER.fullmatch(word) for word in words):
            return at, 0
    return 0, 0


def _rows(text: str, delimiter: str, *, quoted: bool) -> Iterator[Row]:
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    )
    before = 0
    try:
        for cells in reader:
            if any(cells):
                yield before + 1, cells
            before = reader.line_num
    except csv.Error:
        return


def _is_quoted(text: str, delimiter: str) -> bool:
    """Reports with tabs are often written without quoting: a quote mark is then a part of the text."""
    if delimiter != "\t" or '"' not in text:
        return True
    header, _, rest = text.partition("\n")
    if '"' in header:
        return True
    opened = [cell.strip("\r") for line in rest.split("\n")[:-1] for cell in line.split("\t") if cell[:1] == '"']
    return bool(opened) and all(len(cell) > 1 and cell.endswith('"') for cell in opened)


def trimmed(cells: Sequence[str]) -> list[str]:
    """A header without the blanks around its cells and the nameless columns at its end."""
    found = [cell.strip() for cell in cells]
    while found and not found[-1]:
        found.pop()
    return found
