"""The lines of account statements: every amount, and why it is there."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.links import to
from inventory_ops.kit.reports import Kpi, Report, Scope, View, columns, filters, register
from inventory_ops.reports import common
from lost_damaged.models import StatementLine
from lost_damaged.queries import statements
from lost_damaged.reports.common import VENDOR

KINDS = dict(StatementLine.Kind.choices)
MARKS = {"late": _("Late"), "correction": _("Correction")}


class LineFilters(filters.WindowedFilterSet):
    q = filters.SearchFilter(
        fields=(
            "order_item__order__number",
            "order_item__shop_item_id",
            "order_item__product__sku",
            "transaction__number",
            "transaction__write_off__uid_key",
            "adjustment__number",
        )
    )
    vendor = common.vendor_filter()
    statement = django_filters.CharFilter(
        field_name="statement__number", lookup_expr="iexact", label=_("Statement"), max_length=20
    )
    kind = django_filters.MultipleChoiceFilter(choices=StatementLine.Kind.choices, label=_("Kind"))
    mark = django_filters.ChoiceFilter(choices=list(MARKS.items()), label=_("Mark"), empty_label=_("Any"))


@register
class StatementLines(Report):
    slug = "statement-lines"
    title = _("Statement lines")
    short_title = _("Statement lines")
    icon = "list"
    section = _("Finance")
    path = "/finance/statement-lines/"
    purpose = _("Every order, fee, refund, credit and adjustment, each on exactly one statement.")
    search_placeholder = _("Filter by order, item id, SKU, UID or number")
    filterset_class = LineFilters
    default_sort = "-occurred_at"
    currency = "currency"
    columns = (
        columns.Text(
            key="statement",
            header="Statement",
            expression="statement__number",
            link=to("statement", "c_statement"),
        ),
        columns.Moment(key="occurred_at", header="Date"),
        columns.Choice(key="kind", header="Kind", words=KINDS),
        VENDOR,
        columns.Text(
            key="sku",
            header="Item SKU",
            expression=Coalesce("order_item__product__sku", "transaction__write_off__product__sku"),
            css="m-hide",
            nullable=True,
        ),
        columns.Text(
            key="order_number",
            header="Order Number",
            label=_("Order"),
            expression=F("order_item__order__number"),
            sub="item_id",
            css="m-hide",
            nullable=True,
        ),
        columns.Text(
            key="item_id",
            header="Order Item Shop ID",
            expression=F("order_item__shop_item_id"),
            on_page=False,
            nullable=True,
        ),
        columns.Text(
            key="transaction",
            header="Transaction Number",
            label=_("Transaction"),
            expression=Coalesce("transaction__number", "adjustment__number"),
            visible=False,
            nullable=True,
        ),
        columns.Integer(key="quantity", header="Quantity", css="m-hide"),
        columns.Money(key="unit_amount", header="Unit Amount", currency="currency", visible=False, nullable=True),
        columns.Money(key="amount", header="Amount", currency="currency", css="m-right"),
        columns.Text(key="currency", header="Currency", width=70, flexible=False, visible=False, css="m-hide"),
        columns.Choice(
            key="mark", header="Mark", words=MARKS, tones={"late": "warning", "correction": "neutral"}, css="m-hide"
        ),
        columns.Text(
            key="about",
            header="Refers To",
            expression="about_number",
            link=to("statement", "c_about"),
            css="m-hide",
            nullable=True,
        ),
        columns.Text(key="reason", header="Reason", expression=F("adjustment__reason"), on_page=False, nullable=True),
        columns.Moment(key="recorded_at", header="Recorded At", on_page=False),
    )
    kpis = (
        # no sums: amounts of different currencies are never added up
        Kpi("count", _("Lines"), Count("pk")),
        Kpi("orders", _("Orders"), Count("pk", filter=Q(kind="order")), _("lines with an item price")),
        Kpi("refunds", _("Refunds"), Count("pk", filter=Q(kind="refund")), _("lines that take one back")),
        Kpi("late", _("Late"), Count("pk", filter=Q(is_late=True)), _("of periods that were closed")),
    )
    views = (
        View(_("Orders"), "kind=order&kind=fee"),
        View(_("Refunds"), "kind=refund&kind=fee_refund"),
        View(_("Late"), "mark=late"),
        View(_("Corrections"), "mark=correction"),
    )
    empty_title = _("No lines")
    empty_text = _(
        "What is shipped, comes back, or is written off after a seller's first statement has begun, is here."
    )

    def rows(self, scope: Scope) -> QuerySet[Any]:
        rows = statements.lines(viewer=scope.viewer)
        window = scope.window
        return rows.filter(occurred_at__gt=window.start, occurred_at__lte=window.end) if window else rows
