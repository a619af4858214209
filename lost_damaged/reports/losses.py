"""What lost and damaged units cost: by month, by reason, by category. Amounts of one currency are added up alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet, Sum
from django.http import QueryDict
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.charts import Chart
from inventory_ops.kit.reports import Kpi, Link, Report, Scope, columns, filters, pictures, register, registry
from inventory_ops.registries.permissions import ADMIN, FINANCE, OPERATIONS
from inventory_ops.reports import common
from lost_damaged.models import Reason
from lost_damaged.queries import losses

READERS = frozenset({OPERATIONS, FINANCE, ADMIN})
UNITS = (
    columns.Integer(key="units", header="Units", expression="n_units"),
    columns.Integer(key="found", header="Found Again", expression="n_found", css="m-hide"),
    columns.Money(key="credited", header="Credited", expression="a_credited", currency="currency", css="m-hide"),
    columns.Money(key="taken_back", header="Taken Back", expression="a_taken_back", currency="currency", css="m-hide"),
    columns.Money(key="net", header="Net Cost", expression="a_net", currency="currency"),
    columns.Text(key="currency", header="Currency", width=70, flexible=False, visible=False),
)


class LossFilters(filters.WindowedFilterSet):
    defaults = {"window": "12m"}
    vendor = common.vendor_filter()
    category = common.category_filter("write_off__product__category")
    reason = filters.ScopeFilter(choices=Reason.choices, label=_("Reason"), empty_label=_("Any"))


class Losses(Report):
    """Transactions counted and summed by something they share."""

    section = _("Finance")
    icon = "chart-line"
    roles = READERS
    filterset_class = LossFilters
    currency = "currency"
    search_placeholder = ""
    links = (
        Link(_("By month"), reverse_lazy("losses-by-month"), "calendar", READERS),
        Link(_("By reason"), reverse_lazy("losses-by-reason"), "list-check", READERS),
        Link(_("By category"), reverse_lazy("losses-by-category"), "tag", READERS),
    )
    less_is_better = True
    kpis = (
        Kpi("units", _("Units written off"), Sum("n_units")),
        Kpi("found", _("Found again"), Sum("n_found")),
        Kpi("net", _("Net cost"), Sum("a_net"), money=True),
    )
    empty_title = _("No losses")
    empty_text = _("Nothing was written off in this period.")

    @property
    def has_pictures(self) -> bool:
        return True

    def more_pictures(self, scope: Scope) -> Sequence[Chart]:
        """Of the units behind the sums: by time, reason, seller and category, with the same filters."""
        params = QueryDict(mutable=True)
        for name in ("window", "date_from", "date_to", "vendor", "category", "reason"):
            if (value := scope.params.get(name)) not in (None, ""):
                params[name] = str(getattr(value, "pk", value))
        units = registry.get("write-offs").select(params, viewer=scope.viewer, as_of=scope.as_of)
        return pictures.of(units, params).charts

    def transactions(self, scope: Scope) -> QuerySet[Any]:
        rows = losses.transactions(viewer=scope.viewer, window=scope.window)
        if reason := scope.params.get("reason"):
            rows = rows.filter(write_off__reason=reason)
        return rows


@register
class LossesByMonth(Losses):
    slug = "losses-by-month"
    title = _("Losses by month")
    short_title = _("Losses")
    purpose = _("What lost and damaged units cost the shop, month by month (UTC).")
    path = "/finance/losses/"
    default_sort = "-month"
    identity = ("month", "currency")
    columns = (columns.Month(key="month", header="Month"), *UNITS)

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return losses.summed(losses.with_month(self.transactions(scope)), "month")


@register
class LossesByReason(Losses):
    slug = "losses-by-reason"
    title = _("Losses by reason")
    purpose = _("Where units are lost and damaged, and what it costs.")
    path = "/finance/losses/by-reason/"
    in_menu = False
    default_sort = "-units"
    identity = ("write_off__reason", "currency")
    columns = (
        columns.Choice(
            key="reason",
            header="Reason",
            expression="write_off__reason",
            words=dict(Reason.choices),
        ),
        *UNITS,
    )

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return losses.summed(self.transactions(scope), "write_off__reason")


@register
class LossesByCategory(Losses):
    slug = "losses-by-category"
    title = _("Losses by category")
    purpose = _("Which categories are lost and damaged most.")
    path = "/finance/losses/by-category/"
    in_menu = False
    default_sort = "-units"
    identity = ("category_name", "currency")
    columns = (columns.Text(key="category", header="Category", expression="category_name"), *UNITS)

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return losses.summed(losses.with_category(self.transactions(scope)), "category_name")
