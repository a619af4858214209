"""The kinds of channels, each registered by its own file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from inventory_ops.adapters.protocol import Adapter, Capabilities
from inventory_ops.kit.registry import JOBS, Registry, import_all


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing to know about a channel of a kind. `secret` ones are encrypted and never shown again."""

    name: str
    label: Any
    help: Any = ""
    secret: bool = False
    required: bool = True
    default: str = ""
    unique: bool = False  # no two channels share it: they would fight over the same thing
    check: Callable[[str], None] | None = None  # raises ValueError with how to correct it


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of channel. `open(settings)` gets all settings, secret ones in clear, and connects to nothing yet."""

    name: str
    label: Any
    purpose: Any
    caps: Capabilities
    settings: tuple[Setting, ...]
    open: Callable[[Mapping[str, str]], Adapter]
    uploads: bool = False  # people hand files over on the page
    webhooks: bool = False
    untried: bool = False  # written from public documentation, not yet tried against the live service


class UnknownKind(KeyError):
    """This version has no such kind of channel."""


_kinds: Registry[Kind] = Registry("kind of channel", later=JOBS)


def register(kind: Kind) -> Kind:
    """Add a kind. Called where its file is imported."""
    return _kinds.add(kind.name, kind)


def register_all() -> None:
    """The kinds among the files of this folder register themselves."""
    import_all("inventory_ops.adapters")


def get(name: str) -> Kind:
    """Raises UnknownKind."""
    try:
        return _kinds.get(name)
    except KeyError:
        raise UnknownKind(name) from None


def every() -> Iterator[Kind]:
    return iter(_kinds)
