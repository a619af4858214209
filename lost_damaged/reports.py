"""The lists of lost and damaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import django_filters
from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.reports import Kpi, Report, Scope, View, columns, filters, register
from inventory_ops.reports import common
from inventory_ops.templatetags import ui
from lost_damaged.models import NavBatch, Reason, SellerTransaction, Source, Statement
from lost_damaged.queries import double_payments, statements, write_offs

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier(columns.Integer):
    """A number that names something: written without separators."""

    numeric = False

    def html(self, row: columns.Row) -> str:
        value = row[self.alias]
        return "" if value is None else str(value)


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
    new_url = "/finance/write-offs/new/"
    new_label = _("Write off a unit")
    new_roles = frozenset({"finance"})
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
        Kpi("sellers", _("Sellers"), Count("merchant", distinct=True), _("credited")),
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
class DoublePayments(Report):
    slug = "possible-double-payments"
    title = _("Possible double payments")
    short_title = _("Double payments")
    icon = "alert-triangle"
    section = _("Finance")
    path = "/finance/double-payments/"
    purpose = _("Units that were written off though their seller may have been paid for them already.")
    meaning = _("Written off, perhaps paid before")
    steps = (
        _("Open the order: was the item delivered and paid, or lost on its way back?"),
        _("Compare UIDs that differ in zeros or separators only: are they one unit?"),
        _("If the seller was paid twice, reverse the write-off and say why."),
    )
    roles = frozenset({"operations", "finance", "admin"})
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
            link=lambda row: f"/finance/write-offs/{row['c_number']}/",
        ),
        columns.Choice(key="problem", header="Problem", words=PROBLEMS),
        columns.Text(
            key="vendor_number",
            header="Vendor Number",
            label=_("Vendor"),
            expression="merchant__vendor_number",
            css="m-hide",
        ),
        columns.Text(key="sku", header="Item SKU", expression="product__sku", css="m-hide"),
        columns.Text(key="uid", header="UID"),
        columns.Text(
            key="order",
            header="Order Number",
            expression="order_item__order__number",
            link=lambda row: f"/orders/{row['c_order']}/" if row["c_order"] else None,
            nullable=True,
            css="m-hide",
        ),
        columns.Money(
            key="amount", header="Amount", expression="credit__amount", currency="credit__currency", css="m-right"
        ),
        columns.Text(key="currency", header="Currency", expression="credit__currency"),
        columns.Moment(
            key="recorded_at", header="Recorded At", label=_("Recorded"), expression="created_at", css="m-hide"
        ),
    )
    empty_text = _("No write-off in force looks as if it was paid before.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return double_payments.double_payments(viewer=scope.viewer)


class StatementFilters(filters.ReportFilterSet):
    q = filters.SearchFilter(fields=("number", "merchant__name", "merchant__vendor_number"))
    vendor = common.vendor_filter()
    state = django_filters.ChoiceFilter(choices=Statement.State.choices, label=_("State"), empty_label=_("Any"))


@register
class Statements(Report):
    slug = "statements"
    title = _("Account statements")
    short_title = _("Statements")
    icon = "file-text"
    section = _("Finance")
    path = "/finance/statements/"
    new_url = "/finance/statements/close/"
    new_label = _("Close the period")
    new_roles = frozenset({"finance"})
    purpose = _("What the shop owes each seller, period by period.")
    search_placeholder = _("Filter by number or seller")
    filterset_class = StatementFilters
    default_sort = "-starts_at"
    currency = "currency"
    columns = (
        columns.Text(
            key="number",
            header="Statement",
            sub="vendor_name",
            link=lambda row: f"/finance/statements/{row['c_number']}/",
        ),
        columns.Text(
            key="vendor_number",
            header="Vendor Number",
            label=_("Vendor"),
            expression="merchant__vendor_number",
            css="m-hide",
        ),
        columns.Choice(
            key="state",
            header="State",
            words=dict(Statement.State.choices),
            tones={"open": "brand", "closed": "neutral"},
        ),
        columns.Moment(key="starts_at", header="From", css="m-hide"),
        columns.Moment(key="ends_at", header="To", nullable=True, css="m-hide"),
        columns.Money(
            key="opening",
            header="Opening Balance",
            label=_("Opening"),
            expression="opening_amount",
            currency="currency",
            css="m-hide",
        ),
        columns.Money(
            key="credits", header="Lost or Damaged Credit", label=_("Credit"), currency="currency", css="m-hide"
        ),
        columns.Money(key="debits", header="Lost or Damaged", label=_("Taken back"), currency="currency", css="m-hide"),
        columns.Money(
            key="closing",
            header="Closing Balance",
            label=_("Closing"),
            expression="closing_amount",
            currency="currency",
            nullable=True,
            css="m-right",
        ),
        columns.Money(
            key="payout", header="Payout", expression="payout_amount", currency="currency", nullable=True, css="m-hide"
        ),
        columns.Text(key="currency", header="Currency"),
        columns.Text(key="vendor_name", header="Vendor Name", expression="merchant__name", on_page=False),
    )
    views = (View(_("Open"), "state=open"), View(_("Closed"), "state=closed"))
    empty_title = _("No statements")
    empty_text = _("A seller's first statement opens with its first write-off.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return statements.statements(viewer=scope.viewer)


class NavFilters(filters.ReportFilterSet):
    q = filters.SearchFilter(fields=("number", "posted_number"))
    state = django_filters.ChoiceFilter(choices=NavBatch.State.choices, label=_("State"), empty_label=_("Any"))
    currency = django_filters.CharFilter(lookup_expr="iexact", label=_("Currency"), max_length=3)


@register
class NavBatches(Report):
    slug = "nav-batches"
    title = _("NAV export")
    short_title = _("NAV export")
    icon = "table-export"
    section = _("Finance")
    path = "/finance/nav/"
    new_url = "/finance/nav/new/"
    new_label = _("New export")
    purpose = _("Batches of journal lines for Business Central: frozen when made, confirmed or rejected afterwards.")
    search_placeholder = _("Filter by number")
    filterset_class = NavFilters
    default_sort = "-created_at"
    currency = "currency"
    merchant_path = None
    roles = frozenset({"operations", "finance", "admin"})
    columns = (
        columns.Text(key="number", header="Batch", link=lambda row: f"/finance/nav/{row['c_number']}/"),
        columns.Moment(key="created_at", header="Made At", label=_("Made"), css="m-hide"),
        columns.Date(key="month", header="Posting Month", label=_("Month"), css="m-hide"),
        columns.Text(key="currency", header="Currency"),
        columns.Integer(key="line_count", header="Lines", css="m-hide"),
        columns.Money(
            key="debit", header="Total Debit", label=_("Debit"), expression="debit_amount", currency="currency"
        ),
        columns.Money(
            key="credit",
            header="Total Credit",
            label=_("Credit"),
            expression="credit_amount",
            currency="currency",
            css="m-hide",
        ),
        columns.Choice(
            key="state",
            header="State",
            words=dict(NavBatch.State.choices),
            tones={"exported": "warning", "confirmed": "good", "rejected": "neutral"},
        ),
        columns.Text(key="posted_number", header="Posted As", label=_("Posted as"), css="m-hide"),
        columns.Text(key="sha256", header="SHA-256", on_page=False),
    )
    empty_title = _("No batches")
    empty_text = _("Make one from the transactions that wait.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return NavBatch.objects.all()
