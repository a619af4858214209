"""The overview: cards of the reports, and what the other apps add to it through the registries here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.kit import markup, money
from inventory_ops.kit.registry import PAGES, Registry
from inventory_ops.kit.reports import registry
from inventory_ops.models import User
from inventory_ops.operations import scans
from inventory_ops.pages import activity, do_first, first_steps
from inventory_ops.pages.activity import Choice, Line
from inventory_ops.pages.do_first import Row
from inventory_ops.queries import findings
from inventory_ops.queries.findings import Freshness
from inventory_ops.registries.permissions import ADMIN, OPERATIONS
from inventory_ops.reports.freshness import FreshnessLine, freshness_line

SPARK_DAYS = 30


@dataclass(slots=True)
class Card:
    """One card; the whole of it links to the list that its figure counts."""

    title: Any
    icon: str
    url: str
    count: str
    meaning: Any = ""
    delta: int | None = None
    delta_good: bool | None = None
    spark: SafeString | str = ""
    value_at_risk: str = ""
    freshness: FreshnessLine | None = None
    failed: bool = False
    never: bool = False  # its scan was never done: there is no figure
    run_scan_url: str = ""


@dataclass(slots=True)
class Panel:
    """A box below the cards, drawn by a template of the app that adds it."""

    title: Any
    template: str
    data: Any
    url: str = ""
    url_label: Any = ""


@dataclass(slots=True)
class Page:
    title: str
    subtitle: str
    cards: list[Card]
    freshness: FreshnessLine | None = None
    panels: list[Panel] = field(default_factory=list)
    do_first: list[Row] = field(default_factory=list)
    activity: list[Line] = field(default_factory=list)
    kinds: list[Choice] = field(default_factory=list)
    first_steps: list[first_steps.Shown] = field(default_factory=list)


type CardMaker = Callable[[User, datetime], list[Card]]
type PanelMaker = Callable[[User, datetime], list[Panel]]
_cards: Registry[CardMaker] = Registry("source of cards", later=PAGES)
_panels: Registry[PanelMaker] = Registry("source of panels", later=PAGES)


def add_cards(name: str, maker: CardMaker) -> None:
    """Add cards of another app: those that the user may see. Called by what `AppConfig.ready()` names."""
    _cards.add(name, maker)


def add_panels(name: str, maker: PanelMaker) -> None:
    """Add boxes of another app. Called by what `AppConfig.ready()` names."""
    _panels.add(name, maker)


def build(*, viewer: User, now: datetime, shown: str = "") -> Page:
    """The overview for one user, in a handful of queries whatever the number of cards.

    `shown` is the kind of activity (pages/activity.py); '' is all.
    """
    totals = findings.totals(viewer=viewer)
    history = findings.history(viewer=viewer, since=now.date() - timedelta(days=SPARK_DAYS))
    fresh = findings.freshness(now=now)
    yesterday = now.date() - timedelta(days=1)
    cards = []
    waiting = unscanned = 0
    may_scan = viewer.has_role(OPERATIONS, ADMIN)
    for report in registry:
        if not report.scan or not report.in_menu or not report.allows(viewer):
            continue
        total = totals.get(report.slug)
        count = total.count if total else 0
        days = history.get(report.slug, {})
        before = days.get(yesterday)
        series = [days.get(now.date() - timedelta(days=back)) for back in range(SPARK_DAYS, 0, -1)] + [count]
        scan = fresh.get(report.scan)
        failed = scan is not None and scan.state == "failed"
        never = not failed and (scan is None or scan.last_at is None)
        waiting += count
        unscanned += never
        cards.append(
            Card(
                title=report.short_title or report.title,
                icon=report.icon,
                url=report.url,
                count=markup.number(count),
                meaning=report.meaning,
                delta=None if before is None else count - before,
                delta_good=None if before is None or count == before else count < before,
                spark=markup.sparkline(series, _("Findings over the last 30 days")),
                value_at_risk=_at_risk(total.values) if total else "",
                freshness=freshness_line(scan, now),
                failed=failed,
                never=never,
                run_scan_url=reverse("run-scan", args=[report.scan])
                if never and may_scan and not scans.why_not(report.scan)
                else "",
            )
        )
    for maker in _cards:
        cards += maker(viewer, now)
    return Page(
        title=_("Overview"),
        subtitle=_subtitle(waiting, unscanned),
        cards=cards,
        freshness=_worst(fresh, now) if cards else None,
        panels=[panel for maker_ in _panels for panel in maker_(viewer, now)],
        do_first=do_first.rows(viewer, now),
        activity=activity.lines(viewer, now, wanted=shown),
        kinds=activity.choices(shown),
        first_steps=first_steps.of(viewer),
    )


def _at_risk(values: Mapping[str, Decimal]) -> str:
    """The money that findings are about, as one amount where rates are known."""
    if not any(values.values()):
        return ""
    total = money.total(values)
    text = _("%(amount)s at risk") % {"amount": total.text}
    return f"{text} ({total.note})" if total.note else text


def _subtitle(waiting: int, unscanned: int) -> str:
    """What waits; where lists were never scanned, nobody knows that nothing does."""
    found = ngettext("%(n)s finding needs attention.", "%(n)s findings need attention.", waiting)
    open_lists = ngettext("%(n)s list is not scanned yet.", "%(n)s lists are not scanned yet.", unscanned)
    said = [found % {"n": markup.number(waiting)}] if waiting or not unscanned else []
    return " ".join(said + ([open_lists % {"n": unscanned}] if unscanned else []))


def _worst(fresh: dict[str, Freshness], now: datetime) -> FreshnessLine:
    states = [each.state for each in fresh.values()]
    for state, text in (
        ("failed", _("A scan failed: its card says so")),
        ("late", _("Some scans are late")),
        ("never", _("Some lists have not been scanned yet")),
    ):
        if state in states or (state == "never" and not states):
            return FreshnessLine(state, text)
    newest = max((each.last_at for each in fresh.values() if each.last_at), default=now)
    return FreshnessLine("ok", _("All scans up to date · %(gap)s ago") % {"gap": markup.in_words(now - newest)})
