"""Accept findings that are known and meant to be so, with the reason and until when."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.bulk_actions.base import FindingAction
from inventory_ops.forms.findings import AcknowledgeForm
from inventory_ops.kit.bulk.action import register
from inventory_ops.kit.reports.scope import end_of_day
from inventory_ops.models import Finding, User
from inventory_ops.operations import findings


@register
class Acknowledge(FindingAction):
    name = "acknowledge"
    label = _("Acknowledge")
    icon = "flag"
    form_class = AcknowledgeForm

    def apply(self, finding: Finding, *, by: User, values: dict[str, Any], version: int | None) -> None:
        until, now = end_of_day(values["until"]), timezone.now()
        findings.acknowledge(finding=finding, reason=values["reason"], until=until, by=by, as_of=now, version=version)
