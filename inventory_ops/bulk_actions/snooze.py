"""Put findings aside until a day, or until they get worse."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.bulk_actions.base import FindingAction
from inventory_ops.forms.findings import SnoozeForm
from inventory_ops.kit.bulk.action import register
from inventory_ops.kit.reports.scope import end_of_day
from inventory_ops.models import Finding, User
from inventory_ops.operations import findings


@register
class Snooze(FindingAction):
    name = "snooze"
    label = _("Snooze")
    icon = "clock"
    form_class = SnoozeForm

    def apply(self, finding: Finding, *, by: User, values: dict[str, Any], version: int | None) -> None:
        findings.snooze(
            finding=finding,
            until=end_of_day(values["until"]),
            until_worse=values["until_worse"],
            by=by,
            as_of=timezone.now(),
            version=version,
        )
