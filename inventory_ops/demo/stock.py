"""The ledger's past: deliveries, shipments, returns and corrections that lead to what is on hand today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from inventory_ops.demo.catalogue import DAYS, Item
from inventory_ops.demo.orders import Shipment
from inventory_ops.demo.words import ADJUSTMENT_NOTES
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations.ledger import Movement

LOCATIONS = {"MAIN": "Main warehouse", "EAST": "East hub", "RETURNS": "Returns desk"}
CLERKS = ("warehouse@example.com", "stock.team@example.com")


@dataclass(slots=True)
class Lot:
    code: str
    expires_on: date | None
    units: int


def movements(
    random: Random, items: list[Item], shipments: list[Shipment], ids: dict[tuple[str, str], int], now: datetime
) -> list[Movement]:
    """Everything that happened to stock, in the order in which it happened. `ids`: (vendor, SKU) → product id."""
    by_item: dict[str, list[Shipment]] = defaultdict(list)
    for shipment in shipments:
        by_item[shipment.item.vendor + shipment.item.sku].append(shipment)
    found: list[Movement] = []
    for item in items:
        demand = sorted(by_item[item.vendor + item.sku], key=lambda shipment: shipment.at)
        found.extend(_life(random, item, demand, ids[item.vendor, item.sku], now))
    found.sort(key=lambda movement: movement.occurred_at or now)
    return found


def _life(random: Random, item: Item, demand: list[Shipment], product: int, now: datetime) -> Iterator[Movement]:
    begin = max(item.created_at, now - timedelta(days=DAYS + 6))
    units = sum(shipment.quantity for shipment in demand)
    months = max((now - begin).days / 30, 1)
    batch = max(round(units / months * random.choice((1, 1.5, 2))), random.choice((4, 6, 10)))
    # some run out, some were bought far too much of
    stops_at = now - timedelta(days=random.randint(8, 60)) if random.random() < 0.06 else now
    lots: list[Lot] = []

    def deliver(at: datetime, quantity: int, to: str = "MAIN") -> Movement:
        code, expires = "", None
        if item.goods.shelf_life and to == "MAIN":
            code = f"L{at:%y%m%d}"
            expires = (at + timedelta(days=round(item.goods.shelf_life * random.uniform(0.7, 1)))).date()
        if to == "MAIN":
            lots.append(Lot(code, expires, quantity))
        return Movement(
            product,
            EventKind.RECEIVED,
            quantity,
            location=to,
            lot=code,
            expires_on=expires,
            occurred_at=at,
            reference=f"PO-{at:%y%m}-{random.randint(1000, 9999)}",
        )

    yield deliver(begin + timedelta(hours=random.randint(1, 9)), batch + random.randint(2, 12))
    if random.random() < 0.12:
        yield deliver(begin + timedelta(days=2), max(batch // 2, 3), to="EAST")
    for shipment in demand:
        on_hand = sum(lot.units for lot in lots)
        if on_hand < shipment.quantity + batch // 4 and shipment.at < stops_at:
            yield deliver(shipment.at - timedelta(hours=random.randint(3, 40)), batch + shipment.quantity)
        yield from _ship(lots, shipment, product)
        yield from _return(random, shipment, product, lots, now)
    if random.random() < 0.05 and not demand:
        yield deliver(now - timedelta(days=random.randint(30, 200)), batch * 3)
    yield from _corrections(random, product, lots, begin, now)


def _ship(lots: list[Lot], shipment: Shipment, product: int) -> Iterator[Movement]:
    """First expired, first out; what is not there is shipped all the same (it was, so the count was wrong)."""
    left = shipment.quantity
    for lot in sorted(lots, key=lambda lot: lot.expires_on or date.max):
        take = min(left, lot.units)
        if take > 0:
            lot.units -= take
            left -= take
            yield _shipped(shipment, product, take, lot)
    if left:
        lot = lots[-1]
        lot.units -= left
        yield _shipped(shipment, product, left, lot)
    lots[:] = [lot for lot in lots if lot.units] or lots[-1:]


def _shipped(shipment: Shipment, product: int, quantity: int, lot: Lot) -> Movement:
    return Movement(
        product,
        EventKind.SHIPPED,
        -quantity,
        lot=lot.code,
        expires_on=lot.expires_on,
        occurred_at=shipment.at,
        reference=shipment.order_number,
        source=EventSource.ORDER,
    )


def _return(random: Random, shipment: Shipment, product: int, lots: list[Lot], now: datetime) -> Iterator[Movement]:
    at = shipment.at + timedelta(days=random.randint(4, 24))
    if at < now and random.random() < 0.035:
        resealable = random.random() < 0.6
        yield Movement(
            product,
            EventKind.RETURNED,
            1,
            inventory_type="good" if resealable else "defective",
            location="MAIN" if resealable else "RETURNS",
            lot=lots[-1].code if resealable else "",
            expires_on=lots[-1].expires_on if resealable else None,
            occurred_at=at,
            reason="return",
            reference=shipment.order_number,
        )
        if resealable:
            lots[-1].units += 1


def _corrections(random: Random, product: int, lots: list[Lot], begin: datetime, now: datetime) -> Iterator[Movement]:
    if random.random() > 0.3:
        return
    lot = lots[-1]
    reason = random.choice(list(ADJUSTMENT_NOTES))
    change = {"count": random.choice((-2, -1, 1)), "found": 1, "correction": random.choice((-3, 2))}.get(reason, -1)
    if lot.units + change < 0:
        change = abs(change)
    at = now - timedelta(
        days=random.randint(0, min(max((now - begin).days - 1, 1), 60)), minutes=random.randint(9, 999)
    )
    lot.units += change
    yield Movement(
        product,
        EventKind.ADJUSTED,
        change,
        lot=lot.code,
        expires_on=lot.expires_on,
        occurred_at=max(at, begin + timedelta(days=1)),
        reason=reason,
        note=ADJUSTMENT_NOTES[reason],
        source=EventSource.PAGE,
        actor=random.choice(CLERKS),
    )
    if reason == "damaged":
        yield Movement(
            product,
            EventKind.ADJUSTED,
            1,
            inventory_type="damaged",
            occurred_at=max(at, begin + timedelta(days=1)),
            reason=reason,
            note=ADJUSTMENT_NOTES[reason],
            source=EventSource.PAGE,
            actor=random.choice(CLERKS),
        )
