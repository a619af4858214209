"""How many accounts were in which state at the end of each day."""

from __future__ import annotations

from datetime import date

from django.db.models import Sum

from user_audit.models import IdentityDay


def by_aws_status(*, since: date) -> dict[date, dict[str, int]]:
    """Of each day that was scanned, oldest first."""
    rows = IdentityDay.objects.filter(day__gte=since).values_list("day", "aws_status").annotate(n=Sum("count"))
    found: dict[date, dict[str, int]] = {}
    for day, status, count in rows.order_by("day"):
        found.setdefault(day, {})[status] = count
    return found
