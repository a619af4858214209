from __future__ import annotations

from inventory_ops.imports.cells import Email
from inventory_ops.kit.imports import Column, ImportSpec, register
from inventory_ops.kit.imports.values import Boolean, Choice, Moment, Text
from inventory_ops.operations.imports.users import apply_users, check_users
from inventory_ops.registries.permissions import ADMIN

SPEC = register(
    ImportSpec(
        name="users",
        title="Users",
        order=50,
        purpose="Platform accounts. A new account cannot log in until a password is set for it.",
        # roles are given away here, so only those may who may give roles anyway
        roles=(ADMIN,),
        signs_in_again=True,
        columns=(
            Column("email", Email(), required=True, example="jo@example.com"),
            Column("name", Text(200), example="Jo Smith"),
            Column(
                "role",
                Choice(("operations", "merchant", "finance", "admin")),
                example="merchant",
                permission=(ADMIN,),
            ),
            Column("platform_type", Text(50), example="Vendor Portal"),
            Column("vendor_number", Text(50), example="V10", help="With the role merchant only", permission=(ADMIN,)),
            Column("is_active", Boolean(), default="true", example="true", permission=(ADMIN,)),
            Column("last_login", Moment(), example="2026-02-28T08:15:00"),
            Column("created_at", Moment(), example="2025-06-01T00:00:00", help="Default: now"),
        ),
        key=("email",),
        check=check_users,
        apply=apply_users,
    )
)
