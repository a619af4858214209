"""The filters of a list page: search, what is set, and the form with all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.http import QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString

from inventory_ops.kit.reports import form as forms_html
from inventory_ops.kit.reports.filters import Chip, ReportFilterSet
from inventory_ops.kit.reports.report import Report, Selection
from inventory_ops.kit.reports.request import PageRequest


@dataclass(slots=True)
class FilterBar:
    """The context `page.filters`. `search` is None where the list has none; `given` are the filters that are set."""

    placeholder: str
    search: str | None
    fields: SafeString
    hidden_params: list[tuple[str, str]] = field(default_factory=list)
    chips: list[Chip] = field(default_factory=list)
    clear_url: str = ""
    given: dict[str, str] = field(default_factory=dict)
    groupings: list[tuple[str, str]] = field(default_factory=list)  # what the list can be grouped by, with its address


def of(selection: Selection, asked: PageRequest) -> FilterBar:
    """The bar over rows that were found."""
    filterset, params = selection.filterset, asked.params
    names = set(filterset.form.fields)
    clear_url = ""
    if any(name in params for name in names):
        rest = params.copy()
        for name in [*names, "page", "after", "before"]:
            rest.pop(name, None)
        clear_url = "?" + rest.urlencode()
    return FilterBar(
        placeholder=str(asked.report.search_placeholder),
        search=params.get("q", "") if "q" in names else None,
        hidden_params=[
            (name, value)
            for name in ("sort", "per_page", "as_of", "view", "columns", "widths")
            for value in params.getlist(name)
            if value
        ],
        chips=list(filterset.chips(params)),
        clear_url=clear_url,
        given={name: str(value) for name, value in params.items() if name in names and value != ""},
        fields=_fields(filterset),
        groupings=list(_groupings(asked)),
    )


def _groupings(asked: PageRequest) -> Iterator[tuple[str, str]]:
    offered = asked.report.groupings(asked.viewer)
    if offered:
        query = asked.first_page()
        address = f"{reverse('report-groups', args=[asked.report.slug])}{query}{'&' if query != '?' else ''}"
        for each in offered:
            yield str(each.label), f"{address}group={each.param}"


def refused(report: Report, params: QueryDict) -> FilterBar:
    """The bar over an address that cannot be shown: what was typed, with its errors."""
    filterset = report.filters(params)
    return FilterBar(
        placeholder=str(report.search_placeholder),
        search=params.get("q", "") if "q" in filterset.base_filters else None,
        clear_url="?",
        fields=_fields(filterset),
    )


def _fields(filterset: ReportFilterSet) -> SafeString:
    form = filterset.form
    form.fields.pop("q", None)
    return forms_html.fields(form, of=type(filterset))
