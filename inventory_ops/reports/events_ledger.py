"""The Events Ledger: every change of stock, newest first."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit import markup
from inventory_ops.kit.links import to
from inventory_ops.kit.reports import Link, Report, Scope, View, columns, filters, register
from inventory_ops.models import AdjustmentReason, InventoryType
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.queries import ledger
from inventory_ops.registries.permissions import ADMIN, OPERATIONS
from inventory_ops.reports import common

WRITERS = frozenset({OPERATIONS, ADMIN})


class Filters(filters.WindowedFilterSet):
    q = common.ProductSearchFilter()
    product = django_filters.NumberFilter(
        field_name="product_id", label=_("Product id"), min_value=1, max_value=2**62, decimal_places=0
    )
    vendor = common.vendor_filter()
    type = django_filters.ModelChoiceFilter(
        field_name="inventory_type",
        to_field_name="code",
        queryset=lambda request: InventoryType.objects.order_by("name"),
        label=_("Inventory type"),
        empty_label=_("Any"),
    )
    kind = django_filters.ChoiceFilter(choices=EventKind.choices, label=_("Kind"), empty_label=_("Any"))
    reason = django_filters.ModelChoiceFilter(
        field_name="reason",
        to_field_name="code",
        queryset=lambda request: AdjustmentReason.objects.order_by("name"),
        label=_("Reason"),
        empty_label=_("Any"),
        method="of_reason",
    )
    source = django_filters.ChoiceFilter(choices=EventSource.choices, label=_("Source"), empty_label=_("Any"))
    actor = django_filters.CharFilter(label=_("Actor"), max_length=254, method="by_rows")
    reference = django_filters.CharFilter(label=_("Reference"), max_length=200, method="of_reference")

    def by_rows(self, qs: Any, name: str, value: str) -> Any:
        return qs

    def of_reason(self, qs: Any, name: str, value: AdjustmentReason) -> Any:
        return qs.filter(reason=value.code).exclude(reason="")

    def of_reference(self, qs: Any, name: str, value: str) -> Any:
        # those without one are in no index
        return qs.filter(reference__iexact=value).exclude(reference="")


class _SignedInteger(columns.Integer):
    """A whole number shown with its sign."""

    def html(self, row: columns.Row) -> str:
        quantity = row[self.alias]
        tone, sign = ("pos", "+") if quantity > 0 else ("neg", markup.MINUS)
        return f'<span class="{tone}">{sign}{markup.number(abs(quantity))}</span>'


@register
class EventsLedger(Report):
    """Sorted by time or product only: sorting twenty million events by anything else would take a minute."""

    slug = "events-ledger"
    title = _("Events ledger")
    short_title = _("Events ledger")
    section = _("Inventory")
    not_loaded = _(
        "What happened is booked once and never again: its events are in the ledger already. "
        "To change stock, load `adjustments`, or the export of Stock inquiry with other quantities."
    )
    purpose = _("Everything that ever changed stock, with who, when and why. Nothing here can be changed or deleted.")
    path = "/inventory/events/"
    icon = "history"
    currency = None
    links = (Link(_("Adjust stock"), reverse_lazy("stock-adjust"), "pencil", WRITERS, primary=True),)
    columns = (
        columns.Moment(key="recorded_at", header="Recorded At", label=_("Recorded")),
        columns.Moment(key="occurred_at", header="Occurred At", label=_("Occurred"), visible=False),
        columns.Text(
            key="vendor_number",
            sortable=False,
            header="Vendor Number",
            label=_("Vendor"),
            expression="merchant__vendor_number",
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
            css="m-hide",
            exported=False,
        ),
        columns.Text(
            key="location",
            width=76,
            flexible=False,
            sortable=False,
            header="Location",
            expression="location__code",
            css="m-hide",
        ),
        columns.Choice(key="kind", sortable=False, header="Kind", words=dict(EventKind.choices)),
        _SignedInteger(
            key="change",
            sortable=False,
            header="Quantity Change",
            label=_("Change"),
            expression="quantity",
            css="m-right",
        ),
        columns.Integer(
            key="after",
            sortable=False,
            header="Quantity After",
            label=_("After"),
            expression="quantity_after",
            hint=_("On hand after the event; of allocations, allocated after it."),
        ),
        columns.Text(key="reason", sortable=False, header="Reason", css="m-hide"),
        columns.Text(key="note", sortable=False, header="Note", css="m-hide"),
        columns.Choice(key="source", sortable=False, header="Source", words=dict(EventSource.choices), css="m-hide"),
        columns.Text(key="reference", sortable=False, header="Reference", css="m-hide"),
        columns.Text(key="actor", sortable=False, header="Actor", personal=True, css="m-hide"),
        columns.Text(key="name", sortable=False, header="Item Name", expression="product__name", on_page=False),
        columns.Integer(key="event", sortable=False, header="Event", expression="pk", visible=False),
        columns.Integer(
            key="reverses",
            sortable=False,
            header="Undoes Event",
            expression="reverses_id",
            nullable=True,
            visible=False,
        ),
    )
    page_order = ("recorded_at", "sku", "kind", "change", "after", "type_name", "location", "reason", "note")
    filterset_class = Filters
    search_placeholder = _("Filter by SKU or name")
    default_sort = "-recorded_at"
    identity = ("pk", "product_id")
    views = (
        View(_("Adjustments"), "kind=adjusted"),
        View(_("Typed on a page"), "source=page"),
        View(_("Returns"), "kind=returned"),
        View(_("Write-offs"), "kind=written_off"),
        View(_("Last 7 days"), "window=7d"),
    )
    empty_title = _("No event matches")
    empty_text = _("Clear the filters to see the whole ledger.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        rows = ledger.events(viewer=scope.viewer)
        if scope.window:
            rows = rows.filter(recorded_at__gt=scope.window.start, recorded_at__lte=scope.window.end)
        if actor := scope.params.get("actor"):
            # merchants see actors masked: a search by the first letters would tell them the rest
            rows = ledger.of_actor(rows, actor, whole=self.masks(scope.viewer))
        return rows

    def row_label(self, row: Any) -> str:
        return str(row["c_sku"])
