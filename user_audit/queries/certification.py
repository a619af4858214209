"""Certifications: what is asked of whom, and what was answered."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from inventory_ops.models import User
from user_audit.models import Campaign, Certification, CertificationPlan, Identity
from user_audit.models.identities import AwsStatus, DatabaseStatus

State = Certification.State


def plan() -> CertificationPlan:
    """The plan; the defaults while nobody has saved one."""
    return CertificationPlan.objects.first() or CertificationPlan()


def subjects() -> QuerySet[Identity]:
    """Whom a campaign asks about: everybody who can sign in on the platform or in AWS."""
    return Identity.objects.filter(
        Q(database_status=DatabaseStatus.ACTIVE) | Q(aws_status__in=[AwsStatus.ACTIVE, AwsStatus.PARTIAL])
    ).order_by("key")


def visible_to(viewer: User | None) -> QuerySet[Certification]:
    """Administrators (and the command line) see all, everybody else what is asked of them."""
    rows = Certification.objects.select_related("campaign", "manager")
    return rows if viewer is None or viewer.has_role("admin") else rows.filter(manager=viewer)


def why_not(row: Certification, *, by: User) -> str:
    """Why `by` cannot answer, or ''."""
    if row.state != State.WAITING:
        return _("Answered already, or the campaign has ended.")
    if row.user_id == by.pk:
        return _("That is your own account.")
    if row.manager_id != by.pk and (row.manager_id is not None or not by.has_role("admin")):
        return _("Somebody else answers for this account.")
    return ""


@dataclass(frozen=True, slots=True)
class Round:
    """A campaign with its answers."""

    campaign: Campaign
    waiting: int
    confirmed: int
    refused: int
    lapsed: int


def rounds() -> list[Round]:
    """The newest campaigns first."""
    counts = {f"n_{state}": Count("certifications", filter=Q(certifications__state=state)) for state in State.values}
    return [
        Round(each, *(getattr(each, f"n_{state}") for state in State.values))
        for each in Campaign.objects.annotate(**counts).order_by("-started_at", "-pk")[:20]
    ]


def not_certified() -> QuerySet[Certification]:
    """Of the newest campaign, for the identity of the outer query: access that was not confirmed."""
    newest = Campaign.objects.order_by("-started_at", "-pk").values("pk")[:1]
    same = Q(subject=OuterRef("key")) | Q(user_id=OuterRef("user_id")) | Q(iam_user_id=OuterRef("iam_user_id"))
    return Certification.objects.filter(same, campaign__in=newest, state__in=Certification.TO_ACT_ON)
