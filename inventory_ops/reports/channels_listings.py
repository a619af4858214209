"""What every channel lists and was told last; with it, the comparison of what it says with what it was told."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Count, Q, QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.links import to
from inventory_ops.kit.reports import Kpi, Link, Report, Scope, Step, View, columns, filters, register
from inventory_ops.models import Channel, ChannelListing
from inventory_ops.queries.channels import DRIFTED
from inventory_ops.registries.permissions import ADMIN, OPERATIONS
from inventory_ops.reports import common

MANAGERS = frozenset({OPERATIONS, ADMIN})
TONES = {"waiting": "warning", "sending": "warning", "sent": "good", "unknown": "warning", "rejected": "critical"}


class Filters(filters.ReportFilterSet):
    q = filters.SearchFilter(fields=("external_sku", "product__sku", "product__name"))
    vendor = common.vendor_filter()
    channel = django_filters.ModelChoiceFilter(
        queryset=lambda request: Channel.objects.order_by("name"), label=_("Channel"), empty_label=_("Any")
    )
    state = django_filters.ChoiceFilter(choices=ChannelListing.State.choices, label=_("State"), empty_label=_("Any"))
    drift = filters.ScopeFilter(
        choices=[("yes", _("The channel has another quantity"))], label=_("Comparison"), empty_label=_("Any")
    )


@register
class ChannelsListings(Report):
    slug = "channels-listings"
    title = _("Channel listings")
    short_title = _("Listings")
    section = _("Channels")
    purpose = _(
        "What was sent to each channel last, and what it said when it was compared. Stock itself is changed here."
    )
    steps = (
        Step(_("“Rejected” is tried again by the next change of stock, or by “Send again”.")),
        Step(
            _("“Another quantity there”: somebody changed it on the channel, or the channel lost count. Send it again.")
        ),
        Step(_("Adjust stock in Inventory Ops, never on the channel: the next push would write over it.")),
    )
    path = "/channels/listings/"
    icon = "list-check"
    in_menu = False
    roles = MANAGERS
    currency = None
    links = (Link(_("Channels"), reverse_lazy("channels"), "building-store", MANAGERS),)
    bulk_url = reverse_lazy("channel-send-again")
    columns = (
        columns.Text(key="channel", header="Channel", expression="channel__name", css="m-hide"),
        columns.Text(key="external_sku", header="External SKU", sub="external_id"),
        columns.Text(
            key="sku",
            header="Item SKU",
            expression="product__sku",
            sub="name",
            width=160,
            link=to("channel-listing", "pk"),
        ),
        columns.Integer(key="sent", header="Quantity Sent", expression="sent_quantity", nullable=True),
        columns.Moment(key="sent_at", header="Sent At", nullable=True, css="m-hide"),
        columns.Choice(
            key="state", header="State", words=dict(ChannelListing.State.choices), tones=TONES, css="m-right"
        ),
        columns.Text(key="error", header="Error", css="m-hide"),
        columns.Text(key="vendor_number", header="Vendor Number", expression="merchant__vendor_number", on_page=False),
        columns.Text(key="external_id", header="External ID", on_page=False),
        columns.Text(key="name", header="Item Name", expression="product__name", on_page=False),
        columns.Integer(key="there", header="Quantity There", expression="there_quantity", nullable=True, css="m-hide"),
        columns.Moment(key="there_at", header="Read There At", nullable=True, visible=False),
        columns.Integer(
            key="wanted", header="Quantity Wanted", expression="wanted_quantity", nullable=True, visible=False
        ),
    )
    page_order = ("sku", "channel", "external_sku", "sent", "there", "sent_at", "state", "error")
    filterset_class = Filters
    search_placeholder = _("Filter by SKU or name")
    default_sort = "-sent_at"
    kpis = (
        Kpi("count", _("Listings"), Count("pk")),
        Kpi("waiting", _("Waiting to be sent"), Count("pk", filter=Q(is_due=True) | Q(intent_key__isnull=False))),
        Kpi("rejected", _("Rejected"), Count("pk", filter=Q(state="rejected")), tone=""),
        Kpi("drift", _("Another quantity there"), Count("pk", filter=DRIFTED), _("at the last comparison")),
    )
    views = (
        View(_("Rejected"), "state=rejected"),
        View(_("Waiting"), "state=waiting"),
        View(_("Another quantity there"), "drift=yes"),
    )
    empty_title = _("Nothing is listed")
    empty_text = _("Connect a channel and apply its first import; what it lists appears here.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        rows = ChannelListing.objects.visible_to(scope.viewer).exclude(channel__state=Channel.State.RETIRED)
        return rows.filter(DRIFTED) if scope.params.get("drift") else rows

    def row_label(self, row: Any) -> str:
        return str(row["c_sku"])
