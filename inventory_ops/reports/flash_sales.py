"""Flash sales of all products: planned, running and over."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.links import to
from inventory_ops.kit.reports import Kpi, Report, Scope, View, columns, filters, register
from inventory_ops.models import FlashSale
from inventory_ops.reports import common

PLANNED, RUNNING, OVER = "planned", "running", "over"
STATES = {PLANNED: _("Planned"), RUNNING: _("Running"), OVER: _("Over")}


class Filters(filters.ReportFilterSet):
    q = common.ProductSearchFilter()
    vendor = common.vendor_filter()
    state = filters.ScopeFilter(choices=list(STATES.items()), label=_("State"), empty_label=_("Any"))
    below = django_filters.ChoiceFilter(
        choices=[("yes", _("Below cost"))], label=_("Price"), empty_label=_("Any"), method="below_cost"
    )

    def below_cost(self, rows: QuerySet[FlashSale], name: str, value: str) -> QuerySet[FlashSale]:
        return rows.filter(product__cost__gt=F("sale_price")) if value else rows


@register
class FlashSales(Report):
    slug = "flash-sales"
    title = _("Flash sales")
    short_title = _("Flash sales")
    section = _("Inventory")
    icon = "bolt"
    path = "/products/flash-sales/"
    in_menu = False
    purpose = _("Time-limited discounts: which product, when, and at what price.")
    not_loaded = _("To load sales from a file, use the kind `flash_sales`.")
    columns = (
        columns.Text(
            key="sku",
            header="Item SKU",
            label=_("SKU"),
            expression="product__sku",
            sub="name",
            width=160,
            link=to("product", "c_product"),
            sortable=False,
        ),
        columns.Integer(
            key="product", header="Product", expression="product_id", sortable=False, on_page=False, exported=False
        ),
        columns.Text(key="name", header="Item Name", expression="product__name", sortable=False, on_page=False),
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
        columns.Choice(
            key="state",
            header="State",
            label=_("State"),
            words=STATES,
            tones={PLANNED: "neutral", RUNNING: "flash", OVER: "neutral"},
            sortable=False,
        ),
        columns.Moment(key="starts_at", header="Flash Sale Start Date", label=_("Starts")),
        columns.Moment(key="ends_at", header="Flash Sale End Date", label=_("Ends")),
        columns.Percent(key="percentage", header="Flash Sale Percentage", label=_("Off"), sortable=False),
        columns.Money(
            unit=True,
            key="snapshot_price",
            header="Flash Sales Snapshot Inventory Price",
            label=_("Price then"),
            sortable=False,
            css="m-hide",
        ),
        columns.Money(
            unit=True, key="sale_price", header="Flash Sale Price", label=_("Sale price"), sortable=False, css="m-right"
        ),
        columns.Money(
            unit=True,
            key="cost",
            header="Cost of Goods",
            label=_("Cost"),
            expression="product__cost",
            nullable=True,
            sortable=False,
            css="m-hide",
        ),
    )
    row_keys = ("sku", "product")
    filterset_class = Filters
    search_placeholder = _("Filter by SKU or name")
    default_sort = "-starts_at"
    bulk_url = reverse_lazy("flash-sales-bulk")
    kpis = (
        Kpi("count", _("Flash sales"), Count("pk")),
        Kpi("below", _("Below cost"), Count("pk", filter=Q(product__cost__gt=F("sale_price")))),
    )
    views = (
        View(_("Running"), "state=running"),
        View(_("Planned"), "state=planned"),
        View(_("Below cost"), "below=yes"),
    )
    empty_title = _("No flash sale matches")
    empty_text = _("Plan one on the page of a product, or for many from the list of products.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        now = scope.as_of
        planned, over = Q(starts_at__gt=now), Q(ends_at__lte=now)
        found: QuerySet[Any] = FlashSale.objects.visible_to(scope.viewer).annotate(
            state=Case(
                When(planned, then=Value(PLANNED)),
                When(over, then=Value(OVER)),
                default=Value(RUNNING),
                output_field=CharField(),
            )
        )
        match scope.params.get("state"):
            case "planned":
                return found.filter(planned)
            case "running":
                return found.filter(starts_at__lte=now, ends_at__gt=now)
            case "over":
                return found.filter(over)
        return found

    def row_label(self, row: Any) -> str:
        return str(row["c_sku"])
