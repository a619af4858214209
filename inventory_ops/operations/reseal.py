"""Everything that is encrypted at rest, anew under the present SECRET_KEY, so that a leaked one can be dropped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models, transaction

from inventory_ops.kit import sealing
from inventory_ops.kit.db.fields import SealedField
from inventory_ops.models.audit import Security
from inventory_ops.operations import audit

BATCH = 200


@dataclass(slots=True)
class Resealed:
    """Counts of sealed values; `broken` are those that no key reads, as table, column and row."""

    renewed: int = 0
    current: int = 0
    broken: list[str] = field(default_factory=list)


def sealed_fields() -> Iterator[tuple[type[models.Model], SealedField]]:
    for model in apps.get_models():
        for each in model._meta.get_fields():
            if isinstance(each, SealedField):
                yield model, each


def reseal() -> Resealed:
    """Encrypt what an older key encrypted anew. Each batch is kept by itself: run again, it goes on where it ended."""
    done = Resealed()
    for model, sealed in sealed_fields():
        last: Any = None
        while (last := _batch(model, sealed, after=last, done=done)) is not None:
            pass
    with transaction.atomic():
        audit.record(
            action=Security.RESEALED,
            by=None,
            summary=f"{done.renewed} values encrypted anew, {done.current} were, {len(done.broken)} cannot be read",
        )
    return done


def unreadable() -> int:
    """How many sealed values neither SECRET_KEY nor one of its fallbacks reads."""
    count = 0
    for model, sealed in sealed_fields():
        for value in model._default_manager.values_list(sealed.attname, flat=True).iterator():
            try:
                if value:
                    sealing.unseal(value, purpose=sealed.purpose)
            except sealing.SealBroken:
                count += 1
    return count


@transaction.atomic
def _batch(model: type[models.Model], sealed: SealedField, *, after: Any, done: Resealed) -> Any:
    """Go through the next rows, locked; answers the key of the last one, or None."""
    rows = model._default_manager.select_for_update().order_by("pk").only("pk", sealed.attname)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    last = None
    for row in rows[:BATCH]:
        last = row.pk
        value = getattr(row, sealed.attname)
        if not value:
            continue
        try:
            renewed = sealing.reseal(value, purpose=sealed.purpose)
        except sealing.SealBroken:
            done.broken.append(f"{model._meta.db_table}.{sealed.column} of row {row.pk}")
            continue
        if renewed is None:
            done.current += 1
        else:
            model._default_manager.filter(pk=row.pk).update(**{sealed.attname: renewed})
            done.renewed += 1
    return last
