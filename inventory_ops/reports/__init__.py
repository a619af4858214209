"""One small file per Action Required report."""

from inventory_ops.kit.registry import import_all

MENU_ORDER = (
    "inventory_cost_issues",
    "shipping_issues",
    "order_cost_issues",
    "products_without_orders",
    "abandoned_checkouts",
)


def register_all() -> None:
    """The reports of this folder register themselves: those of the menu first, in its order."""
    import_all(__name__, first=MENU_ORDER)
