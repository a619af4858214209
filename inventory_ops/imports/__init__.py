"""Kinds of import files, one small declaration each. A file that is put here is found."""

from inventory_ops.kit.registry import import_all


def register_all() -> None:
    """The kinds of this folder register themselves."""
    import_all(__name__)
