"""Files of write-offs as Finance uploads, confirms and sees them."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from inventory_ops.models import Import
from inventory_ops.operations import jobs
from lost_damaged.models import WriteOffRow
from lost_damaged.operations import imports
from tests.doors.support import in_front
from tests.lost_damaged.world import World

HEAD = "SKU,UID,Status,Order Item Shop ID"


def upload(world: World, text: str | bytes, name: str = "units.csv", **options: Any) -> Import:
    data = text.encode() if isinstance(text, str) else text
    options.setdefault("reason", "lost_warehouse")
    return imports.receive(upload=SimpleUploadedFile(name, data), by=world.finance, **options)


def lines(*rows: str, head: str = HEAD) -> str:
    return "\r\n".join([head, *rows]) + "\r\n"


def confirm(world: World, record: Import) -> Import:
    job = imports.confirm(record=record, by=world.finance)
    assert job
    jobs.run(job.pk)
    record.refresh_from_db()
    job.refresh_from_db()
    assert job.state == "done", job.message
    return record


def problems(record: Import) -> list[tuple[int, str, str]]:
    rows = WriteOffRow.objects.filter(file_id=record.pk, state="error").order_by("line")
    return list(rows.values_list("line", "error_column", "error_code"))


def finance(world: World) -> Client:
    """Signed in, with the password given a moment ago."""
    return in_front(world.finance)
