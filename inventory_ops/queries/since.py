"""What scans changed in the findings of a report since a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from inventory_ops.models import Finding, User


@dataclass(frozen=True, slots=True)
class Changes:
    """Findings that were not there before, that were opened again, and that are resolved now."""

    new: int
    reopened: int
    resolved: int


def changes(report: str, *, viewer: User, since: datetime) -> Changes:
    """In one query, of the findings that the viewer may see."""
    is_resolved = Q(state=Finding.State.RESOLVED)
    found = Finding.objects.visible_to(viewer).filter(report=report)
    # each condition has an index of its own; only unresolved ones stand in the list
    found = found.filter(Q(opened_at__gt=since) | (is_resolved & Q(resolved_at__gt=since)))
    counts = found.aggregate(
        new=Count("pk", filter=~is_resolved & Q(first_seen_at__gt=since)),
        reopened=Count("pk", filter=~is_resolved & Q(opened_at__gt=since, first_seen_at__lte=since)),
        resolved=Count("pk", filter=is_resolved & Q(resolved_at__gt=since)),
    )
    return Changes(**counts)
