"""The role of the Primary Marketplace: taken, moved to another channel, and given up once stock is kept here.

The role is apart from the channel: giving it up ends nothing, and a channel that is retired has no role left.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory_ops.models import Channel, User
from inventory_ops.operations import audit


class ChannelRefused(Exception):
    """The change was not made; says why and how to correct it."""


class PrimaryTaken(ChannelRefused):
    """Another channel is the Primary Marketplace, and nobody confirmed that it loses the role."""

    def __init__(self, holder: Channel) -> None:
        self.holder = holder
        text = _("“%(name)s” is the Primary Marketplace of %(vendor)s. Confirm that it loses the role.")
        super().__init__(text % {"name": holder.name, "vendor": holder.merchant})


def take(channel: Channel, *, over_from: int | None, by: User) -> None:
    """Let a channel have the role from now on; the caller holds its row, or makes it, and saves it.

    `over_from` is the channel that was confirmed to lose the role. Raises PrimaryTaken.
    """
    others = Channel.objects.select_for_update(of=("self",)).filter(merchant=channel.merchant_id, is_primary=True)
    holder = others.exclude(pk=channel.pk).exclude(state=Channel.State.RETIRED).select_related("merchant").first()
    if holder is not None and holder.pk != over_from:
        raise PrimaryTaken(holder)
    if holder is not None:
        Channel.objects.filter(pk=holder.pk).update(is_primary=False)
        summary = _("Primary Marketplace of %(vendor)s: %(new)s instead of %(old)s") % {
            "vendor": holder.merchant,
            "new": channel.name,
            "old": holder.name,
        }
        _record("channel.primary_moved", holder, summary, by)
    channel.is_primary, channel.primary_retired_at = True, None


@transaction.atomic
def retire(*, channel: Channel, by: User) -> bool:
    """The role is no longer needed: stock is kept here now. The channel goes on; answers whether it had the role.

    Raises ChannelRefused while it has not taught its numbers yet.
    """
    locked = Channel.objects.select_for_update().get(pk=channel.pk)
    if not locked.is_primary or locked.state == Channel.State.RETIRED:
        return False
    give_up(locked, by=by)
    locked.save(update_fields=["is_primary", "primary_retired_at"])
    return True


def give_up(channel: Channel, *, by: User) -> None:
    """Take the role from a channel; the caller holds its row and saves it. Raises ChannelRefused."""
    if channel.state == Channel.State.IMPORTING:
        raise ChannelRefused(
            _("Its numbers are not imported yet. Import its catalogue first, or give the role to another channel.")
        )
    channel.is_primary, channel.primary_retired_at = False, timezone.now()
    _record(
        "channel.primary_retired", channel, _("Role of the Primary Marketplace: %(name)s") % {"name": channel.name}, by
    )


def _record(action: str, channel: Channel, summary: str, by: User) -> None:
    audit.record(action=action, by=by, subject=channel, summary=summary, merchant_id=channel.merchant_id)
