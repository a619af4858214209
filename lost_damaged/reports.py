"""The lists of lost and damaged: write-offs and seller transactions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import django_filters
from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.reports import Kpi, Report, Scope, View, columns, filters, register
from inventory_ops.reports import common
from inventory_ops.templatetags import ui
from lost_damaged.models import Reason, SellerTransaction, Source
from lost_damaged.queries import write_offs

STATES = {write_offs.WRITTEN_OFF: _("Lost or Damaged"), write_offs.REVERSED: _("Reversed")}
TYPES = {
    SellerTransaction.Type.CREDIT.value: SellerTransaction.Type.CREDIT.label,
    SellerTransaction.Type.DEBIT.value: SellerTransaction.Type.DEBIT.label,
}
FORMULAS = dict(SellerTransaction.Formula.choices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(columns.Percent):
    """A plain decimal without needless zeros."""

    def html(self, row: columns.Row) -> str:
        value = row[self.alias]
        return "" if value is None else ui.number(value.normalize() + 0)


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
            link=lambda row: f"/finance/write-offs/{row['c_number']}/",
        ),
        columns.Moment(
            key="recorded_at", header="Recorded At", label=_("Recorded"), expression="created_at", css="m-hide"
        ),
        columns.Text(
            key="vendor_number",
            header="Vendor Number",
            label=_("Vendor"),
            expression="merchant__vendor_number",
            css="m-hide",
        ),
        columns.Text(key="sku", header="Item SKU", expression="product__sku", sub="name", css="m-hide"),
        columns.Text(key="uid", header="UID"),
        columns.Integer(
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
        columns.Text(key="currency", header="Currency", expression="credit__currency"),
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
        Kpi("credit", _("Credited"), Sum("credit__amount"), _("sum over all currencies"), common.amount),
        Kpi("orders", _("Of orders"), Count("pk", filter=Q(order_item__isnull=False)), _("the rest was in stock")),
        Kpi("reversed", _("Reversed"), Count("pk", filter=Q(state=write_offs.REVERSED)), _("found again")),
    )
    views = (
        View(_("Last 30 days"), "window=30d"),
        View(_("Reversed"), "state=reversed"),
    )
    empty_title = _("No write-offs")
    empty_text = _("Units appear here when the warehouse system or Finance import reports them lost or damaged.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return write_offs.write_offs(viewer=scope.viewer, window=scope.window)


class TransactionFilters(filters.WindowedFilterSet):
    q = filters.SearchFilter(fields=("number", "write_off__uid_key", "write_off__product__sku"))
    vendor = common.vendor_filter()
    type = django_filters.ChoiceFilter(choices=list(TYPES.items()), label=_("Type"), empty_label=_("Any"))
    statement = django_filters.CharFilter(
        field_name="statement__number", lookup_expr="iexact", label=_("Statement"), max_length=20
    )
    formula = django_filters.ChoiceFilter(
        choices=SellerTransaction.Formula.choices, label=_("Formula"), empty_label=_("Any")
    )


@register
class SellerTransactions(Report):
    slug = "seller-transactions"
    title = _("Seller transactions")
    short_title = _("Transactions")
    icon = "report-money"
    section = _("Finance")
    path = "/finance/transactions/"
    purpose = _("Credits for lost and damaged units and their reversals, with every input of the amount.")
    search_placeholder = _("Filter by number, UID or SKU")
    filterset_class = TransactionFilters
    default_sort = "-created_at"
    currency = "currency"
    columns = (
        columns.Text(
            key="number",
            header="Transaction Number",
            label=_("Number"),
            link=lambda row: f"/finance/transactions/{row['c_number']}/",
        ),
        columns.Moment(key="created_at", header="Created At", label=_("Created"), css="m-hide"),
        columns.Text(
            key="vendor_number",
            header="Vendor Number",
            label=_("Vendor"),
            expression="merchant__vendor_number",
            css="m-hide",
        ),
        columns.Text(key="type", header="Type", expression="type_name", css="m-hide"),
        columns.Text(key="sku", header="Item SKU", expression="write_off__product__sku", css="m-hide"),
        columns.Text(key="uid", header="UID", expression="write_off__uid", css="m-hide"),
        columns.Money(key="base_amount", header="Base Amount", label=_("Base"), currency="currency", css="m-hide"),
        columns.Money(key="commission", header="Commission", currency="currency", css="m-hide"),
        Number(key="factor", header="Factor", css="m-hide"),
        columns.Money(key="amount", header="Amount", currency="currency", css="m-right"),
        columns.Text(key="currency", header="Currency"),
        columns.Text(
            key="statement",
            header="Statement",
            expression="statement__number",
            link=lambda row: f"/finance/statements/{row['c_statement']}/",
            css="m-hide",
        ),
        columns.Choice(key="formula", header="Formula", words=FORMULAS, on_page=False),
        columns.Percent(key="commission_percent", header="Commission Percent", nullable=True, on_page=False),
        Number(key="raw_amount", header="Amount Before Rounding", on_page=False),
    )
    kpis = (
        Kpi("count", _("Transactions"), Count("pk")),
        Kpi(
            "credits",
            _("Credited"),
            Sum("amount", filter=Q(type="credit")),
            _("sum over all currencies"),
            common.amount,
        ),
        Kpi("debits", _("Taken back"), Sum("amount", filter=Q(type="debit")), _("by reversals"), common.amount),
        Kpi("net", _("Net"), Sum("amount"), _("owed to sellers"), common.amount),
    )
    views = (
        View(_("Credits"), "type=credit"),
        View(_("Reversals"), "type=debit"),
    )
    empty_title = _("No transactions")
    empty_text = _("Each write-off books one.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return write_offs.transactions(viewer=scope.viewer, window=scope.window)
