"""A saved view as somebody may see it at this moment: whether its rows changed, and its rows for a message."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import connections
from django.http import QueryDict
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from inventory_ops.kit.db.compiled import sql_of
from inventory_ops.kit.reports import Report, Selection, exports, figures, paging, registry
from inventory_ops.kit.reports import request as asking
from inventory_ops.kit.reports.columns import Column, Row
from inventory_ops.kit.reports.figures import Figures
from inventory_ops.kit.reports.request import PageRequest
from inventory_ops.models import SavedView, ViewSubscription

MOST_ROWS = 50  # in the message itself
MOST_IN_FILE = 5_000
MOST_COMPARED = 10_000


class NotOpen(Exception):
    """The view is not open to its subscriber any more, or cannot be shown; the message says why."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A view with its rows, as its subscriber may see them."""

    view: SavedView
    report: Report
    asked: PageRequest
    selection: Selection

    @property
    def path(self) -> str:
        return f"{self.report.url}?{'&'.join(filter(None, [self.view.query, f'view={self.view.pk}']))}"


@dataclass(frozen=True, slots=True)
class SentTable:
    """The first rows as texts, as the list shows them, and the number of all."""

    headers: list[str]
    rows: list[list[str]]
    count: int
    count_text: str


def open_for(subscription: ViewSubscription) -> Opened:
    """The view with everything its user may see of it now; call it within `shop.shown_to` of that user. Raises
    NotOpen."""
    user, view = subscription.user, subscription.view
    if not user.is_active:
        raise NotOpen(_("The account is disabled."))
    if view.report not in registry or not registry.get(view.report).allows(user):
        raise NotOpen(_("The list is not open to you any more."))
    if not SavedView.objects.visible_to(user).filter(pk=view.pk).exists():
        raise NotOpen(_("The view is not shared with you any more."))
    report, params = registry.get(view.report), QueryDict(view.query, mutable=True)
    params["per_page"] = str(MOST_ROWS)
    try:
        asked = asking.read(report, params, viewer=user, picked=view.columns or None)
        return Opened(view, report, asked, report.select(params, viewer=user))
    except asking.PageError as error:
        raise NotOpen(" ".join(error.messages)) from error
    except ValidationError as error:
        raise NotOpen(" ".join(error.messages)) from error


def digest(opened: Opened) -> tuple[str, int]:
    """What names the view's rows, in whatever order, and their number: of the first MOST_COMPARED, in one statement."""
    rows = opened.selection.rows
    ordered = rows.order_by(*opened.report.ordering(opened.asked.sort, rows)).values(*opened.report.identity)
    sql, params = sql_of(ordered[: MOST_COMPARED + 1])
    with connections[rows.db].cursor() as cursor:
        cursor.execute(
            f"select count(*), coalesce(sum(hashtextextended(rows::text, 0)::numeric), 0) from ({sql}) rows", params
        )
        count, total = cursor.fetchone()
    return f"{count}:{total}", count


def table(opened: Opened) -> SentTable:
    """The first rows of the view."""
    found: Figures = figures.of(opened.selection, exact=False)
    rows = []
    if found.count:
        rows = paging.read(opened.selection, opened.asked, is_long=found.count > figures.MOST_COUNTED).rows
    by_key = opened.report.columns_by_key
    columns = [(column, by_key.get(column.sub)) for column in opened.asked.columns]
    return SentTable(
        headers=[column.title for column, _sub in columns],
        rows=[_texts(columns, row) for row in rows],
        count=found.count,
        count_text=found.count_text,
    )


def as_csv(opened: Opened) -> bytes:
    """The export of the view, of MOST_IN_FILE rows at most."""
    return b"".join(exports.csv_chunks(opened.selection, opened.asked.sort, marked=True, most=MOST_IN_FILE))


def _texts(columns: Sequence[tuple[Column, Column | None]], row: Row) -> list[str]:
    return [
        " · ".join(filter(None, [_plain(column.html(row)), _plain(sub.html(row)) if sub else ""]))
        for column, sub in columns
    ]


def _plain(cell: str) -> str:
    """The text of a cell: what stands in elements beside each other stays apart."""
    return " ".join(html.unescape(strip_tags(re.sub(r"(?=<)", " ", cell))).split())
