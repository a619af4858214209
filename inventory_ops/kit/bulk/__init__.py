"""Acting on many rows of a list."""

from inventory_ops.kit.bulk.selection import Chosen, choose

__all__ = ["Chosen", "choose"]
