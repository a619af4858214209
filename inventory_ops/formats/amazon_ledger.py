"""Amazon Seller Central › Inventory Ledger, detailed view: the adjustments among the movements of stock at Amazon."""

from __future__ import annotations

from inventory_ops.formats.questions import VENDOR, locations, vendor, whole
from inventory_ops.kit.imports.formats import Bundle, Format, LeftOut, Output, Part, Question, Record, Refused, register


def is_adjustment(record: Record) -> bool:
    return record["Event Type"].lower() == "adjustments"


def asked(column: str) -> Question:
    keys = {"Reason": "reasons", "Disposition": "inventory_types"}
    texts = {
        "Reason": "Which of our reasons is each letter of Amazon's?",
        "Disposition": "Which inventory type is each Disposition?",
    }
    return Question(
        keys[column], texts[column], True, column, lambda record: record[column] if is_adjustment(record) else ""
    )


def read(bundle: Bundle, out: Output) -> None:
    bundle.each(lambda record: movement(record, out))


def movement(record: Record, out: Output) -> None:
    if not is_adjustment(record):
        raise LeftOut(f"Event Type {record['Event Type'] or '(empty)'} is not an adjustment")
    letter = record["Reason"]
    try:
        reason = record.mapped("reasons", "Reason")
    except Refused as error:
        raise Refused("Reason", f"{letter or '(empty)'} is not a reason code that we know", "unknown") from error
    if not whole(record, "Quantity"):
        raise Refused("Quantity", "0 changes nothing", "zero")
    code = record.mapped("locations", "Fulfillment Center")
    out.location(code, record["Fulfillment Center"])
    out.row(
        "adjustments",
        record,
        {
            "sku": record.code("MSKU"),
            "vendor_number": vendor(record),
            "inventory_type": record.mapped("inventory_types", "Disposition"),
            "location": code,
            "quantity_delta": str(whole(record, "Quantity")),
            "reason": reason,
            "note": f"Amazon: {letter}",
            "reference": record["Reference ID"],
            "occurred_at": record["Date and Time"] or record.moment("Date", "mdy"),
        },
    )


FORMAT = register(
    Format(
        name="amazon-inventory-ledger",
        title="Amazon Inventory Ledger",
        what="adjustments",
        where="Seller Central › Reports › Fulfilment › Inventory Ledger › Detailed view",
        parts=(
            Part(
                name="",
                kind="adjustments",
                signature=("Date", "FNSKU", "MSKU", "Event Type", "Quantity", "Fulfillment Center", "Disposition"),
                questions=(
                    VENDOR,
                    asked("Reason"),
                    asked("Disposition"),
                    locations("Fulfillment Center", lambda r: r["Fulfillment Center"] if is_adjustment(r) else ""),
                ),
                encoding="cp1252",
            ),
        ),
        columns={
            "adjustments": {
                "sku": "MSKU",
                "inventory_type": "Disposition",
                "location": "Fulfillment Center",
                "quantity_delta": "Quantity",
                "reason": "Reason",
                "note": "Reason",
                "reference": "Reference ID",
                "occurred_at": "Date and Time",
            }
        },
        read=read,
    )
)
