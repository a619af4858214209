from __future__ import annotations

from inventory_ops.kit.imports import Column, ImportSpec, register
from inventory_ops.kit.imports.values import Text, percent
from inventory_ops.operations.imports.categories import apply_categories, check_categories
from inventory_ops.operations.proposals import ROLES

SPEC = register(
    ImportSpec(
        name="categories",
        title="Categories",
        order=20,
        purpose="Categories of products, with the commission percent that counts for write-offs.",
        columns=(
            Column("name", Text(200), required=True, example="Kettles"),
            Column("parent", Text(200), example="", help="Name of the category above, in this file or known"),
            # it decides what a lost unit is credited at, as the factor does
            Column("commission_percent", percent(), example="12.5", help="0 to 100", permission=ROLES),
        ),
        key=("name",),
        check=check_categories,
        apply=apply_categories,
    )
)
