"""The guide inside the app: Markdown files in docs/guide, and pages that other apps add."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from inventory_ops.models import User


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the guide: its address below /docs/, title, and where its HTML comes from."""

    name: str
    title: Any
    html: Callable[[], str]
    roles: tuple[str, ...] = ("operations", "merchant", "finance", "admin")


_entries: dict[str, Entry] = {}


def add(name: str, title: Any, file: str, *, roles: tuple[str, ...] | None = None) -> None:
    """Add a page from docs/guide/FILE. Called from AppConfig.ready()."""
    extra = {"roles": roles} if roles else {}
    _entries[name] = Entry(name, title, lambda: _markdown(file), **extra)


@cache
def _markdown(file: str) -> str:
    from markdown_it import MarkdownIt

    text = (Path(settings.BASE_DIR) / "docs" / "guide" / file).read_text()
    # raw HTML in the text stays text: our own pages need none
    rendered: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return rendered


@dataclass(slots=True)
class Link:
    label: str
    url: str
    active: bool


@dataclass(slots=True)
class Page:
    title: str
    subtitle: str
    breadcrumbs: list[tuple[str, str | None]]
    html: SafeString
    contents: list[Link]


def page(name: str, *, viewer: User) -> Page:
    """A page of the guide by its name; '' is the first one. Raises KeyError when there is none for the viewer."""
    allowed = {key: entry for key, entry in _entries.items() if viewer.has_role(*entry.roles)}
    entry = allowed[name or next(iter(allowed), "")]
    return Page(
        title=str(entry.title),
        subtitle="",
        breadcrumbs=[(str(_("Guide")), "/docs/"), (str(entry.title), None)],
        html=mark_safe(entry.html()),
        contents=[Link(str(each.title), f"/docs/{each.name}/", each.name == entry.name) for each in allowed.values()],
    )
