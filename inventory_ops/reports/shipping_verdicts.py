"""The cases behind the shipping issues, each with its verdict, and counted by vendor, canceller and verdict."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Count, F, QuerySet, Sum
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.reports import Link, Report, Scope, Step, View, columns, filters, register
from inventory_ops.models.orders import CancelledBy, OrderStatus, order_address
from inventory_ops.queries import shipping
from inventory_ops.queries.verdicts import EXPLAINED, Verdict, with_verdict
from inventory_ops.registries.permissions import EVERYBODY
from inventory_ops.reports import common
from inventory_ops.reports.shipping_issues import window_until_now

VERDICT_TONES = {
    Verdict.SHORTAGE: "critical",
    Verdict.PICK_ERROR: "warning",
    Verdict.VENDOR: "warning",
    Verdict.CARRIER: "warning",
    Verdict.UNKNOWN: "neutral",
}
BY_WHOM = [*CancelledBy.choices, ("nobody", _("Nobody"))]


class OrderFilters(filters.WindowedFilterSet):
    q = filters.SearchFilter(fields=("order__number", "product__sku"))
    product = django_filters.NumberFilter(field_name="product_id", label=_("Product id"))
    vendor = common.vendor_filter()
    verdict = django_filters.ChoiceFilter(choices=Verdict.choices, label=_("Verdict"), empty_label=_("Any"))
    by = django_filters.ChoiceFilter(
        choices=BY_WHOM, label=_("Cancelled by"), empty_label=_("Anybody"), method="of_canceller"
    )
    defaults = {"window": "12m"}

    def of_canceller(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(cancelled_by="" if value == "nobody" else value) if value else rows


def cases(scope: Scope) -> QuerySet[Any]:
    """The lines of the scope's window that were not shipped in full, with their verdicts."""
    window = window_until_now(scope)
    lines = shipping.unshipped_lines(viewer=scope.viewer, as_of=scope.as_of, after=window.start, until=window.end)
    return with_verdict(lines)


@register
class UnshippedOrders(Report):
    slug = "unshipped-orders"
    title = _("Orders behind the shipping issues")
    purpose = _("The order lines that were not shipped in full, with what was on hand when they were ordered.")
    path = "/action-required/shipping-issues/orders/"
    icon = "truck-off"
    in_menu = False
    steps = tuple(Step(text) for text in EXPLAINED.values())
    links = (Link(_("By cause"), reverse_lazy("unshipped-by-cause"), "scale", frozenset(EVERYBODY)),)
    columns = (
        columns.Text(
            key="order",
            header="Order Number",
            expression="order__number",
            link=lambda row: f"{order_address(row['c_order'])}?item={row['pk']}",
        ),
        columns.Moment(key="ordered_at", header="Order Time", label=_("Ordered")),
        columns.Text(key="sku", header="Item SKU", expression="product__sku", sub="name", width=160),
        columns.Text(key="name", header="Item Name", expression="product__name", on_page=False),
        columns.Text(key="vendor_number", header="Vendor Number", expression="merchant__vendor_number", css="m-hide"),
        columns.Choice(key="status", header="Order Status", words=dict(OrderStatus.choices), css="m-hide"),
        columns.Choice(
            key="cancelled_by",
            header="Cancelled By",
            words=dict(CancelledBy.choices),
            label=_("Cancelled by"),
            css="m-hide",
        ),
        columns.Moment(key="ship_by", header="Ship By", nullable=True, css="m-hide"),
        columns.Integer(key="quantity", header="Units Ordered", label=_("Needed"), css="m-hide"),
        columns.Integer(key="quantity_shipped", header="Units Shipped", label=_("Shipped"), css="m-hide"),
        columns.Integer(key="units_short", header="Units Short", label=_("Short"), css="m-right"),
        columns.Integer(
            key="on_hand_then",
            header="On Hand at Order Time",
            label=_("On hand then"),
            hint=_("Sum of the ledger's events up to the time of order."),
            css="m-hide",
        ),
        columns.Choice(
            key="verdict",
            header="Verdict",
            words=dict(Verdict.choices),
            tones=VERDICT_TONES,
            hint=_("From the stock then, what was needed, and who cancelled."),
            sortable=False,
        ),
    )
    # what decides a case comes first: the columns behind give way in a narrow window
    page_order = ("order", "ordered_at", "sku", "quantity", "on_hand_then", "units_short", "cancelled_by", "verdict")
    filterset_class = OrderFilters
    default_sort = "-ordered_at"
    views = tuple(View(verdict.label, f"verdict={verdict.value}") for verdict in Verdict)

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return cases(scope)


class CauseFilters(filters.WindowedFilterSet):
    vendor = common.vendor_filter()
    defaults = {"window": "30d"}


@register
class UnshippedByCause(Report):
    slug = "unshipped-by-cause"
    title = _("Shipping issues by cause")
    purpose = _("How often which vendor's items were not shipped, by whom they were cancelled, and why.")
    path = "/action-required/shipping-issues/by-cause/"
    icon = "truck-off"
    in_menu = False
    identity = ("merchant_id", "cancelled_by", "verdict")
    links = (Link(_("All cases"), reverse_lazy("unshipped-orders"), "list", frozenset(EVERYBODY)),)
    columns = (
        columns.Text(key="vendor_number", header="Vendor Number", on_page=False),
        columns.Text(key="vendor", header="Vendor Name", label=_("Vendor"), expression="vendor", sub="vendor_number"),
        columns.Choice(
            key="cancelled_by",
            header="Cancelled By",
            label=_("Cancelled by"),
            words=dict(CancelledBy.choices),
        ),
        columns.Choice(key="verdict", header="Verdict", words=dict(Verdict.choices), tones=VERDICT_TONES),
        columns.Integer(
            key="cases",
            header="Cases",
            expression="n_cases",
            link=lambda row: reverse(
                "unshipped-orders",
                query={
                    "vendor": row["c_vendor_number"],
                    "verdict": row["verdict"],
                    "by": row["cancelled_by"] or "nobody",
                },
            ),
        ),
        columns.Integer(key="products", header="Products", expression="n_products", css="m-hide"),
        columns.Integer(key="units", header="Units Short", label=_("Units short"), expression="n_units"),
    )
    row_keys = ("vendor_number",)
    filterset_class = CauseFilters
    default_sort = "-cases"
    currency = None

    def rows(self, scope: Scope) -> QuerySet[Any]:
        found = cases(scope).values(
            "merchant_id", "cancelled_by", "verdict", vendor_number=F("merchant__vendor_number"),
            vendor=F("merchant__name"),
        )  # fmt: skip
        return found.annotate(
            n_cases=Count("order", distinct=True),
            n_products=Count("product", distinct=True),
            n_units=Sum("units_short"),
        )
