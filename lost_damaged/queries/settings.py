"""The settings in force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from inventory_ops.models import Merchant, Proposal
from lost_damaged import limits
from lost_damaged.models import Cap, Factor, FinanceSettings


def current() -> FinanceSettings:
    """The settings; defaults while nobody has saved any."""
    return FinanceSettings.objects.first() or FinanceSettings()


def is_locked(settings: FinanceSettings, moment: datetime) -> bool:
    """Is the day of `moment` (UTC) in a period that is locked?"""
    return settings.locked_until is not None and moment.date() <= settings.locked_until


def factor_of(merchant: Merchant | None) -> Decimal:
    """The factor in force now, of a seller or by default."""
    rows = Factor.objects.filter(valid_from__lte=timezone.now(), withdrawn_at__isnull=True)
    newest = rows.order_by("-valid_from", "-pk").values_list("factor", flat=True)
    if merchant is not None:
        own = newest.filter(merchant=merchant).first()
        if own is not None:
            return own
    default = newest.filter(merchant__isnull=True).first()
    return Decimal(1) if default is None else default


def caps_of(currency: str) -> Cap:
    """The caps in force now for a currency ('': those of all without their own)."""
    rows = Cap.objects.filter(currency__in=[currency, ""], valid_from__lte=timezone.now(), withdrawn_at__isnull=True)
    found = rows.order_by("-currency", "-valid_from", "-pk").first()
    return found or Cap(unit_cap=limits.UNIT, import_cap=limits.IMPORT, daily_cap=limits.DAY)


def own_factors(merchants: Sequence[int], *, at: datetime, agreed: bool = False) -> dict[int, Decimal]:
    """The factors of their own that were in force for merchants; the default is none of them.

    With `agreed`, those of them that a second person approved.
    """
    rows = Factor.objects.filter(merchant__in=merchants, valid_from__lte=at, withdrawn_at__isnull=True)
    newest = (
        rows.order_by("merchant", "-valid_from", "-pk").distinct("merchant").values_list("pk", "merchant", "factor")
    )
    made = [pk for pk, _merchant, _factor in newest]
    approved = Proposal.objects.filter(kind="factor", state=Proposal.State.APPROVED, made_id__in=made)
    kept = set(approved.values_list("made_id", flat=True)) if agreed else set(made)
    return {merchant: factor for pk, merchant, factor in newest if merchant is not None and pk in kept}


def factors() -> QuerySet[Any]:
    """Every factor that was set, the newest first: its `state`, when it `ends`, and the proposal that it comes from.

    The next one of the same seller ends it: one that was replaced from the same moment never held, and is past.
    """
    now = timezone.now()
    same = Coalesce("merchant", 0)
    later = (
        Factor.objects.alias(owner=same)
        .filter(owner=OuterRef("owner"), withdrawn_at__isnull=True)
        .filter(Q(valid_from__gt=OuterRef("valid_from")) | Q(valid_from=OuterRef("valid_from"), pk__gt=OuterRef("pk")))
    )
    made_by = Proposal.objects.filter(kind="factor", made_id=OuterRef("pk"))
    return (
        Factor.objects.alias(owner=same)
        .annotate(
            ends=Subquery(later.order_by("valid_from", "pk").values("valid_from")[:1]),
            proposal=Subquery(made_by.values("pk")[:1]),
        )
        .annotate(
            state=Case(
                When(withdrawn_at__isnull=False, then=Value("withdrawn")),
                When(valid_from__gt=now, then=Value("to_come")),
                When(ends__lte=now, then=Value("past")),
                default=Value("in_force"),
            )
        )
        .select_related("merchant")
        .order_by("-valid_from", "-pk")
    )


def caps() -> QuerySet[Cap]:
    """Caps past, present and to come, the newest first."""
    return Cap.objects.filter(withdrawn_at__isnull=True).order_by("-valid_from", "-pk")
