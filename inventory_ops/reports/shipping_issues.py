"""Items that were not shipped in several orders, and the orders behind each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import django_filters
from django.db.models import Count, QuerySet, Sum, Value
from django.db.models.functions import Concat
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.db import replica
from inventory_ops.kit.db.expressions import in_one_order
from inventory_ops.kit.reports import Kpi, Link, Scope, Step, View, Window, columns, filters, register
from inventory_ops.kit.reports.scope import BEGINNING
from inventory_ops.models import ShippingCandidate, ShippingIssue
from inventory_ops.operations import issues
from inventory_ops.queries import shipping
from inventory_ops.queries.issues import shipping_period, window_of
from inventory_ops.registries.permissions import EVERYBODY
from inventory_ops.reports import common
from inventory_ops.reports.base import ActionReport, WorkflowFilters


def window_until_now(scope: Scope) -> Window:
    """The window asked for, all time without one, as far as it has come: a last day of today or later ends now."""
    window = scope.window or Window(BEGINNING, scope.as_of)
    return Window(max(window.start, BEGINNING), min(window.end, scope.as_of))


class Filters(WorkflowFilters, filters.WindowedFilterSet):
    q = filters.SearchFilter(fields=("sku", "name", "vendor_name"))
    vendor = common.vendor_filter()
    category = common.category_filter("category_id")
    times = django_filters.NumberFilter(
        field_name="times", lookup_expr="gte", label=_("Not shipped at least (times)"), min_value=1
    )
    defaults = {"window": "12m", "times": "2"}


@register
class ShippingIssues(ActionReport):
    slug = "shipping-issues"
    title = _("Orders with shipping issues")
    short_title = _("Not shipped")
    icon = "truck-off"
    not_loaded = common.ORDERS_ARE_LOADED_WHOLE
    links = (
        Link(_("By cause"), reverse_lazy("unshipped-by-cause"), "scale", frozenset(EVERYBODY)),
        Link(_("All cases"), reverse_lazy("unshipped-orders"), "list", frozenset(EVERYBODY)),
    )
    purpose = _("Items that were not shipped in several orders: stock, vendor or warehouse problems.")
    meaning = _("Not shipped two or more times")
    steps = (
        Step(_("Filter the report to show data for the past 12 months."), query="window=12m"),
        Step(_("Identify items that have not been shipped two or more times."), query="times=2"),
        Step(
            _("Cross-check warehouse inventory records to confirm product availability at order time."),
            url=reverse_lazy("unshipped-orders"),
        ),
        Step(
            _("Investigate fulfillment issues with vendors or internal warehouse teams."),
            url=reverse_lazy("unshipped-by-cause"),
        ),
        Step(
            _("If recurring, consider updating product availability status or sourcing alternative suppliers."),
            query="times=5",
        ),
        Step(_("Monitor future orders to confirm resolution of the issue."), query="finding=reopened"),
    )
    columns = (
        columns.Text(key="vendor_number", header="Vendor Number", on_page=False),
        columns.Text(
            key="vendor",
            header="Vendor Name",
            label=_("Vendor"),
            expression="vendor_name",
            sub="vendor_number",
            css="m-hide",
        ),
        columns.Text(
            key="sku",
            header="Item SKU",
            sub="name",
            width=160,
            link=lambda row: reverse("unshipped-orders", query={"product": row["product_id"]}),
        ),
        columns.Text(key="name", header="Item Name", sortable=False, on_page=False),
        columns.Integer(
            key="times", header="Number of Times Item Not Shipped", label=_("Times not shipped"), css="m-right"
        ),
        columns.Integer(key="units", header="Units Short", label=_("Units short"), css="m-hide"),
        columns.Money(
            key="value", order_by=in_one_order("value"), header="Value Short", label=_("Value short"), css="m-hide"
        ),
        columns.Moment(key="last_at", header="Last Order Time", label=_("Last time"), css="m-hide"),
    )
    page_order = ("sku", "vendor", "times")
    row_keys = ("sku",)
    filterset_class = Filters
    search_placeholder = _("Filter by SKU, name or vendor")
    default_sort = "-times"
    identity = ("product_id",)
    kpis = (
        Kpi("count", _("Items"), Count("product_id")),
        Kpi("times", _("Orders affected"), Sum("times"), _("orders × items")),
        Kpi("units", _("Units short"), Sum("units")),
        Kpi("value", _("Value short"), Sum("value"), _("units short × price at order"), money=True),
    )
    views = (
        View(_("Open"), "finding=open"),
        View(_("New since yesterday"), "finding=new"),
        View(_("Assigned to me"), "owner=me"),
        View(_("Due by today"), "due=today"),
        View(_("Five or more times"), "times=5"),
        View(_("Last 30 days"), "window=30d"),
    )
    scan = "shipping"
    value_at_risk = "value"
    money_label = _("Value short")
    breakdowns = (common.BY_VENDOR, common.by_category())
    finding_label = Concat("sku", Value(" · "), "name")
    table = ShippingIssue

    def prepare(self, scope: Scope) -> Scope:
        period = shipping_period(window_until_now(scope), as_of=scope.as_of)
        kept = issues.right_at(self.slug, as_of=scope.as_of, using=replica.alias(), scan=self.scan, periods=[period])
        return replace(scope, kept=kept)

    def issues(self, scope: Scope) -> QuerySet[Any]:
        window, as_of = window_until_now(scope), scope.as_of
        if not scope.kept:
            return shipping.not_shipped_by_product(
                viewer=scope.viewer, as_of=as_of, after=window.start, until=window.end
            )
        period = shipping_period(window, as_of=as_of)
        if window == window_of(period, as_of=as_of):
            kept: QuerySet[Any] = ShippingIssue.objects.visible_to(scope.viewer)
            return kept.filter(period=period)
        # days of somebody's own, or a number of them that is not offered
        least = max(scope.params.get("times") or 1, 1)
        only: QuerySet[Any] = ShippingCandidate.objects.visible_to(scope.viewer)
        only = only.filter(period=period, most_times__gte=least)
        rows = shipping.not_shipped_of(only, as_of=as_of, after=window.start, until=window.end)
        return rows if least > 1 else rows.filter(times__gte=1)  # the filter itself asks for more

    def row_label(self, row: Any) -> str:
        return str(row["c_sku"])
