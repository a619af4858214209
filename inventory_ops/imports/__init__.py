"""Kinds of import files, one small declaration each. A file that is put here is found."""

from importlib import import_module
from pkgutil import iter_modules


def register_all() -> None:
    """Import every file of this folder; the kinds in them register themselves."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
