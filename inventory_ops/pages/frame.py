"""What surrounds every page: menu, user, theme."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from inventory_ops.kit import markup, showing
from inventory_ops.models import User
from inventory_ops.models.users import Role
from inventory_ops.queries import shop
from inventory_ops.queries.shell import MOST_IN_MENU, FrameData, frame_data
from inventory_ops.registries import menu


@dataclass(slots=True)
class Item:
    label: str
    url: str
    icon: str
    active: bool
    count: str | None = None
    go: str = ""
    count_id: str = ""  # of the element that holds the count: parts of a page that are swapped bring new counts along


@dataclass(slots=True)
class Group:
    title: str | None
    items: list[Item]
    key: str = ""
    is_open: bool = True


@dataclass(slots=True)
class Bar:
    """What is at the top of each page, beside search."""

    unread: int = 0
    notifications_url: str = ""
    palette_url: str = field(default_factory=lambda: reverse("search"))
    guide_url: str = field(default_factory=lambda: reverse("guide"))


TOAST = "toast"  # in the session


@dataclass(slots=True)
class Shell:
    """The context `shell` of templates/base.html."""

    theme: str
    brand: str = shop.PRODUCT
    shop: str = ""  # the shop's name
    zone: str = ""  # that moments on the page are in
    account_layout: str = "allauth/layouts/entrance.html"
    nav: list[Group] = field(default_factory=list)
    user_name: str = ""
    user_initials: str = ""
    role_label: str = ""
    take_toast: Callable[[], Any] = lambda: None  # what was done before the redirect to this page, told once
    bar: Bar = field(default_factory=Bar)


def context(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Anonymous pages get no menu."""
    theme = request.COOKIES.get("theme", "auto")
    shell = Shell(theme=theme if theme in {"light", "dark"} else "auto")
    user = getattr(request, "user", None)
    if hasattr(request, "session"):
        shell.take_toast = lambda: request.session.pop(TOAST, None) if TOAST in request.session else None
    if isinstance(user, User) and user.is_active:
        shell.zone = showing.zone_name()
        shell.shop = shop.facts(user).name
        if not getattr(request, "without_menu", False):
            shell.nav = groups(request, user)
            shell.account_layout = "allauth/layouts/account.html"
        if user.role:
            shell.bar.unread = of_request(request, user).unread
            shell.bar.notifications_url = reverse("notifications")
        shell.user_name = user.name or user.email
        shell.user_initials = markup.initials(shell.user_name)
        shell.role_label = str(Role(user.role).label)
    return {"shell": shell}


def of_request(request: HttpRequest, user: User, *, report: str = "") -> FrameData:
    """What surrounds the page of this request: read once, by whoever needs it first."""
    found: FrameData | None = getattr(request, "frame_data", None)
    if found is None:
        entries = [each for key in menu.GROUPS for each in menu.entries(key) if user.has_role(*each.roles)]
        counted = {each.url: each.counted for each in entries if each.counted}
        found = frame_data(viewer=user, others=counted, report=report)
        request.frame_data = found  # type: ignore[attr-defined]
    return found


def _count(entry: menu.Entry, counts: Mapping[str, int]) -> str | None:
    count = counts.get(entry.report or entry.url)
    if not count:
        return None
    return markup.number(count) if entry.report or count <= MOST_IN_MENU else f"{markup.number(MOST_IN_MENU)}+"


def groups(request: HttpRequest, user: User) -> list[Group]:
    """The menu of `user`, with where the request is."""
    found = []
    folded = set(request.COOKIES.get("folded", "").split("."))
    counts = of_request(request, user).counts
    for key, title in menu.GROUPS.items():
        items = [
            Item(
                label=str(entry.label),
                url=entry.url,
                icon=entry.icon,
                active=request.path == entry.url or (len(entry.url) > 1 and request.path.startswith(entry.url)),
                count=_count(entry, counts),
                go=entry.go,
                count_id=f"count-{key}-{number}",
            )
            for number, entry in enumerate(menu.entries(key))
            if user.has_role(*entry.roles)
        ]
        # of nested addresses only the longest one is where we are
        active = [item for item in items if item.active]
        for item in active:
            item.active = item is max(active, key=lambda each: len(each.url))
        if items:
            # where one is, is never hidden
            is_open = key not in folded or bool(active)
            found.append(Group(str(title) if title else None, items, key, is_open))
    return found
