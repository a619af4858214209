"""What stands in the files of kind `csv`: their columns, rows that are checked, and orders and carts made of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from inventory_ops.adapters.protocol import FailedPayment, OrderLine, OrderSnapshot, OrderState
from inventory_ops.kit.imports import Column, Counts, FileRefused, ImportSpec, Limits, Reader, RowError, open_source
from inventory_ops.kit.imports.values import BadValue, Integer, Moment, Text, money

LIMITS = Limits(max_bytes=100 * 1024 * 1024, max_rows=1_000_000)
LARGEST = 2_147_483_647


def _spec(name: str, *columns: Column) -> ImportSpec:
    """The columns alone: these files are read row by row, never staged."""
    return ImportSpec(
        name=name, title=name, order=0, columns=columns, check=lambda staging: None, apply=lambda staging: Counts()
    )


_UNITS = Integer(0, LARGEST)
CATALOGUE = _spec(
    "catalogue",
    Column("sku", Text(200), required=True),
    Column("external_id", Text(200)),
    Column("title", Text(300)),
    Column("location", Text(200)),
    Column("quantity", Integer(-LARGEST, LARGEST)),
    Column("price", money()),
    Column("currency", Text(3)),
)
ORDERS = _spec(
    "orders",
    Column("order_id", Text(200), required=True),
    Column("line_id", Text(200)),
    Column("number", Text(100)),
    Column("sku", Text(200), required=True),
    Column("quantity", _UNITS, required=True),
    Column("shipped_quantity", _UNITS),
    Column("cancelled_quantity", _UNITS),
    Column("returned_quantity", _UNITS),
    Column("unit_price", money()),
    Column("currency", Text(3)),
    Column("customer_email", Text(254)),
    Column("placed_at", Moment(), required=True),
    Column("updated_at", Moment(), required=True),
)
CARTS = _spec(
    "carts",
    Column("cart_id", Text(200), required=True),
    Column("line_id", Text(200)),
    Column("number", Text(100)),
    Column("sku", Text(200), required=True),
    Column("quantity", _UNITS, required=True),
    Column("unit_price", money()),
    Column("currency", Text(3)),
    Column("customer_email", Text(254)),
    Column("promo_code", Text(100)),
    Column("promo_value", money()),
    Column("comment", Text(5_000, one_line=False)),
    Column("card_code", Text(50)),
    Column("card_message", Text(300)),
    Column("card_failed_at", Moment()),
    Column("updated_at", Moment(), required=True),
)
SPECS = {"catalogue": CATALOGUE, "orders": ORDERS, "carts": CARTS}


def rows_of(path: Path, spec: ImportSpec) -> Iterator[dict[str, str]]:
    """Rows by column name, every cell checked. Raises FileRefused at the first bad one."""
    with open_source(path) as source:
        reader = Reader(source, spec, LIMITS)
        for numbers, rows in reader.batches():
            if reader.errors:
                raise FileRefused(*reader.errors)
            for line, cells in zip(numbers, rows, strict=True):
                yield _checked(line, dict(zip(reader.header, cells, strict=True)), spec)
        if reader.errors:
            raise FileRefused(*reader.errors)


def _checked(line: int, row: dict[str, str], spec: ImportSpec) -> dict[str, str]:
    for name, cell in row.items():
        text = cell.strip()
        if name not in spec.fields:
            continue
        if not text:
            if spec.fields[name].required:
                raise FileRefused(RowError(line, name, "", "required", "is required"))
            row[name] = ""
            continue
        try:
            row[name] = spec.fields[name].type.parse(text)
        except BadValue as error:
            raise FileRefused(RowError(line, name, text[:200], error.code, str(error))) from error
    return row


def moment(text: str) -> datetime:
    """A checked cell as a moment, in UTC where it names no zone."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def order_of(order_id: str, rows: Sequence[tuple[str, dict[str, str]]]) -> OrderSnapshot:
    """An order of its rows, each with the id of its line."""
    first = rows[0][1]
    lines = []
    for line_id, row in rows:
        ordered, shipped = int(row["quantity"]), int(row.get("shipped_quantity") or 0)
        cancelled = int(row.get("cancelled_quantity") or 0)
        lines.append(
            OrderLine(
                external_id=line_id,
                variant_id=row["sku"],
                sku=row["sku"],
                ordered=ordered,
                open=max(ordered - shipped - cancelled, 0),
                fulfilled=min(shipped, ordered),
                unit_price=Decimal(row.get("unit_price") or 0),
                returned=int(row.get("returned_quantity") or 0),
            )
        )
    state: OrderState = "cancelled"
    if any(line.open for line in lines):
        state = "placed"
    elif any(line.fulfilled for line in lines):
        state = "shipped"
    return OrderSnapshot(
        external_id=order_id,
        number=first.get("number") or order_id,
        state=state,
        raw_state=state,
        placed_at=min(moment(row["placed_at"]) for _id, row in rows),
        updated_at=max(moment(row["updated_at"]) for _id, row in rows),
        currency=(first.get("currency") or "").upper(),
        lines=tuple(lines),
        customer_email=first.get("customer_email") or "",
    )


def cart_of(cart_id: str, rows: Sequence[tuple[str, dict[str, str]]]) -> OrderSnapshot:
    """What is said of the cart itself is taken from the first row that says it."""

    def said(name: str) -> str:
        return next((row[name] for _id, row in rows if row.get(name)), "")

    updated_at = max(moment(row["updated_at"]) for _id, row in rows)
    code, message = said("card_code"), said("card_message")
    failed_at = moment(said("card_failed_at")) if said("card_failed_at") else updated_at
    return OrderSnapshot(
        external_id=cart_id,
        number=said("number") or cart_id,
        state="cart",
        raw_state="cart",
        placed_at=None,
        updated_at=updated_at,
        currency=said("currency").upper(),
        lines=tuple(
            OrderLine(
                external_id=line_id,
                variant_id=row["sku"],
                sku=row["sku"],
                ordered=int(row["quantity"]),
                open=int(row["quantity"]),
                fulfilled=0,
                unit_price=Decimal(row.get("unit_price") or 0),
            )
            for line_id, row in rows
        ),
        customer_email=said("customer_email"),
        promo_code=said("promo_code"),
        promo_value=Decimal(said("promo_value")) if said("promo_value") else None,
        comment=said("comment"),
        failed_payments=(FailedPayment(failed_at, code, message),) if code or message else (),
    )
