"""Manage User Audit: one row an identity, platform and AWS side by side."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import django_filters
from django.db.models import Count, Exists, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory_ops.kit.charts import Chart
from inventory_ops.kit.db.fields import MoneyField
from inventory_ops.kit.reports import (
    Breakdown,
    Earlier,
    Kpi,
    Report,
    Scope,
    Selection,
    Step,
    View,
    columns,
    filters,
    register,
)
from inventory_ops.kit.viewer import Viewer
from inventory_ops.models.users import Role
from inventory_ops.registries.permissions import ADMIN
from inventory_ops.reports.finding_pictures import week_before
from user_audit.connected import why_not_connected
from user_audit.models import Identity, Review
from user_audit.models.identities import AwsStatus, DatabaseStatus, Finding, Flag, Severity
from user_audit.queries.certification import not_certified
from user_audit.reports.freshness import freshness
from user_audit.reports.identity_columns import (
    AWS_TONES,
    DATABASE_TONES,
    FINDING_WORD,
    SEVERITY_TONES,
    VERDICT_TONES,
    Buttons,
    Day,
    Flags,
    Judged,
    LastLogin,
    LastUsed,
    Read,
    Status,
)
from user_audit.reports.pictures import of_states


def address(key: str) -> str:
    return f"/action-required/user-audit/{key}/"


if TYPE_CHECKING:
    from inventory_ops.kit.reports.page import ListPage


class Filters(filters.ReportFilterSet):
    """Default: only what is inconsistent."""

    q = filters.SearchFilter(fields=("email", "name", "user_name"))
    show = django_filters.ChoiceFilter(
        method="shown",
        label=gettext_lazy("Show"),
        choices=[("issues", gettext_lazy("Inconsistencies")), ("all", gettext_lazy("All identities"))],
        empty_label=None,
    )
    audit = django_filters.ChoiceFilter(
        method="audited",
        label=gettext_lazy("Audit type"),
        choices=[
            ("not_found", gettext_lazy("User not found in platform")),
            ("disabled", gettext_lazy("User disabled in platform")),
        ],
        empty_label=gettext_lazy("Any"),
    )
    aws_status = django_filters.ChoiceFilter(
        label=gettext_lazy("AWS status"), choices=AwsStatus.choices, empty_label=gettext_lazy("Any")
    )
    database_status = django_filters.ChoiceFilter(
        label=gettext_lazy("Database status"), choices=DatabaseStatus.choices, empty_label=gettext_lazy("Any")
    )
    finding = django_filters.ChoiceFilter(
        label=gettext_lazy("Finding"), choices=Finding.choices, empty_label=gettext_lazy("Any")
    )
    flag = django_filters.ChoiceFilter(
        method="flagged", label=gettext_lazy("Flag"), choices=Flag.choices, empty_label=gettext_lazy("Any")
    )
    role = django_filters.ChoiceFilter(
        label=gettext_lazy("Role"),
        choices=[choice for choice in Role.choices if choice[0]],
        empty_label=gettext_lazy("Any"),
    )
    platform_type = django_filters.CharFilter(lookup_expr="iexact", label=gettext_lazy("Platform type"), max_length=50)
    account = django_filters.CharFilter(field_name="account_id", label=gettext_lazy("AWS account"), max_length=12)
    verdict = django_filters.ChoiceFilter(
        label=gettext_lazy("Review verdict"), choices=Review.Verdict.choices, empty_label=gettext_lazy("Any")
    )
    certification = django_filters.ChoiceFilter(
        method="certified",
        label=gettext_lazy("Certification"),
        choices=[("open", gettext_lazy("Not certified in the last campaign"))],
        empty_label=gettext_lazy("Any"),
    )
    defaults = {"show": "issues"}

    def certified(self, rows: QuerySet[Identity], name: str, value: str) -> QuerySet[Identity]:
        return rows.filter(Exists(not_certified())) if value else rows

    def shown(self, rows: QuerySet[Identity], name: str, value: str) -> QuerySet[Identity]:
        return rows.filter(severity__gte=Severity.LOW) if value == "issues" else rows

    def audited(self, rows: QuerySet[Identity], name: str, value: str) -> QuerySet[Identity]:
        wanted = {
            "not_found": [DatabaseStatus.NOT_FOUND, DatabaseStatus.DELETED],
            "disabled": [DatabaseStatus.DISABLED],
        }
        return rows.filter(database_status__in=wanted[value]) if value else rows

    def flagged(self, rows: QuerySet[Identity], name: str, value: str) -> QuerySet[Identity]:
        return rows.filter(flags__contains=[value]) if value else rows


@register
class UserAudit(Report):
    slug = "user-audit"
    title = gettext_lazy("Manage User Audit")
    short_title = gettext_lazy("User audit")
    icon = "users"
    not_loaded = gettext_lazy(
        "It compares accounts and AWS. To change accounts, load `users` or the export of People; users of AWS are "
        "changed by the actions of the audit."
    )
    purpose = gettext_lazy("Accounts of the platform against AWS IAM: nobody keeps access they should not have.")
    meaning = gettext_lazy("Accounts that do not match AWS")
    steps = (
        Step(gettext_lazy("Use filters to select the desired audit type."), query="audit=not_found"),
        Step(
            gettext_lazy("For each user, cross-check AWS and DB status to identify inconsistencies."),
            query="show=issues",
        ),
        Step(gettext_lazy("Confirm whether the user should still have access."), query="certification=open&show=all"),
        Step(gettext_lazy("Take appropriate action using the listed buttons or bulk operation tools.")),
        Step(
            gettext_lazy("Double-check user role and history before deleting any user account."),
            query="audit=disabled&show=all",
        ),
        Step(
            gettext_lazy("For large updates, use bulk operation mode with caution and review logs afterward."),
            url=reverse_lazy("user-actions"),
        ),
    )
    columns = (
        columns.Text(
            key="email",
            header="Email Address",
            label=gettext_lazy("E-mail address"),
            sub="name",
            width=160,
            link=lambda row: address(row["key"]),
        ),
        columns.Choice(key="role", header="Role", words=dict(Role.choices), css="m-hide"),
        Status(
            key="aws_status",
            width=165,
            header="AWS Status",
            label=gettext_lazy("AWS status"),
            words=dict(AwsStatus.choices),
            tones=AWS_TONES,
            sub="read_at",
            css="m-right",
        ),
        Status(
            key="database_status",
            width=136,
            header="Database Status",
            label=gettext_lazy("Database status"),
            words=dict(DatabaseStatus.choices),
            tones=DATABASE_TONES,
        ),
        LastLogin(
            key="last_login",
            width=150,
            header="Last Login",
            label=gettext_lazy("Last login"),
            nullable=True,
            sub="aws_last_used_at",
            css="m-hide",
        ),
        columns.Text(key="platform_type", header="Platform Type", label=gettext_lazy("Platform type"), css="m-hide"),
        Day(
            key="created_at",
            header="Account Creation Date",
            label=gettext_lazy("Created"),
            nullable=True,
            css="m-hide",
        ),
        Day(
            key="updated_at",
            header="Last Updated",
            label=gettext_lazy("Last updated"),
            nullable=True,
            css="m-hide",
        ),
        columns.Choice(
            key="severity",
            header="Severity",
            label=gettext_lazy("Severity"),
            words=dict(Severity.choices),
            tones=SEVERITY_TONES,
            visible=False,
        ),
        Judged(
            key="finding",
            width=230,
            header="Finding",
            label=gettext_lazy("Finding"),
            words=dict(Finding.choices),
            sub="flags",
        ),
        Buttons(
            key="actions",
            header="Actions",
            label=gettext_lazy("Actions"),
            expression="key",
            sortable=False,
            exported=False,
        ),
        Flags(key="flags", header="Flags", on_page=False, sortable=False),
        columns.Choice(
            key="verdict",
            header="Review Verdict",
            label=gettext_lazy("Verdict"),
            words=dict(Review.Verdict.choices),
            tones=VERDICT_TONES,
            visible=False,
            css="m-hide",
        ),
        columns.Text(
            key="account",
            header="AWS Account",
            label=gettext_lazy("AWS account"),
            expression="account_alias",
            sub="user_name",
            visible=False,
            css="m-hide",
        ),
        columns.Text(key="user_name", header="IAM User", on_page=False),
        LastUsed(key="aws_last_used_at", header="Last Used in AWS", on_page=False, nullable=True),
        Read(key="read_at", header="AWS Read At", on_page=False, nullable=True),
        columns.Text(key="name", header="Name", on_page=False),
        columns.Text(key="key", header="Identity", on_page=False),
    )
    page_order = ("email", "actions")
    row_keys = ("aws_status", "database_status", "severity", "email")
    filterset_class = Filters
    search_placeholder = gettext_lazy("Filter by e-mail, name or IAM user")
    default_sort = "-severity"
    identity = ("key",)
    kpis = (
        Kpi("all", gettext_lazy("Identities"), Count("key")),
        Kpi(
            "open",
            gettext_lazy("AWS open without the platform"),
            Count("key", filter=Q(finding__in=[Finding.AWS_OPEN_NOBODY, Finding.AWS_OPEN_PLATFORM_DISABLED])),
            gettext_lazy("nobody there, or disabled"),
        ),
        Kpi("repair", gettext_lazy("To repair"), Count("key", filter=Q(finding=Finding.REPAIR))),
        Kpi("no_mfa", gettext_lazy("Password without MFA"), Count("key", filter=Q(flags__contains=[Flag.NO_MFA]))),
    )
    views = (
        View(gettext_lazy("User not found in platform"), "audit=not_found"),
        View(gettext_lazy("User disabled in platform"), "audit=disabled&show=all"),
        View(gettext_lazy("Bulk user operations"), "show=all"),
        View(gettext_lazy("Not certified"), "certification=open&show=all"),
    )
    roles = frozenset({ADMIN})
    currency = None
    merchant_path = None
    scan = "users"
    breakdowns = (
        Breakdown(gettext_lazy("AWS status"), "aws_status", "aws_status", words=dict(AwsStatus.choices)),
        Breakdown(
            gettext_lazy("Database status"), "database_status", "database_status", words=dict(DatabaseStatus.choices)
        ),
        Breakdown(gettext_lazy("Finding"), "finding", "finding", words=dict(Finding.choices)),
        Breakdown(gettext_lazy("AWS account"), "account_id", "account", name="account_alias"),
    )
    value_at_risk = "no_amount"
    less_is_better = True
    keeps_figures = True
    finding_label = Concat("email", Value(" · "), FINDING_WORD)
    empty_title = gettext_lazy("No account is out of line")
    empty_text = gettext_lazy("Platform and AWS agree. Show all identities to see everybody.")

    bulk_url = reverse_lazy("user-audit-plan")

    def earlier(self, selection: Selection) -> Earlier | None:
        given = {name: value for name, value in selection.scope.params.items() if value not in (None, "", [])}
        return week_before(self, selection.scope) if given == {"show": "issues"} else None

    def more_pictures(self, scope: Scope) -> Sequence[Chart]:
        return of_states(scope)

    def may_act(self, viewer: Viewer) -> bool:
        return self.allows(viewer)

    def decorate(self, page: ListPage) -> None:
        page.views.tabs[0].label = _("Inconsistencies")
        page.head.freshness = freshness()
        if page.empty is not None and (missing := why_not_connected()):
            from inventory_ops.kit.reports.page import Empty

            page.empty = Empty(_("AWS is not connected"), missing)
        page.head.run_scan_url = "" if why_not_connected() else reverse("run-scan", args=["users"])

    def rows(self, scope: Scope) -> QuerySet[Any]:
        # what is at risk here is not money
        return Identity.objects.visible_to(scope.viewer).annotate(no_amount=Value(Decimal(0), MoneyField()))
