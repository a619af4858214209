"""Shopify admin › Orders › Export: a row an item, the order's own columns on its first row alone."""

from __future__ import annotations

from inventory_ops.formats.questions import PREFIX, STORE, VENDOR, amount, latest, vendor, whole
from inventory_ops.kit.imports.formats import Bundle, Format, Output, Part, Question, Record, Refused, register

CARRIED = (
    *("Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at", "Currency", "Created at"),
    *("Discount Code", "Discount Amount", "Notes", "Cancelled at"),
)
CANCELLED_BY = Question(
    "cancelled_by",
    "Who cancelled, where an order is cancelled: customer, seller, warehouse or system?",
    asks=lambda record: record["Cancelled at"],
)


def read(bundle: Bundle, out: Output) -> None:
    order: dict[str, str] = {}
    position = 0

    def item(record: Record) -> None:
        nonlocal position
        name = record["Name"]
        if not name:
            raise Refused("Name", "no order number", "required")
        if name != order.get("Name"):
            order.clear()
            order.update({"Name": name} | {column: record[column] for column in CARRIED})
            position = 0
        position += 1
        if order["Currency"]:
            own = out.known_vendors().get(vendor(record), "")
            if own and order["Currency"].upper() != own:
                raise Refused("Currency", f"{order['Currency']}, but the merchant's currency is {own}", "currency")
        out.row("orders", record, values_of(record, order, position, out))

    bundle.each(item)


def values_of(record: Record, order: dict[str, str], position: int, out: Output) -> dict[str, str | None]:
    answers = record.file.answers
    number = f"{answers.get('order_prefix') or ''}{order['Name'].removeprefix('#')}"
    quantity = whole(record, "Lineitem quantity")
    state = record["Lineitem fulfillment status"].lower()
    if state == "partial":
        record.warn(
            "Lineitem fulfillment status", "partial: the file does not say how many; taken as 0 shipped", "partial"
        )
    shipped = quantity if state == "fulfilled" else 0
    cancelled = quantity - shipped if order["Cancelled at"] else 0
    promo = order["Discount Code"]
    return {
        "order_number": number,
        "item_id": f"{number}-{position}",
        "status": "3" if is_closed(order) else "2",
        "store_number": str(answers.get("store") or ""),
        "customer_email": order["Email"],
        "created_at": order["Created at"],
        "updated_at": latest(*(order[name] for name in ("Created at", "Paid at", "Fulfilled at", "Cancelled at"))),
        "sku": sku_of(record, out),
        "vendor_number": vendor(record),
        "quantity": str(quantity),
        "unit_price": unit_price(record, quantity),
        "quantity_shipped": str(shipped),
        "shipped_at": order["Fulfilled at"] if shipped else None,
        "cancelled_quantity": str(cancelled) if cancelled else None,
        "cancelled_by": str(answers.get("cancelled_by") or "") if cancelled else None,
        "promo_code": promo,
        "promo_value": order["Discount Amount"] if promo else None,
        "comment": order["Notes"],
    }


def is_closed(order: dict[str, str]) -> bool:
    """Nothing is left to ship. Payment alone (cash on delivery) does not keep an order open."""
    return (
        order["Fulfillment Status"].lower() == "fulfilled"
        or bool(order["Cancelled at"])
        or order["Financial Status"].lower() in {"refunded", "voided"}
    )


def sku_of(record: Record, out: Output) -> str:
    """The item's SKU, or that of the only product of its name: a line without one may be a service."""
    sku = record.code("Lineitem sku")
    if sku:
        return sku
    if found := out.sku_named(vendor(record), record["Lineitem name"]):
        return found
    raise Refused("Lineitem sku", f"no SKU, and no product is named '{record['Lineitem name']}'", "unknown")


def unit_price(record: Record, quantity: int) -> str:
    """Lineitem price is a unit's, Lineitem discount the whole line's."""
    price, discount = record.decimal("Lineitem price"), record.decimal("Lineitem discount")
    if price is None or not discount or not quantity:
        return record.number("Lineitem price")
    return amount(price - discount / quantity)


FORMAT = register(
    Format(
        name="shopify-orders",
        title="Shopify orders export",
        what="orders",
        where="Shopify admin › Orders › Export › Plain CSV file",
        parts=(
            Part(
                name="",
                kind="orders",
                signature=("Name", "Financial Status", "Fulfillment Status", "Lineitem quantity", "Lineitem sku"),
                questions=(STORE, PREFIX, VENDOR, CANCELLED_BY),
                group="Name",
                numbers=("Lineitem price", "Lineitem discount"),
            ),
        ),
        columns={
            "orders": {
                "order_number": "Name",
                "item_id": "Name",
                "status": "Fulfillment Status",
                "customer_email": "Email",
                "created_at": "Created at",
                "updated_at": "Paid at",
                "sku": "Lineitem sku",
                "quantity": "Lineitem quantity",
                "unit_price": "Lineitem price",
                "quantity_shipped": "Lineitem fulfillment status",
                "shipped_at": "Fulfilled at",
                "cancelled_quantity": "Cancelled at",
                "promo_code": "Discount Code",
                "promo_value": "Discount Amount",
                "comment": "Notes",
            }
        },
        read=read,
    )
)
