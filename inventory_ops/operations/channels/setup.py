"""What people do with channels. Each change is one line in the audit log; credentials are never in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.adapters import kinds
from inventory_ops.adapters.protocol import ChannelError
from inventory_ops.models import Channel, ChannelImport, ChannelListing, Merchant, User
from inventory_ops.operations import audit
from inventory_ops.operations.channels import carts, credentials, exchange, health, primary
from inventory_ops.operations.channels.primary import ChannelRefused

RULES = ("buffer", "percent", "min_quantity", "max_quantity", "end_when")


@dataclass(frozen=True, slots=True)
class Details:
    """What a channel is made of, but for its kind's settings."""

    name: str
    is_primary: bool
    takes_orders: bool
    cancel_window: timedelta
    rules: Mapping[str, Any]
    takes_carts: bool = True
    primary_over_from: int | None = None  # the channel that was confirmed to lose the role


@transaction.atomic
def create(
    *, merchant: Merchant, kind: str, code: str, details: Details, settings: Mapping[str, str], by: User
) -> Channel:
    """Connect a channel. Its catalogue is read next; until then nothing is sent. Raises ChannelRefused."""
    channel = Channel(merchant=merchant, kind=kind, code=code)
    _fill(channel, details)
    if details.is_primary:
        primary.take(channel, over_from=details.primary_over_from, by=by)
    _settle(channel, settings)
    _save(channel)
    _record("channel.create", channel, _("Channel %(name)s connected") % {"name": channel.name}, by, kind=kind)
    return channel


@transaction.atomic
def edit(*, channel: Channel, details: Details, settings: Mapping[str, str], by: User) -> Channel:
    """Change a channel; a secret setting that is left empty stays as it is. New rules are sent at once."""
    locked = _lock(channel)
    rules_before = {name: getattr(locked, name) for name in RULES}
    before = (locked.options, bytes(locked.credentials))
    was_primary = locked.is_primary
    _fill(locked, details)
    if details.is_primary and not was_primary:
        primary.take(locked, over_from=details.primary_over_from, by=by)
    elif was_primary and not details.is_primary:
        primary.give_up(locked, by=by)
    _settle(locked, settings)
    if before != (locked.options, bytes(locked.credentials)):
        locked.failures, locked.blocked_until = 0, None
    if not (locked.takes_carts and locked.takes_orders):
        locked.carts_error, locked.carts_read_until = "", None
        carts.forget_all(locked)
    _save(locked)
    if rules_before != {name: getattr(locked, name) for name in RULES}:
        _make_due(ChannelListing.objects.filter(channel=locked).values_list("pk", flat=True), must_send=False)
        transaction.on_commit(lambda: exchange.request(locked.pk))
    _record("channel.edit", locked, _("Channel %(name)s changed") % {"name": locked.name}, by)
    return locked


@transaction.atomic
def pause(*, channel: Channel, by: User) -> None:
    """Send and read nothing for now; what changes meanwhile is sent later."""
    _in_use(_lock(channel))
    reason = _("Paused by %(who)s.") % {"who": by}
    if Channel.objects.filter(pk=channel.pk, is_paused=False).update(is_paused=True, pause_reason=reason[:300]):
        _record("channel.pause", channel, _("Channel %(name)s paused") % {"name": channel.name}, by)


@transaction.atomic
def resume(*, channel: Channel, by: User) -> None:
    """Send and read again, at once."""
    _in_use(_lock(channel))
    if Channel.objects.filter(pk=channel.pk, is_paused=True).update(
        is_paused=False, pause_reason="", failures=0, blocked_until=None
    ):
        _record("channel.resume", channel, _("Channel %(name)s resumed") % {"name": channel.name}, by)
        transaction.on_commit(lambda: exchange.request(channel.pk))


@transaction.atomic
def retire(*, channel: Channel, by: User) -> None:
    """End a channel permanently: nothing is sent or read any more; what it listed and ordered stays on record."""
    locked = _lock(channel)
    if locked.state == Channel.State.RETIRED:
        return
    locked.state = Channel.State.RETIRED
    locked.credentials = b""
    locked.save(update_fields=["state", "credentials"])
    ChannelImport.objects.filter(channel=locked, state__in=["reading", "ready"]).update(
        state=ChannelImport.State.DISCARDED, finished_at=timezone.now()
    )
    with connection.cursor() as cursor:
        cursor.execute("delete from inventory_ops_channelchange where channel_id = %s", [locked.pk])
    _record("channel.retire", locked, _("Channel %(name)s retired") % {"name": locked.name}, by)


@transaction.atomic
def send_all_again(*, channel: Channel, by: User) -> int:
    """Send every listing's quantity again, whatever was sent before; answers how many."""
    locked = _lock(channel)
    _in_use(locked)
    count = _make_due(ChannelListing.objects.filter(channel=locked).values_list("pk", flat=True), must_send=True)
    summary = ngettext("%(n)s quantity of %(name)s sent again", "%(n)s quantities of %(name)s sent again", count) % {
        "n": count,
        "name": locked.name,
    }
    _record("channel.send_again", locked, summary, by, listings=count)
    transaction.on_commit(lambda: exchange.request(locked.pk))
    return count


@transaction.atomic
def send_again(*, listing_ids: Iterable[int], by: User) -> int:
    """Send some listings again; those of retired channels are left out. Answers how many."""
    listings = ChannelListing.objects.visible_to(by).filter(pk__in=listing_ids, channel__state=Channel.State.SYNCED)
    found = dict(listings.values_list("pk", "channel"))
    count = _make_due(found, must_send=True)
    for channel_id in sorted(set(found.values())):
        transaction.on_commit(lambda channel_id=channel_id: exchange.request(channel_id))  # type: ignore[misc]
    if count:
        audit.record(
            action="channel.send_again",
            by=by,
            summary=ngettext("%(n)s quantity sent to channels again", "%(n)s quantities sent to channels again", count)
            % {"n": count},
            data={"listings": sorted(found)[:1000]},
        )
    return count


@transaction.atomic
def override(*, listing: ChannelListing, rules: Mapping[str, Any], by: User) -> None:
    """Give one listing a rule of its own; empty fields follow the channel's."""
    locked = ChannelListing.objects.select_for_update(of=("self",)).select_related("channel").get(pk=listing.pk)
    for name in RULES:
        setattr(locked, name, rules.get(name))
    locked.save(update_fields=list(RULES))
    _make_due([locked.pk], must_send=False)
    summary = _("Rule of %(sku)s on %(name)s changed") % {"sku": locked.external_sku, "name": locked.channel.name}
    data = {name: str(value) for name, value in rules.items() if value is not None}
    _record("channel.rule", locked.channel, summary, by, listing=locked.pk, **data)
    transaction.on_commit(lambda: exchange.request(locked.channel_id))


def try_connection(*, channel: Channel) -> str:
    """Ask the channel for its name. Raises ChannelError; the channel's health says so, too."""
    try:
        name = exchange.open_adapter(channel).check()
    except ChannelError as error:
        health.failed(channel, error, now=timezone.now())
        raise
    health.succeeded(channel)
    return name


def _lock(channel: Channel) -> Channel:
    return Channel.objects.select_for_update().get(pk=channel.pk)


def _in_use(channel: Channel) -> None:
    if channel.state != Channel.State.SYNCED:
        raise ChannelRefused(_("The channel is not in use. Apply its first import, or connect it anew."))


def _fill(channel: Channel, details: Details) -> None:
    channel.name = details.name
    channel.takes_orders = details.takes_orders
    channel.takes_carts = details.takes_carts
    channel.cancel_window = details.cancel_window
    for name in RULES:
        setattr(channel, name, details.rules.get(name))


def _settle(channel: Channel, settings: Mapping[str, str]) -> None:
    """Sort the kind's settings into open and secret ones."""
    declared = kinds.get(channel.kind).settings
    secrets = credentials.secrets_of(channel) if channel.credentials and _needs(declared, settings) else {}
    for each in declared:
        same = {"kind": channel.kind, f"options__{each.name}": settings.get(each.name, each.default)}
        others = Channel.objects.filter(**same).exclude(pk=channel.pk).exclude(state=Channel.State.RETIRED)
        if each.unique and others.exists():
            raise ChannelRefused(
                _("%(label)s: channel %(name)s uses it already.") % {"label": each.label, "name": others[0].name}
            )
    channel.options = {each.name: settings.get(each.name, each.default) for each in declared if not each.secret}
    secrets |= {each.name: settings[each.name] for each in declared if each.secret and settings.get(each.name)}
    if any(each.secret for each in declared) and secrets:
        channel.credentials = credentials.sealed(secrets)


def _needs(declared: Iterable[kinds.Setting], settings: Mapping[str, str]) -> bool:
    """Is a stored secret still needed? Not when all are given anew, even if the old ones cannot be read."""
    return any(each.secret and not settings.get(each.name) for each in declared)


def _save(channel: Channel) -> None:
    try:
        channel.full_clean(exclude=["credentials"])
        with transaction.atomic():
            channel.save()
    except ValidationError as error:
        raise ChannelRefused(" ".join(error.messages)) from error
    except IntegrityError as error:
        raise ChannelRefused(
            _("Somebody connected the same channel at the same time, or a second Primary Marketplace. Look again.")
        ) from error


def _make_due(listing_ids: Iterable[int], *, must_send: bool) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """with chosen as (
                   select id from inventory_ops_channellisting where id = any(%(ids)s) order by id for no key update)
               update inventory_ops_channellisting l set is_due = true, must_send = l.must_send or %(must)s,
                   due_at = case when l.is_due then l.due_at else now() end,
                   state = case when l.intent_key is null then 'waiting' else l.state end
               from chosen where l.id = chosen.id""",
            {"ids": list(listing_ids), "must": must_send},
        )
        return int(cursor.rowcount)


def _record(action: str, channel: Channel, summary: str, by: User | None, **data: Any) -> None:
    audit.record(action=action, by=by, subject=channel, summary=summary, data=data, merchant_id=channel.merchant_id)
