"""One small file per Action Required report."""

from inventory_ops.kit.registry import import_all
from inventory_ops.kit.reports import Report, registry

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


def of_menu() -> list[Report]:
    """Those of this folder that are Action Required pages, in the order of the menu."""
    own = (each for each in registry if type(each).__module__.startswith(f"{__name__}."))
    return [each for each in own if each.in_menu and not each.path]
