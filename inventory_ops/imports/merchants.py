from __future__ import annotations

from inventory_ops.imports.cells import CurrencyCode, Email, Timezone
from inventory_ops.kit.imports import Column, ImportSpec, register
from inventory_ops.kit.imports.values import Text, ratio
from inventory_ops.operations.imports.merchants import apply_merchants, check_merchants
from inventory_ops.operations.proposals import ROLES
from inventory_ops.queries import shop

SPEC = register(
    ImportSpec(
        name="merchants",
        title="Merchants",
        order=10,
        purpose="Sellers, with the currency they sell in and the time zone that decides what a day is.",
        columns=(
            Column("vendor_number", Text(50), required=True, example="V10"),
            Column("name", Text(200), required=True, example="Northwind Traders"),
            Column(
                "currency", CurrencyCode(), default=shop.currency, example="GBP", help="ISO 4217, default: the shop's"
            ),
            Column("timezone", Timezone(), default="UTC", example="Europe/London", help="IANA name, default UTC"),
            Column("email", Email(), example="hello@example.com"),
            Column(
                "factor",
                ratio(),
                example="0.8",
                help="Share of a lost unit's value that is credited, 0 to 1; empty leaves it. Of a person: a proposal",
                permission=ROLES,
            ),
        ),
        key=("vendor_number",),
        partial=("vendor_number",),
        check=check_merchants,
        apply=apply_merchants,
    )
)
