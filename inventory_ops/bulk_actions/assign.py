"""Give findings to somebody, or to nobody."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from inventory_ops.bulk_actions.base import FindingAction
from inventory_ops.forms.findings import AssignForm
from inventory_ops.kit.bulk.action import register
from inventory_ops.models import Finding, User
from inventory_ops.operations import findings


@register
class Assign(FindingAction):
    name = "assign"
    label = _("Assign")
    icon = "user-check"
    form_class = AssignForm

    def apply(self, finding: Finding, *, by: User, values: dict[str, Any], version: int | None) -> None:
        findings.assign(finding=finding, to=values["assignee"], by=by, version=version)
