"""Hostile inputs by kind: each mapping says what an input attacks, and the input itself."""

from __future__ import annotations

from tests.hostile.corpus.addresses import (
    CONTENT_TYPES,
    HEADERS,
    METHODS,
    MULTIPARTS,
    PATHS,
    QUERIES,
    TOKENS,
    UPLOAD_NAMES,
)
from tests.hostile.corpus.csv_files import RAW, around
from tests.hostile.corpus.json_bodies import BODIES, VALUES
from tests.hostile.corpus.moments import MOMENTS
from tests.hostile.corpus.numbers import NUMBERS
from tests.hostile.corpus.texts import MARK, TEXTS

__all__ = [
    "BODIES",
    "CELLS",
    "CONTENT_TYPES",
    "HEADERS",
    "MARK",
    "METHODS",
    "MOMENTS",
    "MULTIPARTS",
    "NUMBERS",
    "PATHS",
    "QUERIES",
    "RAW",
    "TEXTS",
    "TOKENS",
    "UPLOAD_NAMES",
    "VALUES",
    "around",
]

# what may stand in one field of a form, one parameter of an address, one cell of a file, one argument of a command
CELLS: dict[str, str] = {
    f"{kind}: {name}": value
    for kind, inputs in (("text", TEXTS), ("number", NUMBERS), ("moment", MOMENTS))
    for name, value in inputs.items()
}
