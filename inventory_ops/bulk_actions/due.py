"""Say by when findings have to be done."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.bulk_actions.base import FindingAction
from inventory_ops.forms.findings import DueForm
from inventory_ops.kit.bulk.action import register
from inventory_ops.models import Finding, User
from inventory_ops.operations import findings


@register
class Due(FindingAction):
    name = "due"
    label = _("Due date")
    icon = "calendar"
    form_class = DueForm

    def apply(self, finding: Finding, *, by: User, values: dict[str, Any], version: int | None) -> None:
        findings.set_due(finding=finding, on=values["due_on"], by=by, as_of=timezone.now(), version=version)
