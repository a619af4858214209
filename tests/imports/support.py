"""Loading texts as files."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from inventory_ops.kit.imports import registry
from inventory_ops.models import (
    Category,
    FlashSale,
    InventoryEvent,
    Merchant,
    Order,
    OrderItem,
    PaymentAttempt,
    PriceChange,
    Product,
    StockBalance,
    Store,
    User,
)
from inventory_ops.operations.imports.files import File
from inventory_ops.operations.imports.outcomes import Outcome

NOW = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)

type Load = Callable[..., Outcome]

ORDER = "order_number,item_id,status,created_at,sku,quantity,unit_price"
ORDERS = (
    "order_number,item_id,status,store_number,created_at,updated_at,sku,quantity,unit_price,"
    "quantity_shipped\nO1,1,3,S1,2026-02-01T10:00,2026-02-02T10:00,B,2,20,2\nO1,2,3,S1,2026-02-01T10:00,2026-02-02T10:00,B,1,20,1\n"
    "O2,3,2,S1,2026-03-01T10:00,,B,5,20,1\nO3,4,1,S2,2026-03-02T10:00,,B,1,20,\n"
)

TABLES = (
    *(Merchant, Category, Product, PriceChange, FlashSale, User, Store, Order, OrderItem, PaymentAttempt),
    *(InventoryEvent, StockBalance),
)


def write(folder: Path, kind: str, content: str | bytes, *, packed: bool = False) -> File:
    data = content.encode() if isinstance(content, str) else content
    path = folder / (f"{kind}.csv.gz" if packed else f"{kind}.csv")
    path.write_bytes(gzip.compress(data, mtime=0) if packed else data)
    spec = registry.get(kind)
    assert spec
    return File(path=path, spec=spec, name=path.name)


def messages(outcome: Outcome) -> list[tuple[int, str, str]]:
    """Errors as (line, column, code)."""
    return [(error.line, error.column, error.code) for error in outcome.errors]


def tables() -> tuple[object, ...]:
    """All rows of all tables that files fill."""
    return tuple(
        list(model.objects.order_by("pk").values())  # type: ignore[attr-defined]
        for model in TABLES
    )
