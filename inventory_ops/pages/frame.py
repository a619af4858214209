"""What surrounds every page: menu, user, theme."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language

from inventory_ops.kit import markup, showing
from inventory_ops.models import User
from inventory_ops.models.users import Role
from inventory_ops.queries import shop
from inventory_ops.queries.shell import MOST_IN_MENU, FrameData, frame_data
from inventory_ops.registries import menu


@dataclass(frozen=True, slots=True)
class Item:
    label: str
    url: str
    icon: str
    active: bool
    count: str | None = None
    go: str = ""
    count_id: str = ""  # of the element that holds the count: parts of a page that are swapped bring new counts along


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """A part of the menu. One that says the same is the same object (`_group`): parts of pages are kept by it."""

    title: str | None
    items: tuple[Item, ...]
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
        entries = [each for group in menu.offered(user).values() for _number, each in group]
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
    for key, offered in menu.offered(user).items():
        if offered:
            here = _where(request.path, [each.url for _number, each in offered])
            # where one is, is never hidden
            is_open = key not in folded or bool(here)
            shown = tuple([_count(each, counts) for _number, each in offered])
            found.append(_group(key, tuple(offered), here, is_open, shown, get_language()))
    return found


def _where(path: str, urls: Iterable[str]) -> str:
    """The address of an entry that the path is below; of nested addresses the longest one, '' for none."""
    above = [url for url in urls if path == url or (len(url) > 1 and path.startswith(url))]
    return max(above, key=len, default="")


@lru_cache(maxsize=2_000)
def _group(
    key: str,
    offered: Sequence[tuple[int, menu.Entry]],
    here: str,
    is_open: bool,
    counts: Sequence[str | None],
    language: str | None,
) -> Group:
    """A group in the active language, which is `language`; its numbers are written as the reader wants them."""
    items = [
        Item(
            label=str(entry.label),
            url=entry.url,
            icon=entry.icon,
            active=entry.url == here,
            count=count,
            go=entry.go,
            count_id=f"count-{key}-{number}",
        )
        for (number, entry), count in zip(offered, counts, strict=True)
    ]
    title = menu.GROUPS[key]
    return Group(str(title) if title else None, tuple(items), key, is_open)
