"""The broker: messages to the workers, and its server. A message is only a hint: what is to be done stands in a table.

Celery and the client are imported with the first use, so that commands which need neither start without them.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.utils.module_loading import import_string

from inventory_ops.kit import sentinels

if TYPE_CHECKING:
    from redis import Redis

log = structlog.get_logger(__name__)


def send(task: str, *args: str | int, **options: Any) -> bool:
    """Send `task` with options of Celery's `send_task`. False, and a line in the log, when the broker is away."""
    app = import_string(settings.CELERY_APP)
    from kombu.exceptions import OperationalError
    from redis.exceptions import RedisError

    try:
        app.send_task(task, args=list(args), retry=False, **options)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("task_not_sent", task=task, args=list(args), error=type(error).__name__)
        return False
    return True


def client(*, timeout: float = 2) -> Redis:
    """A client of the broker's server for the whole process; its calls raise RedisError.

    A server that is away holds a call up for `timeout` seconds, twice at most; a dropped connection is replaced.
    """
    # made once: of two made by threads at once, the one that is not kept closes its connections under who uses it
    with _making:
        return _client(settings.REDIS_URL, timeout)


_making = Lock()


@cache
def _client(url: str, timeout: float) -> Redis:
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    retry = Retry(NoBackoff(), 1)
    if found := sentinels.parse(url):
        return found.client(socket_timeout=timeout, socket_connect_timeout=timeout, retry=retry)
    return Redis.from_url(url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=retry)
