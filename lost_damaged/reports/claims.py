"""Claims of sellers."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Count, Q, QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.links import to
from inventory_ops.kit.reports import Kpi, Report, Scope, View, columns, filters, register
from inventory_ops.registries.permissions import MERCHANT
from inventory_ops.reports import common
from lost_damaged.models import Claim, Reason, Side
from lost_damaged.reports.common import VENDOR, Identifier

TONES = {"open": "warning", "accepted": "good", "rejected": "critical", "withdrawn": "neutral"}


class ClaimFilters(filters.ReportFilterSet):
    q = filters.SearchFilter(fields=("number", "uid_key", "product__sku"))
    vendor = common.vendor_filter()
    state = django_filters.ChoiceFilter(choices=Claim.State.choices, label=_("State"), empty_label=_("Any"))
    waits_for = django_filters.ChoiceFilter(choices=Side.choices, label=_("Waits for"), empty_label=_("Any"))
    reason = django_filters.ChoiceFilter(choices=Reason.choices, label=_("Reason"), empty_label=_("Any"))


@register
class Claims(Report):
    slug = "claims"
    title = _("Claims of sellers")
    short_title = _("Claims")
    icon = "message"
    section = _("Finance")
    path = "/finance/claims/"
    new_url = reverse_lazy("claim-new")
    new_label = _("Claim a unit")
    new_roles = frozenset({MERCHANT})
    purpose = _("Units that sellers say were lost or damaged, until finance accepts or rejects.")
    search_placeholder = _("Filter by number, UID or SKU")
    filterset_class = ClaimFilters
    default_sort = "-opened_at"
    currency = None
    columns = (
        columns.Text(
            key="number",
            header="Claim Number",
            label=_("Number"),
            sub="reason",
            link=to("claim", "c_number"),
        ),
        columns.Moment(key="opened_at", header="Opened At", label=_("Opened"), css="m-hide"),
        VENDOR,
        columns.Text(key="sku", header="Item SKU", expression="product__sku", sub="name", width=160, css="m-hide"),
        columns.Text(key="uid", width=100, header="UID", css="m-hide"),
        Identifier(
            key="order_item",
            header="Order Item Shop ID",
            label=_("Order item"),
            expression="order_item__shop_item_id",
            nullable=True,
            css="m-hide",
        ),
        columns.Date(key="happened_on", header="Happened On", label=_("Happened"), css="m-hide"),
        columns.Choice(key="state", header="State", words=dict(Claim.State.choices), tones=TONES),
        columns.Choice(
            key="waits_for", header="Waits For", label=_("Waits for"), words=dict(Side.choices), css="m-hide"
        ),
        columns.Date(key="due_on", header="Answer Due On", label=_("Answer due"), nullable=True, css="m-hide"),
        columns.Text(
            key="write_off",
            header="Write-off Number",
            label=_("Write-off"),
            expression="write_off__number",
            nullable=True,
            link=to("write-off", "c_write_off"),
            css="m-hide",
        ),
        columns.Choice(key="reason", header="Reason", words=dict(Reason.choices), on_page=False),
        columns.Money(
            key="agreed_amount",
            header="Agreed Amount",
            label=_("Agreed"),
            currency="merchant__currency",
            nullable=True,
            visible=False,
        ),
        columns.Text(key="name", header="Item Name", expression="product__name", on_page=False),
    )
    kpis = (
        Kpi("count", _("Claims"), Count("pk")),
        Kpi("open", _("Open"), Count("pk", filter=Q(state="open")), _("wait for finance")),
        Kpi("accepted", _("Accepted"), Count("pk", filter=Q(state="accepted"))),
        Kpi("rejected", _("Rejected"), Count("pk", filter=Q(state="rejected"))),
    )
    views = (View(_("Open"), "state=open"), View(_("Accepted"), "state=accepted"))
    empty_title = _("No claims")
    empty_text = _("A seller who misses a unit opens a claim with evidence; finance decides.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return Claim.objects.visible_to(scope.viewer)
