"""WooCommerce › Products › Export: all columns, all types."""

from __future__ import annotations

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

NOT_SOLD = {
    "variable": "variable: a parent without a price",
    "grouped": "grouped: sells other products, has no price",
    "external": "external: sold elsewhere",
}


def read(bundle: Bundle, out: Output) -> None:
    categories = Categories()
    parents: dict[str, tuple[list[list[str]], str]] = {}  # a variation has its parent's categories and brand
    last: Record | None = None

    def product(record: Record) -> None:
        nonlocal last
        types = {word.strip().lower() for word in record["Type"].split(",")}
        tree = paths(record["Categories"], step=">", between=",")
        brand = record["Brands"].split(",")[0].strip()
        if "variable" in types:
            for key in (record.code("SKU"), f"id:{record['ID']}"):
                parents[key] = (tree, brand)
        for word in types & set(NOT_SOLD):
            raise LeftOut(NOT_SOLD[word])
        if types & {"variation"}:
            inherited = parents.get(record.code("Parent"), ([], ""))
            tree, brand = tree or inherited[0], brand or inherited[1]
        sku = record.code("SKU")
        if not sku:
            raise Refused("SKU", "no SKU", "required")
        if not record["Regular price"]:
            raise Refused("Regular price", "no price", "required")
        out.row("products", record, values_of(record, sku, tree, brand))
        for names in tree:
            categories.add(names)
        last = record
        stock_of(record, out, "Stock", sku, vendor(record))

    bundle.each(product)
    categories.put(last, out)


def values_of(record: Record, sku: str, tree: list[list[str]], brand: str) -> dict[str, str | None]:
    special = special_price(record)
    return {
        "sku": sku,
        "vendor_number": vendor(record),
        "name": record["Name"],
        "short_description": text_of_html(record["Short description"]),
        "brand_name": brand,
        "category": tree[0][-1] if tree else None,
        "price": record.number("Regular price"),
        "special_price": special,
        "special_from": record.moment("Date sale price starts") if special else None,
        "special_to": record.moment("Date sale price ends") if special else None,
        "is_live": str(record["Published"] == "1").lower(),
    }


def special_price(record: Record) -> str | None:
    sale, regular = record.decimal("Sale price"), record.decimal("Regular price")
    if sale is None or regular is None:
        return None
    if sale >= regular:
        record.warn("Sale price", "above the regular price: left out", "special_price")
        return None
    return record.number("Sale price")


FORMAT = register(
    Format(
        name="woocommerce-products",
        title="WooCommerce products export",
        what="products",
        where="WordPress › Products › Export › Generate CSV",
        parts=(
            Part(
                name="",
                kind="products",
                signature=("ID", "Type", "SKU", "Name", "Published", "Regular price"),
                questions=(VENDOR, ZONE, stock("Stock")),
                numbers=("Regular price", "Sale price"),
            ),
        ),
        columns={
            "categories": {"name": "Categories", "parent": "Categories"},
            "products": {
                "sku": "SKU",
                "name": "Name",
                "short_description": "Short description",
                "brand_name": "Brands",
                "category": "Categories",
                "price": "Regular price",
                "special_price": "Sale price",
                "special_from": "Date sale price starts",
                "special_to": "Date sale price ends",
                "is_live": "Published",
            },
            "stock": {"sku": "SKU", "quantity": "Stock"},
        },
        read=read,
        guarded=True,
    )
)
