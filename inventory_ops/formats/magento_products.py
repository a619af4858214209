"""Magento 2 / Adobe Commerce › System › Export › Products."""

from __future__ import annotations

import re

from inventory_ops.formats.questions import VENDOR, ZONE, stock, stock_of, vendor
from inventory_ops.kit.imports.formats import (
    Bundle,
    Categories,
    Format,
    LeftOut,
    Output,
    Part,
    Record,
    Refused,
    paths,
    register,
    text_of_html,
)

ROOT = "Default Category"
NOT_SOLD = {
    "configurable": "configurable: a parent without a price",
    "bundle": "bundle: made of other products",
    "grouped": "grouped: sells other products, has no price",
    "virtual": "virtual: nothing to keep in stock",
    "downloadable": "downloadable: nothing to keep in stock",
}


def read(bundle: Bundle, out: Output) -> None:
    categories = Categories()
    last: Record | None = None

    def product(record: Record) -> None:
        nonlocal last
        if view := record["store_view_code"]:
            raise LeftOut(f"store view {view}: a translation")
        if reason := NOT_SOLD.get(record["product_type"].lower()):
            raise LeftOut(reason)
        sku = record.code("sku")
        if not sku:
            raise Refused("sku", "no SKU", "required")
        if not record["price"]:
            raise Refused("price", "no price", "required")
        tree = paths(record["categories"], step="/", between=",", drop=(ROOT,))
        out.row("products", record, values_of(record, sku, tree))
        for names in tree:
            categories.add(names)
        last = record
        stock_of(record, out, "qty", sku, vendor(record))

    bundle.each(product)
    categories.put(last, out)


def values_of(record: Record, sku: str, tree: list[list[str]]) -> dict[str, str | None]:
    more = attributes(record["additional_attributes"])
    return {
        "sku": sku,
        "vendor_number": vendor(record),
        "name": record["name"],
        "short_description": text_of_html(record["short_description"]),
        "brand_name": record["manufacturer"] or more.get("manufacturer", ""),
        "category": tree[0][-1] if tree else None,
        "price": record.number("price"),
        "special_price": record.number("special_price"),
        "special_from": record.moment("special_price_from_date", "mdy"),
        "special_to": last_second(record),
        "cost": record.number("cost") or more.get("cost"),
        "is_live": str(record["product_online"] == "1").lower(),
        "created_at": record.moment("created_at", "mdy"),
    }


def attributes(text: str) -> dict[str, str]:
    """`cost=9.500000,manufacturer=Foo, Bar`: a comma is a separator where a name and = come after it."""
    pairs = (part.partition("=") for part in re.split(r",(?=[A-Za-z0-9_]+=)", text) if part)
    return {name.strip(): value.strip() for name, _, value in pairs}


def last_second(record: Record) -> str:
    """The sale includes its last day."""
    text = record["special_price_to_date"]
    whole_day = f"{text} 23:59:59" if text and ":" not in text else text
    return record.moment_of("special_price_to_date", whole_day, "mdy")


FORMAT = register(
    Format(
        name="magento-products",
        title="Magento products export",
        what="products",
        where="Magento admin › System › Data Transfer › Export › Products",
        parts=(
            Part(
                name="",
                kind="products",
                signature=("sku", "store_view_code", "attribute_set_code", "product_type", "price", "product_online"),
                questions=(VENDOR, ZONE, stock("qty")),
            ),
        ),
        columns={
            "categories": {"name": "categories", "parent": "categories"},
            "products": {
                "sku": "sku",
                "name": "name",
                "short_description": "short_description",
                "brand_name": "additional_attributes",
                "category": "categories",
                "price": "price",
                "special_price": "special_price",
                "special_from": "special_price_from_date",
                "special_to": "special_price_to_date",
                "cost": "additional_attributes",
                "is_live": "product_online",
                "created_at": "created_at",
            },
            "stock": {"sku": "sku", "quantity": "qty"},
        },
        read=read,
    )
)
