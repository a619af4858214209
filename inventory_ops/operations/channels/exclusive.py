"""Long work with a channel, while nobody else speaks with it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _

from inventory_ops.kit.db.locks import session_lock
from inventory_ops.operations.channels.exchange import lock_name
from inventory_ops.operations.jobs import JobFailed

WAIT_SECONDS = 90.0


@contextmanager
def exclusive(channel_id: int, *, seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Wait for the round that runs to end, then hold the channel. Raises JobFailed when it takes too long."""
    deadline = time.monotonic() + seconds
    while True:
        with session_lock(lock_name(channel_id)) as held:
            if held:
                yield
                return
        if time.monotonic() > deadline:
            raise JobFailed(_("The channel is busy with another exchange. Try again in a minute."))
        time.sleep(0.5)
