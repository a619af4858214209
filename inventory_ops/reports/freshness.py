"""How old a scan is, in words, and reports whose page says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory_ops.kit import markup
from inventory_ops.kit.reports import Report
from inventory_ops.queries import findings
from inventory_ops.queries.findings import Freshness
from inventory_ops.registries.permissions import ADMIN, OPERATIONS

if TYPE_CHECKING:
    from inventory_ops.kit.reports.page import ListPage


@dataclass(slots=True)
class FreshnessLine:
    state: str
    text: str


def freshness_line(fresh: Freshness | None, now: datetime) -> FreshnessLine:
    """A scan's age in words."""
    if fresh is None or fresh.state == "never" or fresh.last_at is None:
        if fresh is not None and fresh.state == "failed":
            return FreshnessLine("failed", _("The last scan failed"))
        return FreshnessLine("never", _("Not scanned yet"))
    ago = _("Scanned %(gap)s ago") % {"gap": markup.in_words(now - fresh.last_at)}
    if fresh.state == "failed":
        return FreshnessLine(
            "failed",
            _("The last scan failed · last good one %(gap)s ago") % {"gap": markup.in_words(now - fresh.last_at)},
        )
    if fresh.next_at is None:
        return FreshnessLine(fresh.state, ago)
    if fresh.next_at > now:
        return FreshnessLine(fresh.state, ago + _(" · next in %(gap)s") % {"gap": markup.in_words(fresh.next_at - now)})
    return FreshnessLine(fresh.state, ago + _(" · next one is due"))


class ScannedReport(Report):
    """A list that a periodic scan looks through: its page says how old the scan is, and starts it."""

    def decorate(self, page: ListPage) -> None:
        assert page.asked is not None
        assert page.selection is not None
        now, kept = timezone.now(), page.selection.scope.kept
        scan = kept.scan if kept else findings.freshness(now=now, names=[self.scan])[self.scan]
        line = freshness_line(scan, now)
        if kept:
            line.text = _("Rows up to date · %(scan)s") % {"scan": line.text}
        page.head.freshness = line
        if page.asked.viewer.has_role(OPERATIONS, ADMIN):
            page.head.run_scan_url = reverse("run-scan", args=[self.scan])
