"""Proposals for pages: what changes for whom, who asked, who decided."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Case, QuerySet, When

from inventory_ops.models import Proposal


def all_of() -> QuerySet[Proposal]:
    return Proposal.objects.select_related("merchant", "requested_by", "approved_by", "ended_by")


def newest(kinds: Sequence[str] = (), *, limit: int = 50) -> QuerySet[Proposal]:
    """Those that wait first, then the newest."""
    rows = all_of()
    if kinds:
        rows = rows.filter(kind__in=kinds)
    waiting_first = Case(When(state=Proposal.State.PROPOSED, then=0), default=1)
    return rows.order_by(waiting_first, "-pk")[:limit]


def waiting() -> int:
    return Proposal.objects.filter(state=Proposal.State.PROPOSED).count()
