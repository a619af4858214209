"""Account statements of sellers."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.links import to
from inventory_ops.kit.reports import Report, Scope, View, columns, filters, register
from inventory_ops.registries.permissions import FINANCE
from inventory_ops.reports import common
from lost_damaged.models import Statement
from lost_damaged.queries import statements
from lost_damaged.reports.common import VENDOR

# `closing` is over before anybody can see it
STATES = [choice for choice in Statement.State.choices if choice[0] != Statement.State.CLOSING]


class StatementFilters(filters.ReportFilterSet):
    q = filters.SearchFilter(fields=("number", "merchant__name", "merchant__vendor_number"))
    vendor = common.vendor_filter()
    state = django_filters.ChoiceFilter(choices=STATES, label=_("State"), empty_label=_("Any"))
    unpaid = filters.YesNoFilter(field_name="is_unpaid", label=_("To pay"))


@register
class Statements(Report):
    slug = "statements"
    title = _("Account statements")
    short_title = _("Statements")
    icon = "file-text"
    section = _("Finance")
    path = "/finance/statements/"
    new_url = reverse_lazy("statements-close")
    new_label = _("Close the period")
    new_roles = frozenset({FINANCE})
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
            link=to("statement", "c_number"),
        ),
        VENDOR,
        columns.Choice(
            key="state",
            header="State",
            words=dict(Statement.State.choices),
            tones={"open": "brand", "closed": "neutral", "paid": "good"},
        ),
        columns.Moment(key="starts_at", header="From", css="m-hide"),
        columns.Moment(key="ends_at", header="To", nullable=True, css="m-hide"),
        columns.Money(
            key="opening",
            header="Opening Balance",
            label=_("Opening"),
            expression="opening_amount",
            currency="currency",
            css="m-right",
        ),
        columns.Money(
            key="credits", header="Lost or Damaged Credit", label=_("Credit"), currency="currency", css="m-hide"
        ),
        columns.Money(key="debits", header="Lost or Damaged", label=_("Reversed"), currency="currency", css="m-hide"),
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
        columns.Money(
            key="paid", header="Paid", expression="paid_amount", currency="currency", nullable=True, css="m-hide"
        ),
        columns.Money(key="due", header="To Pay", label=_("To pay"), currency="currency", nullable=True, css="m-right"),
        columns.Text(key="currency", header="Currency", width=70, flexible=False, visible=False),
        columns.Text(key="vendor_name", header="Vendor Name", expression="merchant__name", on_page=False),
    )
    views = (
        View(_("Open"), "state=open"),
        View(_("To pay"), "unpaid=yes"),
        View(_("Closed"), "state=closed"),
        View(_("Paid"), "state=paid"),
    )
    empty_title = _("No statements")
    empty_text = _("A seller's first statement opens with its first write-off, or where finance begins the statements.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return statements.statements(viewer=scope.viewer)
