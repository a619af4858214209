"""What can be done to many trackers: one class in one file."""

from importlib import import_module
from pkgutil import iter_modules

ORDER = ("change", "snooze", "enable", "disable", "delete")  # of the buttons


def register_all() -> None:
    """Import every file of this folder; the actions in them register themselves."""
    found = [module.name for module in iter_modules(__path__)]
    for name in [*ORDER, *(name for name in found if name not in ORDER)]:
        import_module(f"{__name__}.{name}")
