"""Month partitions of the Events Ledger: made ahead, and dropped when their month went by without an event.

A month with events is never dropped here: balances are the sum of all events.
"""

from __future__ import annotations

from inventory_ops.kit.db.months import Months

MONTHS = Months(
    parent="inventory_ops_inventoryevent",
    prefix="inventory_ops_inventoryevent_",
    make="inventory_ops_make_ledger_partition",
    drop="inventory_ops_drop_ledger_partition",
)
make_ahead = MONTHS.make_ahead
drop_empty = MONTHS.drop_empty
