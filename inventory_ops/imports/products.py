from __future__ import annotations

from inventory_ops.kit.imports import Column, ImportSpec, register
from inventory_ops.kit.imports.values import Boolean, Moment, Text, money
from inventory_ops.operations.imports.products import apply_products, check_products

SPEC = register(
    ImportSpec(
        name="products",
        title="Products",
        order=30,
        purpose="SKUs of merchants with price, special price and cost. A changed price goes into the price history.",
        columns=(
            Column("sku", Text(100, exact=True), required=True, example="KET-100", help="Unique for each merchant"),
            Column("vendor_number", Text(50), required=True, example="V10"),
            Column("vendor_sku", Text(100, exact=True), example="100"),
            Column("name", Text(300), required=True, example="Steel kettle 1.7 l"),
            Column("short_description", Text(5000, one_line=False), example="Boils a litre in two minutes"),
            Column("brand_name", Text(200), example="Northwind"),
            Column("model_name", Text(200), example="K100"),
            Column("category", Text(200), example="", help="Name of a known category"),
            Column("price", money(), required=True, example="39.99"),
            Column("special_price", money(positive=True), example=""),
            Column("special_from", Moment(), example="", happened=False),
            Column("special_to", Moment(), example="", help="Exclusive", happened=False),
            Column("cost", money(), example="21.50"),
            Column("is_live", Boolean(), default="true", example="true"),
            Column("created_at", Moment(), example="2026-01-31T09:00:00", help="Default: now"),
        ),
        key=("sku", "vendor_number"),
        partial=("sku", "vendor_number"),
        tables=("inventory_ops_product", "inventory_ops_pricechange"),
        check=check_products,
        apply=apply_products,
    )
)
