"""The declaration of a report, from which page, exports, API, command, card and scan are derived."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Count, Expression, F, OrderBy, Q, QuerySet, TextField, Value
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit import markup
from inventory_ops.kit.charts import Chart
from inventory_ops.kit.db import replica
from inventory_ops.kit.db.expressions import MaskedEmail, PlainText
from inventory_ops.kit.registry import REPORTS, Registry
from inventory_ops.kit.reports.columns import Column, Row
from inventory_ops.kit.reports.filters import ReportFilterSet
from inventory_ops.kit.reports.scope import Scope, Window
from inventory_ops.kit.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Kpi:
    """A figure above the list: an aggregate over the filtered rows. `show` turns the value into text.

    `money`: a sum of amounts in the currency of each row; it is shown for each currency apart.
    """

    key: str
    label: Any
    expression: Any
    hint: Any = ""
    show: Callable[[Any], str] = lambda value: markup.number(value or 0)
    tone: str = ""
    money: bool = False

    @property
    def is_count(self) -> bool:
        """Does it count all rows?"""
        expression: Any = self.expression
        return expression.filter is None and not expression.distinct and isinstance(expression, Count)


@dataclass(frozen=True, slots=True)
class View:
    """A tab above the list: a name for a set of filters."""

    label: Any
    query: str


@dataclass(frozen=True, slots=True)
class Step:
    """A step of how to work through a list. It opens the list with the filters of `query`, or for `roles` (None: for
    everybody) the page at `url`."""

    text: Any
    query: str = ""
    url: Any = ""
    roles: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A button at the head of a list page, for `roles`."""

    label: Any
    url: Any
    icon: str
    roles: frozenset[str]
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Rows counted by what they share, as bars (see pictures). A bar opens the list with `param` set to its value, or
    to what `values` has for it.

    `by` is a path or an expression of the report's rows, `name` the path of what a value is called, else `words` say.
    The filter `param` has to find exactly the rows of the value.
    """

    label: Any
    by: Any
    param: str = ""
    name: str = ""
    words: Mapping[Any, Any] | Callable[[], Mapping[Any, Any]] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    without: Any = ""  # what rows without a value are called
    none: str = ""  # what `param` is set to for rows without a value; '' = no filter says that


@dataclass(frozen=True, slots=True)
class Lead:
    """What another table says of a list's rows, so that it can be read in that order (see `led`).

    `rows` have a `row_id`, the identity of the row that they are about, and at most one of them is about a row;
    `order` is a field of theirs that is not NULL. They are read in `parts` one after the other, each by an index that
    ends in `order` and `row_id`; the keys of the parts stand in addresses.
    """

    rows: QuerySet[Any]
    order: str
    parts: dict[str, Q] = field(default_factory=lambda: {"all": Q()})


@dataclass(frozen=True, slots=True)
class Selection:
    """The filtered rows of a report, ready to be shown or exported."""

    report: Report
    scope: Scope
    rows: QuerySet[Any]
    filterset: ReportFilterSet


@dataclass(frozen=True, slots=True)
class Earlier:
    """Figures that were kept: numbers by the key of the Kpi, amounts by currency; `when` says of when they are."""

    values: Mapping[str, Mapping[str, Decimal]]
    when: str


class Report:
    """One report or list. Subclasses declare; nothing here is per request.

    `rows(scope)` answers an unfiltered queryset that is already `visible_to(scope.viewer)`; the kit filters and
    orders it (always ending in `identity`) and selects exactly the declared columns.
    """

    slug: ClassVar[str]
    title: ClassVar[Any]
    short_title: ClassVar[Any] = ""
    purpose: ClassVar[Any] = ""
    # why an export of it that is given to an import is refused, and what to load instead; of lists that come back: none
    not_loaded: ClassVar[Any] = ""
    steps: ClassVar[Sequence[Step]] = ()  # how to work through it: a checklist that each person ticks off
    section: ClassVar[Any] = _("Action required")
    icon: ClassVar[str] = "list"
    meaning: ClassVar[Any] = ""  # one line under the figure on the dashboard
    columns: ClassVar[Sequence[Column]] = ()  # in the order of exports
    page_order: ClassVar[Sequence[str]] = ()  # keys that come first on the page; default: the order of exports
    filterset_class: ClassVar[type[ReportFilterSet]] = ReportFilterSet
    search_placeholder: ClassVar[Any] = _("Filter this list")
    default_sort: ClassVar[str]  # a column's key, with - for descending
    identity: ClassVar[Sequence[str]] = ("pk",)  # fields that name a row; the order ends with them
    row_keys: ClassVar[Sequence[str]] = ()  # columns that are read for what other cells and `row_label` say
    kpis: ClassVar[Sequence[Kpi]] = ()
    keeps_figures: ClassVar[bool] = False  # does its scan keep the day's figures? Of reports without a window
    less_is_better: ClassVar[bool | None] = None  # are fewer rows, and less money, good news? None: neither
    views: ClassVar[Sequence[View]] = ()
    roles: ClassVar[frozenset[str]] = frozenset({"operations", "merchant", "finance", "admin"})
    currency: ClassVar[str | None] = "merchant__currency"
    scan: ClassVar[str] = ""  # name of the periodic scan that turns rows into findings; '' = none
    scanned: ClassVar[Mapping[str, str]] = {}  # filters that the scan sets besides the default ones
    value_at_risk: ClassVar[str] = ""  # annotation with the money a finding is about
    money_label: ClassVar[Any] = _("Value")  # what `value_at_risk` is called above a picture
    trend: ClassVar[str] = ""  # path of the moment by which its rows are drawn over time; the window bounds the same
    breakdowns: ClassVar[Sequence[Breakdown]] = ()  # what its rows are drawn by
    finding_label: ClassVar[Any] = ""  # field path or expression: what a finding of a row is called
    merchant_path: ClassVar[str | None] = "merchant_id"  # whose row it is; None = of no single merchant
    path: ClassVar[str] = ""  # address of the page; default /action-required/<slug>/
    in_menu: ClassVar[bool] = True
    links: ClassVar[Sequence[Link]] = ()
    opens_rows: ClassVar[bool] = False  # does a row have a page (`row_url`) that the list shows beside it?
    bulk_url: ClassVar[Any] = ""  # where the actions on its rows (kit/bulk/action.py) are posted; '' = none
    bulk_key: Any = F("pk")  # names a row in the form of the list
    bulk_roles: ClassVar[frozenset[str]] = frozenset({"operations", "admin"})
    new_url: ClassVar[Any] = ""  # page that adds one; '' = none
    new_label: ClassVar[Any] = ""
    new_roles: ClassVar[frozenset[str]] = frozenset()  # who is offered it; empty = everybody who sees the list
    empty_title: ClassVar[Any] = _("Nothing to do here")
    empty_text: ClassVar[Any] = _("No row matches. If filters are set, clear them to see all rows.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        """All rows that `scope.viewer` may see, with every annotation that columns and filters name."""
        raise NotImplementedError

    def before_scan(self, *, as_of: datetime) -> None:
        """Bring up to date what `rows()` reads, in the transaction of the periodic scan."""

    def turned(self, before: datetime, now: datetime) -> QuerySet[Any] | None:
        """Ids of the rows that time alone may have changed between two scans.

        None, unless triggers note whatever else changes a row (`sql/scan_notes.sql`): then each scan reads all rows.
        """
        return None

    def prepare(self, scope: Scope) -> Scope:
        """The scope with what `rows()` has to know first."""
        return scope

    @property
    def route(self) -> tuple[str, ...]:
        """The name of its page, and what the name takes: urls.py names pages with a path of their own by slug."""
        return (self.slug,) if self.path else ("report", self.slug)

    @property
    def bulk_group(self) -> str:
        """Whose actions the list offers."""
        return self.slug

    @cached_property
    def url(self) -> str:
        return self.path or reverse("report", args=[self.slug])

    @cached_property
    def columns_by_key(self) -> dict[str, Column]:
        return {column.key: column for column in self.columns}

    @cached_property
    def exported_columns(self) -> list[Column]:
        return [column for column in self.columns if column.exported]

    def allows(self, user: Viewer | None) -> bool:
        """May `user` open the report? None is the system."""
        return user is None or user.has_role(*self.roles)

    def filters(self, params: Mapping[str, Any] | QueryDict) -> ReportFilterSet:
        """The report's filters with the values of an address, not yet checked."""
        return self.filterset_class(params, queryset=_nothing(), request=None)

    def select(
        self,
        params: Mapping[str, Any] | QueryDict,
        *,
        viewer: Viewer | None,
        as_of: datetime | None = None,
        window: Window | None = None,
    ) -> Selection:
        """The rows for a set of filter values, in `window` instead of the one they say. Raises ValidationError with a
        message for each bad value."""
        filterset = self.filters(params)
        cleaned = filterset.clean()
        moment = as_of or timezone.now()
        asked = window or filterset.window_of(cleaned, as_of=moment)
        scope = Scope(as_of=moment, viewer=viewer, window=asked, params=cleaned)
        scope = self.prepare(scope)
        rows = filterset.apply(self.rows(scope), cleaned)
        if replica.alias() != DEFAULT_DB_ALIAS:
            rows = rows.using(replica.alias())  # stays with rows that are streamed after the view has answered
        return Selection(self, scope, rows, filterset)

    def masks(self, viewer: Viewer | None) -> bool:
        """Are personal columns masked for `viewer`?"""
        return viewer is not None and not viewer.sees_all_merchants

    def ordering(self, sort: str, rows: QuerySet[Any] | None = None) -> list[OrderBy | str]:
        """ORDER BY of `rows` for a column's key (with - for descending), ending in its name. Raises KeyError.

        A late column's value names the row where it is not NULL, and other rows follow in the default order.
        """
        column = self.columns_by_key[sort.removeprefix("-")]
        if not column.sortable:
            raise KeyError(sort)
        value: Any = column.order()
        descending = sort.startswith("-")
        last = True if column.orders_nulls and not (rows is not None and column.is_never_null(rows)) else None
        first = value.desc(nulls_last=last) if descending else value.asc(nulls_last=last)
        if column.late:
            return [first, *self.ordering(self.default_sort, rows)]
        return [first, *(f"-{name}" if descending else name for name in column.tail or self.identity)]

    def page_values(self, rows: QuerySet[Any], columns: Sequence[Column], *, viewer: Viewer | None) -> QuerySet[Any]:
        """`rows` as dictionaries with the raw value of each of `columns` under its alias (late ones: `look_up`)."""
        values: dict[str, Expression | F] = {}
        for column in columns:
            if column.late:
                continue
            raw = column.value()
            values[column.alias] = MaskedEmail(raw) if column.personal and self.masks(viewer) else raw
        if self.currency:
            values["c_currency"] = F(self.currency)
        return rows.values(*self.identity, **values)

    def lead(self, key: str) -> Lead:
        """The table that a long list is read by in the order of a late column."""
        raise NotImplementedError

    def look_up(self, rows: Sequence[dict[str, Any]], *, viewer: Viewer | None) -> None:
        """Put the values of late columns into the rows of a page, in one query."""

    def export_values(
        self, rows: QuerySet[Any], *, viewer: Viewer | None, for_spreadsheets: bool = False
    ) -> QuerySet[Any]:
        """`rows` as tuples of the exported text of every exported column, in order."""
        values: dict[str, Any] = {}
        for column in self.exported_columns:
            if column.staff and self.masks(viewer):
                values[f"x_{column.key}"] = Value("", output_field=TextField())
            elif column.personal and self.masks(viewer):
                masked = MaskedEmail(column.exported_value())
                values[f"x_{column.key}"] = PlainText(masked) if for_spreadsheets else masked
            else:
                values[f"x_{column.key}"] = column.spreadsheet_text() if for_spreadsheets else column.text()
        return rows.annotate(**values).values_list(*values)

    def may_act(self, viewer: Viewer) -> bool:
        """May the viewer do something to ticked rows?"""
        return bool(self.bulk_url) and viewer.has_role(*self.bulk_roles)

    def earlier(self, selection: Selection) -> Earlier | None:
        """Figures of before, where the report has no window that could be moved back; None where nobody kept them."""
        return None

    def more_pictures(self, scope: Scope) -> Sequence[Chart]:
        """Pictures of the report besides those that `trend` and `breakdowns` declare."""
        return ()

    def groupings(self, viewer: Viewer) -> Sequence[Breakdown]:
        """What the list can be grouped by."""
        return [each for each in self.breakdowns if each.param]

    @property
    def has_pictures(self) -> bool:
        return bool(self.trend or self.breakdowns)

    def decorate(self, page: Any) -> None:
        """Add to a ListPage (kit/reports/page) what only this report has."""

    def row_label(self, row: Row) -> str:
        """What a row is called, for the checkbox that selects it."""
        return str(row[self.columns[0].alias])

    def row_url(self, row: Row) -> str:
        """The page of a row, where the list opens rows."""
        raise NotImplementedError

    def sub_keys(self) -> Iterator[str]:
        return (column.sub for column in self.columns if column.sub)


def _nothing() -> QuerySet[Any]:
    from django.apps import apps

    model: Any = apps.get_model("inventory_ops", "Merchant")
    empty: QuerySet[Any] = model.objects.none()
    return empty


registry: Registry[Report] = Registry("report", later=REPORTS)


def register[R: type[Report]](cls: R) -> R:
    """Class decorator that adds a report."""
    registry.add(cls.slug, cls())
    return cls
