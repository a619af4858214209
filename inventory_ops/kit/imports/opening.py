"""Any table that somebody hands over, opened by what it is: a delimited text, packed or not, or a workbook."""

from __future__ import annotations

from typing import IO

from inventory_ops.kit.imports.dialect import Dialect
from inventory_ops.kit.imports.errors import refused
from inventory_ops.kit.imports.files import OLD_EXCEL, ZIP
from inventory_ops.kit.imports.sniff import Judge, find, text_of
from inventory_ops.kit.imports.tables import Limits, TextTable
from inventory_ops.kit.imports.workbooks import SheetTable


def table_of(
    source: IO[bytes], judge: Judge, limits: Limits | None = None, *, encoding: str = "", keep_all: bool = False
) -> tuple[TextTable | SheetTable, Dialect]:
    """The table below the row that `judge` likes best as a header, and how it is written. Raises FileRefused.

    UTF-8 is meant where neither the file nor `encoding` says another. With `keep_all`, rows with too many or too few
    cells, or with a NUL, come as they are.
    """
    start = source.read(4)
    source.seek(0)
    if start == ZIP:
        return SheetTable(source, judge, limits), Dialect()
    if start == OLD_EXCEL:
        raise refused("This is an old Excel file (.xls). Save it as .xlsx or as “CSV UTF-8”.", code="old_excel")
    text = text_of(source, encoding, whole=False)
    found = find(text.start, judge, encoding=text.encoding or "utf-8-sig")
    dialect = found.dialect if found else Dialect(text.encoding or "utf-8-sig")
    return TextTable(source, dialect, limits, keep_ragged=keep_all, keep_nul=keep_all), dialect
