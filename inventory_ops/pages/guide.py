"""A page of the guide inside the app, with its table of contents."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from inventory_ops.models import User
from inventory_ops.registries import guide


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
    allowed = guide.visible_to(viewer)
    entry = allowed[name or next(iter(allowed), "")]
    return Page(
        title=str(entry.title),
        subtitle="",
        breadcrumbs=[(str(_("Guide")), reverse("guide")), (str(entry.title), None)],
        html=mark_safe(entry.html()),
        contents=[
            Link(str(each.title), reverse("guide-page", args=[each.name]), each.name == entry.name)
            for each in allowed.values()
        ],
    )
