"""The list page of a report: everything its template shows, made from the address and the viewer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from inventory_ops.kit.db import keyset
from inventory_ops.kit.numbers import whole
from inventory_ops.kit.page import Figure
from inventory_ops.kit.reports import figures, listing
from inventory_ops.kit.reports import form as forms_html
from inventory_ops.kit.reports import table as tables
from inventory_ops.kit.reports.columns import Column, Row
from inventory_ops.kit.reports.filters import Chip
from inventory_ops.kit.reports.ordered import Listing, Place
from inventory_ops.kit.reports.report import Report, Selection
from inventory_ops.kit.reports.scope import FIRST_YEAR, LAST_YEAR

PER_PAGE = (25, 50, 100, 200)
DEFAULT_PER_PAGE = 50
DEEPEST_PAGE = 100_000
LONGEST_TOKEN = 2_000


class Viewer(Protocol):
    """What the page asks of a user."""

    preferences: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PageError(Exception):
    """The address cannot be shown; `messages` say which part and how to mend it."""

    messages: list[str]


@dataclass(slots=True)
class ViewTab:
    label: str
    url: str
    active: bool
    count: str | None = None


@dataclass(slots=True)
class CurrentView:
    """The saved view in force. Its addresses are '' for what the viewer may not do to it."""

    name: str
    scope: str
    change_url: str
    delete_url: str
    opening_url: str
    opens_list: bool
    is_changed: bool


@dataclass(slots=True)
class ColumnChoice:
    key: str
    label: str
    visible: bool


@dataclass(slots=True)
class Empty:
    title: str
    text: str
    action_label: str = ""
    action_url: str = ""


@dataclass(slots=True)
class ReportPage:
    """The context `page` of templates/inventory_ops/report.html."""

    slug: str
    title: str
    purpose: str
    steps: list[str]
    breadcrumbs: list[tuple[str, str | None]]
    search_placeholder: str
    freshness: Any = None
    run_scan_url: str | None = None
    new_url: str = ""
    new_label: str = ""
    kpis: list[Figure] = field(default_factory=list)
    views: list[ViewTab] = field(default_factory=list)
    save_view_url: str | None = None
    save_view_scopes: list[tuple[str, str]] = field(default_factory=list)
    current_view: CurrentView | None = None
    search: str | None = ""
    filter_fields: SafeString = field(default_factory=SafeString)
    hidden_params: list[tuple[str, str]] = field(default_factory=list)
    chips: list[Chip] = field(default_factory=list)
    clear_url: str | None = None
    headers: list[tables.Header] = field(default_factory=list)
    selectable: bool = False
    body: SafeString = field(default_factory=SafeString)
    row_count: int = 0
    total_text: str = ""
    exact_url: str = ""
    range_text: str = ""
    prev_url: str | None = None
    next_url: str | None = None
    first_url: str | None = None
    per_page_choices: list[tuple[int, str, bool]] = field(default_factory=list)
    exports: list[tuple[str, str]] = field(default_factory=list)
    export_hint: str = ""
    column_choices: list[ColumnChoice] = field(default_factory=list)
    shown_keys: str = ""
    columns_url: str | None = None
    density: str = "comfortable"
    density_url: str | None = None
    bulk_actions: list[Any] = field(default_factory=list)
    links: list[Any] = field(default_factory=list)
    bulk_url: str | None = None
    count_seen: int = 0
    empty: Empty | None = None
    errors: list[str] = field(default_factory=list)
    as_of_text: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """The parts of an address that a list page reads, checked."""

    params: QueryDict
    sort: str
    page: int
    per_page: int
    as_of: datetime | None
    after: str = ""
    before: str = ""
    exact: bool = False

    def url(self, **changes: str | int | None) -> str:
        """The address with some parameters replaced; None takes one away."""
        params = self.params.copy()
        for name, value in changes.items():
            if value is None:
                params.pop(name, None)
            else:
                params[name] = str(value)
        return "?" + params.urlencode()


def parse_moment(text: str) -> datetime:
    """An ISO 8601 moment; without an offset it is UTC. Raises ValueError."""
    from datetime import UTC

    # an unencoded + of an offset arrives as a space
    moment = datetime.fromisoformat(text.strip().replace(" 0", "+0") if "T" in text else text.strip())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError("year out of range")
    return moment


def read(report: Report, params: QueryDict) -> Request:
    """Check `sort`, `page`, `per_page` and `as_of`. Raises PageError naming each bad one."""
    errors = []
    sort = params.get("sort") or report.default_sort
    column = report.columns_by_key.get(sort.removeprefix("-"))
    if column is None or not column.sortable:
        names = ", ".join(each.key for each in report.columns if each.sortable and each.on_page)
        errors.append(
            _("sort: there is no column “%(sort)s”. Use one of: %(names)s.") % {"sort": sort[:50], "names": names}
        )
    page = _whole_number(params.get("page"), 1, 1, DEEPEST_PAGE, "page", errors)
    per_page = _whole_number(params.get("per_page"), DEFAULT_PER_PAGE, 1, PER_PAGE[-1], "per_page", errors)
    as_of = None
    if text := params.get("as_of"):
        try:
            as_of = parse_moment(text)
        except (ValueError, OverflowError):
            errors.append(_("as_of: use a moment like 2026-11-22T09:30:00+00:00."))
    if errors:
        raise PageError(errors)
    return Request(
        params=params,
        sort=sort,
        page=page,
        per_page=per_page,
        as_of=as_of,
        after=params.get("after", "")[:LONGEST_TOKEN],
        before=params.get("before", "")[:LONGEST_TOKEN],
        exact=params.get("exact") == "1",
    )


def _whole_number(text: str | None, default: int, low: int, high: int, name: str, errors: list[str]) -> int:
    if not text:
        return default
    number = whole(text, low=low, high=high)
    if number is not None:
        return number
    errors.append(
        _("%(name)s: use a whole number from %(low)d to %(high)d.") % {"name": name, "low": low, "high": high}
    )
    return default


def shown_columns(report: Report, picked: Sequence[str] | None) -> list[Column]:
    """The page's columns in its order: those picked by the viewer, else those visible by default."""
    order = {key: index for index, key in enumerate(report.page_order)}
    offered = [column for column in report.columns if column.on_page]
    offered.sort(key=lambda column: order.get(column.key, len(order)))
    chosen = [column for column in offered if column.key in picked] if picked else []
    return chosen or [column for column in offered if column.visible]


def build(
    report: Report,
    params: QueryDict,
    *,
    viewer: Any,
    select_rows: bool = False,
    enrich: Callable[[ReportPage, Selection | None], None] | None = None,
    picked: Sequence[str] | None = None,
) -> ReportPage:
    """The page for an address. A bad address gives a page with `errors` and no rows, never an exception.

    `picked` are the keys of the columns to show; None shows those that the viewer prefers.
    """
    preferences = (viewer.preferences or {}).get("reports", {}).get(report.slug, {})
    page = ReportPage(
        slug=report.slug,
        title=str(report.title),
        purpose=str(report.purpose),
        steps=[str(step) for step in report.steps],
        breadcrumbs=[(str(report.section), None), (str(report.title), None)],
        search_placeholder=str(report.search_placeholder),
        density=(viewer.preferences or {}).get("density", "comfortable"),
        new_url=report.new_url if not report.new_roles or viewer.has_role(*report.new_roles) else "",
        new_label=str(report.new_label),
        columns_url=f"/preferences/columns/{report.slug}/",
        density_url="/preferences/density/",
        links=[link for link in report.links if viewer.has_role(*link.roles)],
    )
    try:
        request = read(report, params)
        selection = report.select(params, viewer=viewer, as_of=request.as_of)
    except PageError as error:
        page.errors = error.messages
    except ValidationError as error:
        page.errors = list(error.messages)
    if page.errors:
        filterset = report.filters(params)
        page.search = params.get("q", "") if "q" in filterset.base_filters else None
        page.filter_fields = forms_html.fields(_without_search(filterset.form))
        page.clear_url = "?"
        page.empty = Empty(_("Nothing to show"), _("Mend the filters above, or clear them."))
        return page
    _fill_filters(page, selection, request)
    columns = shown_columns(report, picked or preferences.get("columns"))
    _fill_columns(page, report, columns)
    _fill_figures(page, selection, request)
    try:
        _fill_rows(page, selection, request, columns, viewer=viewer, select_rows=select_rows)
    except keyset.BadToken:
        page.errors = [_("after, before: the address is not complete. Go to the first page and on from there.")]
        page.clear_url = request.url(page=None, after=None, before=None)
        page.empty = Empty(_("Nothing to show"), _("Go to the first page and on from there."))
        return page
    if select_rows and report.bulk_buttons:
        page.bulk_actions, page.bulk_url = list(report.bulk_buttons), report.bulk_url
    page.exports = [
        (_("CSV"), request.url(_export="csv", page=None, per_page=None, after=None, before=None)),
        (_("Excel (XLSX)"), request.url(_export="xlsx", page=None, per_page=None, after=None, before=None)),
    ]
    if request.as_of:
        page.as_of_text = _("As of %(moment)s") % {"moment": f"{request.as_of:%-d %b %Y, %H:%M %Z}"}
    if enrich:
        enrich(page, selection)
    return page


def _without_search(form: forms.Form) -> forms.Form:
    form.fields.pop("q", None)
    return form


def _fill_filters(page: ReportPage, selection: Selection, request: Request) -> None:
    report, filterset, params = selection.report, selection.filterset, request.params
    page.search = params.get("q", "") if "q" in filterset.form.fields else None
    page.chips = list(filterset.chips(params))
    filter_names = set(filterset.form.fields)
    if any(name in params for name in filter_names):
        rest = params.copy()
        for name in [*filter_names, "page", "after", "before"]:
            rest.pop(name, None)
        page.clear_url = "?" + rest.urlencode()
    page.hidden_params = [
        (name, value)
        for name in ("sort", "per_page", "as_of", "view", "columns")
        for value in params.getlist(name)
        if value
    ]
    given = {name: value for name, value in params.items() if name in filter_names and value != ""}
    views = [("", _("All")), *((view.query, str(view.label)) for view in report.views)]
    if report.views:
        page.views = [
            ViewTab(label=label, url="?" + query, active=QueryDict(query).dict() == given) for query, label in views
        ]
    page.filter_fields = forms_html.fields(_without_search(filterset.form))


def _fill_columns(page: ReportPage, report: Report, columns: Sequence[Column]) -> None:
    shown = {column.key for column in columns}
    page.shown_keys = ",".join(column.key for column in columns)
    page.column_choices = [
        ColumnChoice(column.key, column.title, column.key in shown) for column in report.columns if column.on_page
    ]


def _fill_rows(
    page: ReportPage,
    selection: Selection,
    request: Request,
    columns: Sequence[Column],
    *,
    viewer: Any,
    select_rows: bool,
) -> None:
    report = selection.report
    subs = {key: report.columns_by_key[key] for key in report.sub_keys()}
    shown = {column.key for column in columns}
    wanted = {column.key: column for column in [report.columns[0], *columns]}
    wanted |= {column.sub: subs[column.sub] for column in columns if column.sub}
    extra = [report.columns_by_key[key] for key in getattr(report, "row_keys", ())]
    wanted |= {column.key: column for column in extra}
    start = (request.page - 1) * request.per_page
    place = Place(start, after=request.after, before=request.before)
    found = Listing([], False)
    # what nothing matches may be looked for in every row of an order: the count, which follows no order, said it
    if page.count_seen:
        found = listing.read(
            selection,
            list(wanted.values()),
            sort=request.sort,
            place=place,
            per_page=request.per_page,
            viewer=viewer,
            is_long=page.count_seen > figures.MOST_COUNTED,
        )
    page_rows = found.rows
    table = tables.build(columns, subs, sort=request.sort if request.sort.removeprefix("-") in shown else "")
    page.headers = table.headers(lambda sort: request.url(sort=sort, page=None, after=None, before=None))
    page.selectable = select_rows
    identity = report.identity

    def label(row: Row) -> tuple[Any, str]:
        return ":".join(str(row[name]) for name in identity), report.row_label(row)

    page.body = table.body(page_rows, select=label if select_rows else None)
    page.row_count = len(page_rows)
    page.range_text = f"{start + 1:,}–{start + len(page_rows):,}"
    if request.page > 1:
        page.first_url = request.url(page=None, after=None, before=None)
        page.prev_url = page.first_url
        if request.page > 2:
            page.prev_url = request.url(page=request.page - 1, before=found.first_token or None, after=None)
    if found.more:
        page.next_url = request.url(page=request.page + 1, after=found.last_token or None, before=None)
    page.per_page_choices = [
        (size, request.url(per_page=size, page=None, after=None, before=None), size == request.per_page)
        for size in PER_PAGE
    ]
    if not page_rows:
        page.empty = Empty(str(report.empty_title), str(report.empty_text))
        if page.clear_url:
            page.empty.action_label, page.empty.action_url = _("Clear all filters"), page.clear_url


def _fill_figures(page: ReportPage, selection: Selection, request: Request) -> None:
    found = figures.of(selection, exact=request.exact)
    page.count_seen, page.total_text = found.count, found.count_text
    if found.is_capped:
        page.exact_url = request.url(exact=1)
    page.kpis = [
        Figure(label=str(kpi.label), value=found.texts[kpi.key], hint=str(kpi.hint), tone=kpi.tone)
        for kpi in selection.report.kpis
    ]
