from __future__ import annotations

from inventory_ops.kit.imports import Column, ImportSpec, register
from inventory_ops.kit.imports.values import Moment, Text, money, percent
from inventory_ops.operations.imports.flash_sales import apply_flash_sales, check_flash_sales

SPEC = register(
    ImportSpec(
        name="flash_sales",
        title="Flash sales",
        order=40,
        purpose="Time-limited discounts, known by product and start. Two sales of a product may not overlap.",
        columns=(
            Column("sku", Text(100, exact=True), required=True, example="KET-100"),
            Column("vendor_number", Text(50), example="V10", help="Needed where several merchants have the SKU"),
            Column("starts_at", Moment(), required=True, example="2026-03-01T00:00:00", happened=False),
            Column("ends_at", Moment(), required=True, example="2026-03-04T00:00:00", help="Exclusive", happened=False),
            Column("percentage", percent(), required=True, example="25", help="Off the snapshot price, 0 to 100"),
            Column("snapshot_price", money(), example="39.99", help="Default: the product's price when loaded"),
        ),
        tables=("inventory_ops_flashsale",),
        check=check_flash_sales,
        apply=apply_flash_sales,
    )
)
