"""Shopify admin › Products › Export: a row a variant, further rows for images."""

from __future__ import annotations

from inventory_ops.formats.questions import CURRENCY, ZONE, stock, stock_of
from inventory_ops.kit.imports.formats import (
    Bundle,
    Categories,
    Format,
    LeftOut,
    Output,
    Part,
    Question,
    Record,
    Refused,
    register,
)

CARRIED = ("Title", "Vendor", "Type", "Published", "Status")
OPTIONS = (("Option1 Name", "Option1 Value"), ("Option2 Name", "Option2 Value"), ("Option3 Name", "Option3 Value"))


def read(bundle: Bundle, out: Output) -> None:
    categories = Categories()
    vendors: set[str] = set()
    product: dict[str, str] = {}
    last: Record | None = None

    def variant(record: Record) -> None:
        nonlocal last
        if record["Handle"] != product.get("Handle") or record["Title"]:
            product.clear()
            product.update({"Handle": record["Handle"]} | {name: record[name] for name in CARRIED})
        sku, price = record.code("Variant SKU"), record["Variant Price"]
        if not sku and not price:
            raise LeftOut("image row: no Variant Price, no SKU")
        if not sku:
            raise Refused("Variant SKU", "no SKU", "required")
        number = record.file.answer("vendors", product["Vendor"], "Vendor")
        regular, special = prices(record)
        out.row(
            "products",
            record,
            {
                "sku": sku,
                "vendor_number": number,
                "name": name_of(record, product["Title"]),
                "brand_name": product["Vendor"],
                "category": product["Type"],
                "price": regular,
                "special_price": special,
                "cost": record.number("Cost per item"),
                "is_live": str(is_live(product)).lower(),
            },
        )
        if number not in vendors:
            vendors.add(number)
            answers = record.file.answers
            new = {"vendor_number": number, "name": product["Vendor"], "currency": str(answers.get("currency") or "")}
            out.row("merchants", record, new | {"timezone": str(answers.get("timezone") or "")})
        categories.add([product["Type"]] if product["Type"] else [])
        last = record
        if record["Variant Inventory Tracker"]:
            stock_of(record, out, "Variant Inventory Qty", sku, number)

    bundle.each(variant)
    categories.put(last, out)


def name_of(record: Record, title: str) -> str:
    values = [record[value] for _, value in OPTIONS if record[value]]
    return title if not values or values == ["Default Title"] else f"{title} - {' / '.join(values)}"


def prices(record: Record) -> tuple[str, str | None]:
    """Regular and special price: the price to compare at is the regular one, where it is above the price."""
    price, before = record.decimal("Variant Price"), record.decimal("Variant Compare At Price")
    if price is not None and before is not None and before > price:
        return record.number("Variant Compare At Price"), record.number("Variant Price")
    return record.number("Variant Price"), None


def is_live(product: dict[str, str]) -> bool:
    # exports from before 2020 have no Status
    return product["Published"].lower() == "true" and product["Status"].lower() in {"active", ""}


FORMAT = register(
    Format(
        name="shopify-products",
        title="Shopify products export",
        what="products",
        where="Shopify admin › Products › Export › All products, Plain CSV file",
        parts=(
            Part(
                name="",
                kind="products",
                signature=("Handle", "Title", "Vendor", "Variant SKU", "Variant Price"),
                questions=(
                    Question("vendors", "Which merchant (vendor number) is each Vendor?", column="Vendor"),
                    CURRENCY,
                    ZONE,
                    stock("Variant Inventory Qty"),
                ),
                group="Handle",
                numbers=("Variant Price", "Variant Compare At Price", "Cost per item"),
            ),
        ),
        columns={
            "merchants": {"vendor_number": "Vendor", "name": "Vendor"},
            "categories": {"name": "Type"},
            "products": {
                "sku": "Variant SKU",
                "vendor_number": "Vendor",
                "name": "Title",
                "brand_name": "Vendor",
                "category": "Type",
                "price": "Variant Price",
                "special_price": "Variant Compare At Price",
                "cost": "Cost per item",
                "is_live": "Status",
            },
            "stock": {"sku": "Variant SKU", "vendor_number": "Vendor", "quantity": "Variant Inventory Qty"},
        },
        read=read,
    )
)
