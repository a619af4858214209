"""Exports of a report: CSV straight from PostgreSQL's COPY, XLSX in constant memory, JSON. All three give the same
text, which the database makes in one statement, hence from one snapshot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import xlsxwriter
from django.db import connections
from django.db.models import QuerySet

from inventory_ops.kit.reports.columns import Integer, Money, Percent
from inventory_ops.kit.reports.report import Selection

CHUNK_BYTES = 64 * 1024
MOST_XLSX_ROWS = 1_048_575  # a sheet's rows less the header


def ordered(selection: Selection, sort: str) -> QuerySet[Any]:
    """The exported texts of all rows in the given order."""
    report = selection.report
    rows = selection.rows.order_by(*report.ordering(sort or report.default_sort))
    return report.export_values(rows, viewer=selection.scope.viewer)


def _statement(rows: QuerySet[Any]) -> tuple[Any, str]:
    """The psycopg connection that reads go to, and the SQL with its parameters put in by psycopg."""
    connection = connections[rows.db]
    connection.ensure_connection()
    sql, params = rows.query.sql_with_params()
    raw: Any = connection.connection
    return raw, psycopg.ClientCursor(raw).mogrify(sql, params)


def csv_chunks(selection: Selection, sort: str = "") -> Iterator[bytes]:
    """UTF-8 CSV with header, in chunks of about 64 KB; memory does not grow with the rows."""
    headers = [column.header for column in selection.report.exported_columns]
    yield (",".join(_quoted(header) for header in headers) + "\r\n").encode()
    raw, statement = _statement(ordered(selection, sort))
    with raw.cursor() as cursor, cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT csv, ENCODING 'UTF8')") as copy:
        buffer = bytearray()
        for data in copy:
            buffer += data
            if len(buffer) >= CHUNK_BYTES:
                yield bytes(buffer)
                buffer.clear()
        if buffer:
            yield bytes(buffer)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\r\n') else text


def text_rows(selection: Selection, sort: str = "") -> Iterator[tuple[str | None, ...]]:
    """Rows of exported texts, None for NULL, read through COPY."""
    raw, statement = _statement(ordered(selection, sort))
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


def write_xlsx(selection: Selection, target: Path, sort: str = "", *, most_rows: int = MOST_XLSX_ROWS) -> int:
    """Write one sheet to `target` and answer the number of rows. Raises ValueError beyond what a sheet holds."""
    report = selection.report
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(target), options) as book:
        head = book.add_format({"bold": True, "bottom": 1})
        sheet = book.add_worksheet(report.slug[:31])
        sheet.freeze_panes(1, 0)
        numeric = [isinstance(column, Integer | Money | Percent) for column in report.exported_columns]
        for index, column in enumerate(report.exported_columns):
            sheet.set_column(index, index, max(12, min(len(column.header) + 2, 40)))
            sheet.write_string(0, index, column.header, head)
        count = 0
        for row in text_rows(selection, sort):
            count += 1
            if count > most_rows:
                raise ValueError(f"A sheet holds {most_rows:,} rows at most. Narrow the filters, or export CSV.")
            for index, text in enumerate(row):
                if not text:
                    continue
                if numeric[index]:
                    sheet.write_number(count, index, float(text))
                else:
                    sheet.write_string(count, index, text)
        sheet.autofilter(0, 0, max(count, 1), len(report.exported_columns) - 1)
    return count
