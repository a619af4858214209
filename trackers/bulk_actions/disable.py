"""Switch trackers off."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.bulk.action import register
from inventory_ops.models import User
from trackers.bulk_actions.base import TrackerAction
from trackers.models import Tracker
from trackers.operations import rules


@register
class Disable(TrackerAction):
    name = "disable"
    label = _("Disable")
    icon = "player-pause"

    def apply(self, trackers: list[Tracker], *, by: User, values: dict[str, Any]) -> int:
        return rules.switch(trackers=trackers, on=False, by=by)
