"""Loading of import files: each in one transaction, with its record, its errors and one audit event."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO

import structlog
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from inventory_ops.kit.db import locks
from inventory_ops.kit.db.size import outgrown
from inventory_ops.kit.imports import (
    Counts,
    FileRefused,
    ImportSpec,
    Limits,
    Parser,
    Reader,
    RowError,
    Rows,
    Staging,
    open_source,
)
from inventory_ops.kit.imports.mapped import ColumnMap, Mapped
from inventory_ops.kit.imports.recognise import Layout
from inventory_ops.models import AuditEvent, Location, User
from inventory_ops.operations.imports.outcomes import CheckedOnly, Outcome, digest, record_outcome
from inventory_ops.operations.ledger import LedgerRefusal

log = structlog.get_logger(__name__)
BIG = 10_000  # rows after which the planner wants new statistics …
GOOD_PART = 0.5  # … where they are that much of a table


@dataclass(frozen=True, slots=True)
class File:
    """A file to load: where it is, what it is called, and what kind it is.

    `layout` is what was found out about how it is written, and `mapping` what was answered; else it is looked at.
    """

    path: Path
    spec: ImportSpec
    name: str
    layout: Layout | None = None
    mapping: ColumnMap = field(default_factory=ColumnMap)
    keep_empty: bool = False


type Others = tuple[int, Callable[[datetime, int], list[Outcome]]]  # order, what loads at a moment with a shift
type Progress = Callable[[File, str, int], None]  # file, phase (reading/checking/applying), bytes read


def _quiet(_file: File, _phase: str, _done: int) -> None:
    """Progress of a caller that does not want to know."""


def shift_for(files: Sequence[File], *, now: datetime, limits: Limits | None = None) -> int:
    """Days that bring the newest moment of all files (as written there) to yesterday; 0 when there is none."""
    newest: date | None = None
    for file in files:
        try:
            with open_source(file.path) as source:
                reader = Reader(source, file.spec, limits)
                parser = Parser(reader.header, file.spec, dates_only=True)
                if not parser.columns:
                    continue
                for lines, rows in reader.batches():
                    parser.parse(lines, rows, [])
        except FileRefused:
            continue  # loading it tells why
        day = parser.newest()
        newest = max(filter(None, (newest, day)), default=None)
    return (now.date() - timedelta(days=1) - newest).days if newest else 0


def load_files(
    files: Sequence[File],
    *,
    by: User | None = None,
    now: datetime | None = None,
    shift_dates: bool = False,
    all_or_nothing: bool = False,
    progress: Progress = _quiet,
    others: Sequence[Others] = (),
) -> list[Outcome]:
    """Apply files in the order of their kinds, each in a transaction of its own, or all in one that any error undoes.

    Loads of the same kind queue up behind each other. `others` are loads of foreign layouts, with the order of the
    kind that they belong to.
    """
    now = now or timezone.now()
    shift = shift_for(files, now=now) if shift_dates else 0
    turns: list[tuple[int, str, Callable[[], list[Outcome]]]] = [
        (
            file.spec.order,
            file.spec.name,
            lambda file=file: [_load(file, by=by, now=now, shift_days=shift, progress=progress)],  # type: ignore[misc]
        )
        for file in files
    ]
    turns += [(order, "", lambda load=load: load(now, shift)) for order, load in others]  # type: ignore[misc]
    outcomes: list[Outcome] = []
    try:
        with transaction.atomic() if all_or_nothing else _nothing():
            for _order, _name, load in sorted(turns, key=lambda turn: turn[:2]):
                outcomes.extend(load())
            if all_or_nothing and any(outcome.errors for outcome in outcomes):
                raise CheckedOnly
    except CheckedOnly:
        for outcome in outcomes:
            outcome.counts, outcome.refused = Counts(), True
            record_outcome(outcome, by=by, now=now, all_or_nothing=True)
    analyse(outcomes)
    return outcomes


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def analyse(outcomes: Sequence[Outcome]) -> None:
    """Give the planner statistics of the tables that big loads have made larger by half, or changed half of.

    Of a smaller part autovacuum does it a minute later, while nobody waits. Until then the planner knows the rows from
    the size of the file, and how values are distributed from before; reading that again for each load of a tenth took
    a fifth of an orders load.
    """
    tables: set[str] = set()
    for outcome in outcomes:
        rows = outcome.counts.new + outcome.counts.changed
        if rows >= BIG:
            tables.update(outgrown(outcome.spec.tables, rows, share=GOOD_PART))
    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(f"analyze {table}")


def _load(file: File, *, by: User | None, now: datetime, shift_days: int, progress: Progress) -> Outcome:
    def record(outcome: Outcome) -> None:
        record_outcome(outcome, by=by, now=now, shift_days=shift_days, sha256=digest(file.path))

    outcome = attempt(file, by=by, now=now, shift_days=shift_days, progress=progress, record=record)
    if outcome.refused:
        record_outcome(outcome, by=by, now=now)
    return outcome


def attempt(
    file: File,
    *,
    by: User | None,
    now: datetime,
    record: Callable[[Outcome], None] | None,
    shift_days: int = 0,
    limits: Limits | None = None,
    all_or_nothing: bool = False,
    shows_change: bool = False,
    progress: Progress = _quiet,
) -> Outcome:
    """Apply a file and `record` the outcome in one transaction; without `record` all is tried out and undone.

    What refuses the file as a whole becomes its outcome, too, and is for the caller to record.
    """
    outcome = Outcome(spec=file.spec, file_name=file.name)
    try:
        with transaction.atomic():
            process(
                file,
                outcome,
                by=by,
                now=now,
                shift_days=shift_days,
                limits=limits,
                all_or_nothing=all_or_nothing,
                shows_change=shows_change or record is None,
                progress=progress,
            )
            if record is None or outcome.refused:
                raise CheckedOnly
            record(outcome)
    except CheckedOnly:
        pass
    except FileRefused as error:
        outcome.refused, outcome.errors, outcome.counts = True, error.errors, Counts()
    except (DatabaseError, LedgerRefusal) as error:
        outcome.refused, outcome.counts = True, Counts()
        outcome.errors = [RowError(0, "", "", "not_applied", reason(error))]
        log.warning("import_not_applied", kind=outcome.kind, error=type(error).__name__)
    return outcome


def process(
    file: File,
    outcome: Outcome,
    *,
    by: User | None,
    now: datetime,
    shift_days: int = 0,
    limits: Limits | None = None,
    all_or_nothing: bool = False,
    shows_change: bool = False,
    progress: Progress = _quiet,
) -> None:
    """Stage, check and apply one file in the caller's transaction. Raises FileRefused, LedgerRefusal, DatabaseError.

    With `all_or_nothing` a file with any error applies no row.
    """
    with opened(file, limits) as (reader, source):
        staging = new_staging(file.spec, outcome, by=by, now=now, shift_days=shift_days)
        staging.keep_empty = file.keep_empty
        staging.shows_change = shows_change
        if file.spec.name == "flash_sales":
            staging.previous_shift_days = previous_shift(file)
        refuse_fields(reader.header, file.spec, by=by)
        staging.fill(reader, lambda: progress(file, "reading", _position(source)))
    if isinstance(reader, Mapped):
        outcome.left_out, outcome.left_out_rows = len(reader.left_out), reader.left_out
        make_places(reader.seen.get("location", {}))
    progress(file, "checking", 0)
    check_staged(file.spec, staging, outcome)
    if isinstance(reader, Mapped):
        outcome.errors = in_their_columns(outcome.errors, reader.theirs)
        outcome.warnings = in_their_columns(outcome.warnings, reader.theirs)
    if outcome.errors and all_or_nothing:
        outcome.refused = True
    else:
        progress(file, "applying", 0)
        apply_staged(file.spec, staging, outcome)
    staging.close()


@contextmanager
def opened(file: File, limits: Limits | None) -> Iterator[tuple[Reader | Mapped, IO[bytes]]]:
    """The rows of a file under the columns of its kind. Raises FileRefused."""
    layout = file.layout
    if layout is None:
        with open_source(file.path) as source:
            yield Reader(source, file.spec, limits), source
        return
    with layout.open(limits) as table:
        if file.mapping.is_empty:
            yield Reader(table, file.spec, limits, dialect=layout.dialect), table.source
        else:
            yield Mapped(table, file.spec, file.mapping, layout.dialect), table.source


def in_their_columns(remarks: Sequence[RowError], theirs: Mapping[str, str]) -> list[RowError]:
    """Remarks under the headers that the file has."""
    return [replace(remark, column=theirs.get(remark.column, remark.column)) for remark in remarks]


def make_places(names: Mapping[str, str]) -> None:
    """Make locations that somebody named and nobody knew."""
    Location.objects.bulk_create(
        [Location(code=code, name=name[:200]) for code, name in sorted(names.items())], ignore_conflicts=True
    )


@transaction.atomic
def load_rows(spec: ImportSpec, rows: Rows, *, by: User | None = None, now: datetime) -> Counts:
    """Apply rows that were made here rather than read from a file. Any error is a ValueError, and nothing is done."""
    outcome = Outcome(spec=spec, file_name=spec.name)
    staging = new_staging(spec, outcome, by=by, now=now)
    refuse_fields(rows.header, spec, by=by)
    staging.fill(rows)
    check_staged(spec, staging, outcome)
    if outcome.errors:
        raise ValueError(f"{outcome.failed} rows of {spec.name} are refused, the first one: {outcome.errors[0]}")
    apply_staged(spec, staging, outcome)
    staging.close()
    return outcome.counts


def new_staging(spec: ImportSpec, outcome: Outcome, *, by: User | None, now: datetime, shift_days: int = 0) -> Staging:
    """Wait for other loads of the same kind, and begin."""
    locks.wait_for(f"inventory_ops.import.{spec.name}")
    outcome.import_id = uuid.uuid4()
    return Staging(
        spec=spec,
        now=now,
        actor=by.email if by else "",
        actor_id=by.pk if by else None,
        shift_days=shift_days,
        batch=outcome.import_id,
    )


def refuse_fields(header: Sequence[str], spec: ImportSpec, *, by: User | None) -> None:
    """Raise FileRefused when a column is there that `by` may not write. The system may write all."""
    errors = [
        RowError(
            1,
            name,
            "",
            "not_permitted",
            f"may be set by {' and '.join(spec.fields[name].permission)} alone: take the column out of the file",
        )
        for name in header
        if by is not None and name in spec.fields and (roles := spec.fields[name].permission)
        if not by.has_role(*roles)
    ]
    if errors:
        raise FileRefused(*errors)


def check_staged(spec: ImportSpec, staging: Staging, outcome: Outcome) -> None:
    if spec.prepare:
        spec.prepare(staging)
    staging.check_key()
    spec.check(staging)
    outcome.rows = staging.rows
    outcome.failed, outcome.errors = staging.failed()
    outcome.warned, outcome.warnings = staging.warned()


def apply_staged(spec: ImportSpec, staging: Staging, outcome: Outcome) -> None:
    staging.drop_failed()
    outcome.counts = spec.apply(staging)
    outcome.changes, outcome.facts = staging.changes, staging.facts
    # deferred foreign keys now, while an error still names this file
    staging.execute("set constraints all immediate")
    staging.execute("set constraints all deferred")


def previous_shift(file: File) -> int | None:
    """By how many days the moments of this very file were moved when it was last loaded."""
    data = (
        AuditEvent.objects.filter(action="import.apply", subject_type="import", data__sha256=digest(file.path))
        .order_by("-id")
        .values_list("data", flat=True)
        .first()
    )
    return int(data["shift_days"]) if data else None


def reason(error: Exception) -> str:
    """Why the database refused a file as a whole, without the values of rows."""
    if isinstance(error, LedgerRefusal):
        return str(error)
    diagnostics = getattr(error.__cause__, "diag", None)
    name = getattr(diagnostics, "constraint_name", None)
    what = f"rule {name}" if name else (getattr(diagnostics, "message_primary", None) or "database error")
    return f"Nothing of the file was applied: {what}. Load it again; if it happens again, notify an administrator."


def _position(source: IO[bytes]) -> int:
    raw = getattr(source, "fileobj", None) or source  # of a .gz file, the packed bytes are what its size counts
    return int(raw.tell())
