"""The staging table of one file: filled by COPY, checked and applied by SQL on the whole set."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from inventory_ops.kit.imports.columns import Column, Kind
from inventory_ops.kit.imports.dialect import Dialect
from inventory_ops.kit.imports.errors import FileRefused, RowError
from inventory_ops.kit.imports.reader import RowSource
from inventory_ops.kit.imports.values import BadValue, Date, Moment

NULL = r"\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
MEMORY = 50_000  # values a column remembers; files repeat dates, SKUs and prices
SHOWN_ERRORS = 100_000


class _Memo(dict[str, str]):
    """Text of a cell → text for COPY, each distinct value parsed once (a lookup costs 50 ns, a parse 1 µs)."""

    def __init__(self, column: Column, dialect: Dialect, *, keep_empty: bool) -> None:
        super().__init__()
        self.column = column
        self._bring = dialect.reader_of(column.type)
        self.bad: dict[str, BadValue] = {}
        self._keep_empty = keep_empty
        default = column.default_text
        self._empty = NULL if default is None or keep_empty else default.translate(_ESCAPES)
        self.newest = ""
        self._exact = getattr(column.type, "exact", False)
        self.dated = column.happened and isinstance(column.type, Moment | Date)

    def __missing__(self, raw: str) -> str:
        if len(self) >= MEMORY:
            self.clear()
        text = raw.strip()
        try:
            if text:
                text = raw if self._exact else text
                if self._bring:
                    text = self._bring(text)
                value = self.column.type.parse(text)
                if self.dated and value > self.newest:
                    self.newest = value
                result = value if value.isprintable() and "\\" not in value else value.translate(_ESCAPES)
            elif self.column.required and not self._keep_empty:
                raise BadValue("is empty: a value is required", code="required")
            else:
                result = self._empty
        except BadValue as error:
            self.bad[raw] = error
            result = NULL
        self[raw] = result
        return result


class Parser:
    """Turns rows of cells into rows of COPY text, column by column."""

    def __init__(
        self,
        header: Sequence[str],
        spec: Kind,
        *,
        dialect: Dialect | None = None,
        dates_only: bool = False,
        keep_empty: bool = False,
    ) -> None:
        dialect = dialect or Dialect()
        memos = (
            (n, _Memo(spec.fields[name], dialect, keep_empty=keep_empty))
            for n, name in enumerate(header)
            if name in spec.fields
        )
        self._memos = [(n, memo) for n, memo in memos if memo.dated or not dates_only]
        self.columns = [memo.column for _, memo in self._memos]

    def newest(self) -> date | None:
        """The newest day on which something in the file happened, as written there."""
        days = [memo.newest[:10] for _, memo in self._memos if memo.newest]
        return date.fromisoformat(max(days)) if days else None

    def parse(self, lines: list[int], rows: list[list[str]], errors: list[RowError]) -> str:
        columns: list[Iterable[str]] = [map(str, lines)]
        for position, memo in self._memos:
            values = list(map(operator.itemgetter(position), rows))
            columns.append(list(map(memo.__getitem__, values)))
            if memo.bad:
                errors.extend(
                    _error(line, memo.column.name, value, memo.bad[value])
                    for line, value in zip(lines, values, strict=True)
                    if value in memo.bad
                )
                for value in memo.bad:  # so that a clean batch after this one need not be searched
                    memo.pop(value, None)
                memo.bad.clear()
        return "\n".join(map("\t".join, zip(*columns, strict=True))) + "\n"


def _error(line: int, column: str, value: str, error: BadValue) -> RowError:
    return RowError(line, column, "(hidden)" if error.hidden else value[:200].replace("\0", ""), error.code, str(error))


SHOWN_CHANGES = 20  # rows of a kind


@dataclass(frozen=True, slots=True)
class Change:
    """One value that would be different."""

    row: str
    column: str
    old: str
    new: str


@dataclass
class Staging:
    """One file's rows in the temporary table `table`: `line` and a column for each of the spec's columns.

    Lives in the caller's transaction; `close` drops the tables. Optional columns that the file does not have hold
    their default; `present` names those it has.
    """

    spec: Kind
    now: datetime
    actor: str = ""
    actor_id: int | None = None
    shift_days: int = 0
    # shift of the last load of a file with the same content: what a moment was moved to then
    previous_shift_days: int | None = None
    batch: Any = None
    present: frozenset[str] = frozenset()
    rows: int = 0
    keep_empty: bool = False  # an empty cell keeps what a known row has, instead of clearing it
    shows_change: bool = False  # of a check: tell what would be different, for people to look at
    changes: list[Change] = field(default_factory=list)
    facts: dict[str, int] = field(default_factory=dict)  # what would be different in all, by its name
    unchanged: int = 0  # rows that a check found to say what is there already, and took out
    made_ids: bool = False  # some rows were given ids, as their file has none
    table: str = "staged"
    _made: list[str] = field(default_factory=list)

    def execute(self, sql: str, params: Sequence[Any] | dict[str, Any] | None = None) -> int:
        """Run one statement, answer the number of rows it touched."""
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return int(cursor.rowcount)

    def fetch(self, sql: str, params: Sequence[Any] | dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return list(cursor.fetchall())

    def create(self, name: str, select: str, params: Sequence[Any] | dict[str, Any] | None = None) -> None:
        """Make the temporary table `name` from a SELECT, with statistics; dropped by `close`."""
        self.execute(f"drop table if exists pg_temp.{name}")
        self.execute(f"create temp table {name} on commit drop as {select}", params)
        self.execute(f"analyze pg_temp.{name}")
        self._made.append(name)

    def fill(self, reader: RowSource, progress: Callable[[], None] = lambda: None) -> None:
        """COPY all rows; cells and rows that cannot be read become errors, the rest of their row is staged."""
        parser = Parser(reader.header, self.spec, dialect=getattr(reader, "dialect", None), keep_empty=self.keep_empty)
        self.present = frozenset(column.field for column in parser.columns)
        columns = ", ".join(f"{column.field} {column.type.sql}" for column in self.spec.columns)
        self._drop(self.table, "import_error", "import_warning")
        self.execute(f"create temp table {self.table} (line integer, {columns}) on commit drop")
        self.execute(
            "create temp table import_error (line integer, col text, value text, code text, message text)"
            " on commit drop"
        )
        self.execute("create temp table import_warning (like pg_temp.import_error) on commit drop")
        self._made += [self.table, "import_error", "import_warning"]
        names = ", ".join(["line", *(column.field for column in parser.columns)])
        refusal: FileRefused | None = None
        with connection.cursor() as cursor:
            errors: list[RowError] = []
            with cursor.copy(f"copy pg_temp.{self.table} ({names}) from stdin") as copy:
                try:
                    for lines, rows in reader.batches():
                        copy.write(parser.parse(lines, rows, errors))
                        progress()
                except FileRefused as error:
                    # what cannot be read ends the file here; the errors found so far are worth telling, too
                    refusal = error
        if refusal:
            raise FileRefused(*sorted([*reader.errors, *errors, *refusal.errors], key=lambda error: error.line))
        self.rows = reader.rows
        for column in self.spec.columns:
            if column.field not in self.present and column.default is not None:
                self.execute(f"update pg_temp.{self.table} set {column.field} = %s", [column.default_text])
        self.execute(f"analyze pg_temp.{self.table}")
        self._store([*reader.errors, *errors], "import_error")
        self._store(getattr(reader, "warnings", []), "import_warning")

    def _store(self, errors: list[RowError], table: str) -> None:
        if not errors:
            return
        with (
            connection.cursor() as cursor,
            cursor.copy(f"copy pg_temp.{table} (line, col, value, code, message) from stdin") as copy,
        ):
            for error in errors:
                copy.write_row((error.line, error.column, error.value, error.code, error.message))

    def errors(
        self,
        column: str,
        code: str,
        message: str,
        where: str,
        params: Sequence[Any] = (),
        *,
        value: str = "",
        into: str = "import_error",
    ) -> None:
        """Add an error for every staged row `s` that `where` (which may go on from a FROM item) selects.

        `message` is a SQL expression (a quoted text, mostly); `value` one too, by default the column itself. Into
        `import_warning`, it is a warning: the row is taken all the same.
        """
        shown = value or (f"s.{self.spec.fields[column].field}::text" if column else "null::text")
        self.execute(
            f"insert into pg_temp.{into} select s.line, '{column}', left(coalesce({shown}, ''), 200), '{code}',"
            f" left({message}, 500) from pg_temp.{self.table} s {where}",
            params,
        )

    def check_key(self) -> None:
        """Refuse the second and later rows with the same key."""
        fields = [self.spec.fields[name].field for name in self.spec.key]
        if not fields:
            return
        keys = ", ".join(fields)
        equal = " and ".join(f"d.{name} is not distinct from s.{name}" for name in fields[1:]) or "true"
        self.errors(
            self.spec.key[0],
            "duplicate",
            "'repeats the key of line ' || d.line || ': keep one of them'",
            f"join (select {keys}, min(line) as line from pg_temp.{self.table} where {fields[0]} is not null"
            f" group by {keys} having count(*) > 1) d on d.{fields[0]} = s.{fields[0]} and {equal}"
            " where s.line > d.line",
        )

    def check_new(self, column: str, where: str) -> None:
        """Refuse rows of unknown things (selected by `where`) that lack what a new one needs."""
        for needed in self.spec.columns:
            if needed.required and needed.name not in self.spec.partial:
                empty = f" and s.{needed.field} is null" if needed.field in self.present else ""
                if empty and not self.keep_empty:
                    continue  # the empty cell has been refused
                self.errors(
                    needed.name,
                    "required",
                    f"'There is no such row yet, and a new one needs {needed.name}'",
                    f"{where}{empty}",
                    value=f"s.{self.spec.fields[column].field}::text",
                )

    def failed(self) -> tuple[int, list[RowError]]:
        """Number of rows with an error, and the errors by line (the first 100,000)."""
        rows = self.fetch(
            "select line, col, value, code, message from pg_temp.import_error order by line, col limit %s",
            [SHOWN_ERRORS],
        )
        count = self.fetch("select count(distinct line) from pg_temp.import_error")[0][0]
        return count, [RowError(*row) for row in rows]

    def warned(self) -> tuple[int, list[RowError]]:
        """Number of rows that are taken with a warning, and the warnings by line (the first 100,000)."""
        good = "from pg_temp.import_warning where line not in (select line from pg_temp.import_error)"
        rows = self.fetch(f"select line, col, value, code, message {good} order by line, col limit %s", [SHOWN_ERRORS])
        count = self.fetch(f"select count(distinct line) {good}")[0][0]
        return count, [RowError(*row) for row in rows]

    def drop_failed(self) -> None:
        self.execute(f"delete from pg_temp.{self.table} where line in (select line from pg_temp.import_error)")

    def moment(self, column: str, *, zone: str = "'UTC'", alias: str = "s", offset_days: int | None = None) -> str:
        """SQL of a staged moment as timestamptz: its wall clock read in `zone`, moved by the shift.

        A wall clock that the change to summer time skips is moved on by an hour; one that comes twice in autumn
        is the second (standard time).
        """
        text = f"{alias}.{column}"
        days = self.shift_days if offset_days is None else offset_days
        sql = (
            f"case when right({text}, 1) = 'Z' then {text}::timestamptz else {text}::timestamp at time zone {zone} end"
        )
        return f"({sql} + interval '24 hours' * {int(days)})"

    def day(self, column: str, *, alias: str = "s") -> str:
        """SQL of a staged date, moved by the shift."""
        return f"({alias}.{column} + {int(self.shift_days)})"

    @property
    def shift(self) -> timedelta:
        return timedelta(days=self.shift_days)

    def _drop(self, *names: str) -> None:
        for name in names:
            self.execute(f"drop table if exists pg_temp.{name}")

    def close(self) -> None:
        """Drop what was made, so that the next file of the same transaction finds the names free."""
        self._drop(*self._made)
        self._made.clear()
