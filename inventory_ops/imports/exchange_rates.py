"""Exchange rates of days."""

from __future__ import annotations

from decimal import Decimal

from inventory_ops.imports.cells import CurrencyCode
from inventory_ops.kit.imports import Column, ImportSpec, register
from inventory_ops.kit.imports.values import Date, Number
from inventory_ops.operations.imports.exchange_rates import apply_exchange_rates, check_exchange_rates
from inventory_ops.registries.permissions import ADMIN, FINANCE

RATE = Number(Decimal(0), Decimal(10) ** 12, decimals=10, exclusive=True)

SPEC = register(
    ImportSpec(
        name="exchange_rates",
        title="Exchange rates",
        order=12,
        purpose="What one unit of a currency was in another one on a day. The newest of each pair counts.",
        columns=(
            Column("day", Date(), required=True, example="2026-11-27"),
            Column("base", CurrencyCode(), required=True, example="EUR", help="One unit of this currency …"),
            Column("currency", CurrencyCode(), required=True, example="USD", help="… is so many of this one"),
            Column(
                "rate",
                Number(Decimal(0), Decimal(10) ** 12, decimals=10, exclusive=True),
                required=True,
                example="1.0871",
            ),
        ),
        key=("day", "base", "currency"),
        roles=(FINANCE, ADMIN),
        tables=("inventory_ops_exchangerate",),
        check=check_exchange_rates,
        apply=apply_exchange_rates,
    )
)
