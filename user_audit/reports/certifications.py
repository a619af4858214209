"""Certifications: what was asked about each account, and what was answered."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Count, Q, QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.reports import Kpi, Report, Scope, View, columns, filters, register
from inventory_ops.models.users import Role
from inventory_ops.registries.permissions import ADMIN, FINANCE, MERCHANT, OPERATIONS
from user_audit.models import Certification
from user_audit.queries import certification

TONES = {"waiting": "warning", "confirmed": "good", "refused": "critical", "lapsed": "critical"}
ROLES = frozenset({OPERATIONS, MERCHANT, FINANCE, ADMIN})


class Filters(filters.ReportFilterSet):
    q = filters.SearchFilter(fields=("label", "manager__email", "answered_by", "note"))
    state = django_filters.MultipleChoiceFilter(choices=Certification.State.choices, label=_("Answer"))
    campaign = django_filters.NumberFilter(field_name="campaign_id", label=_("Campaign"), min_value=1)
    role = django_filters.ChoiceFilter(
        choices=[choice for choice in Role.choices if choice[0]], label=_("Role"), empty_label=_("Any")
    )


@register
class Certifications(Report):
    slug = "certifications"
    title = _("Certifications")
    short_title = _("Certifications")
    icon = "user-check"
    section = _("System")
    path = "/certifications/"
    in_menu = False
    purpose = _(
        "Is the access of these accounts still needed? Their managers answer, or they go to the administrators."
    )
    search_placeholder = _("Filter by account, manager or note")
    filterset_class = Filters
    default_sort = "-started_at"
    currency = None
    merchant_path = None
    roles = ROLES
    bulk_roles = ROLES
    bulk_url = reverse_lazy("certifications-bulk")
    columns = (
        columns.Text(key="label", header="Account"),
        columns.Choice(key="role", header="Role", words=dict(Role.choices), css="m-hide"),
        columns.Text(key="manager", header="Manager", expression="manager__email", nullable=True, css="m-hide"),
        columns.Choice(key="state", header="Answer", words=dict(Certification.State.choices), tones=TONES),
        columns.Date(key="due_on", header="Due On", label=_("Due"), expression="campaign__due_on"),
        columns.Moment(key="answered_at", header="Answered At", label=_("Answered"), nullable=True, css="m-hide"),
        columns.Text(key="answered_by", header="Answered By", label=_("By"), css="m-hide"),
        columns.Text(key="note", header="Note", css="m-hide"),
        columns.Integer(key="reminders", header="Reminders", css="m-hide"),
        columns.Moment(
            key="started_at", header="Campaign", expression="campaign__started_at", visible=False, css="m-hide"
        ),
    )
    kpis = (
        Kpi("count", _("Accounts"), Count("pk")),
        Kpi("waiting", _("Waiting"), Count("pk", filter=Q(state="waiting"))),
        Kpi("confirmed", _("Confirmed"), Count("pk", filter=Q(state="confirmed"))),
        Kpi("open", _("To act on"), Count("pk", filter=Q(state__in=Certification.TO_ACT_ON)), _("not confirmed")),
    )
    views = (
        View(_("Waiting"), "state=waiting"),
        View(_("To act on"), "state=refused&state=lapsed"),
        View(_("Confirmed"), "state=confirmed"),
    )
    empty_title = _("Nothing to confirm")
    empty_text = _("When a campaign starts, the accounts that you answer for are here.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return certification.visible_to(scope.viewer)
