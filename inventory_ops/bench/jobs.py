"""The base app's jobs; importing them registers them."""

from inventory_ops.bench import lists, moving, search, starting

__all__ = ["lists", "moving", "search", "starting"]
