"""The settings in force."""

from __future__ import annotations

from datetime import datetime

from lost_damaged.models import FinanceSettings


def current() -> FinanceSettings:
    """The settings; defaults while nobody has saved any."""
    return FinanceSettings.objects.first() or FinanceSettings()


def is_locked(settings: FinanceSettings, moment: datetime) -> bool:
    """Is the day of `moment` (UTC) in a period that is locked?"""
    return settings.locked_until is not None and moment.date() <= settings.locked_until
