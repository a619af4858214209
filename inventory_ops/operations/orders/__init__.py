"""The life of an order in the ledger: placing allocates, cancelling releases, shipping ships, a return comes back.

Carts touch nothing. Every verb takes totals ("two units of this line are shipped by now"), so that telling the same
thing twice, or two people telling it at once, books it once.
"""

from inventory_ops.operations.orders.late import cancel_late
from inventory_ops.operations.orders.moving import cancel, give_back, refunded, ship
from inventory_ops.operations.orders.placing import NewLine, NewOrder, Placed, place, save_cart

__all__ = [
    "NewLine",
    "NewOrder",
    "Placed",
    "cancel",
    "cancel_late",
    "give_back",
    "place",
    "refunded",
    "save_cart",
    "ship",
]
