"""Machinery of imports: read a CSV file, stage it by COPY, report all errors at once."""

from inventory_ops.kit.imports.reader import ERROR_COLUMN, FileRefused, Limits, Reader, Rows, RowSource, open_source
from inventory_ops.kit.imports.spec import Column, Counts, ImportSpec, RowError, register, registry
from inventory_ops.kit.imports.staging import Parser, Staging

__all__ = [
    "ERROR_COLUMN",
    "Column",
    "Counts",
    "FileRefused",
    "ImportSpec",
    "Limits",
    "Parser",
    "Reader",
    "RowError",
    "RowSource",
    "Rows",
    "Staging",
    "open_source",
    "register",
    "registry",
]
