"""Take findings up again that were acknowledged or snoozed."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from inventory_ops.bulk_actions.base import FindingAction
from inventory_ops.kit.bulk.action import register
from inventory_ops.models import Finding, User
from inventory_ops.operations import findings


@register
class Reopen(FindingAction):
    name = "reopen"
    label = _("Reopen")
    icon = "refresh"

    def apply(self, finding: Finding, *, by: User, values: dict[str, Any], version: int | None) -> None:
        findings.reopen(finding=finding, by=by, version=version)
