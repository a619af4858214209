"""What the pages of Finance Import show."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from inventory_ops.kit.spreadsheets import plain
from inventory_ops.models import Import
from lost_damaged import csv_files
from lost_damaged.models import WaitingUnit, WriteOffFile, WriteOffRow


@dataclass(frozen=True, slots=True)
class SellerTotal:
    """Units and amounts of one seller: the estimate of the check, and what was booked."""

    vendor_number: str
    name: str
    currency: str
    units: int
    estimate: Decimal
    amount: Decimal


def recent() -> QuerySet[Import]:
    return Import.objects.filter(write_off_file__isnull=False).select_related("created_by").order_by("-created_at")


def per_seller(file: WriteOffFile) -> list[SellerTotal]:
    rows = (
        file.rows.filter(state__in=[WriteOffRow.State.READY, WriteOffRow.State.BOOKED])
        .values("currency", vendor_number=F("merchant__vendor_number"), name=F("merchant__name"))
        .annotate(units=Count("pk"), total=Sum("estimate"), booked=Sum("amount"))
        .order_by("vendor_number", "currency")
    )
    return [
        SellerTotal(
            row["vendor_number"],
            row["name"],
            row["currency"],
            row["units"],
            row["total"] or Decimal(0),
            row["booked"] or Decimal(0),
        )
        for row in rows
    ]


def totals(sellers: list[SellerTotal]) -> dict[str, tuple[Decimal, Decimal]]:
    """Estimate and booked amount by currency: amounts of different currencies are never added up."""
    result: dict[str, tuple[Decimal, Decimal]] = {}
    for each in sellers:
        estimate, amount = result.get(each.currency, (Decimal(0), Decimal(0)))
        result[each.currency] = (estimate + each.estimate, amount + each.amount)
    return result


def warned(file: WriteOffFile, warning: str) -> QuerySet[WriteOffRow]:
    return file.rows.filter(~Q(state="error"), warnings__contains=[warning]).order_by("line")


def above_limits(file: WriteOffFile) -> int:
    """Ready rows that would wait for a second person, as checked."""
    codes = [why.value for why in WaitingUnit.Why if why != WaitingUnit.Why.TOGETHER]
    return file.rows.filter(state=WriteOffRow.State.READY, warnings__has_any_keys=codes).count()


def waiting(file: WriteOffFile) -> int:
    return file.rows.filter(state=WriteOffRow.State.WAITS).count()


def earlier(record: Import) -> Import | None:
    """An import of the very same file that was booked."""
    return recent().filter(sha256=record.sha256, state=Import.State.DONE).exclude(pk=record.pk).first()


def error_file(file: WriteOffFile) -> Iterator[bytes]:
    """The refused rows as they were written, with what is wrong, in the file's own delimiter: to correct and upload."""
    header: list[str] = list(file.header)
    kept = [n for n, cell in enumerate(header) if csv_files.name_of(cell) not in csv_files.ADDED]
    buffer = io.StringIO()
    writer: Any = csv.writer(buffer, delimiter=file.delimiter)
    buffer.write("\ufeff")
    writer.writerow([*(header[n] for n in kept), *csv_files.ADDED])
    rows = file.rows.filter(state="error").order_by("line")
    fields = ("cells", "line", "error_code", "error_column", "error_message")
    for cells, line, code, column, message in rows.values_list(*fields).iterator(2000):
        fitting = [cells[n] for n in kept] if len(cells) == len(header) else cells
        writer.writerow([*map(_safe, fitting), line, code, column, message])
        if buffer.tell() > 64 * 1024:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _safe(cell: str) -> str:
    # what came with an apostrophe in front goes back as it came
    return cell if cell[:1] == "'" else plain(cell)
