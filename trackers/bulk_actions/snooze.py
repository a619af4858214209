"""Say nothing of trackers for a week."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from inventory_ops.kit import showing
from inventory_ops.kit.bulk.action import register
from inventory_ops.kit.reports.scope import end_of_day
from inventory_ops.models import User
from trackers.bulk_actions.base import TrackerAction
from trackers.models import Tracker
from trackers.operations import rules

DAYS = 7


@register
class Snooze(TrackerAction):
    name = "snooze"
    label = _("Snooze for 7 days")
    icon = "clock"

    def apply(self, trackers: list[Tracker], *, by: User, values: dict[str, Any]) -> int:
        until = end_of_day(showing.today() + timedelta(days=DAYS))
        return rules.snooze(trackers=trackers, until=until, by=by)
