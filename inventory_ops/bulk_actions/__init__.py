"""What can be done to many rows of the lists of the base app: one class in one file."""

from importlib import import_module
from pkgutil import iter_modules

FINDINGS = ("assign", "acknowledge", "snooze", "reopen", "comment")  # in the order of the buttons


def register_all() -> None:
    """Import every file of this folder; the actions in them register themselves."""
    found = [module.name for module in iter_modules(__path__)]
    for name in [*FINDINGS, *(name for name in found if name not in FINDINGS)]:
        import_module(f"{__name__}.{name}")
