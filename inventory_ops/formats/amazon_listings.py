"""Amazon Seller Central › Inventory Reports › All Listings Report: tabs, no quotes, often cp1252."""

from __future__ import annotations

from inventory_ops.formats.questions import CURRENCY, VENDOR, check_currency, stock, stock_of, vendor
from inventory_ops.kit.imports.formats import Bundle, Format, Output, Part, Record, Refused, register

# how the report writes zones: the name tells the hour apart that comes twice in autumn
OFFSETS = {
    "PST": "-08:00",
    "PDT": "-07:00",
    "MST": "-07:00",
    "CST": "-06:00",
    "EST": "-05:00",
    "EDT": "-04:00",
    "GMT": "+00:00",
    "UTC": "+00:00",
    "BST": "+01:00",
    "CET": "+01:00",
    "MET": "+01:00",
    "CEST": "+02:00",
    "MEST": "+02:00",
    "IST": "+05:30",
    "JST": "+09:00",
    "AEST": "+10:00",
    "AEDT": "+11:00",
}


def read(bundle: Bundle, out: Output) -> None:
    bundle.each(lambda record: listing(record, out))


def listing(record: Record, out: Output) -> None:
    sku = record.code("seller-sku")
    for column, text, what in (
        ("seller-sku", sku, "no SKU"),
        ("item-name", record["item-name"], "no name"),
        ("price", record["price"], "no price"),
    ):
        if not text:
            raise Refused(column, what, "required")
    check_currency(record, out)
    out.row(
        "products",
        record,
        {
            "sku": sku,
            "vendor_number": vendor(record),
            "name": record["item-name"],
            "price": record.number("price"),
            "is_live": str(record["status"].lower() == "active").lower(),
            "created_at": moment(record["open-date"]),
        },
    )
    stock_of(record, out, "quantity", sku, vendor(record))  # blank: the stock lies at Amazon


def moment(text: str) -> str:
    clock, _, zone = text.rpartition(" ")
    return f"{clock}{OFFSETS[zone]}" if zone in OFFSETS else text


FORMAT = register(
    Format(
        name="amazon-all-listings",
        title="Amazon All Listings Report",
        what="products",
        where="Seller Central › Inventory › Inventory Reports › All Listings Report",
        parts=(
            Part(
                name="",
                kind="products",
                signature=("item-name", "listing-id", "seller-sku", "price", "quantity", "open-date"),
                questions=(VENDOR, CURRENCY, stock("quantity")),
                numbers=("price",),
                encoding="cp1252",
                quoted=False,
            ),
        ),
        columns={
            "products": {
                "sku": "seller-sku",
                "name": "item-name",
                "price": "price",
                "is_live": "status",
                "created_at": "open-date",
            },
            "stock": {"sku": "seller-sku", "quantity": "quantity"},
        },
        read=read,
    )
)
