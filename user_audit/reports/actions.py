"""History of the jobs that acted on users."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.links import to
from inventory_ops.kit.reports import Report, Scope, columns, filters, register
from inventory_ops.registries.permissions import ADMIN
from user_audit.models import ActionItem, ActionJob
from user_audit.models.actions import Action

TONES = {
    ActionJob.State.AWAITING: "warning",
    ActionJob.State.QUEUED: "brand",
    ActionJob.State.RUNNING: "brand",
    ActionJob.State.PAUSED: "warning",
    ActionJob.State.DONE: "good",
    ActionJob.State.CANCELLED: "neutral",
    ActionJob.State.REJECTED: "neutral",
    ActionJob.State.EXPIRED: "neutral",
}
FAILED = [ActionItem.State.FAILED, ActionItem.State.RETRY, ActionItem.State.PARTIAL, ActionItem.State.REFUSED]


class Filters(filters.ReportFilterSet):
    q = filters.SearchFilter(fields=("requested_by__email", "reason", "items__label"))
    state = django_filters.ChoiceFilter(label=_("State"), choices=ActionJob.State.choices, empty_label=_("Any"))
    action = django_filters.ChoiceFilter(label=_("Action"), choices=Action.choices, empty_label=_("Any"))


@register
class UserActions(Report):
    slug = "user-actions"
    title = _("User actions")
    purpose = _("Every request to act on users: who asked, who approved, and how it ended.")
    path = "/action-required/user-audit/jobs/"
    icon = "history"
    in_menu = False
    columns = (
        columns.Moment(key="requested_at", header="Requested At", label=_("Requested")),
        columns.Choice(
            key="action",
            header="Action",
            words=dict(Action.choices),
            sub="reason",
            width=230,
            link=to("user-audit-job", "id"),
        ),
        columns.Choice(key="state", header="State", words=dict(ActionJob.State.choices), tones=TONES, css="m-right"),
        columns.Integer(key="users", header="Users"),
        columns.Integer(key="failed", header="Failed", css="m-hide"),
        columns.Text(key="requested_by", header="Requested By", expression="requested_by__email", css="m-hide"),
        columns.Text(
            key="approved_by", header="Approved By", expression="approved_by__email", nullable=True, css="m-hide"
        ),
        columns.Text(key="reason", header="Reason", on_page=False),
    )
    filterset_class = Filters
    default_sort = "-requested_at"
    identity = ("id",)
    roles = frozenset({ADMIN})
    currency = None
    merchant_path = None
    empty_title = _("Nobody acted on a user yet")
    empty_text = _("Requests appear here, with their outcome for each user.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return ActionJob.objects.annotate(
            users=Count("items", distinct=True),
            failed=Count("items", filter=Q(items__state__in=FAILED), distinct=True),
        )
