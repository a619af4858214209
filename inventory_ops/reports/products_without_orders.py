"""Products that nobody ordered in a period."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum, Value
from django.db.models.functions import Concat
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit import showing
from inventory_ops.kit.db.expressions import in_one_order
from inventory_ops.kit.links import to
from inventory_ops.kit.reports import Breakdown, Kpi, Scope, Step, View, Window, columns, filters, register
from inventory_ops.kit.reports.scope import BEGINNING, parse_window
from inventory_ops.models import ProductMark
from inventory_ops.queries import demand
from inventory_ops.reports import common
from inventory_ops.reports.base import ActionReport, WorkflowFilters


class Filters(WorkflowFilters, filters.WindowedFilterSet):
    q = common.ProductSearchFilter(product="")
    vendor = common.vendor_filter()
    category = common.category_filter("stock_total__category")
    brand = common.brand_filter()
    stock = filters.ScopeFilter(choices=filters.YES_NO, label=_("In stock"), empty_label=_("Any"))
    mark = common.MarkFilter()
    live = filters.YesNoFilter(field_name="stock_total__is_live", label=_("Live on the platform"))
    new = filters.ScopeFilter(
        choices=[("include", _("Included"))], label=_("Products newer than the period"), empty_label=_("Left out")
    )
    defaults = {"window": "30d"}


@register
class ProductsWithoutOrders(ActionReport):
    slug = "products-without-orders"
    title = _("Products without orders")
    short_title = _("No orders")
    icon = "package-off"
    purpose = _("Products that have not received any order in the period: poor visibility, demand or performance.")
    meaning = _("No orders in 30 days")
    steps = (
        Step(_("Select the timeframe to review (e.g., 30 days)."), query="window=30d"),
        Step(_("Identify SKUs with no order activity during that period."), query="stock=yes"),
        Step(_("Confirm the items are live and visible on the platform."), query="live=no"),
        Step(_("Evaluate the marketing and merchandising status of the items."), query="mark=none"),
        Step(
            _("Consider price adjustments, bundles, or promotions to stimulate sales."), url=reverse_lazy("flash-sales")
        ),
        Step(
            _("For consistently underperforming products, consider delisting or liquidating inventory."),
            query="window=180d&stock=yes",
        ),
    )
    columns = (
        columns.Text(
            key="sku",
            header="SKU Number",
            label=_("SKU"),
            sub="name",
            width=160,
            link=to("product", "pk"),
        ),
        columns.Text(key="vendor_sku", header="Vendor SKU Number", label=_("Vendor SKU"), css="m-hide"),
        columns.Integer(
            key="available",
            header="Quantity Available",
            label=_("Available"),
            tail=("stock_total__product_id",),
            css="m-right",
        ),
        columns.Text(
            key="short_description", sortable=False, header="Short Description", visible=False, label=_("Description")
        ),
        columns.Text(
            key="vendor_number",
            header="Vendor Number",
            label=_("Vendor"),
            expression="merchant__vendor_number",
            sub="vendor",
            css="m-hide",
        ),
        columns.Text(
            key="brand", header="Brand Name", label=_("Brand"), expression="brand_name", sub="model", css="m-hide"
        ),
        columns.Text(key="model", header="Model Name", label=_("Model"), expression="model_name", visible=False),
        columns.Text(key="name", sortable=False, header="Item Name", on_page=False),
        columns.Text(key="vendor", sortable=False, header="Vendor Name", expression="merchant__name", on_page=False),
        columns.YesNo(key="is_live", sortable=False, header="Live", css="m-hide"),
        columns.Custom(
            key="last_ordered_at",
            header="Last Order Date",
            label=_("Last order"),
            nullable=True,
            order_by="last_known",
            tail=("demand__product_id",),
            draw=lambda row: _last_order(row),
            css="m-hide",
        ),
        columns.Money(
            key="stock_value",
            order_by=in_one_order("value", of="stock_total__"),
            header="Stock Value",
            label=_("Stock value"),
            tail=("stock_total__product_id",),
            css="m-hide",
        ),
        columns.Moment(key="created_at", header="Created", visible=False),
        *common.MARK_COLUMNS,
    )
    filterset_class = Filters
    search_placeholder = _("Filter by SKU or name")
    default_sort = "-stock_value"
    kpis = (
        Kpi("count", _("Products"), Count("pk")),
        Kpi("value", _("Stock value"), Sum("stock_value"), _("units on hand × cost"), money=True),
        Kpi("stock", _("In stock"), Count("pk", filter=Q(available__gt=0)), _("could be sold today")),
        Kpi("never", _("Never ordered"), Count("pk", filter=Q(last_ordered_at__isnull=True))),
    )
    views = (
        View(_("Open"), "finding=open"),
        View(_("New since yesterday"), "finding=new"),
        View(_("Assigned to me"), "owner=me"),
        View(_("Due by today"), "due=today"),
        View(_("In stock"), "stock=yes"),
        View(_("60 days"), "window=60d"),
        View(_("90 days"), "window=90d"),
        View(_("180 days"), "window=180d"),
    )
    scan = "demand"
    value_at_risk = "stock_value"
    money_label = _("Stock value")
    breakdowns = (
        Breakdown(_("Vendor"), "merchant__vendor_number", "vendor", name="merchant__name"),
        common.by_category("stock_total__category"),
        Breakdown(_("Marked for"), "mark", "mark", words=dict(ProductMark.Kind.choices), without=_("Without a mark")),
        Breakdown(
            _("Live on the platform"),
            "stock_total__is_live",
            "live",
            words={"true": _("Live"), "false": _("Not live")},
            values={"true": "yes", "false": "no"},
        ),
    )
    finding_label = Concat("sku", Value(" · "), "name")

    def turned(self, before: datetime, now: datetime) -> QuerySet[Any]:
        window = parse_window(self.filterset_class.defaults["window"], as_of=now)
        return demand.turned(before, now, window=window.end - window.start)

    def issues(self, scope: Scope) -> QuerySet[Any]:
        window = scope.window or Window(BEGINNING, scope.as_of)
        products = demand.products_without_orders(
            viewer=scope.viewer,
            as_of=scope.as_of,
            after=window.start,
            until=window.end,
            include_new=scope.params.get("new") == "include",
            is_now=timezone.now() - scope.as_of < timedelta(minutes=1),
        )
        if in_stock := scope.params.get("stock"):
            compared = "gt" if in_stock == "yes" else "lte"
            products = products.filter(**{f"stock_total__available__{compared}": 0})
        return common.with_mark(products)


def _last_order(row: Any) -> str:
    moment = row["c_last_ordered_at"]
    if moment is None:
        return str(_("never"))
    return f'<time datetime="{moment.isoformat()}">{showing.day(moment)}</time>'
