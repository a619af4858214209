"""All products, whatever is wrong with them or not."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Count, F, Q, QuerySet, Sum
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.db.expressions import in_one_order
from inventory_ops.kit.links import to
from inventory_ops.kit.reports import Kpi, Link, Report, Scope, View, columns, filters, register
from inventory_ops.models import Product
from inventory_ops.registries.permissions import ADMIN, EVERYBODY, FINANCE, OPERATIONS
from inventory_ops.reports import common


class Filters(filters.ReportFilterSet):
    q = common.ProductSearchFilter(product="")
    vendor = common.vendor_filter()
    category = common.category_filter("stock_total__category")
    brand = common.brand_filter()
    stock = filters.ScopeFilter(choices=filters.YES_NO, label=_("In stock"), empty_label=_("Any"))
    mark = common.MarkFilter()
    live = filters.YesNoFilter(field_name="stock_total__is_live", label=_("Live on the platform"))
    cost = django_filters.ChoiceFilter(
        choices=[("missing", _("Missing"))], label=_("Cost"), empty_label=_("Any"), method="without_cost"
    )

    def without_cost(self, rows: QuerySet[Product], name: str, value: str) -> QuerySet[Product]:
        return rows.filter(cost__isnull=True) if value else rows


@register
class Products(Report):
    """Sorted by what an index of a table holds: prices and costs have none."""

    slug = "products"
    title = _("Products")
    short_title = _("Products")
    section = _("Inventory")
    icon = "box"
    path = "/products/"
    purpose = _("Every product of every merchant, with its stock and what it is worth.")
    not_loaded = _("To change products, load `products`, or the export of Products without orders.")
    columns = (
        columns.Text(key="sku", header="Item SKU", label=_("SKU"), sub="name", width=160, link=to("product", "pk")),
        columns.Text(key="name", header="Item Name", sortable=False, on_page=False),
        columns.Text(
            key="vendor_number",
            header="Vendor Number",
            label=_("Vendor"),
            expression="merchant__vendor_number",
            sub="vendor",
            sortable=False,
            css="m-hide",
        ),
        columns.Text(key="vendor", header="Vendor Name", expression="merchant__name", sortable=False, on_page=False),
        columns.Text(
            key="category",
            header="Category",
            expression="category__name",
            nullable=True,
            sortable=False,
            css="m-hide",
        ),
        columns.Text(key="brand", header="Brand Name", label=_("Brand"), expression="brand_name", css="m-hide"),
        columns.Money(unit=True, key="price", header="Price", sortable=False),
        columns.Money(
            unit=True,
            key="cost",
            header="Cost of Goods",
            label=_("Cost"),
            nullable=True,
            sortable=False,
            css="m-hide",
        ),
        columns.Integer(
            key="available",
            header="Quantity Available",
            label=_("Available"),
            tail=("stock_total__product_id",),
            css="m-right",
        ),
        columns.Money(
            key="stock_value",
            header="Stock Value",
            label=_("Stock value"),
            order_by=in_one_order("value", of="stock_total__"),
            tail=("stock_total__product_id",),
            css="m-hide",
        ),
        columns.YesNo(key="is_live", header="Live", sortable=False, css="m-hide"),
        columns.Moment(key="created_at", header="Created", visible=False),
        *common.MARK_COLUMNS,
    )
    page_order = (
        "sku",
        "vendor_number",
        "price",
        "cost",
        "available",
        "stock_value",
        "mark",
        "brand",
        "category",
        "is_live",
    )
    filterset_class = Filters
    search_placeholder = _("Filter by SKU or name")
    default_sort = "sku"
    bulk_url = reverse_lazy("products-bulk")
    links = (
        Link(_("Flash sales"), reverse_lazy("flash-sales"), "bolt", frozenset(EVERYBODY)),
        Link(_("Price changes"), reverse_lazy("price-changes"), "history", frozenset({OPERATIONS, FINANCE, ADMIN})),
    )
    kpis = (
        Kpi("count", _("Products"), Count("pk")),
        Kpi("value", _("Stock value"), Sum("stock_value"), _("units on hand × cost"), money=True),
        Kpi("stock", _("In stock"), Count("pk", filter=Q(available__gt=0)), _("can be sold today")),
        Kpi("cost", _("Without a cost"), Count("pk", filter=Q(cost__isnull=True)), _("no loss can be seen")),
    )
    views = (
        View(_("In stock"), "stock=yes"),
        View(_("Not live"), "live=no"),
        View(_("Marked"), "mark=any"),
        View(_("Missing cost"), "cost=missing"),
    )
    empty_title = _("No product matches")
    empty_text = _("Clear the filters to see all, or load products.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        rows: QuerySet[Any] = Product.objects.visible_to(scope.viewer).filter(stock_total__isnull=False)
        rows = common.with_mark(
            rows.annotate(available=F("stock_total__available"), stock_value=F("stock_total__value"))
        )
        if wanted := scope.params.get("stock"):
            rows = rows.filter(**{f"stock_total__available__{'gt' if wanted == 'yes' else 'lte'}": 0})
        return rows

    def row_label(self, row: Any) -> str:
        return str(row["c_sku"])
