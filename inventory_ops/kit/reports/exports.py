"""Exports of a report: CSV straight from PostgreSQL's COPY, XLSX in constant memory, JSON. All three give the same
text, which the database makes from one snapshot; CSV alone guards what spreadsheets would run."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.utils import translation

from inventory_ops.kit.db import size
from inventory_ops.kit.db.compiled import sql_of
from inventory_ops.kit.reports.columns import Integer, Money, Percent
from inventory_ops.kit.reports.report import Report, Selection

CHUNK_BYTES = 64 * 1024
FIRST_ROWS = 200  # of a large list: found by the index that it is ordered by, as a page is
MOST_XLSX_ROWS = 1_048_575  # a sheet's rows less the header
LONGEST_XLSX_TEXT = 32_767  # characters that a cell holds


def ordered(selection: Selection, sort: str, *, for_spreadsheets: bool = False) -> QuerySet[Any]:
    """The exported texts of all rows in the given order, in the product's language: other programs read them."""
    report = selection.report
    rows = selection.rows.order_by(*report.ordering(sort or report.default_sort, selection.rows))
    with translation.override(settings.LANGUAGE_CODE):
        return report.export_values(rows, viewer=selection.scope.viewer, for_spreadsheets=for_spreadsheets)


@contextmanager
def snapshot(alias: str = DEFAULT_DB_ALIAS) -> Iterator[BaseDatabaseWrapper]:
    """A connection of its own that sees one moment of the data, whatever is written meanwhile."""
    own: Any = connections[alias].copy()
    try:
        with own.cursor() as cursor:
            cursor.execute("begin transaction isolation level repeatable read, read only")
        yield own
    finally:
        own.close()


def count(selection: Selection, via: BaseDatabaseWrapper) -> int:
    """Number of rows, read through the connection `via`."""
    sql, params = sql_of(selection.rows.order_by().values(*selection.report.identity))
    with via.cursor() as cursor:
        cursor.execute(f"select count(*) from ({sql}) rows", params)
        return int(cursor.fetchone()[0])


def _statement(rows: QuerySet[Any], via: BaseDatabaseWrapper | None) -> tuple[Any, str]:
    """The psycopg connection that reads go to, and the SQL with its parameters put in by psycopg."""
    connection = via or connections[rows.db]
    connection.ensure_connection()
    with translation.override(settings.LANGUAGE_CODE):
        sql, params = sql_of(rows)
    raw: Any = connection.connection
    return raw, psycopg.ClientCursor(raw).mogrify(sql, params)


def csv_chunks(
    selection: Selection,
    sort: str = "",
    *,
    via: BaseDatabaseWrapper | None = None,
    on_row: Callable[[], None] = lambda: None,
    marked: bool = False,
    most: int | None = None,
) -> Iterator[bytes]:
    """UTF-8 CSV with header, in chunks of about 64 KB; memory does not grow with the rows.

    `via` is the connection to read through, in a transaction of one snapshot; without it somebody waits for the
    stream, and what a large list begins with is sent before the rest has been sorted. `on_row` is called after each
    row (COPY sends one a message). With `marked` it begins with a byte order mark, by which Excel knows UTF-8.
    `most` is the number of rows after which it ends.
    """
    if marked:
        yield codecs.BOM_UTF8
    headers = [column.header for column in selection.report.exported_columns]
    yield (",".join(_quoted(header) for header in headers) + "\r\n").encode()
    rows = ordered(selection, sort, for_spreadsheets=True)[:most]
    if via or rows.query.group_by is not None or not size.is_large(rows.model):
        yield from _copied(rows, via, on_row)
        return
    sent = 0

    def count_row() -> None:
        nonlocal sent
        sent += 1
        on_row()

    with _one_snapshot(rows.db):
        yield from _copied(rows[:FIRST_ROWS], via, count_row)
        if sent == FIRST_ROWS:
            yield from _copied(rows[FIRST_ROWS:], via, on_row)


@contextmanager
def _one_snapshot(alias: str) -> Iterator[None]:
    """All statements of the block see the data of one moment, unless they are part of a transaction that began."""
    if connections[alias].in_atomic_block:
        yield
        return
    with transaction.atomic(using=alias):
        with connections[alias].cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read, read only")
        yield


def _copied(rows: QuerySet[Any], via: BaseDatabaseWrapper | None, on_row: Callable[[], None]) -> Iterator[bytes]:
    raw, statement = _statement(rows, via)
    with raw.cursor() as cursor, cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT csv, ENCODING 'UTF8')") as copy:
        buffer = bytearray()
        for data in copy:
            buffer += data
            on_row()
            if len(buffer) >= CHUNK_BYTES:
                yield bytes(buffer)
                buffer.clear()
        if buffer:
            yield bytes(buffer)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\r\n') else text


def text_rows(
    selection: Selection, sort: str = "", *, via: BaseDatabaseWrapper | None = None
) -> Iterator[tuple[str | None, ...]]:
    """Rows of exported texts, None for NULL, read through COPY."""
    raw, statement = _statement(ordered(selection, sort), via)
    with raw.cursor() as cursor, cursor.copy(f"COPY ({statement}) TO STDOUT") as copy:
        copy.set_types(["text"] * len(selection.report.exported_columns))
        yield from copy.rows()


def json_chunks(selection: Selection, sort: str = "") -> Iterator[str]:
    """A JSON array of one object a row, keyed by header."""
    columns = selection.report.exported_columns
    separator = "[\n"
    for row in text_rows(selection, sort):
        record = {column.header: column.json(text) for column, text in zip(columns, row, strict=True)}
        yield separator + json.dumps(record, ensure_ascii=False)
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def write_xlsx(
    selection: Selection,
    target: Path,
    sort: str = "",
    *,
    most_rows: int = MOST_XLSX_ROWS,
    via: BaseDatabaseWrapper | None = None,
    on_row: Callable[[], None] = lambda: None,
) -> int:
    """Write one sheet to `target` and answer the number of rows. Raises ValueError beyond what a sheet holds."""
    from rustpy_xlsxwriter import Format, write_worksheet  # here: nobody but an export of this kind waits for it

    report = selection.report
    headers = [column.header for column in report.exported_columns]
    numeric = are_numbers(report)
    written = 0

    def records() -> Iterator[dict[str, str | float | None]]:
        nonlocal written
        for row in text_rows(selection, sort, via=via):
            written += 1
            on_row()
            if written > most_rows:
                raise ValueError(f"A sheet holds {most_rows:,} rows at most. Narrow the filters, or export CSV.")
            yield {
                header: (float(text) if is_number else text[:LONGEST_XLSX_TEXT]) if text else None
                for header, text, is_number in zip(headers, row, numeric, strict=True)
            }
        if not written:
            yield dict.fromkeys(headers)  # the header is that of the first row, which has no cells here

    # texts stay texts, whatever they begin with: only columns that are named so are formulas or links
    write_worksheet(
        records(),
        str(target),
        sheet_name=report.slug[:31],
        freeze_row=1,
        column_widths=[max(12, min(len(header) + 2, 40)) for header in headers],
        header_format=Format().set_bold().set_border_bottom("thin"),
        autofilter=True,
    )
    return written


def are_numbers(report: Report) -> list[bool]:
    """Of each exported column, whether a sheet has it as numbers."""
    return [isinstance(column, Integer | Money | Percent) for column in report.exported_columns]
