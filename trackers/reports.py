"""The list of trackers."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import django_filters
from django.db.models import Case, CharField, Count, F, Func, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit import markup, showing
from inventory_ops.kit.links import to
from inventory_ops.kit.markup import escape
from inventory_ops.kit.reports import Kpi, Link, Report, Scope, View, columns, filters, register
from inventory_ops.models import InventoryType
from inventory_ops.registries.permissions import ADMIN, MERCHANT, OPERATIONS
from inventory_ops.reports import common
from trackers.mechanisms import CHOICES, MECHANISMS
from trackers.models import BELOW_TARGET, SILENT, State, Tracker

ROLES = frozenset({OPERATIONS, MERCHANT, ADMIN})
LARGEST_PERCENT = Decimal(10) ** 16  # of a health that a bigint holds
TONES = {
    State.HEALTHY: "good",
    State.LOW: "warning",
    State.CRITICAL: "critical",
    State.STOCK_OUT: "critical",
    State.NO_SALES: "neutral",
    State.NO_DATA: "neutral",
}


class Filters(filters.ReportFilterSet):
    q = common.ProductSearchFilter()
    vendor = common.vendor_filter()
    inventory_type = django_filters.ModelChoiceFilter(
        field_name="inventory_type",
        to_field_name="code",
        queryset=lambda request: InventoryType.objects.order_by("name"),
        label=_("Inventory type"),
        empty_label=_("Any"),
    )
    mechanism = django_filters.ChoiceFilter(choices=CHOICES, label=_("Mechanism"), empty_label=_("Any"))
    state = django_filters.ChoiceFilter(choices=State.choices, label=_("State"), empty_label=_("Any"))
    below = filters.ScopeFilter(choices=[("target", _("Below target"))], label=_("Health"), empty_label=_("Any"))
    health_from = django_filters.NumberFilter(label=_("Health from (%)"), method="from_health")
    health_to = django_filters.NumberFilter(label=_("Health to (%)"), method="to_health")
    enabled = filters.YesNoFilter(field_name="is_enabled", label=_("Enabled"))

    # Severity is health, or SILENT where that is 0: what bounds the one bounds the other, and that is in an index

    def from_health(self, qs: Any, name: str, value: Decimal) -> Any:
        least = _hundredths(value, ROUND_CEILING)
        return qs.filter(health__gte=least, severity__gte=least)

    def to_health(self, qs: Any, name: str, value: Decimal) -> Any:
        most = _hundredths(value, ROUND_FLOOR)
        return qs.filter(health__lte=most, severity__lte=max(most, SILENT))


def _hundredths(percent: Decimal, rounding: str) -> int:
    bounded = max(min(percent, LARGEST_PERCENT), -LARGEST_PERCENT)
    return int((bounded * 100).to_integral_value(rounding))


class TwoDigits(Func):
    """Hundredths of a percent as a percentage with exactly two decimals."""

    template = "to_char((%(expressions)s)::numeric / 100, 'FM9999999999999990.00')"
    output_field = CharField()


class _Health(columns.Custom):
    def text(self) -> Any:
        return TwoDigits(F("health"))


def _bar(row: Any) -> str:
    state, number = row["c_state"], row["c_health"]
    ratio = None if state in (State.NO_SALES, State.NO_DATA) else Decimal(number) / 10_000
    return markup.health_bar(ratio, state)


def _value(row: Any) -> str:
    value = row["c_value"]
    if value is None:
        return ""
    number = markup.number(value)
    unit = MECHANISMS[row["c_mechanism"]].value_unit
    return f'{number}<span class="cell-sub">{escape(unit)}</span>' if unit else number


def _threshold(row: Any) -> str:
    value = row["c_threshold"]
    if value is None:
        return ""
    return showing.plain_number(f"{value:,.1f}".removesuffix(".0"))


# in exports, so that an edited rule can be loaded again
PARAMETERS = {
    "quantity": "Quantity",
    "lookback_days": "Lookback Days",
    "coverage_days": "Coverage Days",
    "expiry_days": "Expiry Days",
}


@register
class Trackers(Report):
    slug = "trackers"
    title = _("Trackers")
    short_title = _("Trackers")
    section = _("Inventory")
    icon = "device-desktop-analytics"
    path = "/trackers/"
    links = (
        Link(_("Suggest trackers"), reverse_lazy("tracker-suggest"), "list-check", ROLES),
        Link(_("New tracker"), reverse_lazy("tracker-new"), "plus", ROLES, primary=True),
    )
    bulk_url = reverse_lazy("tracker-bulk")
    bulk_roles = ROLES
    purpose = _("Which watched products need replenishment, and which have stopped moving: worst first.")
    roles = ROLES
    columns = (
        columns.Text(
            key="vendor_number",
            sortable=False,
            header="Vendor Number",
            expression="merchant__vendor_number",
            on_page=False,
        ),
        columns.Text(
            key="sku",
            header="Item SKU",
            label=_("Product"),
            expression="product__sku",
            sub="name",
            width=160,
            link=to("tracker", "pk"),
        ),
        columns.Text(key="name", sortable=False, header="Item Name", expression="product__name", on_page=False),
        columns.Text(
            key="inventory_type",
            sortable=False,
            header="Inventory Type",
            expression="inventory_type__code",
            on_page=False,
        ),
        columns.Text(
            key="inventory_type_name",
            width=96,
            flexible=False,
            sortable=False,
            header="Inventory Type",
            label=_("Type"),
            expression="inventory_type__name",
            css="m-hide",
            exported=False,
        ),
        columns.Choice(
            key="mechanism",
            header="Mechanism",
            label=_("Mechanism"),
            words=dict(CHOICES),
            tail=("severity", "pk"),
            css="m-hide",
        ),
        columns.Integer(
            key="raw_value",
            sortable=False,
            header="Current Stock",
            expression="value",
            nullable=True,
            on_page=False,
        ),
        columns.Custom(
            key="raw_threshold", header="Alert Threshold", expression="threshold_text", on_page=False, sortable=False
        ),
        _Health(key="raw_health", sortable=False, header="Health", expression="health", on_page=False),
        columns.Choice(
            key="state",
            header="State",
            words=dict(State.choices),
            tones=dict(TONES),
            tail=("severity", "pk"),
            css="m-right",
        ),
        columns.Text(
            key="vendor",
            header="Vendor",
            expression="merchant__name",
            sub="vendor_number",
            exported=False,
            css="m-hide",
        ),
        columns.Custom(
            key="value",
            header="Current stock",
            hint=_("Under Stalled days this is the number of units shipped, not the stock level."),
            draw=_value,
            exported=False,
            nullable=True,
            order_by=Coalesce("value", Value(0)),
            css="num m-right",
        ),
        columns.Custom(
            key="threshold",
            sortable=False,
            header="Alert threshold",
            draw=_threshold,
            exported=False,
            nullable=True,
            css="num m-right",
        ),
        # by severity: rules that say nothing come after those that are below target
        columns.Custom(
            key="health",
            header="Health bar",
            label=_("Health"),
            expression="health",
            order_by="severity",
            draw=_bar,
            exported=False,
        ),
        columns.YesNo(key="is_enabled", sortable=False, header="Enabled", visible=False),
        *(
            columns.Integer(key=name, sortable=False, header=header, nullable=True, on_page=False)
            for name, header in PARAMETERS.items()
        ),
        columns.Moment(
            key="evaluated_at",
            sortable=False,
            header="Checked At",
            label=_("Checked"),
            nullable=True,
            visible=False,
        ),
    )
    page_order = ("sku", "vendor", "inventory_type_name", "mechanism", "value", "threshold", "health", "state")
    row_keys = ("state", "mechanism", "health")
    filterset_class = Filters
    search_placeholder = _("Filter by SKU or name")
    default_sort = "health"
    currency = None
    kpis = (
        Kpi("count", _("Trackers"), Count("pk")),
        Kpi(
            "below",
            _("Below target"),
            Count("pk", filter=Q(state__in=BELOW_TARGET)),
            _("critical, low or out of stock"),
        ),
        Kpi(
            "critical",
            _("Critical"),
            Count("pk", filter=Q(state__in=[State.CRITICAL, State.STOCK_OUT])),
            _("below 50%"),
        ),
        Kpi(
            "silent",
            _("Without sales"),
            Count("pk", filter=Q(state=State.NO_SALES)),
            _("use stock quantity until sales build up"),
        ),
    )
    views = (
        View(_("Below target"), "below=target"),
        View(_("Critical"), "state=critical"),
        View(_("Stalled"), "mechanism=stalled_days&below=target"),
        View(_("No sales"), "state=no_sales"),
    )
    empty_title = _("No tracker matches")
    empty_text = _("Create one for each product that you are asked to watch: the list then shows what needs attention.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        from trackers.operations import health  # here: whoever asks for another report need not wait for it

        health.refresh()  # a changed stock shows its new health at once, not at the next scan
        rows = Tracker.objects.visible_to(scope.viewer).annotate(
            threshold_text=Case(
                When(threshold__isnull=True, then=Value("")),
                default=Func(F("threshold"), template="trim_scale(%(expressions)s)::text", output_field=CharField()),
            ),
        )
        return rows.filter(state__in=BELOW_TARGET, severity__lt=SILENT) if scope.params.get("below") else rows

    def row_label(self, row: Any) -> str:
        return str(row["c_vendor_number"])
