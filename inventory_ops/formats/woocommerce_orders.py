"""WooCommerce orders. The shop has no export of its own; these are the two plug-ins that most shops use.

Advanced Order Export: a row an item, all of the order's columns on each. Order Export & Import: a row an order, an item
a column (`line_item_1` = `name:Mug|sku:M-1|quantity:2|total:20.00|…`).
"""

from __future__ import annotations

from collections import Counter

from inventory_ops.formats.questions import PREFIX, STORE, VENDOR, ZONE, amount, check_currency, vendor, whole
from inventory_ops.kit.imports.formats import Bundle, Format, LeftOut, Output, Part, Question, Record, Refused, register

# what WooCommerce calls the states of an order (with or without wc- before)
CARTS = ("checkout-draft",)
CLOSED = ("completed", "cancelled", "refunded", "failed", "trash")
CANCELLED = ("cancelled", "failed", "trash")

NUMBER = ("Order Number", "order_number", "Order ID", "order_id")
STATUS = ("Order Status", "status")
DATE = ("Order Date", "order_date", "date")
PAID = ("Paid Date", "paid_date")
DONE = ("Completed Date", "completed_date")
EMAIL = ("Email (Billing)", "customer_email", "billing_email")
CURRENCY = ("Order Currency", "order_currency", "currency")
QUANTITY = ("Quantity (- Refund)", "Quantity")
COUPON = ("Coupon Code", "coupons")
NOTE = ("Customer Note", "customer_note")


def of(record: Record, names: tuple[str, ...]) -> str:
    return record[record.first(*names)]


def state_of(record: Record) -> str:
    return of(record, STATUS).lower().removeprefix("wc-").replace(" ", "-")


CANCELLED_BY = Question(
    "cancelled_by",
    "Who cancelled, where an order is cancelled: customer, seller, warehouse or system?",
    asks=lambda record: state_of(record) if state_of(record) in CANCELLED else "",
)


def read(bundle: Bundle, out: Output) -> None:
    positions: Counter[str] = Counter()

    def item(record: Record) -> None:
        number = of(record, NUMBER)
        positions[number] += 1
        quantity = whole(record, record.first(*QUANTITY))
        price = record.number("Item Cost")
        facts = {"sku": record.code("SKU"), "name": record["Item Name"]}
        add(record, out, number, positions[number], facts, quantity, price)

    bundle.each(item, "items")
    bundle.each(lambda record: order(record, out), "orders")


def order(record: Record, out: Output) -> None:
    """An order of the layout with a column an item."""
    items = [name for name in record.headers if name.lower().startswith("line_item_") and record[name]]
    if not items:
        raise LeftOut("no items")
    for position, name in enumerate(items, 1):
        facts = dict(part.partition(":")[::2] for part in record[name].split("|"))
        if not facts.get("quantity", "").isdigit() or not int(facts["quantity"]):
            raise Refused(name, "says no quantity", "number")
        quantity = int(facts["quantity"])
        total = record.number_of(facts.get("sub_total") or facts.get("total") or "", name)
        add(record, out, of(record, NUMBER), position, facts, quantity, amount(total / quantity))


def add(
    record: Record, out: Output, number: str, position: int, item: dict[str, str], quantity: int, price: str
) -> None:
    if not number:
        raise Refused(record.first(*NUMBER), "no order number", "required")
    state, answers = state_of(record), record.file.answers
    if state in CARTS:
        raise LeftOut("a draft of the checkout")
    check_currency(record, out, record.first(*CURRENCY))
    sku = item.get("sku", "") or out.sku_named(vendor(record), item.get("name", ""))
    if not sku:
        raise Refused("SKU", f"no SKU, and no product is named '{item.get('name', '')}'", "unknown")
    number = f"{answers.get('order_prefix') or ''}{number.removeprefix('#')}"
    shipped = quantity if state in {"completed", "refunded"} else 0
    cancelled = quantity if state in CANCELLED else 0
    made = record.moment(record.first(*DATE))
    done = record.moment(record.first(*DONE)) or record.moment(record.first(*PAID)) or made
    out.row(
        "orders",
        record,
        {
            "order_number": number,
            "item_id": f"{number}-{position}",
            "status": "3" if state in CLOSED else "2",
            "store_number": str(answers.get("store") or ""),
            "customer_email": of(record, EMAIL),
            "created_at": made,
            "updated_at": done,
            "sku": sku,
            "vendor_number": vendor(record),
            "quantity": str(quantity),
            "unit_price": price,
            "quantity_shipped": str(shipped),
            "shipped_at": done if shipped else None,
            "cancelled_quantity": str(cancelled) if cancelled else None,
            "cancelled_by": str(answers.get("cancelled_by") or "") if cancelled else None,
            "promo_code": of(record, COUPON).split("|")[0].removeprefix("code:"),
            "comment": of(record, NOTE),
        },
    )


QUESTIONS = (STORE, PREFIX, VENDOR, ZONE, CANCELLED_BY)

FORMAT = register(
    Format(
        name="woocommerce-orders",
        title="WooCommerce orders export",
        what="orders",
        where="WordPress › WooCommerce › Export Orders (Advanced Order Export, or Order Export & Import)",
        parts=(
            Part(
                "items",
                "orders",
                ("Order Number", "Order Status", "Order Date", "SKU", "Item Name", "Item Cost"),
                questions=QUESTIONS,
                numbers=("Item Cost",),
                group="Order Number",
            ),
            Part(
                "orders",
                "orders",
                ("order_id", "order_date", "status", "line_item_1"),
                questions=QUESTIONS,
                numbers=("order_total", "order_subtotal"),
            ),
        ),
        columns={
            "orders": {
                "order_number": "Order Number",
                "item_id": "Order Number",
                "status": "Order Status",
                "customer_email": "Email (Billing)",
                "created_at": "Order Date",
                "sku": "SKU",
                "quantity": "Quantity",
                "unit_price": "Item Cost",
                "promo_code": "Coupon Code",
                "comment": "Customer Note",
            }
        },
        read=read,
    )
)
