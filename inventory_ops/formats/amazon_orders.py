"""Amazon Seller Central › Order Reports › All Orders: a row an item, whose price is the whole line's."""

from __future__ import annotations

from collections import Counter

from inventory_ops.formats.questions import VENDOR, check_currency, rounded, vendor, whole
from inventory_ops.kit.imports.formats import Bundle, Format, LeftOut, Output, Part, Question, Record, Refused, register

CANCELLED_BY = Question(
    "cancelled_by",
    "Who cancelled, where an item is cancelled: customer, seller, warehouse or system?",
    asks=lambda record: record["item-status"] if is_cancelled(record) and record["quantity"] not in {"", "0"} else "",
)


def is_cancelled(record: Record) -> bool:
    return record["item-status"].lower() in {"cancelled", "canceled"}


def read(bundle: Bundle, out: Output) -> None:
    positions: Counter[int] = Counter()  # by hash: a report may have half a million orders

    def item(record: Record) -> None:
        number = record["amazon-order-id"]
        if not number:
            raise Refused("amazon-order-id", "no order number", "required")
        key = hash(number)
        positions[key] += 1
        quantity = whole(record, "quantity")
        if is_cancelled(record) and not quantity:
            raise LeftOut("cancelled with quantity 0: nothing was sold")
        if not record["item-price"]:
            raise Refused("item-price", "no price yet (pending)", "required")
        check_currency(record, out, "currency")
        out.row("orders", record, values_of(record, number, positions[key], quantity, out))

    bundle.each(item)


def values_of(record: Record, number: str, position: int, quantity: int, out: Output) -> dict[str, str | None]:
    state = record["order-status"].lower()
    shipped = quantity if record["item-status"].lower() == "shipped" else 0
    cancelled = quantity if is_cancelled(record) else 0
    is_closed = state.startswith("shipped") or state in {"cancelled", "canceled"}
    return {
        "order_number": number,
        "item_id": f"{number}-{position}",
        "status": "3" if is_closed else "2",
        "store_number": record["sales-channel"],
        "created_at": record["purchase-date"],
        "updated_at": record["last-updated-date"],
        "sku": record.code("sku"),
        "vendor_number": vendor(record),
        "quantity": str(quantity),
        "unit_price": unit_price(record, quantity, out),
        "quantity_shipped": str(shipped),
        "shipped_at": record["last-updated-date"] if shipped else None,  # the report has no better
        "cancelled_quantity": str(cancelled) if cancelled else None,
        "cancelled_by": str(record.file.answers.get("cancelled_by") or "") if cancelled else None,
    }


def unit_price(record: Record, quantity: int, out: Output) -> str:
    total = record.decimal("item-price")
    if total is None or not quantity:
        raise Refused("quantity", "0 units cannot have a price", "number")
    total -= record.decimal("item-promotion-discount") or 0
    currency = record["currency"].upper() or out.known_vendors().get(vendor(record), "")
    price = rounded(total / quantity, out.digits(currency))
    if price * quantity != total:
        record.warn("item-price", f"{total} does not divide by {quantity}: rounded", "rounded")
    return str(price)


FORMAT = register(
    Format(
        name="amazon-all-orders",
        title="Amazon All Orders report",
        what="orders",
        where="Seller Central › Reports › Fulfilment or Order Reports › All Orders",
        parts=(
            Part(
                name="",
                kind="orders",
                signature=("amazon-order-id", "purchase-date", "order-status", "sku", "item-status", "item-price"),
                questions=(VENDOR, CANCELLED_BY),
                group="amazon-order-id",
                numbers=("item-price",),
                encoding="cp1252",
                quoted=False,
            ),
        ),
        columns={
            "orders": {
                "order_number": "amazon-order-id",
                "item_id": "amazon-order-id",
                "status": "order-status",
                "store_number": "sales-channel",
                "created_at": "purchase-date",
                "updated_at": "last-updated-date",
                "sku": "sku",
                "quantity": "quantity",
                "unit_price": "item-price",
                "quantity_shipped": "item-status",
                "shipped_at": "last-updated-date",
                "cancelled_quantity": "item-status",
            }
        },
        read=read,
    )
)
