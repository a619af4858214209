"""All orders that were placed."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.reports import Report, Scope, View, columns, filters, register
from inventory_ops.models import Store
from inventory_ops.models.orders import OrderStatus, order_address
from inventory_ops.queries import orders
from inventory_ops.reports import common

PLACED = [(OrderStatus.OPEN.value, OrderStatus.OPEN.label), (OrderStatus.CLOSED.value, OrderStatus.CLOSED.label)]


class Filters(filters.WindowedFilterSet):
    q = django_filters.CharFilter(label=_("Search"), max_length=50, method="of_number")
    store = common.KeyedFilter(Store, field="store__number", label=_("Store number"))
    status = django_filters.ChoiceFilter(choices=PLACED, label=_("Order status"), empty_label=_("Any"))
    defaults = {"window": "30d"}

    def of_number(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(number__startswith=value.strip())  # what an index of numbers serves


@register
class Orders(Report):
    """Sorted by time alone: an index of years of orders for anything else would be written by every order."""

    slug = "orders"
    title = _("Orders")
    short_title = _("Orders")
    section = _("Inventory")
    icon = "shopping-cart"
    path = "/orders/"
    purpose = _("Placed orders, newest first. Carts are under Abandoned.")
    not_loaded = common.ORDERS_ARE_LOADED_WHOLE
    columns = (
        columns.Text(
            key="number",
            header="Order Number",
            label=_("Order"),
            sub="email",
            sortable=False,
            link=lambda row: order_address(row["c_number"], row["c_store"]),
        ),
        columns.Text(
            key="email",
            header="Customer Email",
            expression="customer_email",
            personal=True,
            sortable=False,
            on_page=False,
        ),
        columns.Text(
            key="store",
            header="Store Number",
            label=_("Store"),
            expression="store__number",
            nullable=True,
            sortable=False,
            width=76,
            flexible=False,
            css="m-hide",
        ),
        columns.Moment(key="placed_at", header="Placed At", label=_("Placed")),
        columns.Choice(
            key="status",
            header="Order Status",
            label=_("Status"),
            words=dict(OrderStatus.choices),
            tones={OrderStatus.OPEN: "warning", OrderStatus.CLOSED: "neutral"},
            sortable=False,
            css="m-right",
        ),
        columns.Money(
            key="total",
            header="Order Total",
            label=_("Total"),
            expression="visible_total",
            currency="currency",
            nullable=True,
            sortable=False,
            css="m-right",
        ),
        columns.Text(key="promo_code", header="Promo Code", label=_("Promo code"), sortable=False, css="m-hide"),
    )
    row_keys = ("store",)
    filterset_class = Filters
    currency = "currency"
    merchant_path = None
    search_placeholder = _("Filter by the beginning of an order number")
    default_sort = "-placed_at"
    views = (
        View(_("Open"), "status=2"),
        View(_("Closed"), "status=3"),
        View(_("Last 7 days"), "window=7d"),
    )
    empty_title = _("No order matches")
    empty_text = _("Clear the filters to see all, or load orders.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        rows = orders.placed(viewer=scope.viewer)
        if scope.window:
            rows = rows.filter(placed_at__gt=scope.window.start, placed_at__lte=scope.window.end)
        return rows

    def row_label(self, row: Any) -> str:
        return str(row["c_number"])
