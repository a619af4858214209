"""What the pages of channels share."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from inventory_ops.adapters import kinds
from inventory_ops.kit.page import Figure, Page
from inventory_ops.models import Channel
from inventory_ops.registries.permissions import ADMIN, OPERATIONS, viewer

MANAGERS = (OPERATIONS, ADMIN)


@dataclass(slots=True)
class ChannelPage(Page):
    cancel_url: str = field(default_factory=lambda: reverse("channels"))
    numbers: list[Figure] = field(default_factory=list)


def crumbs(*names: tuple[str, str | None]) -> list[tuple[str, str | None]]:
    return [(_("Channels"), reverse("channels")), *names]


def kind_label(channel: Channel) -> str:
    try:
        return str(kinds.get(channel.kind).label)
    except kinds.UnknownKind:
        return channel.kind


def find(request: HttpRequest, pk: int) -> Channel:
    rows = Channel.objects.visible_to(viewer(request)).select_related("merchant")
    return get_object_or_404(rows, pk=pk)
