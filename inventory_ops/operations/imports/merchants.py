"""Merchants."""

from __future__ import annotations

from inventory_ops.kit.imports import Counts, Staging
from inventory_ops.operations.imports.merge import merge


def check_merchants(staging: Staging) -> None:
    staging.errors(
        "currency",
        "in_use",
        "'The merchant sells in ' || m.currency || ' and has orders: its currency can no longer change'",
        "join inventory_ops_merchant m on m.vendor_number = s.vendor_number where s.currency <> m.currency"
        f" and {'true' if 'currency' in staging.present else 'false'}"
        " and exists (select from inventory_ops_orderitem i where i.merchant_id = m.id)",
    )


def apply_merchants(staging: Staging) -> Counts:
    return merge(
        staging,
        table="inventory_ops_merchant",
        source="select line, vendor_number, name, currency, timezone, coalesce(email, '') as email, factor"
        f" as write_off_factor, now() as created_at from pg_temp.{staging.table}",
        key=("vendor_number",),
        values={
            "name": "name",
            "currency": "currency",
            "timezone": "timezone",
            "email": "email",
            "write_off_factor": "factor",
        },
        insert_only=("created_at",),
    )
