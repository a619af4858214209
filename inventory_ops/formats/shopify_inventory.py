"""Shopify admin › Inventory › Export: a row a variant and location; before 2022 a column a location."""

from __future__ import annotations

from inventory_ops.formats.questions import VENDOR, locations, on_hand, vendor, whole
from inventory_ops.kit.imports.formats import Bundle, Format, LeftOut, Output, Part, Record, Refused, register

NOT_STOCKED = "not stocked"
CURRENT, NEW = "On hand (current)", "On hand (new)"
OLD_QUANTITIES = ("On hand", "Available")


def read(bundle: Bundle, out: Output) -> None:
    def place(record: Record) -> None:
        column = NEW if record[NEW] else next((name for name in (CURRENT, *OLD_QUANTITIES) if record[name]), CURRENT)
        quantity = record[column]
        if quantity.lower() == NOT_STOCKED:
            raise LeftOut("not stocked at this location")
        sku = record.code("SKU")
        if not sku:
            raise Refused("SKU", "no SKU", "required")
        whole(record, column)
        code = record.mapped("locations", "Location")
        out.location(code, record["Location"])
        out.row(
            "stock",
            record,
            {"sku": sku, "vendor_number": vendor(record), "location": code, "quantity": on_hand(record, column)},
        )

    bundle.each(place, "places")
    bundle.each(lambda record: columns_of(record, out), "columns")


def columns_of(record: Record, out: Output) -> None:
    """The old layout: a column of quantities for each location, behind those that say what the variant is."""
    sku = record.code("SKU")
    if not sku:
        raise Refused("SKU", "no SKU", "required")
    stocked = [name for name in record.headers[record.at("COO") + 1 :] if record[name].lower() not in {"", NOT_STOCKED}]
    if not stocked:
        raise LeftOut("not stocked anywhere")
    for name in stocked:
        code = record.file.answer("locations", name, name)
        out.location(code, name)
        out.row(
            "stock",
            record,
            {"sku": sku, "vendor_number": vendor(record), "location": code, "quantity": on_hand(record, name)},
        )


FORMAT = register(
    Format(
        name="shopify-inventory",
        title="Shopify inventory export",
        what="rows",
        where="Shopify admin › Products › Inventory › Export › All states",
        parts=(
            Part(
                name="places",
                kind="stock",
                signature=("Handle", "Title", "SKU", "Location", CURRENT),
                questions=(
                    locations("Location", lambda record: record["Location"] * (record[CURRENT].lower() != NOT_STOCKED)),
                    VENDOR,
                ),
            ),
            Part(
                name="places",
                kind="stock",
                signature=("Handle", "Title", "SKU", "Location", "Available"),
                without=(CURRENT,),
                questions=(locations("Location"), VENDOR),
            ),
            Part(
                name="columns",
                kind="stock",
                signature=("Handle", "Title", "Option1 Name", "SKU", "HS Code", "COO"),
                without=("Location",),
                questions=(locations("*"), VENDOR),
            ),
        ),
        columns={"stock": {"sku": "SKU", "location": "Location", "quantity": CURRENT}},
        read=read,
    )
)
