"""Units that wait for a second person, and those decided lately."""

from __future__ import annotations

import uuid

from django.db.models import Count, QuerySet, Sum

from inventory_ops.models import Import
from lost_damaged.models import WaitingUnit

MOST_SHOWN = 200


def waiting(import_id: uuid.UUID | None = None) -> QuerySet[WaitingUnit]:
    """The oldest first; of one import, if it is given."""
    rows = WaitingUnit.objects.filter(state=WaitingUnit.State.WAITING)
    if import_id:
        rows = rows.filter(import_id=import_id)
    return rows.select_related("merchant", "product", "requested_by", "claim").order_by("pk")


def decided() -> QuerySet[WaitingUnit]:
    rows = WaitingUnit.objects.exclude(state=WaitingUnit.State.WAITING)
    return rows.select_related("merchant", "requested_by", "approved_by", "rejected_by", "write_off").order_by(
        "-decided_at", "-pk"
    )


def totals(import_id: uuid.UUID | None = None) -> list[dict[str, object]]:
    """Units and amount by currency."""
    rows = waiting(import_id).values("currency").annotate(units=Count("pk"), total=Sum("amount"))
    return [dict(row) for row in rows.order_by("currency")]


def count() -> int:
    return WaitingUnit.objects.filter(state=WaitingUnit.State.WAITING).count()


def file_of(import_id: uuid.UUID) -> Import | None:
    return Import.objects.filter(pk=import_id).first()
