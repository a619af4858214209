"""Loading of foreign layouts: their rows become rows of our kinds, which are checked and applied like any others."""

from __future__ import annotations

import marshal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import IO

from django.db import DatabaseError, transaction

from inventory_ops.kit.imports import Counts, FileRefused, ImportSpec, Limits, RowError, registry
from inventory_ops.kit.imports.dialect import Dialect
from inventory_ops.kit.imports.formats import Bundle, Format, Record, Refused, Values
from inventory_ops.kit.imports.formats import File as BundleFile
from inventory_ops.kit.imports.recognise import Layout
from inventory_ops.kit.imports.staging import Change
from inventory_ops.kit.imports.tables import Batch
from inventory_ops.models import Category, Merchant, Product, User
from inventory_ops.operations.imports.files import (
    apply_staged,
    check_staged,
    make_places,
    new_staging,
    reason,
    refuse_fields,
)
from inventory_ops.operations.imports.outcomes import CheckedOnly, Outcome
from inventory_ops.operations.ledger import LedgerRefusal
from inventory_ops.queries.currencies import DIGITS

LINES = 20_000_000  # more than a file has: a row's number holds its file, too
BLOCK = 2_000


@dataclass(frozen=True)
class Unit:
    """Files of one foreign layout that are read together, each with what was answered for it."""

    format: Format
    layouts: Sequence[Layout]
    answers: Sequence[Mapping[str, object]]


class Spool:
    """Rows of one kind on disk, between their reading and their turn."""

    def __init__(self, spec: ImportSpec, first: Values) -> None:
        self.spec = spec
        self.header = list(first)
        self.errors: list[RowError] = []
        self.rows = 0
        self.by_file: Counter[int] = Counter()
        self.dialect = Dialect(guarded=False)
        self.skipped: frozenset[int] | set[int] = frozenset()
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the spool
        self._block: list[tuple[int, list[str]]] = []

    def add(self, number: int, values: Values) -> None:
        self.by_file[number // LINES] += 1
        self._block.append((number, [values.get(name) or "" for name in self.header]))
        self.rows += 1
        if len(self._block) == BLOCK:
            self._flush()

    def _flush(self) -> None:
        if self._block:
            marshal.dump(self._block, self._file)
            self._block = []

    def batches(self, size: int = 5000) -> Iterator[Batch]:
        self._flush()
        self._file.seek(0)
        while True:
            try:
                block: list[tuple[int, list[str]]] = marshal.load(self._file)  # noqa: S302 - written a moment ago, here
            except EOFError:
                return
            kept = [(number, cells) for number, cells in block if number not in self.skipped]
            if kept:
                yield [number for number, _ in kept], [cells for _, cells in kept]

    def close(self) -> None:
        self._file.close()


class Spools:
    """Where a format puts its rows (`formats.Output`). What our database knows already is not made again."""

    def __init__(self, found: Format) -> None:
        self.by_kind: dict[str, Spool] = {}
        self.places: dict[str, str] = {}
        self._makes_vendors = all(part.kind != "merchants" for part in found.parts)
        self._vendors: dict[str, str] | None = None
        self._categories = set(Category.objects.values_list("name", flat=True))
        self._named: dict[tuple[str, str], str] = {}

    def row(self, kind: str, record: Record, values: Values) -> None:
        if kind == "merchants" and self._makes_vendors and self._is_known(values):
            return
        if kind == "categories" and values["name"] in self._categories:
            return
        spool = self.by_kind.get(kind)
        if spool is None:
            spec = registry.find(kind)
            assert spec is not None
            spool = self.by_kind[kind] = Spool(spec, values)
        spool.add(record.file.index * LINES + record.line, values)

    def _is_known(self, values: Values) -> bool:
        own = self.known_vendors().get(values["vendor_number"] or "")
        if own and values["currency"] and values["currency"] != own:
            raise Refused("", f"{values['currency']}, but the merchant's currency is {own}", "currency")
        return own is not None

    def location(self, code: str, name: str) -> None:
        self.places.setdefault(code, name)

    def known_vendors(self) -> Mapping[str, str]:
        if self._vendors is None:
            self._vendors = dict(Merchant.objects.values_list("vendor_number", "currency"))
        return self._vendors

    def digits(self, currency: str) -> int:
        return DIGITS.get(currency, 2)

    def sku_named(self, vendor: str, name: str) -> str:
        key = (vendor, name)
        if key not in self._named:
            rows = Product.objects.filter(name=name, merchant__vendor_number=vendor).values_list("sku", flat=True)[:2]
            found = list(rows)
            self._named[key] = found[0] if len(found) == 1 and name else ""
        return self._named[key]

    def in_order(self) -> list[Spool]:
        return sorted(self.by_kind.values(), key=lambda spool: spool.spec.order)

    def close(self) -> None:
        for spool in self.by_kind.values():
            spool.close()


@dataclass
class Result:
    """The outcome of one kind of a unit, by number of the row."""

    spec: ImportSpec
    counts: Counts
    file_index: int  # of the file that most of its rows come from
    things: int  # rows, of orders: orders
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowError] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    facts: dict[str, int] = field(default_factory=dict)


def attempt_unit(
    unit: Unit,
    *,
    by: User | None,
    now: datetime,
    record: Callable[[list[Outcome]], None] | None,
    shift_days: int = 0,
    limits: Limits | None = None,
    all_or_nothing: bool = False,
    shows_change: bool = False,
) -> list[Outcome]:
    """Apply a unit and `record` the outcomes in one transaction; without `record` all is tried out and undone."""
    bundle = Bundle([_file(unit, n, limits) for n in range(len(unit.layouts))])
    outcomes: list[Outcome] = []
    try:
        with transaction.atomic():
            shown = shows_change or record is None
            outcomes = _run(unit, bundle, by=by, now=now, shift_days=shift_days, shows_change=shown)
            refused = all_or_nothing and any(outcome.errors for outcome in outcomes)
            for outcome in outcomes:
                outcome.refused = refused
            if record is None or refused:
                raise CheckedOnly
            record(outcomes)
    except CheckedOnly:
        pass
    except FileRefused as error:
        outcomes = _refused(unit, error.errors)
    except (DatabaseError, LedgerRefusal) as error:
        outcomes = _refused(unit, [RowError(0, "", "", "not_applied", reason(error))])
    return outcomes


def _file(unit: Unit, n: int, limits: Limits | None) -> BundleFile:
    layout = unit.layouts[n]
    assert layout.part is not None
    return BundleFile(
        name=layout.source.name,
        part=layout.part,
        table=lambda: layout.open(limits),
        dialect=layout.dialect,
        answers=unit.answers[n],
        guarded=unit.format.guarded and not layout.is_sheet,
        index=n,
    )


def _run(
    unit: Unit, bundle: Bundle, *, by: User | None, now: datetime, shift_days: int, shows_change: bool
) -> list[Outcome]:
    spools = Spools(unit.format)
    try:
        unit.format.read(bundle, spools)
        make_places(spools.places)
        results: list[Result] = []
        refused: set[int] = set()
        for spool in spools.in_order():
            spool.skipped = refused if spool.spec.name in {"stock", "orders"} else frozenset()
            results.append(_apply(spool, by=by, now=now, shift_days=shift_days, shows_change=shows_change))
            if spool.spec.name == "products":
                refused = {error.line for error in results[-1].errors}
    finally:
        spools.close()
    return [_outcome(unit, file, results) for file in bundle.files]


def _apply(spool: Spool, *, by: User | None, now: datetime, shift_days: int, shows_change: bool) -> Result:
    outcome = Outcome(spec=spool.spec, file_name=spool.spec.name)
    staging = new_staging(spool.spec, outcome, by=by, now=now, shift_days=shift_days)
    refuse_fields(spool.header, spool.spec, by=by)
    staging.shows_change = shows_change
    staging.fill(spool)
    check_staged(spool.spec, staging, outcome)
    things = spool.rows
    if spool.spec.name == "orders":
        things = staging.fetch(f"select count(distinct (order_number, store_number)) from pg_temp.{staging.table}")[0][
            0
        ]
    apply_staged(spool.spec, staging, outcome)
    staging.close()
    [(index, _)] = spool.by_file.most_common(1)
    found = Result(spool.spec, outcome.counts, index, things, outcome.errors, outcome.warnings)
    found.changes, found.facts = outcome.changes, outcome.facts
    return found


def _outcome(unit: Unit, file: BundleFile, results: Sequence[Result]) -> Outcome:
    spec = registry.find(file.part.kind)
    assert spec is not None
    errors, warnings = list(file.problems), list(file.warnings)
    for result in results:
        theirs = unit.format.columns.get(result.spec.name, {})
        for found, into in ((result.errors, errors), (result.warnings, warnings)):
            into += [
                replace(each, line=each.line % LINES, column=theirs.get(each.column, each.column))
                for each in found
                if each.line // LINES == file.index
            ]
    errors.sort(key=lambda error: (error.line, error.column))
    warnings.sort(key=lambda error: (error.line, error.column))
    outcome = Outcome(spec=spec, file_name=file.name, rows=file.rows, format=unit.format.name)
    outcome.errors, outcome.failed = errors, len({error.line for error in errors})
    outcome.warnings, outcome.warned = warnings, len({warning.line for warning in warnings})
    outcome.left_out, outcome.left_out_rows = file.left_out, file.left
    mine = [result for result in results if result.file_index == file.index]
    outcome.kinds = {result.spec.name: result.counts for result in mine}
    outcome.counts = outcome.kinds.get(spec.name, Counts())
    outcome.changes = [change for result in mine for change in result.changes]
    outcome.facts = {name: count for result in mine for name, count in result.facts.items()}
    outcome.found = _sentence(unit.format, file, {result.spec.name: result.things for result in mine})
    return outcome


def _sentence(found: Format, file: BundleFile, things: Mapping[str, int]) -> str:
    """What the file was taken for, like: Shopify orders export: 61 orders, 9 of 79 columns used."""
    count = things.get(file.part.kind)
    what = file.part.kind.replace("_", " ") if count is not None else "rows"
    number = file.rows if count is None else count
    return f"{found.title}: {number:,} {what}, {len(file.used)} of {file.width} columns used"


def _refused(unit: Unit, errors: list[RowError]) -> list[Outcome]:
    """The outcomes of a unit of which nothing can be taken: the reasons stand at its first file."""
    outcomes = []
    for n, layout in enumerate(unit.layouts):
        assert layout.part is not None
        spec = registry.find(layout.part.kind)
        assert spec is not None
        outcome = Outcome(spec=spec, file_name=layout.source.name, format=unit.format.name, refused=True)
        outcome.errors = errors if n == 0 else [RowError(0, "", "", "not_applied", "Nothing of these files was taken.")]
        outcomes.append(outcome)
    return outcomes
