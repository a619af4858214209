"""Whatever bytes come in: rows with their physical lines, or a refusal with its place; never anything else."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from inventory_ops.kit.imports import Column, Counts, FileRefused, ImportSpec, Reader
from inventory_ops.kit.imports.values import Text

SPEC = ImportSpec(
    name="things",
    title="Things",
    order=1,
    columns=(Column("a", Text(), required=True), Column("b", Text())),
    check=lambda staging: None,
    apply=lambda staging: Counts(),
)
CELLS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)


@given(st.lists(st.tuples(CELLS.filter(bool), CELLS), max_size=30), st.sampled_from(["\n", "\r\n"]))
def test_what_a_csv_writer_writes_is_read_back(rows: list[tuple[str, str]], line_end: str) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerow(["a", "b"])
    starts = []
    for row in rows:
        # a line ends with \n, \r or both, wherever it stands
        starts.append(
            len(io.TextIOWrapper(io.BytesIO(text.getvalue().encode()), encoding="utf-8", newline="").readlines()) + 1
        )
        writer.writerow(row)
    reader = Reader(io.BytesIO(text.getvalue().encode()), SPEC)
    found = [
        (line, tuple(cells)) for lines, block in reader.batches(7) for line, cells in zip(lines, block, strict=True)
    ]
    assert found == list(zip(starts, rows, strict=True))


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_read_or_refused_with_a_place(data: bytes) -> None:
    try:
        reader = Reader(io.BytesIO(b"a,b\n" + data), SPEC)
        for lines, rows in reader.batches():
            assert len(lines) == len(rows)
            assert all(len(row) == 2 for row in rows)
    except FileRefused as error:
        assert all(each.message and each.line >= 0 for each in error.errors)
