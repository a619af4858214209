"""Finance Import: stage a file, check every row, show what would happen, book it in chunks that survive a crash."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.db.models import Count, Q
from django.utils import timezone

from inventory_ops.kit import files as store
from inventory_ops.models import Import, Job, User
from inventory_ops.operations import audit, jobs
from inventory_ops.operations.imports.outcomes import digest
from inventory_ops.operations.imports.uploads import BLOCK, CHECK_NOW, FOLDER, kept
from lost_damaged import csv_files, errors, items
from lost_damaged.csv_files import FileRefused, Row
from lost_damaged.models import Source, WriteOffFile, WriteOffRow
from lost_damaged.operations import write_offs

KIND = "write_offs"
CHUNK = 5_000  # rows a transaction: about a second in which their prices and stock are locked
ROW = WriteOffRow._meta.db_table


class NotWaiting(Exception):
    """The import cannot be confirmed, booked or discarded as it is; the message says why."""


def receive(
    *, upload: UploadedFile[bytes], by: User, reason: str, all_or_nothing: bool = False, encoding: str = ""
) -> Import:
    """Store an upload and check it: at once if it is small, else by a worker. Raises FileRefused."""
    # the name that came along is shown, never used as a path
    name = f"{uuid.uuid4().hex}.csv"
    with store.written(f"{FOLDER}/{name}") as path:
        with path.open("wb") as file:
            for chunk in upload.chunks(BLOCK):
                file.write(chunk)
        is_small, sha256 = path.stat().st_size <= CHECK_NOW, digest(path)
        with path.open("rb") as source:
            header, _rows = csv_files.read(source, encoding=encoding)
    try:
        with transaction.atomic():
            record = Import.objects.create(
                kind=KIND,
                file_name=shown_name(upload.name),
                stored_name=name,
                sha256=sha256,
                all_or_nothing=all_or_nothing,
                created_by=by,
            )
            WriteOffFile.objects.create(
                record=record,
                encoding=header.encoding,
                delimiter=header.delimiter,
                header=header.cells,
                reason=reason,
            )
            if is_small:
                check(record)
            else:
                jobs.enqueue(
                    kind="write_offs.check",
                    title=f"Check {record.file_name}",
                    by=by,
                    params={"import": str(record.pk)},
                    queue="imports",
                )
    except FileRefused:
        store.delete(f"{FOLDER}/{name}")
        raise
    if is_small:
        store.delete(f"{FOLDER}/{name}")
    return record


def shown_name(name: str | None) -> str:
    """The last part of a file name, without what cannot be seen."""
    text = Path((name or "").replace("\\", "/")).name or "upload.csv"
    return "".join(character for character in text if character.isprintable())[:255] or "upload.csv"


@transaction.atomic
def check(record: Import) -> None:
    """Stage all rows and find out what would become of each. Nothing is booked. Raises FileRefused."""
    locked = Import.objects.select_for_update().get(pk=record.pk)
    if locked.state != Import.State.CHECKING:
        return
    file = WriteOffFile.objects.get(record=locked)
    WriteOffRow.objects.filter(file=file).delete()
    with connection.cursor() as cursor:
        cursor.execute(_CREATE_UPLOAD)
        with store.local(kept(locked)) as path, path.open("rb") as source:
            _header, rows = csv_files.read(
                source, encoding=file.encoding.removesuffix("-sig"), most_rows=settings.IMPORT_MAX_ROWS
            )
            with cursor.copy(f"copy pg_temp.ld_upload ({', '.join(_UPLOADED)}) from stdin") as copy:
                for block in _copy_blocks(rows):
                    copy.write(block)
        write_offs.stage()
        cursor.execute(_STAGE_UPLOAD)
        write_offs.write_off_staged(
            source=Source.CSV, by=locked.created_by, dry_run=True, together=locked.all_or_nothing
        )
        cursor.execute("analyze pg_temp.ld_result (position)")
        cursor.execute(_STORE, [*_problems(), file.pk])
        cursor.execute("drop table pg_temp.ld_upload")
    count(locked)
    locked.state = Import.State.CHECKED
    locked.stored_name = ""
    locked.save()
    record.refresh_from_db()


_UPLOADED = (
    "line",
    "cells",
    "sku",
    "uid",
    "uid_key",
    "shop_item_id",
    "error_code",
    "error_column",
    "error_value",
    "error_message",
)
_CREATE_UPLOAD = """
drop table if exists pg_temp.ld_upload;
create temp table ld_upload (line integer, cells jsonb, sku text, uid text, uid_key text, shop_item_id text,
    error_code text, error_column text, error_value text, error_message text) on commit drop
"""
BLOCK_ROWS = 2_000
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_json = json.JSONEncoder(check_circular=False).encode


def _copy_blocks(rows: Iterator[Row]) -> Iterator[str]:
    """Rows of `ld_upload` as COPY takes them, some thousand at a time."""
    while block := list(islice(rows, BLOCK_ROWS)):
        yield "".join(map(_copy_line, block))


def _copy_line(row: Row) -> str:
    cells = row.cells
    text = _json(cells)
    if "\\" in text:  # also the escape of a NUL, which jsonb does not take
        if any("\x00" in cell for cell in cells):
            text = _json([items.visible(cell) if "\x00" in cell else cell for cell in cells])
        text = text.translate(_ESCAPES)
    if row.item is not None:
        item = row.item
        sku, uid = item.sku, item.uid
        if "\\" in sku or "\\" in uid:
            sku, uid = sku.translate(_ESCAPES), uid.translate(_ESCAPES)
        shop_item_id = "\\N" if item.shop_item_id is None else item.shop_item_id.translate(_ESCAPES)
        return f"{row.line}\t{text}\t{sku}\t{uid}\t{uid.upper()}\t{shop_item_id}\t\t\t\t\n"
    assert row.error is not None
    error = row.error
    found = (str(error.code), error.column, error.value[:200], error.message)
    return "\t".join((str(row.line), text, "", "", "", "\\N", *(each.translate(_ESCAPES) for each in found))) + "\n"


_STAGE_UPLOAD = """
insert into pg_temp.ld_item (position, sku, uid, uid_key, shop_item_id)
select line, sku, uid, uid_key, shop_item_id from pg_temp.ld_upload where error_code = ''
"""
_PROBLEMS = "unnest(%s::text[], %s::text[], %s::text[], %s::text[]) e (problem, code, col, message)"
_VALUE = (
    "case e.col when 'SKU' then x.sku when 'UID' then x.uid when '' then '' else coalesce(x.shop_item_id::text, '') end"
)
# In the order in which they are booked: rows of a product lie side by side, and its stock is changed once a chunk.
_STORE = f"""
insert into {ROW} (file_id, line, cells, sku, uid, uid_key, shop_item_id, state, error_code, error_column, error_value,
    error_message, merchant_id, currency, estimate, amount, number, warnings)
select f.id, x.line, x.cells, x.sku, x.uid, x.uid_key, x.shop_item_id, coalesce(r.state, 'error'),
       coalesce(e.code, x.error_code), coalesce(e.col, x.error_column),
       case when e.problem is null then x.error_value else {_VALUE} end,
       coalesce(replace(e.message, '{{number}}', r.number), x.error_message),
       r.merchant_id, coalesce(r.currency, ''), case when r.state = 'ready' then r.amount end,
       case when r.state = 'repeat' then r.amount end, coalesce(r.number, ''), coalesce(r.warnings, '[]')
from pg_temp.ld_upload x
left join pg_temp.ld_result r on r.position = x.line
left join {_PROBLEMS} on e.problem = r.problem
cross join (select %s::uuid as id) f
order by r.product_id, x.uid_key, x.line
"""
_STAGE_ALL = f"""
insert into pg_temp.ld_item (position, sku, uid, uid_key, shop_item_id)
select line, sku, uid, uid_key, shop_item_id from {ROW} where file_id = %s and state = 'ready'
"""
# Rows that another worker holds are left to it.
_STAGE_CHUNK = f"""
insert into pg_temp.ld_item (position, sku, uid, uid_key, shop_item_id)
select line, sku, uid, uid_key, shop_item_id from {ROW}
where file_id = %s and state = 'ready' order by id limit %s for update skip locked
"""
_TAKE = f"""
update {ROW} x
set state = r.state, merchant_id = r.merchant_id, currency = r.currency, number = r.number, warnings = r.warnings,
    estimate = case when r.state = 'ready' then r.amount else x.estimate end,
    amount = case when r.state in ('booked', 'repeat') then r.amount end,
    error_code = coalesce(e.code, ''), error_column = coalesce(e.col, ''),
    error_message = coalesce(replace(e.message, '{{number}}', r.number), ''),
    error_value = case when e.problem is null then '' else {_VALUE} end
from pg_temp.ld_result r left join {_PROBLEMS} on e.problem = r.problem
where x.file_id = %s and x.line = r.position
"""


def _problems() -> list[list[str]]:
    """What can be wrong with a row, as columns: name, code, column, message."""
    found = [(name, str(errors.CODES[name]), *errors.MESSAGES[name]) for name in errors.MESSAGES]
    return [list(column) for column in zip(*found, strict=True)]


def _take_results(file: WriteOffFile) -> None:
    """Write what `ld_result` says of each row to the row."""
    with connection.cursor() as cursor:
        cursor.execute("analyze pg_temp.ld_result (position)")
        cursor.execute(_TAKE, [*_problems(), file.pk])


def count(record: Import) -> None:
    """Write the counts of its rows to a finance import, unsaved."""
    counts = WriteOffRow.objects.filter(file_id=record.pk).aggregate(
        total=Count("pk"),
        new=Count("pk", filter=Q(state__in=["ready", "booked"])),
        unchanged=Count("pk", filter=Q(state="repeat")),
        failed=Count("pk", filter=Q(state="error")),
    )
    record.rows_total, record.rows_new = counts["total"], counts["new"]
    record.rows_unchanged, record.rows_failed = counts["unchanged"], counts["failed"]


@transaction.atomic
def confirm(*, record: Import, by: User) -> Job:
    """Have a checked file booked: by whom it is confirmed, by their limits. Raises NotWaiting."""
    locked = Import.objects.select_for_update().get(pk=record.pk)
    file = WriteOffFile.objects.get(record=locked)
    if locked.state != Import.State.CHECKED:
        raise NotWaiting("This import is not waiting to be confirmed any more.")
    if locked.all_or_nothing and locked.rows_failed:
        raise NotWaiting("You asked to import nothing if any row fails, and rows have failed. Correct the file first.")
    if not file.rows.filter(state=WriteOffRow.State.READY).exists():
        raise NotWaiting("No row of this file can be written off.")
    file.confirmed_by, file.confirmed_at = by, timezone.now()
    locked.state = Import.State.APPLYING
    locked.save(update_fields=["state"])
    file.job = _enqueue(locked, by)
    file.save()
    audit.record(action="write_off_import.start", by=by, subject=locked, summary=f"{locked.file_name}: booking")
    return file.job


def _enqueue(record: Import, by: User) -> Job:
    return jobs.enqueue(
        kind="write_offs.book",
        title=f"Write off units of {record.file_name}",
        by=by,
        params={"import": str(record.pk)},
        queue="imports",
    )


@transaction.atomic
def resume(*, record: Import, by: User) -> Job:
    """Go on with an import whose job failed or was cancelled. Raises NotWaiting."""
    locked = Import.objects.select_for_update().get(pk=record.pk)
    file = WriteOffFile.objects.select_related("job").get(record=locked)
    if locked.state != Import.State.APPLYING or (file.job and not file.job.is_final):
        raise NotWaiting("Only an import that was interrupted can be resumed.")
    file.job = _enqueue(locked, by)
    file.save(update_fields=["job"])
    return file.job


@transaction.atomic
def discard(*, record: Import, by: User) -> None:
    """Drop a checked import. Raises NotWaiting when it is being booked or was."""
    waiting = Import.objects.filter(pk=record.pk, state=Import.State.CHECKED)
    if not waiting.update(state=Import.State.DISCARDED, finished_at=timezone.now()):
        raise NotWaiting("Only an import that waits to be confirmed can be discarded.")
    audit.record(action="write_off_import.discard", by=by, subject=record, summary=record.file_name)


class _SomeFailed(Exception):
    """Undoes the one transaction of an import that books all or nothing."""


def book(record: Import, context: jobs.Context) -> None:
    """Book the ready rows chunk by chunk, each chunk whole; what was booked before a crash stays booked.

    With `all_or_nothing` all rows are one transaction: a row that has become wrong since the check undoes it.
    """
    file = WriteOffFile.objects.select_related("record", "confirmed_by").get(record=record)
    total = file.rows.exclude(state=WriteOffRow.State.ERROR).count()
    if record.all_or_nothing:
        try:
            with transaction.atomic():
                _book_chunk(file, most=None)
                failed = list(file.rows.filter(state="error").values_list("line", flat=True)[:5])
                if failed:
                    raise _SomeFailed(", ".join(map(str, failed)))
        except _SomeFailed as error:
            _check_again(record, file)
            raise jobs.JobFailed(
                f"Nothing was written off: rows have become wrong since the check (line {error}). Look at the import."
            ) from error
    else:
        left = file.rows.filter(state="ready").count()
        while taken := _book_chunk(file):
            left -= taken
            context.progress(max(total - left, 0), total, failed=file.rows.filter(state="error").count())
    with transaction.atomic():
        locked = Import.objects.select_for_update().get(pk=record.pk)
        if locked.state != Import.State.APPLYING or file.rows.filter(state="ready").exists():
            return
        count(locked)
        locked.state, locked.finished_at = Import.State.DONE, timezone.now()
        locked.save()
        audit.record(
            action="write_off_import.done",
            by=record.created_by,
            subject=record,
            summary=f"{locked.file_name}: {locked.rows_new} written off, {locked.rows_unchanged} were before,"
            f" {locked.rows_failed} failed{_waiting_words(file)}",
        )
    context.progress(total, total, failed=locked.rows_failed, skipped=locked.rows_unchanged)
    context.finish(
        f"{locked.rows_new:,} written off, {locked.rows_unchanged:,} were before, {locked.rows_failed:,} failed"
        f"{_waiting_words(file)}."
    )


@write_offs.repeated_on_deadlock
@transaction.atomic
def _book_chunk(file: WriteOffFile, *, most: int | None = 0) -> int:
    """Book up to `most` rows (0: CHUNK, None: all) and answer how many were taken."""
    write_offs.stage()
    with connection.cursor() as cursor:
        cursor.execute(_STAGE_CHUNK, [file.pk, CHUNK if most == 0 else most])
        taken = cursor.rowcount
    if taken:
        write_offs.write_off_staged(
            source=Source.CSV,
            by=file.confirmed_by,
            reason=file.reason,
            import_id=file.record.pk,
            together=file.record.all_or_nothing,
        )
        _take_results(file)
    return taken


def _waiting_words(file: WriteOffFile) -> str:
    waiting = file.rows.filter(state=WriteOffRow.State.WAITS).count()
    return f", {waiting:,} wait for a second person" if waiting else ""


@transaction.atomic
def _check_again(record: Import, file: WriteOffFile) -> None:
    """After an import that may not fail in part did: say which rows are wrong now, and wait for a decision."""
    locked = Import.objects.select_for_update().get(pk=record.pk)
    write_offs.stage()
    with connection.cursor() as cursor:
        cursor.execute(_STAGE_ALL, [file.pk])
    write_offs.write_off_staged(source=Source.CSV, by=locked.created_by, dry_run=True, together=True)
    _take_results(file)
    count(locked)
    locked.state = Import.State.CHECKED
    locked.save()


@jobs.handler("write_offs.check", only_reads=True)
def _check_job(context: jobs.Context) -> None:
    record = Import.objects.get(pk=context.params["import"])
    name = kept(record)
    try:
        check(record)
    except FileRefused as error:
        Import.objects.filter(pk=record.pk).update(
            state=Import.State.FAILED, message=str(error), finished_at=timezone.now(), stored_name=""
        )
        raise jobs.JobFailed(str(error)) from error
    finally:
        if not Import.objects.filter(pk=record.pk, state=Import.State.CHECKING).exists():
            store.delete(name)
    context.finish(f"{record.rows_total:,} rows checked, {record.rows_failed:,} with errors.")


@jobs.handler("write_offs.book")
def _book_job(context: jobs.Context) -> None:
    record = Import.objects.select_related("created_by").get(pk=context.params["import"])
    if record.state == Import.State.APPLYING:
        book(record, context)
