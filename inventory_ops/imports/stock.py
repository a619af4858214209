from __future__ import annotations

from inventory_ops.kit.imports import Column, ImportSpec, register
from inventory_ops.kit.imports.values import Boolean, Date, Integer, Text
from inventory_ops.operations.imports.stock import apply_stock, check_stock

SPEC = register(
    ImportSpec(
        name="stock",
        title="Stock",
        order=80,
        purpose="What is on hand now. Lots of a product, type and location that the file leaves out become zero.",
        columns=(
            Column("sku", Text(100, exact=True), required=True, example="KET-100"),
            Column("vendor_number", Text(50), example="V10", help="Needed where several merchants have the SKU"),
            Column("inventory_type", Text(30, lower=True), default="good", example="good"),
            Column("location", Text(50), default="MAIN", example="MAIN"),
            Column("quantity", Integer(0, 100_000_000), required=True, example="120"),
            Column("expires_on", Date(), example="2027-06-30", happened=False),
            Column("lot", Text(100), example="L2401"),
            Column(
                "total",
                Boolean(),
                default="false",
                help="true: the quantity is of all places and lots together, as in the export of Stock inquiry",
            ),
        ),
        tables=("inventory_ops_inventoryevent", "inventory_ops_stockbalance"),
        check=check_stock,
        apply=apply_stock,
    )
)
