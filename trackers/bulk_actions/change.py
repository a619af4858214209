"""Give many trackers new numbers."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.bulk.action import register
from inventory_ops.models import User
from trackers.bulk_actions.base import TrackerAction
from trackers.forms import NumbersForm
from trackers.models import Tracker
from trackers.operations import rules


@register
class Change(TrackerAction):
    name = "change"
    label = _("Change numbers")
    icon = "pencil"
    hint = _("A number counts for the trackers whose mechanism has it; empty leaves it as it is.")
    form_class = NumbersForm

    def apply(self, trackers: list[Tracker], *, by: User, values: dict[str, Any]) -> int:
        return rules.change(trackers=trackers, numbers=values, by=by)
