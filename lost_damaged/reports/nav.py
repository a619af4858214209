"""Batches of journal lines for NAV."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.links import to
from inventory_ops.kit.reports import Report, Scope, columns, filters, register
from inventory_ops.registries.permissions import ADMIN, FINANCE, OPERATIONS
from lost_damaged.models import NavBatch


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
    new_url = reverse_lazy("nav-new")
    new_label = _("New export")
    purpose = _("Batches of journal lines for Business Central: frozen when made, confirmed or rejected afterwards.")
    search_placeholder = _("Filter by number")
    filterset_class = NavFilters
    default_sort = "-created_at"
    currency = "currency"
    merchant_path = None
    roles = frozenset({OPERATIONS, FINANCE, ADMIN})
    columns = (
        columns.Text(key="number", header="Batch", link=to("nav-batch", "c_number")),
        columns.Moment(key="created_at", header="Made At", label=_("Made"), css="m-hide"),
        columns.Date(key="month", header="Posting Month", label=_("Month"), css="m-hide"),
        columns.Text(key="currency", header="Currency", width=70, flexible=False, visible=False),
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
