"""What happened to one identity, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from inventory_ops.models import AuditEvent
from user_audit.models import ActionItem, ActionStep, Certification, Identity, Manager, Review


@dataclass(frozen=True)
class Line:
    """One line of the history."""

    at: datetime
    actor: str
    text: str
    detail: str = ""
    url: str = ""


def of(identity: Identity, *, limit: int = 100) -> list[Line]:
    """Audit events and verdicts of the identity, also under the key it had before it was linked."""
    keys = [identity.key]
    if identity.user_id:
        keys.append(f"u{identity.user_id}")
    events = AuditEvent.objects.filter(
        Q(subject_type="identity", subject_id__in=keys) | Q(subject_type="user", subject_id=str(identity.user_id or ""))
    ).order_by("-id")[:limit]
    return [
        Line(
            at=event.at,
            actor=event.actor,
            text=event.summary or event.action,
            detail=str(event.data.get("message") or event.data.get("note") or event.data.get("reason") or ""),
            url=reverse("user-audit-job", args=[event.data["job"]]) if "job" in event.data else "",
        )
        for event in events
    ]


def steps(identity: Identity, *, limit: int = 60) -> list[ActionStep]:
    """The newest steps written for the identity's users."""
    items = ActionItem.objects.filter(
        Q(subject=identity.key)
        | (Q(iam_user_id=identity.iam_user_id) & Q(iam_user_id__isnull=False))
        | (Q(user_id=identity.user_id) & Q(user_id__isnull=False))
    )
    return list(ActionStep.objects.filter(item__in=items).exclude(result="").order_by("-id")[:limit])


def reviews(identity: Identity) -> list[Review]:
    return list(Review.objects.filter(subject=identity.key).order_by("-id")[:10])


def certifications(identity: Identity) -> list[Certification]:
    """What was asked about the account in the last campaigns, newest first."""
    rows = Certification.objects.filter(user_id=identity.user_id or 0).select_related("campaign")
    return list(rows.order_by("-campaign__started_at", "-pk")[:5])


def manager_of(identity: Identity) -> str:
    """The e-mail of who confirms the account, or ''."""
    return Manager.objects.filter(user=identity.user_id or 0).values_list("manager__email", flat=True).first() or ""
