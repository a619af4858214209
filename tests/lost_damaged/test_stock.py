"""Units outside orders leave stock, and come back when they are found."""

from __future__ import annotations

from datetime import date

import pytest

from inventory_ops.models import InventoryEvent, Product, StockBalance
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger
from inventory_ops.operations.ledger import Movement
from lost_damaged.models import Source, WriteOff
from lost_damaged.operations import write_offs
from tests.lost_damaged.world import World, items

pytestmark = pytest.mark.django_db


def receive(product: Product, quantity: int, *, type_: str = "good", expires: date | None = None) -> None:
    movement = Movement(product.pk, EventKind.RECEIVED, quantity, inventory_type=type_, expires_on=expires)
    ledger.book([movement], source=EventSource.SYSTEM)


def on_hand() -> dict[tuple[str, str], int]:
    return {
        (each.inventory_type.code, str(each.expires_on or "")): each.on_hand
        for each in StockBalance.objects.select_related("inventory_type")
    }


def test_a_unit_leaves_stock_in_the_same_booking(world: World) -> None:
    product = world.product("A")
    receive(product, 3)
    [outcome] = write_offs.write_off(items(("A", "u-1")), source=Source.API, by=world.finance)
    event = InventoryEvent.objects.get(kind="written_off")
    assert (event.quantity, event.quantity_after, event.reference, event.source, event.actor) == (
        -1,
        2,
        outcome.number,
        "api",
        world.finance.email,
    )
    write_offs.write_off(items(("A", "u-1")), source=Source.CSV, by=world.finance)
    assert on_hand() == {("good", ""): 2}


def test_a_unit_of_an_order_moves_no_stock(world: World) -> None:
    product = world.product("A")
    receive(product, 3)
    item = world.order_item(product)
    write_offs.write_off(items(("A", "u-1", item.shop_item_id)), source=Source.API, by=world.finance)
    assert on_hand() == {("good", ""): 3}


def test_what_is_not_on_hand_is_not_taken(world: World) -> None:
    product = world.product("A")
    receive(product, 1, expires=date(2030, 5, 1))
    receive(product, 1, expires=date(2030, 1, 1))
    receive(product, 1, type_="damaged")
    rows = [("A", f"u-{n}") for n in range(2)]
    write_offs.write_off(items(*rows), source=Source.API, by=world.finance)
    assert on_hand() == {("good", "2030-05-01"): 0, ("good", "2030-01-01"): 0, ("damaged", ""): 1}
    write_offs.write_off(items(*[("A", f"v-{n}") for n in range(5)]), source=Source.API, by=world.finance)
    assert set(on_hand().values()) == {0}
    assert WriteOff.objects.count() == 7
    assert InventoryEvent.objects.filter(kind="written_off").count() == 3


def test_a_reversal_brings_the_unit_back(world: World) -> None:
    product = world.product("A")
    receive(product, 2)
    [outcome] = write_offs.write_off(items(("A", "u-1")), source=Source.API, by=world.finance)
    write_offs.reverse(number=outcome.number, note="found", by=world.finance)
    assert on_hand() == {("good", ""): 2}
    last = InventoryEvent.objects.latest("pk")
    assert (last.kind, last.reason, last.reverses_id) == (
        "adjusted",
        "found",
        InventoryEvent.objects.get(kind="written_off").pk,
    )


def test_a_reversal_without_stock_event_moves_nothing(world: World) -> None:
    world.product("A")
    [outcome] = write_offs.write_off(items(("A", "u-1")), source=Source.API, by=world.finance)
    write_offs.reverse(number=outcome.number, note="found", by=world.finance)
    assert not InventoryEvent.objects.exists()
