"""Foreign layouts of import files, one small declaration each."""

from __future__ import annotations

import importlib
import pkgutil


def register_all() -> None:
    """Import every format of this folder, which registers it."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
