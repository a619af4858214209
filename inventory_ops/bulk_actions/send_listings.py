"""Send the quantities of listings to their channels once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inventory_ops.kit.bulk.action import BulkAction, Line, Outcome, register
from inventory_ops.kit.reports.selection import numbers_of
from inventory_ops.models import ChannelListing, User
from inventory_ops.operations.channels import setup


@register
class SendListings(BulkAction[ChannelListing]):
    on = "channels-listings"
    name = "send"
    label = gettext_lazy("Send again")
    icon = "send"
    asks = False  # nothing is lost: a channel is told what it should know anyway
    most = 10_000

    def rows(self, keys: Sequence[str], *, report: Any, viewer: User) -> list[ChannelListing]:
        return list(ChannelListing.objects.visible_to(viewer).filter(pk__in=numbers_of(keys)))

    def line(self, row: ChannelListing) -> Line:
        return Line(key=row.external_sku)

    def counted(self, count: int) -> str:
        return ngettext("%(n)d listing", "%(n)d listings", count) % {"n": count}

    def run(
        self, rows: Sequence[ChannelListing], *, by: User, values: dict[str, Any], seen: Mapping[str, str]
    ) -> Outcome:
        count = setup.send_again(listing_ids=[row.pk for row in rows], by=by)
        if not count:
            return Outcome(left=[_("No listing of a channel in use was selected.")])
        return Outcome(
            ngettext("%(n)s quantity is sent again.", "%(n)s quantities are sent again.", count) % {"n": count}
        )
