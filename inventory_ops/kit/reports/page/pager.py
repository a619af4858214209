"""The pager of a list page: which rows of how many, and the ways to the pages beside it."""

from __future__ import annotations

from dataclasses import dataclass

from inventory_ops.kit import markup
from inventory_ops.kit.reports.figures import Figures
from inventory_ops.kit.reports.paging import Listing
from inventory_ops.kit.reports.request import PER_PAGE, PageRequest


@dataclass(frozen=True, slots=True)
class Pager:
    """The context `page.pager`. An address is '' where there is no such page."""

    range_text: str
    total_text: str
    exact_url: str
    first_url: str
    prev_url: str
    next_url: str
    sizes: list[tuple[int, str, bool]]


def of(asked: PageRequest, found: Figures, listed: Listing) -> Pager:
    """The pager under the rows that were listed."""
    first_url = asked.first_page() if asked.page > 1 else ""
    prev_url, next_url = first_url, ""
    if asked.page > 2:
        prev_url = asked.url(page=asked.page - 1, before=listed.first_token or None, after=None)
    if listed.more:
        next_url = asked.url(page=asked.page + 1, after=listed.last_token or None, before=None)
    return Pager(
        range_text=f"{markup.number(asked.offset + 1)}–{markup.number(asked.offset + len(listed.rows))}",
        total_text=found.count_text,
        exact_url=asked.url(exact=1) if found.is_capped else "",
        first_url=first_url,
        prev_url=prev_url,
        next_url=next_url,
        sizes=[(size, asked.first_page(per_page=size), size == asked.per_page) for size in PER_PAGE],
    )
