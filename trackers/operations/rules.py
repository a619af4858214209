"""Saving, editing, switching and deleting trackers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from inventory_ops.kit import showing
from inventory_ops.models import InventoryType, Product, User
from inventory_ops.operations import audit
from trackers.mechanisms import MECHANISMS, PARAMETERS
from trackers.models import Tracker, TrackerEvent
from trackers.operations import health


class RuleTaken(Exception):
    """Another tracker has that product, type and mechanism already; `other` is it."""

    def __init__(self, other: Tracker) -> None:
        super().__init__(f"There is a tracker for {other} already.")
        self.other = other


@dataclass(frozen=True, slots=True)
class Saved:
    """What saving did: the tracker, whether it is new, and how its numbers read before."""

    tracker: Tracker
    created: bool
    before: str


def parameters(mechanism: str, values: dict[str, Any]) -> dict[str, int | None]:
    """The mechanism's own parameters; those of others are None whatever was typed."""
    own = {field.name for field in MECHANISMS[mechanism].fields}
    return {name: values.get(name) if name in own else None for name in PARAMETERS}


@transaction.atomic
def save(
    *, product: Product, inventory_type: InventoryType, mechanism: str, values: dict[str, Any], by: User | None
) -> Saved:
    """Create the tracker of a product, type and mechanism, or update its parameters if there is one.

    One statement, so two people who save the same new combination at once make one tracker.
    """
    numbers = parameters(mechanism, values)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into trackers_tracker as t (merchant_id, product_id, inventory_type_id, mechanism, quantity,
                lookback_days, coverage_days, expiry_days, is_enabled, created_by_id, created_at, updated_at, health,
                state, sold, actual_days, not_counted, alerted_state)
            values (%(merchant)s, %(product)s, %(type)s, %(mechanism)s, %(quantity)s, %(lookback_days)s,
                %(coverage_days)s, %(expiry_days)s, true, %(by)s, now(), now(), 0, 'no_data', 0, 0, 0, '')
            on conflict (product_id, inventory_type_id, mechanism) do update set quantity = excluded.quantity,
                lookback_days = excluded.lookback_days, coverage_days = excluded.coverage_days,
                expiry_days = excluded.expiry_days, is_enabled = true, updated_at = now()
            returning t.id, old.id is null, old.quantity, old.lookback_days, old.coverage_days, old.expiry_days
            """,
            numbers
            | {
                "merchant": product.merchant_id,
                "product": product.pk,
                "type": inventory_type.pk,
                "mechanism": mechanism,
                "by": by.pk if by else None,
            },
        )
        pk, created, *old = cursor.fetchone()
    before = "" if created else Tracker(mechanism=mechanism, **dict(zip(PARAMETERS, old, strict=True))).parameters
    health.evaluate([pk], as_of=timezone.now())
    tracker = Tracker.objects.select_related("product", "inventory_type", "merchant").get(pk=pk)
    after = tracker.parameters
    if created or before != after:
        text = after if created else f"{before} → {after}"
        _log(tracker, "created" if created else "changed", text, by)
    return Saved(tracker=tracker, created=created, before=before)


@transaction.atomic
def edit(
    *,
    tracker: Tracker,
    product: Product,
    inventory_type: InventoryType,
    mechanism: str,
    values: dict[str, Any],
    by: User,
    merge: bool = False,
) -> Saved:
    """Change a tracker, its key too. Raises RuleTaken when the new key belongs to another tracker; with `merge` that
    one takes the parameters and this one goes."""
    locked = Tracker.objects.select_for_update().get(pk=tracker.pk)
    if (locked.product_id, locked.inventory_type_id, locked.mechanism) == (product.pk, inventory_type.pk, mechanism):
        return save(product=product, inventory_type=inventory_type, mechanism=mechanism, values=values, by=by)
    other = (
        Tracker.objects.select_related("product", "inventory_type")
        .filter(product=product, inventory_type=inventory_type, mechanism=mechanism)
        .first()
    )
    if other and not merge:
        raise RuleTaken(other)
    saved = save(product=product, inventory_type=inventory_type, mechanism=mechanism, values=values, by=by)
    delete(trackers=[locked], by=by)
    return saved


@transaction.atomic
def delete(*, trackers: Iterable[Tracker], by: User) -> int:
    """Remove trackers with their history; the audit log remembers them."""
    count = 0
    for tracker in Tracker.objects.select_for_update().filter(pk__in=[each.pk for each in trackers]).order_by("pk"):
        summary = f"{tracker.product.sku} · {tracker.get_mechanism_display()} ({tracker.parameters})"
        audit.record(action="tracker.delete", by=by, subject=tracker, summary=summary, merchant_id=tracker.merchant_id)
        tracker.delete()
        count += 1
    return count


@transaction.atomic
def switch(*, trackers: Iterable[Tracker], on: bool, by: User) -> int:
    """Enable or disable trackers; a disabled one is not evaluated and alerts nobody."""
    changed = 0
    for tracker in Tracker.objects.select_for_update().filter(pk__in=[each.pk for each in trackers]).order_by("pk"):
        if tracker.is_enabled != on:
            tracker.is_enabled = on
            tracker.save(update_fields=["is_enabled"])
            _log(tracker, "enabled" if on else "disabled", "", by)
            changed += 1
    if on:
        health.evaluate([each.pk for each in trackers], as_of=timezone.now())
    return changed


@transaction.atomic
def change(*, trackers: Iterable[Tracker], numbers: dict[str, int], by: User) -> int:
    """Give trackers new parameters, each those that its mechanism has; answers how many changed."""
    changed: list[Tracker] = []
    rows = Tracker.objects.select_for_update(of=("self",)).filter(pk__in=[each.pk for each in trackers])
    for tracker in rows.select_related("product").order_by("pk"):
        own = {field.name for field in MECHANISMS[tracker.mechanism].fields} & numbers.keys()
        before = tracker.parameters
        for name in own:
            setattr(tracker, name, numbers[name])
        if tracker.parameters == before:
            continue
        tracker.updated_at = timezone.now()
        tracker.save(update_fields=[*own, "updated_at"])
        _log(tracker, "changed", f"{before} → {tracker.parameters}", by)
        changed.append(tracker)
    health.evaluate([each.pk for each in changed], as_of=timezone.now())
    return len(changed)


@transaction.atomic
def snooze(*, trackers: Iterable[Tracker], until: datetime, by: User) -> int:
    """No alerts until a moment."""
    changed = 0
    for tracker in Tracker.objects.select_for_update().filter(pk__in=[each.pk for each in trackers]).order_by("pk"):
        tracker.snoozed_until = until
        tracker.save(update_fields=["snoozed_until"])
        _log(tracker, "snoozed", f"until {showing.local(until):%Y-%m-%d}", by)
        changed += 1
    return changed


def _log(tracker: Tracker, kind: str, text: str, by: User | None) -> None:
    TrackerEvent.objects.create(
        tracker=tracker, kind=kind, text=text[:300], actor=by.email if by else "", health=tracker.health
    )
    audit.record(
        action=f"tracker.{kind}",
        by=by,
        subject=tracker,
        summary=f"{tracker.product.sku} · {tracker.get_mechanism_display()}: {text}".strip(": "),
        merchant_id=tracker.merchant_id,
    )
