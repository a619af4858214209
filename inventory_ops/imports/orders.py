from __future__ import annotations

from inventory_ops.imports.cells import CardIssue, CurrencyCode, WebAddress
from inventory_ops.kit.imports import Column, ImportSpec, register
from inventory_ops.kit.imports.columns import Carried
from inventory_ops.kit.imports.values import Boolean, Choice, Coded, Integer, Moment, Text, money
from inventory_ops.operations.imports.order_checks import check_orders, prepare_orders
from inventory_ops.operations.imports.orders import apply_orders

UNITS = Integer(0, 10_000_000)
STATUS = Coded((("1", "cart"), ("2", "open"), ("3", "closed")))
# what many shops write on the first line of an order only
OF_ORDER = (
    *("status", "store_number", "customer_email", "created_at", "updated_at", "promo_code", "promo_value"),
    *("gift_card_total", "gift_card_count", "comment", "card_issue", "currency"),
    *("marketing_consent", "recovery_url"),
)

SPEC = register(
    ImportSpec(
        name="orders",
        title="Orders",
        order=60,
        purpose="History of carts and orders, one row an item. Moves no stock; open orders allocate what is to ship.",
        columns=(
            Column("order_number", Text(50), required=True, example="100001"),
            Column(
                "item_id",
                Text(100),
                example="500001",
                help="Order item shop ID, unique in its store; default: made from order number and position",
            ),
            Column("status", STATUS, required=True, example="3", help="1 cart, 2 open, 3 closed"),
            Column("store_number", Text(50), example="1"),
            Column("customer_email", Text(254, lower=True), example="customer@example.com"),
            Column("created_at", Moment(), required=True, example="2026-02-01T10:00:00"),
            Column("updated_at", Moment(), example="2026-02-02T16:30:00", help="Of a cart: the last activity"),
            Column("sku", Text(100, exact=True), required=True, example="KET-100"),
            Column("vendor_number", Text(50), example="V10", help="Needed where several merchants have the SKU"),
            Column("quantity", Integer(1, 10_000_000), required=True, example="2"),
            Column("unit_price", money(), required=True, example="39.99"),
            Column("unit_cost", money(), example="21.50"),
            Column("currency", CurrencyCode(), example="", help="Has to be the merchant's; default: it is"),
            Column("commission", money(), example="5.00", help="Amount a unit"),
            Column("quantity_shipped", UNITS, example="2"),
            Column("shipped_at", Moment(), example="2026-02-02T16:30:00"),
            Column("returned_quantity", UNITS, example="0", help="Of the shipped units: came back or refunded"),
            Column("returned_at", Moment(), example=""),
            Column("cancelled_quantity", UNITS, example="0"),
            Column("cancelled_by", Choice(("customer", "seller", "warehouse", "system")), example=""),
            Column("ship_by", Moment(), example="2026-02-04T00:00:00", happened=False),
            Column("promo_code", Text(100), example=""),
            Column("promo_value", money(), example=""),
            Column("gift_card_total", money(), example=""),
            Column("gift_card_count", Integer(0, 10_000), example=""),
            Column("comment", Text(5000, one_line=False), example=""),
            Column("marketing_consent", Boolean(), example="", help="Did the customer agree to marketing mails?"),
            Column("recovery_url", WebAddress(), example="", help="Of a cart: the link that leads back to it"),
            Column("card_issue", CardIssue(), example="", help="“code: message” of a failed payment"),
        ),
        key=("item_id", "store_number"),
        prepare=prepare_orders,
        carried=Carried("order_number", "status", OF_ORDER),
        tables=(
            "inventory_ops_order",
            "inventory_ops_orderitem",
            "inventory_ops_orderitemkey",
            "inventory_ops_stockbalance",
        ),
        check=check_orders,
        apply=apply_orders,
    )
)
