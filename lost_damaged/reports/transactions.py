"""What write-offs and reversals book."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.links import to
from inventory_ops.kit.reports import Kpi, Report, Scope, View, columns, filters, register
from inventory_ops.reports import common
from lost_damaged.models import SellerTransaction
from lost_damaged.queries import write_offs
from lost_damaged.reports.common import VENDOR, Number

TYPES = {
    SellerTransaction.Type.CREDIT.value: SellerTransaction.Type.CREDIT.label,
    SellerTransaction.Type.DEBIT.value: SellerTransaction.Type.DEBIT.label,
}
FORMULAS = dict(SellerTransaction.Formula.choices)


class TransactionFilters(filters.WindowedFilterSet):
    q = filters.SearchFilter(fields=("number", "write_off__uid_key", "write_off__product__sku"))
    vendor = common.vendor_filter()
    type = django_filters.ChoiceFilter(choices=list(TYPES.items()), label=_("Type"), empty_label=_("Any"))
    statement = django_filters.CharFilter(
        field_name="line__statement__number", lookup_expr="iexact", label=_("Statement"), max_length=20
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
            link=to("seller-transaction", "c_number"),
        ),
        columns.Moment(key="created_at", header="Created At", label=_("Created"), css="m-hide"),
        VENDOR,
        columns.Text(key="type", width=96, flexible=False, header="Type", expression="type_name", css="m-hide"),
        columns.Text(key="sku", header="Item SKU", expression="write_off__product__sku", css="m-hide"),
        columns.Text(key="uid", width=100, header="UID", expression="write_off__uid", css="m-hide"),
        columns.Money(key="base_amount", header="Base Amount", label=_("Base"), currency="currency", css="m-hide"),
        columns.Money(key="commission", header="Commission", currency="currency", css="m-hide"),
        Number(key="factor", header="Factor", css="m-hide"),
        columns.Money(key="amount", header="Amount", currency="currency", css="m-right"),
        columns.Text(key="currency", header="Currency", width=70, flexible=False, visible=False),
        columns.Text(
            key="statement",
            header="Statement",
            expression="line__statement__number",
            link=to("statement", "c_statement"),
            css="m-hide",
        ),
        columns.Choice(key="formula", header="Formula", words=FORMULAS, on_page=False),
        columns.Percent(key="commission_percent", header="Commission Percent", nullable=True, on_page=False),
        Number(key="raw_amount", header="Amount Before Rounding", on_page=False),
    )
    kpis = (
        # no sums: amounts of different currencies are never added up
        Kpi("count", _("Transactions"), Count("pk")),
        Kpi("credits", _("Credits"), Count("pk", filter=Q(type="credit")), _("units written off")),
        Kpi("debits", _("Reversals"), Count("pk", filter=Q(type="debit")), _("units found again")),
        Kpi("sellers", _("Sellers"), Count("merchant", distinct=True), _("concerned")),
    )
    views = (
        View(_("Credits"), "type=credit"),
        View(_("Reversals"), "type=debit"),
    )
    empty_title = _("No transactions")
    empty_text = _("Each write-off books one.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return write_offs.transactions(viewer=scope.viewer, window=scope.window)
