"""Foreign layouts of import files, one small declaration each."""

from inventory_ops.kit.registry import import_all


def register_all() -> None:
    """The formats of this folder register themselves."""
    import_all(__name__)
