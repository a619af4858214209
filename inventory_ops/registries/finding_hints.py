"""What other apps suggest about a finding: a sentence, and the page where it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from inventory_ops.kit.registry import PAGES, Registry
from inventory_ops.models import Finding, Product, User


@dataclass(frozen=True, slots=True)
class Hint:
    """A suggestion; `label` names what is done at `url`."""

    text: str
    label: str = ""
    url: str = ""


type Hinter = Callable[[Finding, Sequence[Product], User, datetime], Sequence[Hint]]
_hinters: Registry[Hinter] = Registry("source of hints about findings", later=PAGES)


def add(name: str, hinter: Hinter) -> None:
    """Add hints: `hinter(finding, products, viewer, now)`. Called by what `AppConfig.ready()` names."""
    _hinters.add(name, hinter)


def hints(finding: Finding, products: Sequence[Product], viewer: User, now: datetime) -> list[Hint]:
    return [hint for hinter in _hinters for hint in hinter(finding, products, viewer, now)]
