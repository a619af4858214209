"""Kinds of import files, one small declaration each."""

from __future__ import annotations


def register_all() -> None:
    """Import every kind of this folder, which registers it."""
    from inventory_ops.imports import (  # noqa: F401
        adjustments,
        categories,
        flash_sales,
        merchants,
        orders,
        places,
        products,
        stock,
        users,
    )
