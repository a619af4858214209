"""Machinery of imports: read a CSV file, stage it by COPY, report all errors at once."""

from inventory_ops.kit.imports.columns import Column
from inventory_ops.kit.imports.errors import FileRefused, RowError
from inventory_ops.kit.imports.files import Source, open_source, sources
from inventory_ops.kit.imports.reader import ERROR_COLUMN, Reader, Rows, RowSource
from inventory_ops.kit.imports.spec import Counts, ImportSpec, register, registry
from inventory_ops.kit.imports.staging import Parser, Staging
from inventory_ops.kit.imports.tables import Limits

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
    "Source",
    "Staging",
    "open_source",
    "register",
    "registry",
    "sources",
]
