"""One finding: its state in words, what its row says, what can be done, and its history with the changes of the data.

The same parts make its page and the drawer that a list opens beside its rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inventory_ops.kit import markup, showing
from inventory_ops.kit.bulk.action import offered_on
from inventory_ops.kit.reports import Report
from inventory_ops.models import Finding, FindingEvent, PriceChange, User, VendorRequest
from inventory_ops.models.ledger import EventKind
from inventory_ops.queries import finding_history, price_guard
from inventory_ops.queries.finding_history import BEFORE, OrderDay, StockDay, Subject
from inventory_ops.registries import finding_hints
from inventory_ops.registries.finding_hints import Hint
from inventory_ops.registries.permissions import ADMIN, MERCHANT, OPERATIONS
from inventory_ops.reports.workflow import STATE_TONES

WORDS: dict[str, Any] = {
    "opened": gettext_lazy("Opened by a scan"),
    "reopened": gettext_lazy("Opened again: a scan saw it once more"),
    "resolved": gettext_lazy("Resolved: the scan no longer saw it"),
    "woke": gettext_lazy("Open again: its time was over, or it got worse"),
    "assign": gettext_lazy("Assigned"),
    "acknowledge": gettext_lazy("Acknowledged"),
    "snooze": gettext_lazy("Snoozed"),
    "reopen": gettext_lazy("Reopened"),
    "undo": gettext_lazy("Undone"),
    "comment": gettext_lazy("Comment"),
    "due": gettext_lazy("Due date"),
    "rule_assign": gettext_lazy("Assigned by a rule"),
    "rule_snooze": gettext_lazy("Snoozed by a rule"),
    "asked": gettext_lazy("Vendor asked"),
    "answered": gettext_lazy("Vendor answered"),
    "reminded": gettext_lazy("Vendor reminded"),
    "contacted": gettext_lazy("Customer contacted"),
}
ICONS = {
    "opened": "flag", "reopened": "refresh", "resolved": "circle-check", "woke": "bell", "assign": "user-check",
    "acknowledge": "flag", "snooze": "clock", "reopen": "arrow-back-up", "undo": "arrow-back-up",
    "comment": "message", "due": "calendar",
    "asked": "send", "answered": "mail", "reminded": "bell", "contacted": "checklist",
    "rule_assign": "user-check", "rule_snooze": "clock",
    "price": "tag", "stock": "package", "orders": "shopping-cart",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the list of facts; `value` is text or markup."""

    label: str
    value: Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history: by a person, by a scan, or a change of the data."""

    at: datetime
    kind: str
    title: str
    text: str = ""
    who: str = ""
    day_only: bool = False

    @property
    def icon(self) -> str:
        return ICONS.get(self.kind, "history")

    @property
    def when(self) -> str:
        return showing.day(self.at) if self.day_only else showing.moment(self.at)


@dataclass(frozen=True, slots=True)
class Act:
    """What can be done to it: a form, or a button where nothing is asked."""

    name: str
    label: str
    icon: str
    url: str
    form: Any = None
    is_open: bool = False


@dataclass(slots=True)
class FindingPage:
    """The context `page`. Without `finding`, no scan has seen the row yet."""

    title: str
    subtitle: str
    breadcrumbs: list[tuple[str, str | None]]
    url: str
    report: Report
    finding: Finding | None = None
    badge: SafeString | str = ""
    facts: list[Fact] = field(default_factory=list)
    row: list[Fact] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    history: list[Entry] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)
    run_scan_url: str = ""


def may_act(viewer: User, action: str) -> bool:
    """May the viewer do this to a finding? Merchants say something about their own."""
    return viewer.has_role(OPERATIONS, ADMIN) or (action in ("comment", "answer") and viewer.has_role(MERCHANT))


def build(report: Report, key: str, *, viewer: User, bound: Any = None, act: str = "") -> FindingPage | None:
    """The page of a report's row; None where the viewer has no such row. `bound` is the form of `act` with errors."""
    finding = finding_history.visible(report.slug, key, viewer=viewer)
    row, label = _row(report, key, viewer)
    if finding is None and not row:
        return None
    page = FindingPage(
        title=finding.label if finding else label,
        subtitle=str(report.title),
        breadcrumbs=[(str(report.section), None), (str(report.title), report.url), (label or key, None)],
        url=reverse("finding", args=[report.slug, key]),
        report=report,
        finding=finding,
        row=row,
    )
    if finding is None:
        if viewer.has_role(OPERATIONS, ADMIN) and report.merchant_path:
            page.run_scan_url = reverse("run-scan", args=[report.scan])
        return page
    page.breadcrumbs[-1] = (finding.label, None)
    state = str(finding.get_state_display())
    page.badge = markup.badge(STATE_TONES[finding.state], state)
    about = finding_history.subject(getattr(report, "about", "product"), finding.row_id)
    page.facts = list(_facts(report, finding, viewer, about))
    page.links = list(_links(about))
    page.hints = finding_hints.hints(finding, about.products, viewer, timezone.now())
    page.acts = list(_acts(page, finding, viewer, bound, act))
    page.history = _history(finding, about, viewer)
    return page


def _row(report: Report, key: str, viewer: User) -> tuple[list[Fact], str]:
    """What the row says now in the columns of the page, and its name; nothing when it is in the list no more."""
    [name] = report.identity
    selection = report.select(report.scanned, viewer=viewer)
    columns = [column for column in report.columns if not column.late]
    rows = report.page_values(selection.rows.filter(**{name: int(key)}), columns, viewer=viewer)
    found = rows.first()
    if found is None:
        return [], ""
    shown = [column for column in columns if column.on_page or column.exported]
    facts = [Fact(column.title, mark_safe(html)) for column in shown if (html := column.html(found))]
    return facts, report.row_label(found)


def _facts(report: Any, finding: Finding, viewer: User, about: Subject) -> Iterator[Fact]:
    now = timezone.now()
    currency = next((product.merchant.currency for product in about.products), None)
    if finding.merchant:
        yield Fact(_("Vendor"), f"{finding.merchant.vendor_number} · {finding.merchant.name}")
    if finding.merchant and report.guarded:
        yield Fact(_("Price guard"), price_guard.mode_of(merchant_id=finding.merchant.pk).label)
    yield Fact(_("Value at risk"), _amount(finding.value, currency))
    if finding.reason:
        yield Fact(_("Reason"), finding.reason)
    if finding.until:
        yield Fact(_("Until"), showing.moment(finding.until))
    if finding.snoozed_value is not None:
        worse = _("until it is above %(value)s") % {"value": markup.money(finding.snoozed_value, currency)}
        yield Fact(_("Wakes"), worse)
    if viewer.sees_all_merchants:
        yield Fact(_("Owner"), str(finding.assignee) if finding.assignee else _("Nobody"))
    request = VendorRequest.objects.filter(finding=finding).order_by("-asked_at").first()
    if request is not None:
        yield Fact(_("Vendor asked"), showing.moment(request.asked_at))
        day = showing.day(request.fix_by) if request.fix_by else ""
        said = " · ".join(filter(None, [str(request.get_answer_display()), day, request.text]))
        yield Fact(_("Vendor’s answer"), said or _("Not yet"))
    yield Fact(_("Due"), showing.day(finding.due_on) if finding.due_on else _("No day set"))
    yield Fact(_("First seen"), markup.ago(finding.first_seen_at, now))
    yield Fact(_("Opened"), markup.ago(finding.opened_at, now))
    times = ngettext("%(n)d time", "%(n)d times", finding.times_opened) % {"n": finding.times_opened}
    yield Fact(_("Times opened"), times)
    if finding.resolved_at:
        yield Fact(_("Resolved"), markup.ago(finding.resolved_at, now))


def _links(about: Subject) -> Iterator[tuple[str, str]]:
    if about.order:
        yield _("Order %(number)s") % {"number": about.order.number}, about.order.get_absolute_url()
    for product in about.products[:3]:
        yield _("Product %(sku)s") % {"sku": product.sku}, reverse("product", args=[product.pk])


def _acts(page: FindingPage, finding: Finding, viewer: User, bound: Any, act: str) -> Iterator[Act]:
    if finding.state == Finding.State.RESOLVED:
        return
    for action in offered_on("findings", finding.report):
        if not may_act(viewer, action.name) or not action.suits(finding):
            continue
        if action.name == "reopen" and finding.state == Finding.State.OPEN:
            continue
        if action.name in ("ask", "answer") and action.reason_to_skip(finding):
            continue
        form = bound if bound is not None and action.name == act else None
        if form is None and action.form_class:
            form = action.form_class(auto_id=f"{action.name}_%s", initial=_initial(finding))
        url = reverse("finding-act", args=[finding.report, finding.key, action.name])
        yield Act(action.name, str(action.label), action.icon, url, form, is_open=bound is not None and form is bound)


def _initial(finding: Finding) -> dict[str, Any]:
    values = {"assignee": finding.assignee_id, "due_on": finding.due_on, "reason": finding.reason}
    return {name: value for name, value in values.items() if value}


def _history(finding: Finding, about: Subject, viewer: User) -> list[Entry]:
    """Events and changes of the data since shortly before it was first seen, the newest first."""
    since = finding.first_seen_at - BEFORE
    products = [product.pk for product in about.products]
    currency = next((product.merchant.currency for product in about.products), None)
    staff = viewer.sees_all_merchants
    colleagues = set() if staff else set(User.objects.filter(merchant=finding.merchant).values_list("email", flat=True))
    found = [
        _of_event(event, currency, names=staff or event.actor in colleagues)
        for event in finding_history.events(finding)
        if staff or event.kind not in finding_history.STAFF_ONLY
    ]
    found += [_of_price(change, names=staff) for change in finding_history.price_changes(products, since=since)]
    found += [_of_stock(day) for day in finding_history.stock_days(products, since=since)]
    found += [_of_orders(day) for day in finding_history.order_days(products, since=since)]
    return sorted(found, key=lambda entry: entry.at, reverse=True)


def _of_event(event: FindingEvent, currency: str | None, *, names: bool) -> Entry:
    text = event.text
    if not event.actor and not event.text and event.value is not None:
        text = _("Value at risk %(value)s") % {
            "value": f"{markup.money(event.value, currency)} {currency or ''}".strip()
        }
    return Entry(event.at, event.kind, str(WORDS.get(event.kind, event.kind)), text, event.actor if names else "")


def _of_price(change: PriceChange, *, names: bool) -> Entry:
    currency = change.product.merchant.currency

    def step(label: str, before: Any, after: Any) -> str:
        old, new = (markup.unit_money(each, currency) or _("none") for each in (before, after))
        return f"{label} {old} → {new}" if before != after else ""

    parts = (
        step(_("price"), change.price_before, change.price_after),
        step(_("special price"), change.special_price_before, change.special_price_after),
        step(_("cost"), change.cost_before, change.cost_after),
    )
    who = f"{change.source} {change.actor if names else ''}".strip()
    title = _("%(sku)s: price or cost changed") % {"sku": change.product.sku}
    return Entry(change.at, "price", title, f"{', '.join(filter(None, parts))} {currency}", who)


def _amount(value: Decimal, currency: str | None) -> str:
    return f"{markup.money(value, currency)} {currency or ''}".strip()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, timezone.get_current_timezone()).astimezone(UTC)


def _of_stock(day: StockDay) -> Entry:
    kinds = dict(EventKind.choices)
    text = ", ".join(f"{kinds.get(kind, kind)} {units:+,d}" for kind, units in day.by_kind.items())
    title = (_("Stock %(units)s") % {"units": f"{day.total:+,d}"}).replace("-", markup.MINUS)
    return Entry(_midnight(day.day), "stock", title, text.replace("-", markup.MINUS), day_only=True)


def _of_orders(day: OrderDay) -> Entry:
    orders = ngettext("%(n)d order", "%(n)d orders", day.orders) % {"n": day.orders}
    units = ngettext("%(n)d unit", "%(n)d units", day.units) % {"n": day.units}
    title = _("Ordered: %(units)s in %(orders)s") % {"units": units, "orders": orders}
    return Entry(_midnight(day.day), "orders", title, day_only=True)
