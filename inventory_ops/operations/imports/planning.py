"""From files of any layout to what is to be loaded: what each one is, and what has to be asked before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from inventory_ops.kit.imports import FileRefused, ImportSpec, Limits, RowError, Source, registry, sources
from inventory_ops.kit.imports.dialect import DATE_ORDERS, DELIMITERS, date_order_of, decimal_of
from inventory_ops.kit.imports.formats import File as BundleFile
from inventory_ops.kit.imports.formats import Question, Record, records_of
from inventory_ops.kit.imports.mapped import OWN_CODE, ColumnMap, kind_of
from inventory_ops.kit.imports.recognise import Layout, recognise
from inventory_ops.kit.imports.values import Date, Integer, Moment, Number
from inventory_ops.models import AdjustmentReason, InventoryType, Location, User
from inventory_ops.operations.imports import mappings
from inventory_ops.operations.imports.files import File
from inventory_ops.operations.imports.foreign import Unit
from inventory_ops.queries import shop

MOST_VALUES = 200
ENCODINGS = ("utf-8", "utf-16", "cp1252", "iso-8859-1", "iso-8859-2", "iso-8859-15", "cp1250", "cp1251", "mac_roman")
# our column → the answer that says which word of theirs is which of ours
WORDS = {"location": "locations", "inventory_type": "inventory_types", "reason": "reasons"}
EMPTY, NEGATIVE = ("clear", "keep"), ("refuse", "zero")
CONSTANTS = {"vendor": "vendor_number", "store": "store_number", "currency": "currency", "timezone": "timezone"}


@dataclass(frozen=True)
class Options:
    """What was said about files beforehand: a kind or a format for all, answers by file name or `*`."""

    kind: str = ""
    format: str = ""
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    everywhere: Mapping[str, Any] = field(default_factory=dict)  # of the command line: stronger than all

    def of(self, name: str) -> dict[str, Any]:
        return {**self.answers.get("*", {}), **self.answers.get(name, {}), **self.everywhere}


@dataclass(frozen=True, slots=True)
class Asked:
    """An open question about a file. `values` are the words that have to be answered one by one."""

    key: str
    text: str
    required: bool = True
    values: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    guess: Any = None
    is_map: bool = False

    @property
    def is_shared(self) -> bool:
        """Is one answer good for all files of a layout?"""
        return not self.is_map and self.key not in {*mappings.OF_THE_FILE, "encoding", "decimal", "date_order"}


@dataclass
class Looked:
    """One file that was looked at."""

    source: Source
    answers: dict[str, Any]
    layout: Layout | None = None
    spec: ImportSpec | None = None
    mapping: ColumnMap = field(default_factory=ColumnMap)
    questions: list[Asked] = field(default_factory=list)
    refusal: FileRefused | None = None

    @property
    def is_open(self) -> bool:
        return self.refusal is None and any(asked.required for asked in self.questions)

    def as_file(self) -> File:
        assert self.spec is not None
        keep_empty = self.answers.get("empty") == "keep"
        return File(self.source.path, self.spec, self.source.name, self.layout, self.mapping, keep_empty)


@dataclass
class Plan:
    """Files of kinds of ours, units of foreign layouts, and files that cannot go on."""

    looked: list[Looked]

    def short_name_of(self, name: str) -> str:
        return next((each.source.short_name for each in self.looked if each.source.name == name), name)

    @property
    def files(self) -> list[Looked]:
        return [each for each in self.looked if each.spec and not each.is_open and not each.refusal]

    @property
    def stopped(self) -> list[Looked]:
        return [each for each in self.looked if each.refusal or each.is_open]

    @property
    def units(self) -> list[Unit]:
        """Files of a format of several parts are read together; of others, each alone."""
        groups: dict[str, list[Looked]] = {}
        for each in self.looked:
            layout = each.layout
            if layout and layout.format and not each.is_open and not each.refusal:
                joined = len({part.name for part in layout.format.parts}) > 1
                groups.setdefault(layout.format.name if joined else each.source.name, []).append(each)
        units = []
        for group in groups.values():
            layouts = [each.layout for each in group if each.layout]
            assert layouts[0].format is not None
            units.append(Unit(layouts[0].format, layouts, [each.answers for each in group]))
        return units


def plan(
    paths: Sequence[tuple[Any, str]],
    *,
    options: Options,
    by: User | None = None,
    limits: Limits | None = None,
    thorough: bool = False,
) -> Plan:
    """Look at every file; `thorough` finds all open questions, not only those that nothing can be done without."""
    looked: list[Looked] = []
    for path, name in paths:
        try:
            found = sources(path, name)
        except FileRefused as error:
            looked.append(Looked(Source(path, name), {}, refusal=error))
            continue
        looked += [look(source, options=options, by=by, limits=limits, thorough=thorough) for source in found]
    return Plan(looked)


def look(
    source: Source, *, options: Options, by: User | None = None, limits: Limits | None = None, thorough: bool = False
) -> Looked:
    """What a file is, with the answers that hold for it: said now, or remembered of its layout."""
    said = options.of(source.short_name)
    result = Looked(source, said)
    try:
        check_answers(said)
        layout = recognise(source, said, limits=limits, kind=options.kind, format_name=options.format)
        remembered = mappings.remembered(layout)
        result.answers = said = merged(remembered, said)
        if remembered.get("encoding") or remembered.get("delimiter"):
            layout = recognise(source, said, limits=limits, kind=options.kind, format_name=options.format)
        if layout.part is None:
            _own(result, layout)
        else:
            result.layout = _said_dialect(layout, said, list(layout.part.numbers), [])
        result.questions = _questions(result, thorough=thorough)
    except FileRefused as error:
        result.refusal = error
    return result


def merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """The second one's answers over the first one's; maps word by word."""
    found = dict(first)
    for key, value in second.items():
        old = found.get(key)
        found[key] = {**old, **value} if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return found


def _own(result: Looked, layout: Layout) -> None:
    """A kind of ours: by its header, by a mapping, or by what was said."""
    answers = result.answers
    columns = {str(theirs): str(ours) for theirs, ours in (answers.get("columns") or {}).items()}
    spec = layout.spec
    if columns and spec is None:
        named = registry.name_in(layout.source.short_name)
        kind = str(answers.get("kind") or "")
        spec = registry.find(kind) if kind else kind_of(columns, list(registry), named)
    columns = {cell: columns.get(cell, "") for cell in layout.cells} if columns else {}
    result.spec = spec
    if spec is None:
        result.layout = layout
        return
    ours = {cell: columns.get(cell, "") if columns else spec.name_of(cell) for cell in layout.cells}
    types = {cell: spec.fields[name].type for cell, name in ours.items() if name in spec.fields}
    numbers = [cell for cell, kind in types.items() if isinstance(kind, Integer | Number)]
    dates = [cell for cell, kind in types.items() if isinstance(kind, Date | Moment)]
    result.layout = _said_dialect(layout, answers, numbers, dates)
    named_ours = set(ours.values())
    constants = {
        column: str(answers[key])
        for key, column in CONSTANTS.items()
        if answers.get(key) and column in spec.fields and column not in named_ours
    }
    words = {column: answers[key] for column, key in WORDS.items() if answers.get(key) and column in named_ours}
    floors = {"quantity"} if spec.name == "stock" and answers.get("negative") == "zero" else set()
    result.mapping = ColumnMap(columns, constants, words, frozenset(floors))


def _said_dialect(layout: Layout, answers: Mapping[str, Any], numbers: list[str], dates: list[str]) -> Layout:
    """The layout with decimal mark, order of dates and zone: as answered, else as its samples show."""
    dialect = layout.dialect
    if answers.get("encoding"):
        dialect = replace(dialect, encoding=_encoding(str(answers["encoding"]), dialect.encoding))
    decimal = str(answers.get("decimal") or "") or _decimal(layout, numbers)
    order = str(answers.get("date_order") or "") or date_order_of(_samples(layout, dates))
    zone = ZoneInfo(str(answers["timezone"])) if answers.get("timezone") else None
    if not layout.is_sheet:
        dialect = replace(dialect, decimal=decimal or ".", date_order=order or "ymd")
    return replace(layout, dialect=replace(dialect, zone=zone), odd=() if answers.get("encoding") else layout.odd)


def _decimal(layout: Layout, numbers: Sequence[str]) -> str:
    """The mark that the columns of numbers show; where 1.250 leaves it open, what other columns show."""
    found = decimal_of(_samples(layout, numbers))
    return found or decimal_of([cell for _, cells in layout.rows for cell in cells])


def _encoding(said: str, found: str) -> str:
    return found if said == "utf-8" or found.startswith("utf-16") else said


def _samples(layout: Layout, names: Sequence[str]) -> list[str]:
    places = [layout.cells.index(name) for name in names if name in layout.cells]
    return [cells[at] for _, cells in layout.rows for at in places if at < len(cells) and cells[at]]


def check_answers(answers: Mapping[str, Any]) -> None:
    """Refuse answers that nothing can be done with. Raises FileRefused."""
    problems = []
    if answers.get("encoding") and answers["encoding"] not in ENCODINGS:
        problems.append(("encoding", ", ".join(ENCODINGS)))
    if answers.get("delimiter") and answers["delimiter"] not in DELIMITERS:
        problems.append(("delimiter", "comma, semicolon, tab or bar"))
    if answers.get("decimal") and answers["decimal"] not in {",", "."}:
        problems.append(("decimal", ", or ."))
    if answers.get("date_order") and answers["date_order"] not in DATE_ORDERS:
        problems.append(("date_order", ", ".join(DATE_ORDERS)))
    if answers.get("empty") and answers["empty"] not in EMPTY:
        problems.append(("empty", "keep or clear: what an empty cell does to a known row"))
    if answers.get("negative") and answers["negative"] not in NEGATIVE:
        problems.append(("negative", "refuse or zero: what a negative quantity on hand is"))
    if answers.get("timezone") and answers["timezone"] not in available_timezones():
        problems.append(("timezone", "a name like Europe/Berlin"))
    problems += [
        (key, "an object, their words to ours")
        for key in ("columns", "vendors")
        if answers.get(key) and not isinstance(answers[key], Mapping)
    ]
    problems += [
        (key, f"an object, their words to ours, or “{OWN_CODE}”")
        for key in WORDS.values()
        if answers.get(key) and not isinstance(answers[key], Mapping) and answers[key] != OWN_CODE
    ]
    if problems:
        raise FileRefused(
            *(RowError(0, key, str(answers[key])[:100], "answer", f"Use {what}.") for key, what in problems)
        )


# --- what is still open ---


def _questions(result: Looked, *, thorough: bool) -> list[Asked]:
    layout, answers = result.layout, result.answers
    assert layout is not None
    asked: list[Asked] = []
    if layout.odd:
        text = "The file is not UTF-8. In which encoding do these cells look right?"
        asked.append(Asked("encoding", text, True, ENCODINGS[2:], layout.odd, "cp1252"))
    if layout.part is not None:
        asked += _dialect_questions(layout, answers, list(layout.part.numbers), [])
        return asked + _part_questions(layout, answers, thorough=thorough)
    if result.spec is None:
        guess, samples = mappings.guess(layout), [f"{cell}: {', '.join(layout.samples(cell))}" for cell in layout.cells]
        text = "Which of our columns is each of the file's? Empty: leave it out."
        return [*asked, Asked("columns", text, True, tuple(layout.cells), tuple(samples), guess, is_map=True)]
    if not answers.get("columns"):
        return asked
    spec, columns = result.spec, result.mapping.columns
    types = {cell: spec.fields[ours].type for cell, ours in columns.items() if ours in spec.fields}
    numbers = [cell for cell, kind in types.items() if isinstance(kind, Integer | Number)]
    dates = [cell for cell, kind in types.items() if isinstance(kind, Date | Moment)]
    asked += _dialect_questions(layout, answers, numbers, dates)
    return asked + _word_questions(result, thorough=thorough)


def _dialect_questions(layout: Layout, answers: Mapping[str, Any], numbers: list[str], dates: list[str]) -> list[Asked]:
    asked = []
    if not answers.get("decimal") and not layout.is_sheet and not _decimal(layout, numbers):
        cells = _samples(layout, numbers)
        asked.append(Asked("decimal", "Which is the decimal mark?", True, (".", ","), tuple(cells[:3])))
    if not answers.get("date_order") and not layout.is_sheet and not date_order_of(cells := _samples(layout, dates)):
        asked.append(Asked("date_order", "In which order are dates written?", True, DATE_ORDERS, tuple(cells[:3])))
    return asked


def _part_questions(layout: Layout, answers: Mapping[str, Any], *, thorough: bool) -> list[Asked]:
    assert layout.part is not None and layout.format is not None
    still = [each for each in layout.part.questions if thorough or each.key not in answers]
    scanned = [each for each in still if each.is_map or each.asks]
    values = _values(layout, scanned) if scanned else {}
    asked = []
    for each in still:
        if each in scanned:
            words = _unanswered(values[each], answers.get(each.key))
            if not words or (not each.is_map and answers.get(each.key)):
                continue
            shown = tuple(words) if each.is_map else ()
            asked.append(Asked(each.key, each.text, each.required, shown, is_map=each.is_map))
        elif not answers.get(each.key):
            known = shop.facts().currency if each.key == "currency" else ""
            asked.append(Asked(each.key, each.text, each.required and not known, guess=known or None))
    return asked


def _unanswered(values: Sequence[str], answer: Any) -> list[str]:
    if answer == OWN_CODE or (answer and not isinstance(answer, Mapping)):
        return []
    known = {str(word).strip().casefold() for word in answer or {}}
    return [value for value in values if value.casefold() not in known]


def _values(layout: Layout, questions: Sequence[Question]) -> dict[Question, list[str]]:
    """The different words that stand in the columns asked for, at most 200 each."""
    assert layout.part is not None and layout.format is not None
    found: dict[Question, dict[str, None]] = {each: {} for each in questions}
    file = BundleFile("", layout.part, layout.open, layout.dialect, {}, layout.format.guarded)
    for record in records_of(file):
        for each, words in found.items():
            if len(words) < MOST_VALUES:
                words.update(dict.fromkeys(_words(each, record)))
    return {each: [word for word in words if word] for each, words in found.items()}


def _words(question: Question, record: Record) -> list[str]:
    if question.column == "*":  # a column a place, behind those that say what the variant is
        return record.headers[record.at("COO") + 1 :]
    return [question.asks(record) if question.asks else record[question.column]]


def _word_questions(result: Looked, *, thorough: bool) -> list[Asked]:
    """Words of a mapped file that are none of ours."""
    layout, spec, answers = result.layout, result.spec, result.answers
    assert layout is not None and spec is not None
    known: dict[str, set[str]] = {
        "location": set(Location.objects.values_list("code", flat=True)),
        "inventory_type": set(InventoryType.objects.values_list("code", flat=True)),
        "reason": set(AdjustmentReason.objects.values_list("code", flat=True)),
    }
    places = {ours: layout.cells.index(theirs) for theirs, ours in result.mapping.columns.items() if ours in known}
    wanted = {ours: at for ours, at in places.items() if thorough or WORDS[ours] not in answers}
    words: dict[str, dict[str, None]] = {ours: {} for ours in wanted}
    if wanted:
        with layout.open() as table:
            for _, rows in table.batches():
                for ours, at in wanted.items():
                    if len(words[ours]) < MOST_VALUES:
                        words[ours].update(dict.fromkeys(row[at].strip() for row in rows))
    asked = []
    for ours, seen in words.items():
        unknown = [word for word in seen if word and word not in known[ours] and word.lower() not in known[ours]]
        if unknown := _unanswered(unknown, answers.get(WORDS[ours])):
            header = layout.cells[places[ours]]
            text = f"Which {ours.replace('_', ' ')} of ours is each “{header}”?"
            asked.append(Asked(WORDS[ours], text, True, tuple(unknown), is_map=True))
    if "vendor_number" in spec.fields and "vendor_number" not in result.mapping.columns.values():
        needs = spec.fields["vendor_number"].required
        if not answers.get("vendor") and (needs or thorough):
            asked.append(Asked("vendor", "Whose products are these (vendor number)?", needs))
    return asked
