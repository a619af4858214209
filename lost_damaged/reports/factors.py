"""Factors of credits: of whom, which, from when on, and by whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import django_filters
from django.db.models import Count, Q, QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.links import to
from inventory_ops.kit.markup import escape
from inventory_ops.kit.reports import Kpi, Report, Scope, View, columns, filters, register
from inventory_ops.registries.permissions import ADMIN, FINANCE
from inventory_ops.reports import common
from lost_damaged.queries import settings
from lost_damaged.reports.common import Number

STATES = {"in_force": _("In force"), "to_come": _("To come"), "past": _("Past"), "withdrawn": _("Withdrawn")}
TONES = {"in_force": "good", "to_come": "brand", "past": "neutral", "withdrawn": "neutral"}


class FactorFilters(filters.ReportFilterSet):
    q = filters.SearchFilter(fields=("merchant__vendor_number", "merchant__name", "note", "created_by"))
    vendor = common.vendor_filter()
    state = django_filters.ChoiceFilter(choices=list(STATES.items()), label=_("State"), empty_label=_("Any"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner(columns.Text):
    """A vendor number, or whom the default is for."""

    def html(self, row: columns.Row) -> str:
        return columns.Text.html(self, row) if row[self.alias] else escape(_("All without their own"))


@register
class Factors(Report):
    slug = "factors"
    title = _("Factors")
    short_title = _("Factors")
    icon = "scale"
    section = _("Finance")
    path = "/finance/factors/"
    new_url = reverse_lazy("finance-propose", args=["factor"])
    new_label = _("Propose a factor")
    purpose = _("The share of a lost unit's value that is credited: past, in force and to come.")
    search_placeholder = _("Filter by seller, note or person")
    filterset_class = FactorFilters
    default_sort = "-valid_from"
    currency = None
    roles = frozenset({FINANCE, ADMIN})
    columns = (
        Owner(
            key="vendor_number",
            header="Vendor Number",
            label=_("Vendor"),
            expression="merchant__vendor_number",
            sub="name",
            nullable=True,
        ),
        columns.Text(key="name", header="Name", expression="merchant__name", on_page=False, nullable=True),
        Number(key="factor", header="Factor"),
        columns.Moment(key="valid_from", header="Valid From"),
        columns.Moment(key="ends", header="Ends", expression="ends", nullable=True, css="m-hide"),
        columns.Choice(key="state", header="State", expression="state", words=STATES, tones=TONES),
        columns.Text(key="created_by", header="Set By", css="m-hide"),
        columns.Text(key="note", header="Note", css="m-hide"),
        columns.Integer(
            key="proposal", header="Proposal", expression="proposal", link=to("proposal", "c_proposal"), nullable=True
        ),
    )
    kpis = (
        Kpi("count", _("Factors"), Count("pk")),
        Kpi("to_come", _("To come"), Count("pk", filter=Q(state="to_come")), _("can be withdrawn")),
    )
    views = (View(_("In force"), "state=in_force"), View(_("To come"), "state=to_come"))
    empty_title = _("No factors")
    empty_text = _("Every amount is credited in full (factor 1).")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return settings.factors()
