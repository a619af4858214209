"""Locations and inventory types. The code names them; what a file retires takes no new stock."""

from __future__ import annotations

from inventory_ops.kit.imports import Counts, Staging
from inventory_ops.models import InventoryType, Location
from inventory_ops.operations.imports.merge import merge
from inventory_ops.operations.places import Place


def _quoted(codes: tuple[str, ...]) -> str:
    return ", ".join(f"'{code}'" for code in codes)


def _refuse_retirement(staging: Staging, key: str, model: type[Place]) -> None:
    staging.errors(
        "is_active",
        "needed",
        "'Cannot be retired: stock goes there where nobody says another place'",
        f"where not s.is_active and s.{key} in ({_quoted(model.NEEDED)})",
    )


def check_locations(staging: Staging) -> None:
    _refuse_retirement(staging, "location", Location)


def check_inventory_types(staging: Staging) -> None:
    _refuse_retirement(staging, "inventory_type", InventoryType)
    staging.errors(
        "inventory_type",
        "form",
        "'Is not a valid code: use 1 to 30 letters a to z, digits, - and _'",
        "where s.inventory_type !~ '^[a-z0-9][a-z0-9_-]{0,29}$'",
    )
    if "is_sellable" in staging.present:
        staging.errors(
            "is_sellable",
            "fixed",
            "'Does not change: channels draw from the type, or do not. Make another inventory type'",
            "join inventory_ops_inventorytype t on t.code = s.inventory_type where s.is_sellable <> t.is_sellable",
        )


def apply_locations(staging: Staging) -> Counts:
    return merge(
        staging,
        table="inventory_ops_location",
        source=f"select line, location as code, coalesce(name, '') as name, is_active from pg_temp.{staging.table}",
        key=("code",),
        values={"name": "name", "is_active": "is_active"},
    )


def apply_inventory_types(staging: Staging) -> Counts:
    return merge(
        staging,
        table="inventory_ops_inventorytype",
        source=f"""select line, inventory_type as code, name, is_active, is_sellable from pg_temp.{staging.table}""",
        key=("code",),
        values={"name": "name", "is_active": "is_active"},
        insert_only=("is_sellable",),
    )
