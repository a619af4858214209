"""What a list page is asked for: the parts of its address, checked, who asks, and the columns to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from inventory_ops.kit.numbers import whole
from inventory_ops.kit.reports import layout
from inventory_ops.kit.reports.columns import Column
from inventory_ops.kit.reports.report import Report
from inventory_ops.kit.reports.scope import FIRST_YEAR, LAST_YEAR

PER_PAGE = (25, 50, 100, 200)
DEFAULT_PER_PAGE = 50
DEEPEST_PAGE = 100_000
LONGEST_TOKEN = 2_000


@dataclass(frozen=True, slots=True)
class PageError(Exception):
    """The address cannot be shown; `messages` say which part and how to correct it."""

    messages: list[str]


def changed(params: QueryDict, **changes: str | int | None) -> str:
    """An address with some parameters replaced; None takes one away."""
    copy = params.copy()
    for name, value in changes.items():
        if value is None:
            copy.pop(name, None)
        else:
            copy[name] = str(value)
    return "?" + copy.urlencode()


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One request for a page of a report. `after` and `before` are tokens of the rows beside the page."""

    report: Report
    viewer: Any
    params: QueryDict
    sort: str
    page: int
    per_page: int
    as_of: datetime | None
    after: str
    before: str
    exact: bool
    columns: Sequence[Column]
    selectable: bool
    is_picked: bool = False  # did the viewer choose the columns?
    widths: layout.Widths = field(default_factory=dict)  # of columns that the viewer sized

    @property
    def offset(self) -> int:
        """How many rows are on the pages before this one."""
        return (self.page - 1) * self.per_page

    @property
    def sort_column(self) -> Column:
        return self.report.columns_by_key[self.sort.removeprefix("-")]

    @property
    def read_columns(self) -> list[Column]:
        """The columns whose values a page needs: those shown, what stands below them, and what names the row."""
        by_key = self.report.columns_by_key
        wanted = {column.key: column for column in [self.report.columns[0], *self.columns]}
        wanted |= {column.sub: by_key[column.sub] for column in self.columns if column.sub}
        wanted |= {key: by_key[key] for key in self.report.row_keys}
        return list(wanted.values())

    def url(self, **changes: str | int | None) -> str:
        """The address with some parameters replaced; None takes one away."""
        return changed(self.params, **changes)

    def first_page(self, **changes: str | int | None) -> str:
        """The address of the first page, with some parameters replaced."""
        return self.url(page=None, after=None, before=None, **changes)


def parse_moment(text: str) -> datetime:
    """An ISO 8601 moment; without an offset it is UTC. Raises ValueError."""
    # an unencoded + of an offset arrives as a space
    moment = datetime.fromisoformat(text.strip().replace(" 0", "+0") if "T" in text else text.strip())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError("year out of range")
    return moment


def read(
    report: Report,
    params: QueryDict,
    *,
    viewer: Any,
    picked: Sequence[str] | None = None,
    widths: layout.Widths | None = None,
    selectable: bool = False,
) -> PageRequest:
    """Check `sort`, `page`, `per_page` and `as_of`. Raises PageError naming each bad one.

    `picked` are the keys of the columns to show, in their order, and `widths` what was set for some; None is as the
    viewer prefers it.
    """
    errors: list[str] = []
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
    preferred = _preferences(report, viewer)
    wanted: Sequence[str] | None = picked or preferred.get("columns")
    if widths is None:
        widths = layout.checked_widths(preferred.get("widths", {}))
    return PageRequest(
        report=report,
        viewer=viewer,
        params=params,
        sort=sort,
        page=page,
        per_page=per_page,
        as_of=as_of,
        after=params.get("after", "")[:LONGEST_TOKEN],
        before=params.get("before", "")[:LONGEST_TOKEN],
        exact=params.get("exact") == "1",
        columns=shown_columns(report, wanted),
        selectable=selectable,
        is_picked=bool(wanted),
        widths=widths,
    )


def _preferences(report: Report, viewer: Any) -> dict[str, Any]:
    preferences: Any = getattr(viewer, "preferences", None) or {}
    found: dict[str, Any] = preferences.get("reports", {}).get(report.slug, {})
    return found


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
    """Those picked by the viewer, in the order of picking, else those visible by default in the page's order."""
    offered = offered_columns(report)
    by_key = {column.key: column for column in offered}
    chosen = [by_key[key] for key in dict.fromkeys(picked or ()) if key in by_key]
    return chosen or [column for column in offered if column.visible]


def offered_columns(report: Report) -> list[Column]:
    """Those that can be shown, in the page's order."""
    order = {key: index for index, key in enumerate(report.page_order)}
    offered = [column for column in report.columns if column.on_page]
    return sorted(offered, key=lambda column: order.get(column.key, len(order)))
