"""Large exports as jobs: one snapshot of the data, progress, cancel, a file that expires."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.kit import files, showing
from inventory_ops.kit.reports import Report, Selection, exports, registry
from inventory_ops.kit.reports import request as asking
from inventory_ops.models import Job, User
from inventory_ops.operations import jobs
from inventory_ops.queries import shop

FORMATS = ("csv", "xlsx")
LARGE = 20_000  # rows; above, a page hands the export to a job
KIND = "export"
FOLDER = "exports"  # in the store of files
TELL_EVERY = 0.5  # seconds between two reports of progress


def hint() -> str:
    return _("More than %(n)s rows are prepared as a job: you get a page with the progress and the file.") % {
        "n": showing.plain_number(f"{LARGE:,}")
    }


def is_large(selection: Selection) -> bool:
    """Are there more rows than a page streams?"""
    return selection.rows.order_by().values(*selection.report.identity)[: LARGE + 1].count() > LARGE


def file_name(report: Report, format: str, at: datetime) -> str:
    return f"{report.slug}-{at:%Y-%m-%d}.{format}"


def kept(job: Job, ending: str) -> str:
    """The name of a job's file in the store."""
    return f"{FOLDER}/{job.pk}.{ending}"


@transaction.atomic
def request(*, report: Report, params: QueryDict, format: str, by: User) -> Job:
    """Have an export made. Asked again while the same one is under way, the answer is that one."""
    query = params.copy()
    for name in ("_export", "page", "per_page", "view", "columns", "after", "before", "exact"):
        query.pop(name, None)
    wanted = {"report": report.slug, "format": format, "query": query.urlencode()}
    User.objects.select_for_update().get(pk=by.pk)  # a double click makes one job
    same = Job.objects.unfinished().filter(kind=KIND, created_by=by, params=wanted, cancel_requested=False).first()
    if same:
        return same
    title = _("Export of %(title)s (%(format)s)") % {"title": report.title, "format": format.upper()}
    return jobs.enqueue(kind=KIND, title=title, by=by, params=wanted, queue="imports")


@jobs.handler(KIND, only_reads=True)
def _export_job(context: jobs.Context) -> None:
    report, selection, sort = _selection(context)
    format, job = context.params["format"], context.job
    target = kept(job, format)
    done = 0
    told = time.monotonic()

    def on_row() -> None:
        nonlocal done, told
        done += 1
        if time.monotonic() - told > TELL_EVERY:
            context.progress(done, total)
            told = time.monotonic()

    with writing(target) as part:
        with exports.snapshot(selection.rows.db) as own:
            total = exports.count(selection, own)
            context.progress(0, total)
            _write(format, selection, part, sort, own, on_row)
        context.progress(done, total)
    name = file_name(report, format, timezone.now())
    context.finish(
        ngettext("%(n)s row.", "%(n)s rows.", done) % {"n": f"{done:,}"},
        result_file=target,
        result_name=name,
    )


def _selection(context: jobs.Context) -> tuple[Report, Selection, str]:
    """What is to be exported, as its owner may see it now."""
    by, slug = context.job.created_by, context.params["report"]
    if slug not in registry or by is None or not by.is_active or not registry.get(slug).allows(by):
        raise jobs.JobFailed(_("This list is not open to you any more."))
    report = registry.get(slug)
    params = QueryDict(context.params["query"])
    try:
        checked = asking.read(report, params, viewer=by)
        with shop.shown_to(by):  # From and To are days of the owner's zone
            return report, report.select(params, viewer=by, as_of=checked.as_of), checked.sort
    except asking.PageError as error:
        raise jobs.JobFailed(" ".join(error.messages)) from error
    except ValidationError as error:
        raise jobs.JobFailed(" ".join(error.messages)) from error


def _write(format: str, selection: Selection, part: Path, sort: str, own: Any, on_row: Callable[[], None]) -> None:
    try:
        if format == "csv":
            with part.open("wb") as file:
                file.writelines(exports.csv_chunks(selection, sort, via=own, on_row=on_row, marked=True))
        else:
            exports.write_xlsx(selection, part, sort, via=own, on_row=on_row)
    except ValueError as error:
        raise jobs.JobFailed(str(error)) from error


@contextmanager
def writing(name: str) -> Iterator[Path]:
    """A path for the file that a job makes, and JobFailed when it cannot be written or kept."""
    try:
        with files.written(name) as part:
            yield part
    except OSError as error:
        raise jobs.JobFailed(
            _("The file could not be written (%(reason)s). Notify an administrator, then try again.")
            % {"reason": error.strerror or type(error).__name__}
        ) from error


def delete_stray(*, now: datetime, older_than: timedelta = jobs.RESULT_KEPT) -> int:
    """Delete files that no job knows any more, like halves left by a lost worker; answers how many."""
    known = set(Job.objects.exclude(result_file="").values_list("result_file", flat=True))
    deleted = files.delete_halves(before=now - older_than)
    for found in files.listed(FOLDER):
        if found.written_at < now - older_than and found.name not in known:
            files.delete(found.name)
            deleted += 1
    return deleted
