"""Comparison of what a channel says with what it was told."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.adapters.protocol import ChannelError
from inventory_ops.models import Channel, Job, User
from inventory_ops.operations import jobs
from inventory_ops.operations.channels import exchange, health, push
from inventory_ops.operations.channels.exchange import Round
from inventory_ops.operations.channels.exclusive import exclusive
from inventory_ops.operations.jobs import Context, JobFailed
from inventory_ops.queries.channels import DRIFTED

KIND = "channel_compare"
EVERY = timedelta(hours=24)


def start(*, channel: Channel, by: User | None) -> Job:
    """Compare a channel, as a job; one that waits or runs already is answered instead of a second one."""
    running = Job.objects.unfinished().filter(kind=KIND, params__channel=channel.pk).first()
    if running is not None:
        return running
    return jobs.enqueue(
        kind=KIND,
        title=_("Compare the quantities of %(name)s") % {"name": channel.name},
        by=by,
        params={"channel": channel.pk},
        queue="channels",
    )


def start_due(*, now: datetime) -> None:
    """Start the comparisons whose day is over."""
    for channel in (
        Channel.objects.active().exclude(drift_checked_at__gt=now - EVERY).filter(started_at__lt=now - EVERY)
    ):
        start(channel=channel, by=None)


@jobs.handler(KIND, only_reads=True)
def compare(context: Context) -> None:
    """Read the whole catalogue and note the quantity of every listing that nothing is due for."""
    channel = Channel.objects.filter(pk=context.params["channel"]).first()
    if channel is None or channel.state != Channel.State.SYNCED:
        raise JobFailed(_("The channel is not in use."))
    try:
        with exclusive(channel.pk):
            adapter = exchange.open_adapter(channel)
            if channel.takes_orders:  # orders that we have not seen would look like drift
                exchange.poll(channel, adapter, Round(), now=timezone.now())
            push.push(channel, adapter, until=timezone.now() + exchange.LONGEST_ROUND)
            _compare(channel, context)
    except ChannelError as error:
        health.failed(channel, error, now=timezone.now())
        raise JobFailed(str(error)) from error
    health.succeeded(channel)
    drifted = channel.listings.filter(DRIFTED).count()
    context.finish(
        ngettext("%(n)s quantity differs from what was sent.", "%(n)s quantities differ from what was sent.", drifted)
        % {"n": drifted}
    )


def _compare(channel: Channel, context: Context) -> None:
    adapter = exchange.open_adapter(channel)
    started, count = timezone.now(), 0
    cursor: str | None = None
    with connection.cursor() as database:
        while True:
            page = adapter.stock(cursor)
            found = {item.external_id: item.quantity(adapter.caps.basis) for item in page.items if item.tracked}
            database.execute(
                """with chosen as (
                       select l.id, t.quantity from inventory_ops_channellisting l
                       join unnest(%(ids)s::text[], %(quantities)s::bigint[]) t (external_id, quantity)
                           on t.external_id = l.external_id
                       where l.channel_id = %(channel)s and l.intent_key is null
                           and (l.sent_at is null or l.sent_at < %(started)s) order by l.id for no key update of l)
                   update inventory_ops_channellisting l set there_quantity = c.quantity, there_at = %(now)s,
                       error = case when l.state = 'rejected' then l.error else '' end
                   from chosen c where l.id = c.id""",
                {
                    "ids": list(found),
                    "quantities": list(found.values()),
                    "channel": channel.pk,
                    "started": started,
                    "now": timezone.now(),
                },
            )
            count += len(page.items)
            context.progress(count, page.total)
            cursor = page.next
            if cursor is None:
                break
        database.execute(
            """update inventory_ops_channellisting set error = %(gone)s
               where channel_id = %(channel)s and error = '' and (there_at is null or there_at < %(started)s)
                   and (sent_at is null or sent_at < %(started)s)""",
            {"channel": channel.pk, "started": started, "gone": _("The channel does not list it any more.")},
        )
    Channel.objects.filter(pk=channel.pk).update(drift_checked_at=started)
