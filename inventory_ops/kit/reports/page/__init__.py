"""The list page of a report: everything its template shows, made from the address and the viewer.

In one straight line: the address is read, rows are selected, counted and listed; then each part is made of what was
found, and the report adds what only it has. The parts know nothing of each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from inventory_ops.kit.db import keyset
from inventory_ops.kit.reports import figures, layout, paging, request
from inventory_ops.kit.reports.figures import Figures
from inventory_ops.kit.reports.page import filter_bar, head, pager, rows, views
from inventory_ops.kit.reports.report import Report, Selection
from inventory_ops.kit.reports.request import PageError, PageRequest


@dataclass(slots=True)
class Empty:
    """What stands in place of the table."""

    title: str
    text: str
    action_label: str = ""
    action_url: str = ""


@dataclass(slots=True)
class ListPage:
    """The context `page` of templates/inventory_ops/report.html. A page with `errors` has no table and no pager."""

    report: Report
    head: head.Head
    filters: filter_bar.FilterBar
    views: views.Views
    asked: PageRequest | None = None
    selection: Selection | None = None
    figures: Figures | None = None
    table: rows.Table | None = None
    pager: pager.Pager | None = None
    empty: Empty | None = None
    errors: Sequence[str] = ()

    @property
    def title(self) -> str:
        return self.head.title


def build(
    report: Report,
    params: QueryDict,
    *,
    viewer: Any,
    picked: Sequence[str] | None = None,
    widths: layout.Widths | None = None,
    selectable: bool = False,
) -> ListPage:
    """The page for an address. A bad address gives a page with `errors` and no rows, never an exception.

    `picked` are the keys of the columns to show, `widths` what was set for some; None is as the viewer prefers it.
    """
    try:
        asked = request.read(report, params, viewer=viewer, picked=picked, widths=widths, selectable=selectable)
        selection = report.select(params, viewer=viewer, as_of=asked.as_of)
    except PageError as error:
        return _refused(report, params, viewer, error.messages)
    except ValidationError as error:
        return _refused(report, params, viewer, error.messages)
    found = figures.of(selection, exact=asked.exact)
    bar = filter_bar.of(selection, asked)
    page = ListPage(
        report=report,
        asked=asked,
        selection=selection,
        figures=found,
        head=head.of(asked, found),
        filters=bar,
        views=views.of(report, bar.given),
    )
    try:
        # what nothing matches may be looked for in every row of an order: the count, which follows none, said it
        listed = paging.Listing([], False)
        if found.count:
            listed = paging.read(selection, asked, is_long=found.count > figures.MOST_COUNTED)
    except keyset.BadToken:
        return _lost(page, asked)
    page.table = rows.of(asked, listed.rows)
    page.pager = pager.of(asked, found, listed)
    if not listed.rows:
        page.empty = Empty(str(report.empty_title), str(report.empty_text))
        if bar.clear_url:
            page.empty.action_label, page.empty.action_url = _("Clear all filters"), bar.clear_url
    report.decorate(page)
    return page


def _refused(report: Report, params: QueryDict, viewer: Any, errors: Sequence[str]) -> ListPage:
    """The page of an address that says something wrong."""
    return ListPage(
        report=report,
        head=head.of_report(report, viewer),
        filters=filter_bar.refused(report, params),
        views=views.Views(),
        empty=Empty(_("Nothing to show"), _("Correct the filters above, or clear them.")),
        errors=errors,
    )


def _lost(page: ListPage, asked: PageRequest) -> ListPage:
    """The page of an address whose token names no place."""
    page.errors = [_("after, before: the address is not complete. Go to the first page and on from there.")]
    page.filters.clear_url = asked.first_page()
    page.empty = Empty(_("Nothing to show"), _("Go to the first page and on from there."))
    return page
