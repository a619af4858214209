"""What the pages of an import show: choose a file, look at the preview."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from inventory_ops.kit.page import Figure, Page


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    state: str  # done, current, todo


@dataclass(frozen=True, slots=True)
class Kind:
    """A card of something that can be imported."""

    value: str
    label: str
    text: str
    checked: bool
    columns: str
    template_url: str


@dataclass(frozen=True, slots=True)
class Warned:
    """Something to know before the file is applied, with a link to it."""

    title: str
    text: str
    url: str = ""
    url_label: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """An error or a warning of a row."""

    line: str
    column: str
    value: str
    message: str
    key: str = ""  # the file, where there are several


@dataclass(frozen=True, slots=True)
class Cause:
    """Refusals of one cause: how many rows, and the first lines (line, value, message)."""

    file: str
    column: str
    message: str
    rows: str
    lines: list[tuple[str, str, str]]
    more: bool


@dataclass(frozen=True, slots=True)
class ShownFile:
    """One file: what it was taken for, how it is written, what would change (row, column, old, new)."""

    name: str
    found: str
    counts: list[str]
    facts: list[str]
    written: str
    samples: list[tuple[str, ...]]
    changes: list[tuple[str, ...]]
    left_out: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class AskedGroup:
    """Fields of one question; `is_mapping` is a table of columns."""

    legend: str
    fields: list[Any]
    is_mapping: bool = False


@dataclass(frozen=True, slots=True)
class AskedFile:
    name: str
    groups: list[AskedGroup]


@dataclass(frozen=True, slots=True)
class ShownFormat:
    """A foreign layout on the help page; `picture` is a static file, `columns` are by kind."""

    name: str
    title: str
    where: str
    picture: str
    headers: list[str]
    questions: list[str]
    columns: list[tuple[str, str]]


@dataclass(slots=True)
class FormatsPage(Page):
    """The context `page` of templates/inventory_ops/import_formats.html."""

    formats: list[ShownFormat] = field(default_factory=list)


@dataclass(slots=True)
class QuestionsPage(Page):
    """The context `page` of templates/inventory_ops/import_questions.html."""

    steps: list[Step] = field(default_factory=list)
    files: list[AskedFile] = field(default_factory=list)
    discard_url: str | None = None


@dataclass(slots=True)
class UploadPage(Page):
    """The context `page` of templates/inventory_ops/import_upload.html."""

    steps: list[Step] = field(default_factory=list)
    kinds: list[Kind] = field(default_factory=list)
    formats_url: str = ""


@dataclass(slots=True)
class PreviewPage(Page):
    """The context `page` of templates/inventory_ops/import_preview.html, and of finance's own preview."""

    steps: list[Step] = field(default_factory=list)
    numbers: list[Figure] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)
    error_total: str = ""
    error_file_url: str | None = None
    files: list[ShownFile] = field(default_factory=list)
    causes: list[Cause] = field(default_factory=list)
    row_warnings: list[Problem] = field(default_factory=list)
    row_warnings_total: str = ""
    error_files: list[tuple[str, str]] = field(default_factory=list)  # address, name of the file
    answers_url: str | None = None
    answers_file_url: str | None = None
    replace_url: str | None = None
    apply_url: str = ""
    apply_label: str | None = None
    discard_url: str | None = None


def steps(labels: Sequence[str], current: int) -> list[Step]:
    """The steps of an import, of which number `current` is at hand."""
    return [
        Step(label, "done" if n < current else "current" if n == current else "todo") for n, label in enumerate(labels)
    ]
