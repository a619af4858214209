"""The SQL of querysets: for statements that are built around it, and for those that are compiled once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, Expression, Field, Func, QuerySet
from django.db.models.sql.compiler import SQLCompiler


def sql_of(rows: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    """A statement and its parameters, even of rows that Django knows to be none, as of a filter beyond the numbers of
    its column."""
    sql, params = rows.query.get_compiler(rows.db, elide_empty=False).as_sql()
    return sql, tuple(params)


class Slot(Expression):
    """Stands for a value that a `Statement` is given each time it runs."""

    def __init__(self, name: str, output_field: Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        return "%s", (self,)


class IsOneOf(Func):
    """Is a value among those of a `Slot` that is given a list?"""

    template = "%(expressions)s)"
    arg_joiner = " = any("
    output_field = BooleanField()


@dataclass(frozen=True, slots=True)
class _Compiled:
    model: Any
    sql: str
    params: tuple[Any, ...]
    names: tuple[str, ...]  # of the fields of a model, then of annotations
    fields: int
    converters: Sequence[tuple[int, Sequence[Callable[..., Any]], Any]]


class Statement:
    """Rows that are asked for again and again: the queryset is built and compiled once a process.

    Building takes Django longer than PostgreSQL takes to answer. Whatever differs from one time to the next has to be a
    `Slot`: nothing else that `build` reads may change while the process runs.
    """

    def __init__(self, build: Callable[[], QuerySet[Any]]) -> None:
        self._build = build
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, *, using: str = DEFAULT_DB_ALIAS, **given: Any) -> list[tuple[Any, ...]]:
        """The rows as tuples, each Slot filled with what is `given` by its name."""
        kept = self._of(using)
        connection = connections[using]
        with connection.cursor() as cursor:
            cursor.execute(kept.sql, [given[each.name] if isinstance(each, Slot) else each for each in kept.params])
            rows = cursor.fetchall()
        if not kept.converters:
            return rows
        return [_converted(row, kept.converters, connection) for row in rows]

    def instances(self, *, using: str = DEFAULT_DB_ALIAS, **given: Any) -> list[Any]:
        """The rows of a queryset of whole objects as such, with their annotations."""
        kept = self._of(using)
        found = []
        for row in self.rows(using=using, **given):
            each = kept.model.from_db(using, kept.names[: kept.fields], row[: kept.fields])
            for name, value in zip(kept.names[kept.fields :], row[kept.fields :], strict=True):
                setattr(each, name, value)
            found.append(each)
        return found

    def _of(self, using: str) -> _Compiled:
        if using not in self._compiled:
            self._compiled[using] = _compile(self._build().using(using))
        return self._compiled[using]


def _compile(rows: QuerySet[Any]) -> _Compiled:
    compiler = rows.query.get_compiler(rows.db, elide_empty=False)
    sql, params = compiler.as_sql()
    fields = [] if compiler.klass_info is None else compiler.klass_info["select_fields"]
    names = [compiler.select[index][0].target.attname for index in fields]
    found = compiler.get_converters([each[0] for each in compiler.select])
    converters = [(index, each, expression) for index, (each, expression) in found.items()]
    return _Compiled(
        rows.model, sql, tuple(params), (*names, *(compiler.annotation_col_map or ())), len(names), converters
    )


def _converted(row: tuple[Any, ...], converters: Any, connection: BaseDatabaseWrapper) -> tuple[Any, ...]:
    values = list(row)
    for index, functions, expression in converters:
        for convert in functions:
            values[index] = convert(values[index], expression, connection)
    return tuple(values)
