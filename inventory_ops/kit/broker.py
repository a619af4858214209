"""Sending tasks to the workers. The message is only a hint: what is to be done stands in a table.

The Celery application is imported when the first message is sent, so that commands which send none start without it.
"""

from __future__ import annotations

from typing import Any

import structlog
from django.conf import settings
from django.utils.module_loading import import_string

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
