from __future__ import annotations

from inventory_ops.kit.imports import Column, ImportSpec, register
from inventory_ops.kit.imports.values import Boolean, Text
from inventory_ops.operations.imports.places import (
    apply_inventory_types,
    apply_locations,
    check_inventory_types,
    check_locations,
)
from inventory_ops.registries.permissions import ADMIN

IN_USE = Column("is_active", Boolean(), default="true", example="true", help="false: retired, takes no new stock")

LOCATIONS = register(
    ImportSpec(
        name="locations",
        title="Locations",
        order=12,
        purpose="Warehouses and shops where stock lies.",
        columns=(
            Column("location", Text(50), required=True, example="EAST", help="Code that files of stock use"),
            Column("name", Text(200), example="East warehouse"),
            IN_USE,
        ),
        key=("location",),
        roles=(ADMIN,),
        check=check_locations,
        apply=apply_locations,
    )
)
INVENTORY_TYPES = register(
    ImportSpec(
        name="inventory_types",
        title="Inventory types",
        order=14,
        purpose="The conditions of stock, like good or refurbished.",
        columns=(
            Column("inventory_type", Text(30, lower=True), required=True, example="refurbished", help="Code in files"),
            Column("name", Text(100), required=True, example="Refurbished"),
            Column("is_sellable", Boolean(), default="false", example="true", help="Do channels draw from it? Fixed"),
            IN_USE,
        ),
        key=("inventory_type",),
        roles=(ADMIN,),
        check=check_inventory_types,
        apply=apply_inventory_types,
    )
)
