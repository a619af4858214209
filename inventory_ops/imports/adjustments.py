from __future__ import annotations

from inventory_ops.kit.imports import Column, ImportSpec, register
from inventory_ops.kit.imports.values import Integer, Moment, Text
from inventory_ops.operations.imports.adjustments import apply_adjustments, check_adjustments

SPEC = register(
    ImportSpec(
        name="adjustments",
        title="Adjustments",
        order=70,
        purpose="Corrections of stock with a reason. Each row is booked once, however often its file is loaded.",
        columns=(
            Column("sku", Text(100, exact=True), required=True, example="KET-100"),
            Column("vendor_number", Text(50), example="V10", help="Needed where several merchants have the SKU"),
            Column("inventory_type", Text(30, lower=True), default="good", example="good"),
            Column("location", Text(50), default="MAIN", example="MAIN"),
            Column("quantity_delta", Integer(-10_000_000, 10_000_000), required=True, example="-2"),
            Column("reason", Text(30, lower=True), required=True, example="damaged"),
            Column("note", Text(500, one_line=False), example="Dropped in aisle 4"),
            Column("reference", Text(200), example=""),
            Column("occurred_at", Moment(), required=True, example="2026-02-10T11:20:00"),
        ),
        tables=("inventory_ops_inventoryevent", "inventory_ops_stockbalance"),
        check=check_adjustments,
        apply=apply_adjustments,
    )
)
