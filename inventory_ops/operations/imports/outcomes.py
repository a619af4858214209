"""The outcome of a file, and the record that is kept of it: counts, remarks and one audit event."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone

from inventory_ops.kit.imports import Counts, ImportSpec, RowError, registry
from inventory_ops.kit.imports.staging import Change
from inventory_ops.models import Import, ImportRowError, ImportRowWarning, User
from inventory_ops.operations import audit


class CheckedOnly(Exception):
    """Raised to roll back what a check has tried out."""


@dataclass
class Outcome:
    """The outcome of one file. `errors` are sorted by line; `refused` says that no row of it was taken."""

    spec: ImportSpec
    file_name: str
    rows: int = 0
    counts: Counts = field(default_factory=Counts)
    failed: int = 0
    errors: list[RowError] = field(default_factory=list)
    warned: int = 0
    warnings: list[RowError] = field(default_factory=list)
    refused: bool = False
    import_id: uuid.UUID | None = None
    format: str = ""  # of a foreign layout
    found: str = ""  # one sentence that says what the file was taken for
    left_out: int = 0
    left_out_rows: list[RowError] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    facts: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, Counts] = field(default_factory=dict)  # of a file that holds rows of several kinds

    @property
    def kind(self) -> str:
        return self.spec.name

    @property
    def all_counts(self) -> list[Counts]:
        """Of each kind that the file has rows of."""
        return list(self.kinds.values()) or [self.counts]

    @property
    def applied(self) -> int:
        return self.counts.new + self.counts.changed + self.counts.unchanged


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def record_outcome(
    outcome: Outcome,
    *,
    by: User | None,
    now: datetime,
    all_or_nothing: bool = False,
    shift_days: int = 0,
    sha256: str = "",
) -> None:
    done = not outcome.refused
    job = Import.objects.create(
        id=outcome.import_id or uuid.uuid4(),
        kind=outcome.kind,
        file_name=Path(outcome.file_name).name[:255],
        sha256=sha256,
        state=Import.State.DONE if done else Import.State.FAILED,
        all_or_nothing=all_or_nothing,
        created_by=by,
        created_at=now,
        finished_at=timezone.now(),
        message="" if done else "Nothing was applied.",
        format=outcome.format,
    )
    finish(job, outcome, by=by, shift_days=shift_days)


def finish(job: Import, outcome: Outcome, *, by: User | None, shift_days: int = 0) -> None:
    """Write counts, errors and, if rows were applied, the audit event."""
    outcome.import_id = job.pk
    job.rows_total = outcome.rows
    job.rows_new, job.rows_changed = outcome.counts.new, outcome.counts.changed
    job.rows_unchanged, job.rows_failed = outcome.counts.unchanged, outcome.failed
    job.rows_warned = outcome.warned
    job.save()
    for model, remarks in ((ImportRowError, outcome.errors), (ImportRowWarning, outcome.warnings)):
        _keep_remarks(model, job, remarks)
    if job.state != Import.State.DONE:
        return
    audit.record(
        action="import.apply",
        by=by,
        subject=job,
        summary=f"{_title(job.kind)}: {job.rows_new} new, {job.rows_changed} changed, {job.rows_unchanged} unchanged,"
        f" {job.rows_failed} failed",
        data={"kind": job.kind, "file": job.file_name, "sha256": job.sha256, "shift_days": shift_days},
    )


def _title(kind: str) -> str:
    """What people call a kind of import; of a file with rows of several kinds, the name it has."""
    spec = registry.find(kind)
    return str(spec.title) if spec else kind


def _keep_remarks(
    model: type[ImportRowError] | type[ImportRowWarning], job: Import, remarks: Sequence[RowError]
) -> None:
    rows: Any = model.objects
    rows.filter(job=job).delete()
    rows.bulk_create(
        (
            model(
                job=job,
                file=remark.file[:255],
                line=remark.line,
                column=remark.column[:100],
                value=remark.value[:200],
                code=remark.code[:30],
                message=remark.message[:500],
            )
            for remark in remarks
        ),
        batch_size=5000,
    )
