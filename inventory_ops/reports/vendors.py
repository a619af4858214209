"""Findings by vendor, and what vendors were asked and answered."""

from __future__ import annotations

from typing import Any

from django.db.models import (
    Avg,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce, Extract, Round
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit import showing
from inventory_ops.kit.reports import Kpi, Link, Report, Scope, View, columns, filters, register
from inventory_ops.models import Finding, FindingTotal, Merchant, VendorRequest
from inventory_ops.queries.findings import COUNTED
from inventory_ops.registries.permissions import ADMIN, EVERYBODY, FINANCE, OPERATIONS
from inventory_ops.reports import common

STAFF = frozenset({OPERATIONS, FINANCE, ADMIN})
ANSWER_TONES = {"will_fix": "good", "not_ours": "warning"}
COUNTED_LISTS = {
    "inventory-cost-issues": _("Inventory cost"),
    "shipping-issues": _("Not shipped"),
    "order-cost-issues": _("Order cost"),
    "products-without-orders": _("No orders"),
}


class RequestFilters(filters.ReportFilterSet):
    q = filters.SearchFilter(fields=("finding__label", "merchant__name"))
    vendor = common.vendor_filter()
    state = filters.ScopeFilter(
        choices=[
            ("waiting", _("Waits for an answer")),
            ("will_fix", _("Will be fixed")),
            ("not_ours", _("Not ours")),
            ("overdue", _("Promised for a day that passed")),
        ],
        label=_("Answer"),
        empty_label=_("Any"),
    )


@register
class VendorRequests(Report):
    slug = "vendor-requests"
    title = _("Requests to vendors")
    short_title = _("Vendor requests")
    purpose = _("Findings that were sent to their vendors, and what they answered.")
    path = "/action-required/vendors/requests/"
    icon = "mail"
    in_menu = False
    currency = None
    links = (Link(_("By vendor"), reverse_lazy("vendors"), "users", STAFF),)
    columns = (
        columns.Text(key="vendor_number", header="Vendor Number", expression="merchant__vendor_number", on_page=False),
        columns.Text(
            key="finding",
            header="Finding",
            expression="finding__label",
            link=lambda row: reverse("finding", args=[row["c_report"], row["c_key"]]),
        ),
        columns.Text(key="report", header="Report", expression="finding__report", visible=False),
        columns.Text(key="key", header="Key", expression="finding__key", on_page=False, exported=False),
        columns.Text(
            key="vendor", header="Vendor Name", label=_("Vendor"), expression="merchant__name", sub="vendor_number"
        ),
        columns.Text(key="note", header="Note", css="m-hide", visible=False),
        columns.Moment(key="asked_at", header="Asked At", label=_("Asked")),
        columns.Choice(
            key="answer", header="Answer", words=dict(VendorRequest.Answer.choices), tones=ANSWER_TONES, css="m-right"
        ),
        columns.Date(key="fix_by", header="Fix By", label=_("Fixed by"), nullable=True),
        columns.Text(key="text", header="Answer Text", label=_("In words"), css="m-hide cell-text"),
        columns.Moment(key="answered_at", header="Answered At", label=_("Answered"), nullable=True, css="m-hide"),
        columns.Integer(key="reminders", header="Reminders", css="m-hide"),
        columns.Choice(
            key="state",
            header="Finding Status",
            label=_("Finding is"),
            expression="finding__state",
            words=dict(Finding.State.choices),
            css="m-hide",
        ),
    )
    row_keys = ("report", "key")
    page_order = ("finding", "vendor", "asked_at", "answer", "fix_by")
    filterset_class = RequestFilters
    default_sort = "-asked_at"
    kpis = (
        Kpi("count", _("Requests"), Count("pk")),
        Kpi("waiting", _("Wait for an answer"), Count("pk", filter=Q(answer=""))),
        Kpi("fix", _("Will be fixed"), Count("pk", filter=Q(answer="will_fix"))),
        Kpi("not_ours", _("Not ours"), Count("pk", filter=Q(answer="not_ours"))),
    )
    views = (
        View(_("Waiting"), "state=waiting"),
        View(_("Overdue"), "state=overdue"),
        View(_("Not ours"), "state=not_ours"),
    )
    empty_text = _("Vendors are asked from the lists: tick findings, then “Ask the vendor”.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        rows: QuerySet[Any] = VendorRequest.objects.visible_to(scope.viewer)
        wanted = scope.params.get("state")
        if wanted == "overdue":
            rows = rows.filter(answer="will_fix", fix_by__lt=showing.today())
            return rows.exclude(finding__state=Finding.State.RESOLVED)
        return rows.filter(answer="" if wanted == "waiting" else wanted) if wanted else rows


class VendorFilters(filters.ReportFilterSet):
    q = filters.SearchFilter(fields=("vendor_number", "name"))


def _of_list(slug: str, label: Any) -> columns.Integer:
    key = slug.replace("-", "_")
    return columns.Integer(
        key=key,
        header=str(slug),
        label=label,
        expression=f"n_{key}",
        link=lambda row: (
            reverse("report", args=[slug], query={"vendor": row["c_vendor_number"]}) if row[f"c_{key}"] else None
        ),
    )


@register
class Vendors(Report):
    slug = "vendors"
    title = _("Findings by vendor")
    short_title = _("Vendors")
    purpose = _("What waits of which vendor, what it was asked, and how fast it answers.")
    path = "/action-required/vendors/"
    icon = "users"
    roles = STAFF
    in_menu = False
    currency = None
    links = (Link(_("All requests"), reverse_lazy("vendor-requests"), "mail", frozenset(EVERYBODY)),)
    columns = (
        columns.Text(
            key="vendor",
            header="Vendor Name",
            label=_("Vendor"),
            expression="name",
            sub="vendor_number",
            link=lambda row: reverse("vendor-requests", query={"vendor": row["c_vendor_number"]}),
        ),
        columns.Text(key="vendor_number", header="Vendor Number", on_page=False),
        *(_of_list(slug, label) for slug, label in COUNTED_LISTS.items()),
        columns.Integer(key="findings", header="Findings", expression="n_findings"),
        columns.Integer(key="asked", header="Asked", expression="n_asked"),
        columns.Integer(key="waiting", header="Waiting", expression="n_waiting"),
        columns.Integer(key="overdue", header="Overdue", expression="n_overdue", css="m-hide"),
        columns.Integer(
            key="hours", header="Hours to Answer", label=_("Hours to answer"), expression="hours", nullable=True
        ),
    )
    row_keys = ("vendor_number",)
    filterset_class = VendorFilters
    default_sort = "-findings"

    def rows(self, scope: Scope) -> QuerySet[Any]:
        totals = FindingTotal.objects.filter(merchant_id=OuterRef("pk"), state__in=COUNTED).order_by()
        requests = VendorRequest.objects.filter(merchant=OuterRef("pk")).order_by()

        def count(rows: Any, name: str, what: Any) -> Any:
            return Coalesce(Subquery(rows.values(name).annotate(n=what).values("n")[:1], IntegerField()), 0)

        taken = ExpressionWrapper(F("answered_at") - F("asked_at"), output_field=DurationField())
        hours = Round(Extract(Avg(taken), "epoch") / 3600, output_field=IntegerField())
        late = requests.filter(answer="will_fix", fix_by__lt=showing.today())
        late = late.exclude(finding__state=Finding.State.RESOLVED)
        lists = {
            f"n_{slug.replace('-', '_')}": count(totals.filter(report=slug), "merchant_id", Sum("count"))
            for slug in COUNTED_LISTS
        }
        found = Merchant.objects.visible_to(scope.viewer).annotate(
            n_findings=count(totals.filter(report__in=COUNTED_LISTS), "merchant_id", Sum("count")),
            n_asked=count(requests, "merchant", Count("pk")),
            n_waiting=count(requests.filter(answer=""), "merchant", Count("pk")),
            n_overdue=count(late, "merchant", Count("pk")),
            hours=Subquery(
                requests.exclude(answer="").values("merchant").annotate(n=hours).values("n")[:1], IntegerField()
            ),
            **lists,
        )
        return found.filter(Q(n_findings__gt=0) | Q(n_asked__gt=0))
