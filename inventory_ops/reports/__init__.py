"""One small file per Action Required report."""

from importlib import import_module
from pkgutil import iter_modules

MENU_ORDER = (
    "inventory_cost_issues",
    "shipping_issues",
    "order_cost_issues",
    "products_without_orders",
    "abandoned_checkouts",
)


def register_all() -> None:
    """Import every report of this folder, which registers it: those of the menu first, in its order."""
    found = [module.name for module in iter_modules(__path__)]
    for name in [*MENU_ORDER, *(name for name in found if name not in MENU_ORDER)]:
        import_module(f"{__name__}.{name}")
