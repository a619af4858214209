"""Changes of prices and costs, whatever the way in, and which of them were taken back."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.links import to
from inventory_ops.kit.reports import Report, Scope, View, columns, filters, register
from inventory_ops.models import PriceChange
from inventory_ops.registries.permissions import ADMIN, FINANCE, OPERATIONS
from inventory_ops.reports import common

SOURCES = {
    "page": _("Page"),
    "bulk": _("Many at once"),
    "api": _("API"),
    "import": _("Import"),
    "undo": _("Undone change"),
}


class Filters(filters.WindowedFilterSet):
    q = common.ProductSearchFilter()
    vendor = common.vendor_filter()
    source = django_filters.ChoiceFilter(choices=list(SOURCES.items()), label=_("Source"), empty_label=_("Any"))
    by = django_filters.CharFilter(field_name="actor", lookup_expr="iexact", label=_("By"), max_length=254)
    undone = filters.YesNoFilter(field_name="undone", label=_("Undone"))
    defaults = {"window": "30d"}


def _money(key: str, header: str, label: Any, *, on_page: bool = True) -> columns.Money:
    return columns.Money(
        unit=True, key=key, header=header, label=label, nullable=True, sortable=False, on_page=on_page, css="m-hide"
    )


@register
class PriceChanges(Report):
    slug = "price-changes"
    title = _("Price changes")
    short_title = _("Price changes")
    section = _("Inventory")
    icon = "history"
    path = "/products/price-changes/"
    in_menu = False
    roles = frozenset({OPERATIONS, FINANCE, ADMIN})
    purpose = _("What prices and costs were and became, when, by whom. Those that still stand can be undone.")
    not_loaded = _("To change prices, load `products`.")
    columns = (
        columns.Moment(key="at", header="Changed At", label=_("Time")),
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
            sortable=False,
            css="m-hide",
        ),
        _money("price_before", "Price Before", _("Price before")),
        _money("price_after", "Price After", _("Price after")),
        _money("special_price_before", "Special Price Before", _("Special before")),
        _money("special_price_after", "Special Price After", _("Special after")),
        _money("cost_before", "Cost Before", _("Cost before")),
        _money("cost_after", "Cost After", _("Cost after")),
        columns.Choice(key="source", header="Source", label=_("Source"), words=SOURCES, sortable=False),
        columns.Text(key="actor", header="Changed By", label=_("By"), sortable=False, css="m-hide"),
        columns.YesNo(key="undone", header="Undone", label=_("Undone"), sortable=False, css="m-hide"),
    )
    row_keys = ("sku", "product")
    filterset_class = Filters
    search_placeholder = _("Filter by SKU or name")
    default_sort = "-at"
    bulk_url = reverse_lazy("price-changes-bulk")
    views = (View(_("Many at once"), "source=bulk"), View(_("Undone"), "undone=yes"))
    empty_title = _("No change of prices matches")
    empty_text = _("Choose a longer period, or clear the filters.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        undone = Exists(PriceChange.objects.filter(undoes=OuterRef("pk")))
        found: QuerySet[Any] = PriceChange.objects.visible_to(scope.viewer).annotate(undone=undone)
        window = scope.window
        if window is None:
            return found
        return found.filter(Q(at__gt=window.start), Q(at__lte=window.end))

    def row_label(self, row: Any) -> str:
        return str(row["c_sku"])
