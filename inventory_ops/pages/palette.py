"""What the palette offers besides records: pages of the menu, views of lists, and what the viewer may do.

All of it is declared elsewhere (menu, reports): whoever adds a page or a report there has it in the palette.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from inventory_ops.kit.reports import registry
from inventory_ops.models import User
from inventory_ops.queries.search import Group, Hit
from inventory_ops.registries import menu
from inventory_ops.registries.permissions import ADMIN, OPERATIONS

MOST = 8  # of a group
SHORTEST = 2


def groups(*, text: str, viewer: User) -> list[Group]:
    """Pages and actions that a text finds; without one, the first of each."""
    found = [Group(_("Actions"), _first(_actions(viewer), text)), Group(_("Pages"), _first(_pages(viewer), text))]
    if len(text) >= SHORTEST:
        found.append(Group(_("Views"), _first(_views(viewer), text)))
    return sorted((group for group in found if group.items), key=lambda group: _rank(group.items[0], text))


def _rank(hit: Hit, text: str) -> int:
    """What is called as the text says comes before what belongs to something that is."""
    label = hit.label.casefold()
    if label.startswith(text.casefold()):
        return 0
    return 1 if all(f" {word}" in f" {label}" for word in text.casefold().split()) else 2


def _first(hits: Iterator[Hit], text: str) -> list[Hit]:
    words = text.casefold().split()
    seen: dict[str, Hit] = {}
    for hit in hits:
        said = f" {hit.label} {hit.sub}".casefold()
        if all(f" {word}" in said for word in words):
            seen.setdefault(f"{hit.label}{hit.url}", hit)
    return sorted(seen.values(), key=lambda hit: _rank(hit, text))[:MOST]


def _pages(viewer: User) -> Iterator[Hit]:
    for group, title in menu.GROUPS.items():
        for entry in menu.entries(group):
            if viewer.has_role(*entry.roles):
                yield Hit(str(entry.label), str(title or ""), entry.url, entry.icon)
    yield Hit(_("My profile"), "", reverse("own-profile"), "user")
    yield Hit(_("Notifications"), "", reverse("notifications"), "bell")
    yield Hit(_("Guide"), "", reverse("guide"), "help-circle")


def _actions(viewer: User) -> Iterator[Hit]:
    scans: dict[str, str] = {}
    for report in registry:
        if not report.allows(viewer):
            continue
        title = str(report.short_title or report.title)
        if report.new_url and (not report.new_roles or viewer.has_role(*report.new_roles)):
            yield Hit(str(report.new_label), title, str(report.new_url), "plus")
        for link in report.links:
            if viewer.has_role(*link.roles):
                yield Hit(str(link.label), title, str(link.url), link.icon)
        if report.scan and viewer.has_role(OPERATIONS, ADMIN):
            scans.setdefault(report.scan, title)
    for name, title in scans.items():
        yield Hit(_("Run scan"), title, reverse("run-scan", args=[name]), "refresh", is_post=True)


def _views(viewer: User) -> Iterator[Hit]:
    for report in registry:
        if report.allows(viewer):
            for view in report.views:
                yield Hit(str(view.label), str(report.title), f"{report.url}?{view.query}", report.icon)
