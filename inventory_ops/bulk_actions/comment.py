"""Write the same comment on findings."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory_ops.bulk_actions.base import FindingAction
from inventory_ops.forms.findings import CommentForm
from inventory_ops.kit.bulk.action import register
from inventory_ops.models import Finding, User
from inventory_ops.operations import findings


@register
class Comment(FindingAction):
    name = "comment"
    label = gettext_lazy("Comment")
    icon = "message"
    form_class = CommentForm

    def title(self, count: int) -> str:
        return _("Comment on %(findings)s") % {"findings": self.counted(count)}

    def apply(self, finding: Finding, *, by: User, values: dict[str, Any], version: int | None) -> None:
        findings.comment(finding=finding, text=values["text"], by=by)
