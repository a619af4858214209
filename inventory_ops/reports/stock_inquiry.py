"""What is on hand now, one row a product and inventory type."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import Count, Q, QuerySet, Sum
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.links import to
from inventory_ops.kit.reports import Kpi, Link, Report, Scope, View, columns, filters, register
from inventory_ops.models import InventoryType
from inventory_ops.queries import ledger
from inventory_ops.registries.permissions import ADMIN, OPERATIONS
from inventory_ops.reports import common

WRITERS = frozenset({OPERATIONS, ADMIN})
EXPIRING = {"0": _("Expired"), "7": _("In 7 days"), "30": _("In 30 days"), "60": _("In 60 days"), "90": _("In 90 days")}


class Filters(filters.ReportFilterSet):
    q = common.ProductSearchFilter()
    vendor = common.vendor_filter()
    type = django_filters.ModelChoiceFilter(
        field_name="inventory_type",
        to_field_name="code",
        queryset=lambda request: InventoryType.objects.order_by("name"),
        label=_("Inventory type"),
        empty_label=_("Any"),
    )
    oversold = filters.ScopeFilter(
        choices=[("yes", _("Oversold (below zero)"))], label=_("On hand"), empty_label=_("Any")
    )
    expiring = filters.ScopeFilter(choices=list(EXPIRING.items()), label=_("Expiry"), empty_label=_("Any"))


@register
class StockInquiry(Report):
    """Each column that it is sorted by is an index that every booking writes: units promised and the type have none."""

    slug = "stock-inquiry"
    title = _("Stock inquiry")
    short_title = _("Stock inquiry")
    section = _("Inventory")
    purpose = _("What is on hand, what of it is promised to orders, and what can be sold: always the ledger's sum.")
    path = "/inventory/"
    icon = "building-warehouse"
    currency = None
    links = (
        Link(_("Stock count"), reverse_lazy("stock-count"), "clipboard-list", WRITERS),
        Link(_("Adjust stock"), reverse_lazy("stock-adjust"), "pencil", WRITERS, primary=True),
    )
    columns = (
        columns.Text(
            key="vendor_number",
            header="Vendor Number",
            label=_("Vendor"),
            expression="merchant__vendor_number",
            sub="vendor",
            css="m-hide",
        ),
        columns.Text(
            key="sku",
            header="Item SKU",
            label=_("Product"),
            expression="product__sku",
            sub="name",
            width=160,
            link=to("stock-product", "product_id"),
        ),
        columns.Text(key="name", sortable=False, header="Item Name", expression="product__name", on_page=False),
        columns.Text(
            key="type",
            sortable=False,
            header="Inventory Type",
            expression="inventory_type__code",
            on_page=False,
        ),
        columns.Text(
            key="type_name",
            width=96,
            flexible=False,
            sortable=False,
            header="Inventory Type",
            label=_("Type"),
            expression="inventory_type__name",
            exported=False,
        ),
        columns.Integer(key="on_hand", header="On Hand", label=_("On hand")),
        columns.Integer(key="allocated", sortable=False, header="Allocated", css="m-hide"),
        columns.Integer(key="available", header="Available", css="m-right"),
        columns.Date(
            key="expiry",
            header="Nearest Expiry",
            label=_("Nearest expiry"),
            hint=_("Of lots with units on hand."),
            expression="nearest_expiry",
            order_by="expires",
            nullable=True,
            css="m-hide",
        ),
        columns.Text(key="vendor", sortable=False, header="Vendor Name", expression="merchant__name", on_page=False),
    )
    page_order = ("sku", "type_name", "vendor_number", "on_hand", "allocated", "available", "expiry")
    filterset_class = Filters
    search_placeholder = _("Filter by SKU or name")
    default_sort = "sku"
    identity = ("product_id", "inventory_type_id")
    kpis = (
        Kpi("count", _("Products × types"), Count("product_id")),
        Kpi("on_hand", _("Units on hand"), Sum("on_hand")),
        Kpi("available", _("Units available"), Sum("available"), _("on hand less allocated")),
        Kpi(
            "oversold",
            _("Oversold"),
            Count("product_id", filter=Q(on_hand__lt=0)),
            _("below zero: channels get 0"),
        ),
    )
    views = (
        View(_("Oversold"), "oversold=yes"),
        View(_("Good"), "type=good"),
        View(_("Defective"), "type=defective"),
        View(_("Expires in 30 days"), "expiring=30"),
    )
    empty_title = _("No stock matches")
    empty_text = _("Only products that stock was ever booked for are listed. Clear the filters to see them all.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        rows: QuerySet[Any] = ledger.stock_by_type(viewer=scope.viewer)
        if scope.params.get("oversold"):
            rows = rows.filter(on_hand__lt=0)
        if days := scope.params.get("expiring"):
            rows = rows.filter(expires__lte=scope.as_of.date() + timedelta(days=int(days)))
        return rows

    def row_label(self, row: Any) -> str:
        return str(row["c_sku"])
