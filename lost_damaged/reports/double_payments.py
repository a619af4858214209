"""Units whose seller may have been paid before."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.links import to
from inventory_ops.kit.reports import Scope, Step, columns, filters, register
from inventory_ops.models.orders import order_address
from inventory_ops.registries.permissions import ADMIN, FINANCE, OPERATIONS
from inventory_ops.reports import common
from inventory_ops.reports.freshness import ScannedReport
from lost_damaged.queries import double_payments
from lost_damaged.reports.common import VENDOR

PROBLEMS = {
    double_payments.MORE_THAN_ORDERED: _("More units than ordered"),
    double_payments.NEAR_EQUAL_UID: _("UID nearly equal to another"),
    double_payments.SHIPPED: _("Order item was shipped"),
}


class DoublePaymentFilters(filters.ReportFilterSet):
    q = filters.SearchFilter(fields=("uid_key", "number", "product__sku"))
    vendor = common.vendor_filter()
    problem = django_filters.ChoiceFilter(
        field_name="problem", choices=list(PROBLEMS.items()), label=_("Problem"), empty_label=_("Any")
    )


@register
class DoublePayments(ScannedReport):
    slug = "possible-double-payments"
    title = _("Possible double payments")
    short_title = _("Double payments")
    icon = "alert-triangle"
    section = _("Finance")
    path = "/finance/double-payments/"
    purpose = _("Units that were written off though their seller may have been paid for them already.")
    meaning = _("Written off, perhaps paid before")
    steps = (
        Step(_("Open the order: was the item delivered and paid, or lost on its way back?")),
        Step(_("Compare UIDs that differ in zeros or separators only: are they one unit?")),
        Step(_("If the seller was paid twice, reverse the write-off and say why.")),
    )
    roles = frozenset({OPERATIONS, FINANCE, ADMIN})
    filterset_class = DoublePaymentFilters
    search_placeholder = _("Filter by UID, number or SKU")
    default_sort = "-recorded_at"
    currency = "credit__currency"
    scan = "double_payments"
    value_at_risk = "credit__amount"
    finding_label = Concat("number", Value(" · "), "uid")
    columns = (
        columns.Text(
            key="number",
            header="Write-off Number",
            label=_("Number"),
            link=to("write-off", "c_number"),
        ),
        columns.Choice(key="problem", header="Problem", words=PROBLEMS),
        VENDOR,
        columns.Text(key="sku", header="Item SKU", expression="product__sku", css="m-hide"),
        columns.Text(key="uid", width=100, header="UID"),
        columns.Text(
            key="order",
            header="Order Number",
            expression="order_item__order__number",
            link=lambda row: order_address(row["c_order"]) if row["c_order"] else None,
            nullable=True,
            css="m-hide",
        ),
        columns.Money(
            key="amount", header="Amount", expression="credit__amount", currency="credit__currency", css="m-right"
        ),
        columns.Text(
            key="currency", header="Currency", width=70, flexible=False, visible=False, expression="credit__currency"
        ),
        columns.Moment(
            key="recorded_at", header="Recorded At", label=_("Recorded"), expression="created_at", css="m-hide"
        ),
    )
    empty_text = _("No write-off in force looks as if it was paid before.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return double_payments.double_payments(viewer=scope.viewer)
