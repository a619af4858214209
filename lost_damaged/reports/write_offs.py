"""Units written off."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Count, Q, QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.links import to
from inventory_ops.kit.reports import Breakdown, Kpi, Report, Scope, View, columns, filters, register
from inventory_ops.registries.permissions import FINANCE
from inventory_ops.reports import common
from lost_damaged.models import Reason, Source
from lost_damaged.queries import write_offs
from lost_damaged.reports.common import VENDOR, Identifier

STATES = {write_offs.WRITTEN_OFF: _("Lost or Damaged"), write_offs.REVERSED: _("Reversed")}


class WriteOffFilters(filters.WindowedFilterSet):
    q = filters.SearchFilter(fields=("uid_key", "number", "product__sku"))
    vendor = common.vendor_filter()
    source = django_filters.ChoiceFilter(choices=Source.choices, label=_("Source"), empty_label=_("Any"))
    reason = django_filters.ChoiceFilter(choices=Reason.choices, label=_("Reason"), empty_label=_("Any"))
    state = django_filters.ChoiceFilter(
        field_name="state", choices=list(STATES.items()), label=_("State"), empty_label=_("Any")
    )
    category = common.category_filter("product__category")
    import_id = django_filters.UUIDFilter(label=_("Import"))


@register
class WriteOffs(Report):
    slug = "write-offs"
    title = _("Lost and damaged")
    short_title = _("Lost and damaged")
    icon = "file-dollar"
    section = _("Finance")
    path = "/finance/write-offs/"
    new_url = reverse_lazy("write-off-new")
    new_label = _("Write off a unit")
    new_roles = frozenset({FINANCE})
    purpose = _("Units the shop lost or damaged, and what their sellers were credited.")
    search_placeholder = _("Filter by UID, number or SKU")
    filterset_class = WriteOffFilters
    default_sort = "-recorded_at"
    currency = "credit__currency"
    columns = (
        columns.Text(
            key="number",
            header="Write-off Number",
            label=_("Number"),
            sub="reason",
            link=to("write-off", "c_number"),
        ),
        columns.Moment(
            key="recorded_at", header="Recorded At", label=_("Recorded"), expression="created_at", css="m-hide"
        ),
        VENDOR,
        columns.Text(key="sku", header="Item SKU", expression="product__sku", sub="name", width=160, css="m-hide"),
        columns.Text(key="uid", width=100, header="UID"),
        Identifier(
            key="order_item",
            header="Order Item Shop ID",
            label=_("Order item"),
            expression="order_item__shop_item_id",
            nullable=True,
            css="m-hide",
        ),
        columns.Choice(key="source", header="Source", words=dict(Source.choices), css="m-hide"),
        columns.Text(key="transaction", header="Transaction Number", expression="credit__number", on_page=False),
        columns.Money(
            key="amount", header="Amount", expression="credit__amount", currency="credit__currency", css="m-right"
        ),
        columns.Text(
            key="currency", header="Currency", width=70, flexible=False, visible=False, expression="credit__currency"
        ),
        columns.Choice(
            key="state",
            header="State",
            words=STATES,
            tones={write_offs.WRITTEN_OFF: "warning", write_offs.REVERSED: "neutral"},
        ),
        columns.Choice(key="reason", header="Reason", words=dict(Reason.choices), on_page=False),
        columns.Text(key="name", header="Item Name", expression="product__name", on_page=False),
        columns.Text(
            key="reversal", header="Reversal Number", expression="debit__number", nullable=True, on_page=False
        ),
    )
    kpis = (
        Kpi("units", _("Units written off"), Count("pk")),
        Kpi("sellers", _("Sellers"), Count("merchant", distinct=True), _("credited")),
        Kpi("orders", _("Of orders"), Count("pk", filter=Q(order_item__isnull=False)), _("the rest was in stock")),
        Kpi("reversed", _("Reversed"), Count("pk", filter=Q(state=write_offs.REVERSED)), _("found again")),
    )
    trend = "created_at"
    value_at_risk = "credit__amount"
    money_label = _("Credited")
    breakdowns = (
        Breakdown(_("Reason"), "reason", "reason", words=dict(Reason.choices)),
        Breakdown(_("Seller"), "merchant__vendor_number", "vendor", name="merchant__name"),
        common.by_category("product__category"),
        Breakdown(_("Source"), "source", "source", words=dict(Source.choices)),
    )
    views = (
        View(_("Last 30 days"), "window=30d"),
        View(_("Reversed"), "state=reversed"),
    )
    empty_title = _("No write-offs")
    empty_text = _("Units appear here when the warehouse system or Finance import reports them lost or damaged.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return write_offs.write_offs(viewer=scope.viewer, window=scope.window)
