"""The guide inside the app: Markdown files in docs/guide, and pages that other apps add."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from inventory_ops.kit.registry import PAGES, Registry
from inventory_ops.models import User


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the guide: its address below /docs/, title, and where its HTML comes from."""

    name: str
    title: Any
    html: Callable[[], str]
    roles: tuple[str, ...] = ("operations", "merchant", "finance", "admin")


_entries: Registry[Entry] = Registry("page of the guide", later=PAGES)


def add(name: str, title: Any, file: str, *, roles: tuple[str, ...] | None = None) -> None:
    """Add a page from docs/guide/FILE. Called by what `AppConfig.ready()` names."""
    extra = {"roles": roles} if roles else {}
    _entries.add(name, Entry(name, title, lambda: _markdown(file), **extra))


@cache
def _markdown(file: str) -> str:
    from markdown_it import MarkdownIt

    text = (Path(settings.BASE_DIR) / "docs" / "guide" / file).read_text()
    # raw HTML in the text stays text: our own pages need none
    rendered: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return rendered


def visible_to(viewer: User) -> dict[str, Entry]:
    """The pages that `viewer` may read, by name, in their order."""
    return {name: entry for name, entry in _entries.items() if viewer.has_role(*entry.roles)}
