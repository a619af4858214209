"""Products whose cost of goods is higher than the price in force now."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Count, Q, QuerySet, Sum, Value
from django.db.models.functions import Concat
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.db.expressions import in_one_order
from inventory_ops.kit.links import to
from inventory_ops.kit.reports import Breakdown, Kpi, Scope, Step, View, columns, filters, register
from inventory_ops.models import InventoryCostIssue
from inventory_ops.queries import costs
from inventory_ops.reports import common
from inventory_ops.reports.base import ActionReport, WorkflowFilters

EXPLAINED = {
    costs.BY_FLASH_SALE: _("Flash sale"),
    costs.BY_PRICE: _("Price or cost"),
    costs.BY_BOTH: _("Both"),
}


class Filters(WorkflowFilters, filters.ReportFilterSet):
    q = filters.SearchFilter(fields=("sku", "name", "vendor_name"))
    vendor = common.vendor_filter()
    category = common.category_filter()
    brand = common.brand_filter()
    flash_sale = filters.YesNoFilter(field_name="in_flash_sale", label=_("In a flash sale now"))
    explained = django_filters.ChoiceFilter(
        field_name="explained_by", choices=list(EXPLAINED.items()), label=_("Explained by"), empty_label=_("Any")
    )
    loss = common.AmountAtLeast("loss_per_unit", label=_("Loss at least"))
    margin = filters.ScopeNumber(
        label=_("Margin at most (%)"), help_text=_("Default: below 0. Above 10 the list takes longer.")
    )
    show = filters.ScopeFilter(
        choices=[("missing_cost", _("Missing cost"))], label=_("Show"), empty_label=_("Cost above price")
    )


@register
class InventoryCostIssues(ActionReport):
    slug = "inventory-cost-issues"
    title = _("Inventory cost issues")
    short_title = _("Inventory cost")
    icon = "receipt"
    purpose = _("SKUs whose cost of goods is higher than the current selling price.")
    meaning = _("Cost above selling price")
    guarded = True
    keeps_figures = True
    links = common.PRICE_GUARD
    steps = (
        Step(
            _("Review the list of SKUs where the current inventory cost of goods exceeds the inventory price."),
            query="finding=all",
        ),
        Step(
            _("Check if the item is part of a flash sale by verifying the flash sale start and end dates."),
            query="flash_sale=yes",
        ),
        Step(
            _("If the price discrepancy is due to an active sale, confirm it is intentional and documented."),
            query="explained=flash_sale&finding=open",
        ),
        Step(
            _("If not related to a sale, investigate reasons such as incorrect pricing or increased supplier costs."),
            query="flash_sale=no",
        ),
        Step(
            _("Work with the pricing or category management team to adjust prices or renegotiate vendor terms."),
            url=reverse_lazy("price-guard"),
            roles=common.SEE_GUARD,
        ),
    )
    columns = (
        columns.Text(key="vendor_number", header="Vendor Number", on_page=False),
        columns.Text(
            key="sku",
            header="Item SKU",
            sub="name",
            width=160,
            link=to("product", "pk"),
        ),
        columns.Money(
            unit=True,
            key="price",
            order_by=in_one_order("price_now"),
            header="Current Inventory Price",
            label=_("Price"),
            expression="price_now",
        ),
        columns.Money(
            unit=True,
            key="cost",
            order_by=in_one_order("cost"),
            order_nulls=True,
            header="Current Inventory Cost of Goods",
            label=_("Cost"),
            css="m-hide",
            nullable=True,
        ),
        columns.Moment(
            key="sale_starts_at", header="Flash Sale Start Date", nullable=True, sortable=False, on_page=False
        ),
        columns.Moment(key="sale_ends_at", header="Flash Sale End Date", nullable=True, sortable=False, on_page=False),
        columns.Money(
            unit=True,
            key="sale_snapshot_price",
            header="Flash Sales Snapshot Inventory Price",
            nullable=True,
            sortable=False,
            on_page=False,
        ),
        columns.Percent(
            key="sale_percentage", header="Flash Sale Percentage", nullable=True, sortable=False, on_page=False
        ),
        columns.Text(
            key="vendor",
            header="Vendor Name",
            label=_("Vendor"),
            expression="vendor_name",
            sub="vendor_number",
            css="m-hide",
        ),
        columns.Text(key="name", header="Item Name", sortable=False, on_page=False),
        columns.Money(
            unit=True,
            key="loss",
            order_by=in_one_order("loss_per_unit"),
            order_nulls=True,
            header="Loss per Unit",
            label=_("Loss / unit"),
            expression="loss_per_unit",
            negative=True,
            nullable=True,
            css="m-right",
        ),
        columns.Custom(
            key="sale",
            width=156,
            header="Flash sale",
            expression="sale_starts_at",
            draw=common.flash_sale_cell,
            exported=False,
            nullable=True,
            css="m-hide",
        ),
        columns.Choice(
            key="explained_by",
            header="Explained By",
            label=_("Explained by"),
            words=EXPLAINED,
            visible=False,
            css="m-hide",
        ),
        columns.Integer(key="on_hand", header="Units on Hand", label=_("On hand"), css="m-hide"),
        columns.Money(
            key="value_at_risk",
            order_by=in_one_order("value_at_risk"),
            header="Value at Risk",
            label=_("Value at risk"),
            css="m-hide",
        ),
    )
    page_order = ("sku", "vendor", "price", "cost", "loss", "sale", "on_hand", "value_at_risk")
    row_keys = ("sku", "sale_starts_at", "sale_ends_at", "sale_snapshot_price", "sale_percentage")
    filterset_class = Filters
    search_placeholder = _("Filter by SKU, name or vendor")
    default_sort = "-loss"
    kpis = (
        Kpi("count", _("SKUs below cost"), Count("pk")),
        Kpi("risk", _("Value at risk"), Sum("value_at_risk"), _("loss × units on hand"), money=True),
        Kpi(
            "sale",
            _("Explained by flash sale"),
            Count("pk", filter=Q(explained_by=costs.BY_FLASH_SALE)),
            _("price matches the sale"),
        ),
        Kpi("stock", _("With stock on hand"), Count("pk", filter=Q(on_hand__gt=0)), _("can be sold at a loss today")),
    )
    views = (
        View(_("Open"), "finding=open"),
        View(_("New since yesterday"), "finding=new"),
        View(_("Assigned to me"), "owner=me"),
        View(_("Due by today"), "due=today"),
        View(_("Not in a flash sale"), "flash_sale=no"),
        View(_("In a flash sale"), "flash_sale=yes"),
        View(_("Missing cost"), "show=missing_cost"),
    )
    scan = "costs"
    table = InventoryCostIssue
    value_at_risk = "value_at_risk"
    money_label = _("Value at risk")
    breakdowns = (
        common.BY_VENDOR,
        common.by_category(),
        Breakdown(_("Explained by"), "explained_by", "explained", words=EXPLAINED, without=_("Not explained")),
    )
    finding_label = Concat("sku", Value(" · "), "name")

    def is_kept(self, scope: Scope) -> bool:
        most_margin = scope.params.get("margin")
        return (most_margin is None or most_margin <= costs.MARGIN_KEPT) and not scope.params.get("show")

    def issues(self, scope: Scope) -> QuerySet[Any]:
        most_margin = scope.params.get("margin")
        if scope.kept:
            kept: QuerySet[Any] = InventoryCostIssue.objects.visible_to(scope.viewer)
            if most_margin is not None:
                return kept.filter(margin_percent__lte=most_margin)
            return kept.filter(loss_per_unit__gt=0, margin_percent__lt=0)  # the same twice: each index has the margin
        return costs.inventory_cost_issues(
            viewer=scope.viewer,
            as_of=scope.as_of,
            most_margin=most_margin,
            missing_cost=scope.params.get("show") == "missing_cost",
        )

    def row_label(self, row: Any) -> str:
        return str(row["c_sku"])
