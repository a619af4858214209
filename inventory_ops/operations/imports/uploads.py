"""Import files from people: stored under a random name, checked, shown, applied by a job, deleted after a time."""

from __future__ import annotations

import uuid
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from inventory_ops.kit import files as store
from inventory_ops.kit.imports import Counts, ImportSpec, Limits, RowError, registry
from inventory_ops.models import Import, Job, User
from inventory_ops.operations import audit, jobs
from inventory_ops.operations.imports import details, mappings
from inventory_ops.operations.imports.files import analyse
from inventory_ops.operations.imports.loading import remember, run_plan, stopped
from inventory_ops.operations.imports.outcomes import CheckedOnly, Outcome, digest, finish
from inventory_ops.operations.imports.planning import Looked, Options, Plan, merged, plan

CHECK_NOW = 1024 * 1024  # bytes; larger files are checked by a worker
BLOCK = 1024 * 1024
FOLDER = "imports"  # in the store of files


class UploadRefused(Exception):
    """The upload cannot be taken as it is, or not any more; says why."""


def limits() -> Limits:
    return Limits(max_bytes=settings.IMPORT_MAX_BYTES, max_rows=settings.IMPORT_MAX_ROWS)


def kept(job: Import) -> str:
    """The name of an upload in the store of files."""
    return f"{FOLDER}/{job.stored_name}"


def is_stored(job: Import) -> bool:
    """Is the uploaded file still there?"""
    return bool(job.stored_name) and store.exists(kept(job))


def receive(
    *,
    files: Sequence[UploadedFile[bytes]],
    by: User,
    spec: ImportSpec | None = None,
    all_or_nothing: bool = False,
    answers: Mapping[str, Any] | None = None,
) -> Import:
    """Store uploads and have them checked: at once if they are small, else by a worker. Raises UploadRefused.

    Several files are one import: they are kept in one .zip and read together. Without `spec` the header says the kind.
    """
    if sum(upload.size or 0 for upload in files) > settings.IMPORT_MAX_BYTES:
        raise UploadRefused(f"The file is larger than {settings.IMPORT_MAX_BYTES // 1024**2} MB. Split it.")
    # the name that came along is shown, never used as a path
    name = f"{uuid.uuid4().hex}.csv"
    with store.written(f"{FOLDER}/{name}") as path:
        _store(files, path)
        sha256, size = digest(path), path.stat().st_size
    shown = " + ".join(short_name(upload) for upload in files)
    with transaction.atomic():
        job = Import.objects.create(
            kind=spec.name if spec else "",
            file_name=shown if len(shown) <= 255 else f"{len(files)} files",
            stored_name=name,
            sha256=sha256,
            all_or_nothing=all_or_nothing,
            created_by=by,
            answers={"*": dict(answers)} if answers else {},
            details={"kind": spec.name} if spec else {},
        )
        is_small = size <= CHECK_NOW
        if not is_small:
            jobs.enqueue(kind="import.check", title=f"Check {job}", by=by, params={"import": str(job.pk)})
    if is_small:
        check(job)
    return job


def short_name(upload: UploadedFile[bytes]) -> str:
    return Path(str(upload.name or "upload.csv").replace("\\", "/")).name[:200]


def _store(uploads: Sequence[UploadedFile[bytes]], path: Path) -> None:
    with path.open("wb") as file:
        if len(uploads) == 1:
            for chunk in uploads[0].chunks(BLOCK):
                file.write(chunk)
            return
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            names: set[str] = set()
            for n, upload in enumerate(uploads):
                name = short_name(upload)
                name = f"{n}-{name}" if name in names else name
                names.add(name)
                with archive.open(name, "w", force_zip64=True) as member:
                    for chunk in upload.chunks(BLOCK):
                        member.write(chunk)


@contextmanager
def planned(job: Import, *, thorough: bool = False) -> Iterator[Plan]:
    """What the files of an import are, with what was answered about them; they can be read within the block."""
    with store.local(kept(job)) as path:
        yield plan(
            [(path, job.file_name)],
            options=Options(kind=job.details.get("kind", ""), answers=job.answers),
            by=job.created_by,
            limits=limits(),
            thorough=thorough,
        )


def check(job: Import) -> None:
    """Find out what the files are; ask what is open, or try them out, undo it, and keep what would have come of it."""
    with planned(job, thorough=not job.answers) as found:
        _check(job, found)


def _check(job: Import, found: Plan) -> None:
    unsettled = [each for each in found.looked if each.questions and (each.is_open or _asks_first(each))]
    refused = _may_not(job, found)
    if unsettled and not refused:
        _ask(job, found)
        return
    outcomes = refused or _stopped(found) + run_plan(
        found, by=job.created_by, now=timezone.now(), limits=limits(), all_or_nothing=job.all_or_nothing, record=None
    )
    with transaction.atomic():
        current = Import.objects.select_for_update().get(pk=job.pk)
        if current.state != Import.State.CHECKING:
            return
        failed = all(outcome.refused for outcome in outcomes) and not (
            job.all_or_nothing and any(outcome.failed for outcome in outcomes)
        )
        _settle(job, found, outcomes, Import.State.FAILED if failed else Import.State.CHECKED)


def _asks_first(looked: Looked) -> bool:
    """Questions that may stay open are asked once, with the first file of a foreign layout."""
    layout = looked.layout
    return bool(layout and layout.part and not mappings.remembered(layout) and not looked.answers)


def _may_not(job: Import, found: Plan) -> list[Outcome]:
    """Refusals of files with rows of kinds that the uploader may not load."""
    outcomes = []
    for each in found.looked:
        layout = each.layout
        names = layout.format.kinds if layout and layout.format else [each.spec.name] if each.spec else []
        specs = [spec for name in names if (spec := registry.find(name))]
        if job.created_by and not all(job.created_by.has_role(*spec.roles) for spec in specs):
            problem = RowError(0, "", "", "forbidden", "You may not load files of this kind.")
            outcomes.append(Outcome(spec=specs[0], file_name=each.source.name, refused=True, errors=[problem]))
    return outcomes


def _stopped(found: Plan) -> list[Outcome]:
    """Files that cannot be read, as outcomes."""
    any_spec = next(iter(registry))
    return [
        Outcome(spec=each.spec or any_spec, file_name=each.source.name, refused=True, errors=stopped(each))
        for each in found.stopped
    ]


@transaction.atomic
def _ask(job: Import, found: Plan) -> None:
    current = Import.objects.select_for_update().get(pk=job.pk)
    if current.state != Import.State.CHECKING:
        return
    job.kind = _kind_of(found) or job.kind
    job.state = Import.State.ASKING
    job.save(update_fields=["kind", "state"])


def _kind_of(found: Plan) -> str:
    """The kind that an import of several goes by: that which the fewest may load, and then wants the password again."""
    names = [
        each.spec.name if each.spec else each.layout.part.kind if each.layout and each.layout.part else ""
        for each in found.looked
    ]
    specs = [spec for name in names if (spec := registry.find(name))]
    return min(specs, key=lambda spec: (len(spec.roles), not spec.signs_in_again)).name if specs else ""


@transaction.atomic
def answer(*, job: Import, answers: Mapping[str, Mapping[str, Any]], by: User) -> None:
    """Take answers about the files, by name or `*`, and have them checked again. Raises UploadRefused."""
    current = Import.objects.select_for_update().get(pk=job.pk)
    if current.state not in {Import.State.ASKING, Import.State.CHECKED, Import.State.FAILED}:
        raise UploadRefused("This import is not waiting for answers any more.")
    if not is_stored(current):
        raise UploadRefused("The file is no longer kept. Upload it again.")
    current.answers = {
        name: merged(current.answers.get(name, {}), answers.get(name, {})) for name in {**current.answers, **answers}
    }
    current.state, current.finished_at = Import.State.CHECKING, None
    current.save(update_fields=["answers", "state", "finished_at"])
    job.answers, job.state, job.finished_at = current.answers, current.state, None
    if store.size(kept(current)) > CHECK_NOW:
        jobs.enqueue(kind="import.check", title=f"Check {current}", by=by, params={"import": str(current.pk)})
        return
    transaction.on_commit(lambda: check(job))


def apply(*, job: Import, by: User) -> Job:
    """Have a checked import applied by a worker. Raises UploadRefused when it is not (or no longer) waiting for it."""
    with transaction.atomic():
        waiting = Import.objects.filter(pk=job.pk, state=Import.State.CHECKED)
        if not is_stored(job):
            raise UploadRefused("The file is no longer kept. Upload it again.")
        if not waiting.update(state=Import.State.APPLYING):
            raise UploadRefused("This import is not waiting to be applied any more.")
        return jobs.enqueue(kind="import.apply", title=f"Import {job}", by=by, params={"import": str(job.pk)})


def run_apply(job: Import) -> list[Outcome] | None:
    """Apply, once: None when another worker was faster."""
    with planned(job) as found:
        return _apply(job, found)


def _apply(job: Import, found: Plan) -> list[Outcome] | None:
    def record(outcomes: list[Outcome]) -> None:
        current = Import.objects.select_for_update().get(pk=job.pk)
        if current.state != Import.State.APPLYING:
            raise CheckedOnly  # rolls back; whoever was faster has written the outcome
        if all(outcome.refused for outcome in outcomes):
            raise CheckedOnly
        _settle(job, found, outcomes, Import.State.DONE)

    outcomes = run_plan(
        found,
        by=job.created_by,
        now=timezone.now(),
        limits=limits(),
        all_or_nothing=job.all_or_nothing,
        record=record,
    )
    if job.state != Import.State.DONE:
        with transaction.atomic():
            current = Import.objects.select_for_update().get(pk=job.pk)
            if current.state != Import.State.APPLYING:
                return None
            for outcome in outcomes:
                outcome.refused, outcome.counts = True, Counts()
            _settle(job, found, _stopped(found) + outcomes, Import.State.FAILED)
    else:
        remember(found, outcomes, by=job.created_by)
    analyse(outcomes)
    return outcomes


@transaction.atomic
def discard(*, job: Import, by: User) -> None:
    """Drop a checked import and its file. Raises UploadRefused when it was applied meanwhile."""
    now = timezone.now()
    states = [Import.State.ASKING, Import.State.CHECKING, Import.State.CHECKED]
    changed = Import.objects.filter(pk=job.pk, state__in=states).update(state=Import.State.DISCARDED, finished_at=now)
    if not changed:
        raise UploadRefused("Only an import that waits to be applied can be discarded.")
    audit.record(action="import.discard", by=by, subject=job, summary=str(job))
    if job.stored_name:
        transaction.on_commit(lambda: store.delete(kept(job)))


def delete_old(*, now: datetime) -> int:
    """Delete uploads older than IMPORT_FILES_KEPT; those still waiting to be applied are discarded."""
    old = Import.objects.filter(created_at__lt=now - settings.IMPORT_FILES_KEPT).exclude(stored_name="")
    old.filter(state__in=[Import.State.CHECKED, Import.State.ASKING]).update(
        state=Import.State.DISCARDED, finished_at=now
    )
    deleted = 0
    for job in old:
        if job.state in {Import.State.CHECKING, Import.State.APPLYING}:
            if Job.objects.unfinished().filter(params__contains={"import": str(job.pk)}).exists():
                continue
            # its job was cancelled or gave up, and nobody tried again
            Import.objects.filter(pk=job.pk, state=job.state).update(state=Import.State.FAILED, finished_at=now)
        store.delete(kept(job))
        Import.objects.filter(pk=job.pk).update(stored_name="")
        deleted += 1
    return deleted


def _settle(job: Import, found: Plan, outcomes: list[Outcome], state: Import.State) -> None:
    several = len(outcomes) > 1
    total = Outcome(spec=outcomes[0].spec, file_name=job.file_name)
    for outcome in outcomes:
        name = found.short_name_of(outcome.file_name) if several else ""
        total.rows += outcome.rows
        total.counts = Counts(
            total.counts.new + sum(each.new for each in outcome.all_counts),
            total.counts.changed + sum(each.changed for each in outcome.all_counts),
            total.counts.unchanged + sum(each.unchanged for each in outcome.all_counts),
        )
        total.failed += outcome.failed
        total.warned += outcome.warned
        total.errors += [replace(error, file=name) for error in outcome.errors]
        total.warnings += [replace(warning, file=name) for warning in outcome.warnings]
    job.kind = _kind_of(found) or job.kind
    job.format = next((outcome.format for outcome in outcomes if outcome.format), "")
    job.details = {key: job.details[key] for key in ("kind",) if key in job.details} | {
        "files": [details.of_outcome(found, outcome) for outcome in outcomes]
    }
    job.state = state
    job.message = "" if state != Import.State.FAILED else "Nothing was applied."
    job.finished_at = None if state == Import.State.CHECKED else timezone.now()
    finish(job, total, by=job.created_by)


def _import_of(context: jobs.Context) -> Import:
    return Import.objects.select_related("created_by").get(pk=context.params["import"])


@jobs.handler("import.check", only_reads=True)
def _check_job(context: jobs.Context) -> None:
    job = _import_of(context)
    check(job)
    job.refresh_from_db()
    if job.state == Import.State.ASKING:
        context.finish("Something has to be answered first. The import's page asks it.")
        return
    context.finish(f"{job.rows_total:,} rows checked, {job.rows_failed:,} with errors.")


@jobs.handler("import.apply")
def _apply_job(context: jobs.Context) -> None:
    job = _import_of(context)
    if job.state != Import.State.APPLYING:
        return
    outcomes = run_apply(job)
    if outcomes and all(outcome.refused for outcome in outcomes):
        raise jobs.JobFailed("Nothing was applied. The import's page says why.")
    if outcomes:
        done = job.rows_new + job.rows_changed + job.rows_unchanged
        context.progress(done, job.rows_total, failed=job.rows_failed)
        context.finish(
            f"{job.rows_new:,} new, {job.rows_changed:,} changed, {job.rows_unchanged:,} unchanged,"
            f" {job.rows_failed:,} refused."
        )
