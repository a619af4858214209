"""Lines of carts and orders whose cost was higher than their price."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Concat
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.db.expressions import in_one_order
from inventory_ops.kit.db.fields import MoneyField
from inventory_ops.kit.reports import Breakdown, Kpi, Scope, Step, View, columns, filters, register
from inventory_ops.models import OrderCostIssue, Product
from inventory_ops.models.orders import OrderStatus, order_address
from inventory_ops.queries import costs
from inventory_ops.reports import common
from inventory_ops.reports.base import ActionReport, WorkflowFilters


class Filters(WorkflowFilters, filters.WindowedFilterSet):
    q = filters.SearchFilter(fields=("order_number", "sku", "vendor_name"))
    status = django_filters.ChoiceFilter(
        field_name="status",
        choices=[(number, f"{number} {label}") for number, label in OrderStatus.choices],
        label=_("Order status"),
        empty_label=_("Any"),
    )
    vendor = common.vendor_filter()
    category = common.category_filter("category_id")
    flash_sale = filters.ScopeFilter(choices=filters.YES_NO, label=_("Flash sale then"), empty_label=_("Any"))
    loss = common.AmountAtLeast("loss_per_unit", label=_("Loss at least"))
    defaults = {"window": "30d"}


@register
class OrderCostIssues(ActionReport):
    slug = "order-cost-issues"
    title = _("Orders with cost issues")
    short_title = _("Order cost")
    icon = "clipboard-list"
    not_loaded = common.ORDERS_ARE_LOADED_WHOLE
    purpose = _("Items in carts or placed orders whose cost of goods is higher than the selling price.")
    meaning = _("Sold or carted below cost")
    guarded = True
    links = common.PRICE_GUARD
    steps = (
        Step(_("Filter the report to display data for the last 30 days."), query="window=30d"),
        Step(_("Focus on closed orders (status 3) where the cost is higher than the price."), query="status=3"),
        Step(
            _("Check if a flash sale influenced the lower price and confirm the pricing was approved."),
            query="flash_sale=yes",
        ),
        Step(_("For carts (status 1), identify whether price mismatches are preventing purchases."), query="status=1"),
        Step(_("Work with pricing or product teams to fix incorrect pricing."), query="finding=open"),
        Step(
            _("Implement automated checks to prevent future cost-price mismatches."),
            url=reverse_lazy("price-guard"),
            roles=common.SEE_GUARD,
        ),
    )
    columns = (
        columns.Moment(key="issue_at", header="Issue Time", label=_("Issue time")),
        columns.Text(
            key="order",
            header="Order Number",
            label=_("Order"),
            expression="order_number",
            sub="email",
            link=lambda row: f"{order_address(row['c_order'])}?item={row['pk']}",
        ),
        columns.Choice(
            key="status",
            header="Order Status",
            label=_("Status"),
            words={number: f"{number} {label}" for number, label in OrderStatus.choices},
            tones={1: "neutral", 2: "warning", 3: "critical"},
        ),
        columns.Text(
            key="email",
            header="Customer Email",
            expression="customer_email",
            personal=True,
            on_page=False,
        ),
        columns.Text(
            key="vendor_number",
            header="Vendor Number",
            label=_("Vendor"),
            sub="vendor",
            css="m-hide",
        ),
        columns.Text(key="sku", header="Item SKU", sub="name", width=160),
        columns.Money(
            unit=True,
            key="price",
            order_by=in_one_order("unit_price"),
            header="Price at Time of Order",
            label=_("Price"),
            expression="unit_price",
            css="m-hide",
        ),
        columns.Money(
            unit=True,
            key="cost",
            order_by=in_one_order("unit_cost"),
            header="Cost at Time of Order",
            label=_("Cost"),
            expression="unit_cost",
            css="m-hide",
        ),
        columns.Money(
            unit=True,
            key="price_now",
            header="Current Inventory Price",
            label=_("Price now"),
            expression="current_price",
            sortable=False,
            visible=False,
        ),
        columns.Money(
            unit=True,
            key="cost_now",
            header="Current Inventory Cost of Goods",
            label=_("Cost now"),
            expression="current_cost",
            nullable=True,
            sortable=False,
            visible=False,
        ),
        columns.Moment(
            key="sale_starts_at",
            header="Flash Sale Start Date",
            expression="issue_sale_starts_at",
            nullable=True,
            sortable=False,
            on_page=False,
        ),
        columns.Moment(
            key="sale_ends_at",
            header="Flash Sale End Date",
            expression="issue_sale_ends_at",
            nullable=True,
            sortable=False,
            on_page=False,
        ),
        columns.Money(
            unit=True,
            key="sale_snapshot_price",
            header="Flash Sales Snapshot Inventory Price",
            expression="issue_sale_snapshot_price",
            nullable=True,
            sortable=False,
            on_page=False,
        ),
        columns.Percent(
            key="sale_percentage",
            header="Flash Sale Percentage",
            expression="issue_sale_percentage",
            nullable=True,
            sortable=False,
            on_page=False,
        ),
        columns.Text(key="vendor", header="Vendor Name", expression="vendor_name", sortable=False, on_page=False),
        columns.Text(key="name", header="Item Name", sortable=False, on_page=False),
        columns.Integer(key="quantity", header="Quantity", label=_("Units"), visible=False),
        columns.Money(
            unit=True,
            key="loss",
            order_by=in_one_order("loss_per_unit"),
            header="Loss per Unit",
            label=_("Loss / unit"),
            expression="loss_per_unit",
            negative=True,
            css="m-right",
        ),
        columns.Money(
            key="loss_amount",
            order_by=in_one_order("loss_amount"),
            header="Loss",
            label=_("Loss"),
            visible=False,
            negative=True,
        ),
        columns.Custom(
            key="sale",
            width=156,
            header="Flash sale",
            label=_("Flash sale then"),
            expression="issue_sale_starts_at",
            draw=common.flash_sale_cell,
            exported=False,
            sortable=False,
            nullable=True,
            css="m-hide",
        ),
    )
    page_order = ("order", "issue_at", "status", "sku", "vendor_number", "price", "cost", "loss")
    row_keys = ("order", "sku", "sale_starts_at", "sale_ends_at", "sale_snapshot_price", "sale_percentage")
    filterset_class = Filters
    search_placeholder = _("Filter by order, SKU or vendor")
    default_sort = "-issue_at"
    kpis = (
        Kpi("count", _("Lines below cost"), Count("pk")),
        Kpi("loss", _("Loss"), Sum("loss_amount"), _("units × loss per unit"), money=True),
        Kpi("closed", _("Closed orders"), Count("pk", filter=Q(status=OrderStatus.CLOSED)), _("the loss is final")),
        Kpi("carts", _("Carts"), Count("pk", filter=Q(status=OrderStatus.CART)), _("can still be corrected")),
    )
    views = (
        View(_("Open"), "finding=open"),
        View(_("New since yesterday"), "finding=new"),
        View(_("Assigned to me"), "owner=me"),
        View(_("Due by today"), "due=today"),
        View(_("Closed only"), "status=3"),
        View(_("Carts"), "status=1"),
        View(_("Past 12 months"), "window=12m"),
    )
    scan = "costs"
    value_at_risk = "loss_amount"
    money_label = _("Loss")
    trend = "issue_at"
    breakdowns = (
        common.BY_VENDOR,
        common.by_category(),
        Breakdown(_("Order status"), "status", "status", words=dict(OrderStatus.choices)),
    )
    about = "item"
    finding_label = Concat("order_number", Value(" · "), "sku")

    table = OrderCostIssue

    def issues(self, scope: Scope) -> QuerySet[Any]:
        window = scope.window
        lines: QuerySet[Any] = (
            OrderCostIssue.objects.visible_to(scope.viewer)
            if scope.kept
            else costs.order_cost_issues(viewer=scope.viewer)
        )
        # a look for each row that shows them: a join would read the product of every row, shown or not
        product = Product.objects.filter(pk=OuterRef("product_id"))
        lines = lines.annotate(
            current_price=Subquery(product.values(now=costs.price_in_force(scope.as_of)), output_field=MoneyField()),
            current_cost=Subquery(product.values("cost")),
        )
        lines = lines.filter(issue_at__lte=window.end if window else scope.as_of)
        if window:
            lines = lines.filter(issue_at__gt=window.start)
        if wanted := scope.params.get("flash_sale"):
            lines = lines.filter(issue_sale_starts_at__isnull=wanted == "no")
        return lines

    def row_label(self, row: Any) -> str:
        return f"{row['c_order']} {row['c_sku']}"
