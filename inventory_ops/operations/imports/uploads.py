"""Import files from people: stored under a random name, checked, shown, applied by a job, deleted after a time."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from inventory_ops.kit.imports import ERROR_COLUMN, FileRefused, ImportSpec, Limits, Reader, open_source, registry
from inventory_ops.models import Import, Job, User
from inventory_ops.operations import audit, jobs
from inventory_ops.operations.imports.files import File, Outcome, analyse, attempt, digest, finish

CHECK_NOW = 1024 * 1024  # bytes; larger files are checked by a worker
BLOCK = 1024 * 1024


class UploadRefused(Exception):
    """The upload cannot be taken as it is, or not any more; says why."""


def limits() -> Limits:
    return Limits(max_bytes=settings.IMPORT_MAX_BYTES, max_rows=settings.IMPORT_MAX_ROWS)


def folder() -> Path:
    path: Path = settings.MEDIA_ROOT / "imports"
    path.mkdir(parents=True, exist_ok=True)
    return path


def stored(job: Import) -> Path | None:
    """The uploaded file, while it is kept."""
    path = folder() / job.stored_name
    return path if job.stored_name and path.is_file() else None


def receive(*, upload: UploadedFile[bytes], spec: ImportSpec, by: User, all_or_nothing: bool = False) -> Import:
    """Store an upload and have it checked: at once if it is small, else by a worker. Raises UploadRefused."""
    if (upload.size or 0) > settings.IMPORT_MAX_BYTES:
        raise UploadRefused(f"The file is larger than {settings.IMPORT_MAX_BYTES // 1024**2} MB. Split it.")
    # the name that came along is shown, never used as a path
    name = f"{uuid.uuid4().hex}.csv"
    path = folder() / name
    with path.open("xb") as file:
        for chunk in upload.chunks(BLOCK):
            file.write(chunk)
    path.chmod(0o600)
    with transaction.atomic():
        job = Import.objects.create(
            kind=spec.name,
            file_name=Path(str(upload.name or "upload.csv")).name[:255],
            stored_name=name,
            sha256=digest(path),
            all_or_nothing=all_or_nothing,
            created_by=by,
        )
        is_small = path.stat().st_size <= CHECK_NOW
        if not is_small:
            jobs.enqueue(kind="import.check", title=f"Check {job}", by=by, params={"import": str(job.pk)})
    if is_small:
        check(job)
    return job


def check(job: Import) -> None:
    """Try the file out, undo it, and keep what would have come of it."""
    file = _file(job)
    outcome = attempt(
        file,
        by=job.created_by,
        now=timezone.now(),
        record=None,
        limits=limits(),
        all_or_nothing=job.all_or_nothing,
    )
    with transaction.atomic():
        current = Import.objects.select_for_update().get(pk=job.pk)
        if current.state != Import.State.CHECKING:
            return
        failed = outcome.refused and not (job.all_or_nothing and outcome.failed)
        _settle(job, outcome, Import.State.FAILED if failed else Import.State.CHECKED)


def apply(*, job: Import, by: User) -> Job:
    """Have a checked import applied by a worker. Raises UploadRefused when it is not (or no longer) waiting for it."""
    with transaction.atomic():
        waiting = Import.objects.filter(pk=job.pk, state=Import.State.CHECKED)
        if stored(job) is None:
            raise UploadRefused("The file is no longer kept. Upload it again.")
        if not waiting.update(state=Import.State.APPLYING):
            raise UploadRefused("This import is not waiting to be applied any more.")
        return jobs.enqueue(kind="import.apply", title=f"Import {job}", by=by, params={"import": str(job.pk)})


def run_apply(job: Import) -> Outcome | None:
    """Apply, once: None when another worker was faster."""

    def record(outcome: Outcome) -> None:
        current = Import.objects.select_for_update().get(pk=job.pk)
        if current.state != Import.State.APPLYING:
            raise FileRefused  # rolls back; whoever was faster has written the outcome
        _settle(job, outcome, Import.State.DONE)

    outcome = attempt(
        _file(job),
        by=job.created_by,
        now=timezone.now(),
        record=record,
        limits=limits(),
        all_or_nothing=job.all_or_nothing,
    )
    if outcome.refused:
        with transaction.atomic():
            current = Import.objects.select_for_update().get(pk=job.pk)
            if current.state != Import.State.APPLYING:
                return None
            _settle(job, outcome, Import.State.FAILED)
    analyse([outcome])
    return outcome


@transaction.atomic
def discard(*, job: Import, by: User) -> None:
    """Drop a checked import and its file. Raises UploadRefused when it was applied meanwhile."""
    now = timezone.now()
    states = [Import.State.CHECKING, Import.State.CHECKED]
    changed = Import.objects.filter(pk=job.pk, state__in=states).update(state=Import.State.DISCARDED, finished_at=now)
    if not changed:
        raise UploadRefused("Only an import that waits to be applied can be discarded.")
    audit.record(action="import.discard", by=by, subject=job, summary=str(job))
    path = stored(job)
    if path:
        transaction.on_commit(path.unlink)


def delete_old(*, now: datetime) -> int:
    """Delete uploads older than IMPORT_FILES_KEPT; those still waiting to be applied are discarded."""
    old = Import.objects.filter(created_at__lt=now - settings.IMPORT_FILES_KEPT).exclude(stored_name="")
    old.filter(state=Import.State.CHECKED).update(state=Import.State.DISCARDED, finished_at=now)
    deleted = 0
    for job in old:
        if job.state in {Import.State.CHECKING, Import.State.APPLYING}:
            if Job.objects.unfinished().filter(params__contains={"import": str(job.pk)}).exists():
                continue
            # its job was cancelled or gave up, and nobody tried again
            Import.objects.filter(pk=job.pk, state=job.state).update(state=Import.State.FAILED, finished_at=now)
        (folder() / job.stored_name).unlink(missing_ok=True)
        Import.objects.filter(pk=job.pk).update(stored_name="")
        deleted += 1
    return deleted


def error_file(job: Import) -> Iterator[bytes] | None:
    """The refused rows as they stood in the file, with what is wrong with them, to be corrected and uploaded again.

    None when the file is no longer kept, or was refused before its first row. It ends where the file cannot be read.
    """
    path = stored(job)
    if path is None:
        return None
    source = open_source(path)
    try:
        reader = Reader(source, _spec(job), limits(), keep_ragged=True)
    except FileRefused:
        source.close()
        return None
    return _rejected(job, source, reader)


def _rejected(job: Import, source: IO[bytes], reader: Reader) -> Iterator[bytes]:
    problems: dict[int, list[str]] = {}
    for error in job.errors.order_by("line", "id"):
        problems.setdefault(error.line, []).append(f"{error.column} {error.message}".strip())
    with source, suppress(FileRefused):
        kept = [position for position, name in enumerate(reader.header) if name != ERROR_COLUMN]
        yield _line([*(reader.header[position] for position in kept), ERROR_COLUMN], start="\ufeff")
        for lines, rows in reader.batches():
            block = [
                _line([*([row[p] for p in kept] if len(row) == len(reader.header) else row), "; ".join(problems[line])])
                for line, row in zip(lines, rows, strict=True)
                if line in problems
            ]
            yield b"".join(block)


def _line(cells: Sequence[str], start: str = "") -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return (start + text.getvalue()).encode()


def template(spec: ImportSpec) -> bytes:
    """A file with the header and one row of examples."""
    return _line([column.name for column in spec.columns]) + _line([column.example for column in spec.columns])


def _spec(job: Import) -> ImportSpec:
    spec = registry.get(job.kind)
    if spec is None:
        raise UploadRefused(f"This version does not know the kind {job.kind}.")
    return spec


def _file(job: Import) -> File:
    return File(path=folder() / job.stored_name, spec=_spec(job), name=job.file_name)


def _settle(job: Import, outcome: Outcome, state: Import.State) -> None:
    job.state = state
    job.message = "" if state != Import.State.FAILED else "Nothing was applied."
    job.finished_at = None if state == Import.State.CHECKED else timezone.now()
    finish(job, outcome, by=job.created_by)


def _import_of(context: jobs.Context) -> Import:
    return Import.objects.select_related("created_by").get(pk=context.params["import"])


@jobs.handler("import.check", only_reads=True)
def _check_job(context: jobs.Context) -> None:
    job = _import_of(context)
    check(job)
    context.finish(f"{job.rows_total:,} rows checked, {job.rows_failed:,} with errors.")


@jobs.handler("import.apply")
def _apply_job(context: jobs.Context) -> None:
    job = _import_of(context)
    if job.state != Import.State.APPLYING:
        return
    outcome = run_apply(job)
    if outcome and outcome.refused:
        raise jobs.JobFailed("Nothing was applied. The import's page says why.")
    if outcome:
        counts = outcome.counts
        context.progress(counts.new + counts.changed + counts.unchanged, outcome.rows, failed=outcome.failed)
        context.finish(
            f"{counts.new:,} new, {counts.changed:,} changed, {counts.unchanged:,} unchanged,"
            f" {outcome.failed:,} refused."
        )
