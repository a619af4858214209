"""How the exchange with a channel goes: back-off, rate limit, circuit breaker."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import structlog
from django.db.models import F
from django.utils.translation import gettext as _

from inventory_ops.adapters.protocol import AuthFailed, BadRequest, ChannelError, RateLimited
from inventory_ops.models import Channel
from inventory_ops.operations import audit

log = structlog.get_logger(__name__)

FIRST_WAIT = 5.0  # seconds; doubled by each further failure
LONGEST_WAIT = 900.0
BAD_WAIT = 30.0


def succeeded(channel: Channel) -> None:
    """The channel answered well: the circuit is closed."""
    Channel.objects.filter(pk=channel.pk).exclude(failures=0, blocked_until=None, last_error="").update(
        failures=0, blocked_until=None, last_error=""
    )


def failed(channel: Channel, error: ChannelError, *, now: datetime) -> None:
    """The channel failed: stay away for a while, longer each time; refused credentials pause it until a person acts."""
    log.warning("channel_failed", channel=channel.code, error=type(error).__name__, text=str(error))
    rows = Channel.objects.filter(pk=channel.pk)
    rows.update(last_error=str(error)[:500], last_error_at=now)
    if isinstance(error, AuthFailed):
        if rows.filter(is_paused=False).update(is_paused=True, pause_reason=str(error)[:300]):
            audit.record(
                action="channel.pause",
                by=None,
                subject=channel,
                summary=_("%(name)s paused: its credentials are refused") % {"name": channel.name},
                merchant_id=channel.merchant_id,
            )
        return
    if isinstance(error, RateLimited):
        rows.update(blocked_until=now + timedelta(seconds=error.retry_after))
        return
    if isinstance(error, BadRequest):  # it answers, but something has to be corrected: no reason to stay away long
        rows.update(blocked_until=now + timedelta(seconds=BAD_WAIT))
        return
    rows.update(failures=F("failures") + 1)
    failures = rows.values_list("failures", flat=True).get()
    seconds = min(FIRST_WAIT * 2 ** min(failures - 1, 20), LONGEST_WAIT) * random.uniform(0.8, 1.2)
    rows.update(blocked_until=now + timedelta(seconds=seconds))
