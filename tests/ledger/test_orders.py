"""Late cancellations."""

from __future__ import annotations

import pytest

from inventory_ops.models import InventoryEvent, StockBalance
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger, orders
from inventory_ops.operations.ledger import LedgerRefusal, Movement
from tests import make

pytestmark = pytest.mark.django_db


def test_shipped_units_come_back_on_hand_once() -> None:
    by, item = make.user("operations"), make.item(make.product(), quantity=3)
    assert orders.cancel_late(order=item.order, units={item.pk: 3}, by=by) == 3
    event = InventoryEvent.objects.get()
    assert (event.kind, event.quantity, event.reason, event.reference) == (
        "adjusted", 3, "channel_cancel", item.order.number,
    )  # fmt: skip
    with pytest.raises(LedgerRefusal, match="before"):
        orders.cancel_late(order=item.order, units={item.pk: 3}, by=by)
    assert StockBalance.objects.get().on_hand == 3


def test_allocated_units_are_released() -> None:
    by, item = make.user("operations"), make.item(make.product(), in_=make.order(status=2), quantity=3)
    ledger.book([Movement(item.product_id, EventKind.ALLOCATED, 3, order_item_id=item.pk)], source=EventSource.ORDER)
    orders.cancel_late(order=item.order, units={item.pk: 3}, by=by)
    balance = StockBalance.objects.get()
    assert (balance.on_hand, balance.allocated) == (0, 0)
    item.refresh_from_db()
    assert (item.cancelled_quantity, item.cancelled_by) == (3, "customer")


@pytest.mark.parametrize("units", [0, 4, -1])
def test_no_more_than_was_bought(units: int) -> None:
    item = make.item(make.product(), quantity=3)
    with pytest.raises(LedgerRefusal, match="1 to 3 units"):
        orders.cancel_late(order=item.order, units={item.pk: units}, by=make.user("operations"))


def test_a_cart_gives_nothing_back() -> None:
    item = make.item(make.product(), in_=make.order(status=1))
    with pytest.raises(LedgerRefusal, match="cart"):
        orders.cancel_late(order=item.order, units={item.pk: 1}, by=make.user("operations"))
