"""The settings in force."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet
from django.utils import timezone

from inventory_ops.models import Merchant
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
        if own is None:
            own = merchant.write_off_factor
        if own is not None:
            return own
    default = newest.filter(merchant__isnull=True).first()
    return Decimal(1) if default is None else default


def caps_of(currency: str) -> Cap:
    """The caps in force now for a currency ('': those of all without their own)."""
    rows = Cap.objects.filter(currency__in=[currency, ""], valid_from__lte=timezone.now(), withdrawn_at__isnull=True)
    found = rows.order_by("-currency", "-valid_from", "-pk").first()
    return found or Cap(unit_cap=limits.UNIT, import_cap=limits.IMPORT, daily_cap=limits.DAY)


def factors() -> QuerySet[Factor]:
    """Factors past, present and to come, the newest first."""
    rows = Factor.objects.filter(withdrawn_at__isnull=True).select_related("merchant")
    return rows.order_by("-valid_from", "-pk")


def caps() -> QuerySet[Cap]:
    """Caps past, present and to come, the newest first."""
    return Cap.objects.filter(withdrawn_at__isnull=True).order_by("-valid_from", "-pk")
