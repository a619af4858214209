"""Lines in a person's bell."""

from __future__ import annotations

from datetime import datetime

from inventory_ops.models import Notification, User


def mark_read(*, user: User, pk: int | None, now: datetime) -> int:
    """One line, or with None all of them; answers how many were unread."""
    unread = Notification.objects.filter(user=user, read_at__isnull=True)
    if pk is not None:
        unread = unread.filter(pk=pk)
    return unread.update(read_at=now)
