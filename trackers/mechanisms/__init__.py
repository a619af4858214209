"""The tracking mechanisms: each file of this folder with a MECHANISM is one. docs/adding-a-mechanism.md shows how."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from trackers.mechanisms.base import PARAMETERS, Field, Mechanism, Preset, values_of

_found = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
MECHANISMS: dict[str, Mechanism] = {
    each.name: each
    for each in sorted(
        (module.MECHANISM for module in _found if hasattr(module, "MECHANISM")), key=lambda found: found.order
    )
}
CHOICES = [(each.name, each.label) for each in MECHANISMS.values()]

__all__ = ["CHOICES", "MECHANISMS", "PARAMETERS", "Field", "Mechanism", "Preset", "values_of"]
