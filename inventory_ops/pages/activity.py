"""The overview's recent activity: what people did with what, in words, with the page it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory_ops.kit import markup
from inventory_ops.kit.reports import registry
from inventory_ops.models import AuditEvent, Finding, User
from inventory_ops.queries import imports
from inventory_ops.queries.of_viewer import OfViewer
from inventory_ops.registries.permissions import ADMIN, may_open

SHOWN = 12
# the start of an action → its icon, the word of the filter, and what is filtered by
KINDS: dict[str, tuple[str, Any, tuple[str, ...]]] = {
    "findings": ("flag", gettext_lazy("Findings"), ("finding.", "automation.")),
    "stock": ("package", gettext_lazy("Stock"), ("stock.",)),
    "prices": ("tag", gettext_lazy("Prices"), ("product.", "flash_sale.", "price_guard.")),
    "trackers": ("activity", gettext_lazy("Trackers"), ("tracker.",)),
    "channels": ("building-store", gettext_lazy("Channels"), ("channel.",)),
    "imports": ("upload", gettext_lazy("Imports"), ("import.", "write_off_import.")),
    "finance": ("coin", gettext_lazy("Finance"), ("write_off.", "statement.", "claim.", "nav_batch.")),
}
# nobody's work: how somebody is notified, and what signs people in
LEFT_OUT = ("security.", "destination.", "demo.", "delivery.", "job.")
WORDS: dict[str, Any] = {
    "finding.assign": gettext_lazy("Assigned"),
    "finding.acknowledge": gettext_lazy("Acknowledged"),
    "finding.snooze": gettext_lazy("Snoozed"),
    "finding.reopen": gettext_lazy("Reopened"),
    "finding.undo": gettext_lazy("Undid a change of"),
    "finding.comment": gettext_lazy("Commented on"),
    "finding.asked": gettext_lazy("Asked the vendor about"),
    "finding.answered": gettext_lazy("Vendor answered about"),
    "finding.due": gettext_lazy("Set the due date of"),
    "product.price": gettext_lazy("Changed prices of"),
    "product.mark": gettext_lazy("Marked"),
    "product.unmark": gettext_lazy("Removed the mark of"),
    "flash_sale.plan": gettext_lazy("Planned a flash sale of"),
    "flash_sale.end": gettext_lazy("Ended the flash sale of"),
    "flash_sale.cancel": gettext_lazy("Cancelled the flash sale of"),
    "automation.create": gettext_lazy("Made the rule"),
    "automation.change": gettext_lazy("Changed the rule"),
    "automation.move": gettext_lazy("Changed the order of the rule"),
    "automation.delete": gettext_lazy("Deleted the rule"),
    "automation.apply": gettext_lazy("Applied the rule"),
    "channel.primary_retired": gettext_lazy("No longer needed:"),
    "channel.primary_moved": gettext_lazy("Moved the role:"),
    "tracker.created": gettext_lazy("Made the tracker"),
    "tracker.changed": gettext_lazy("Changed the tracker"),
    "tracker.enabled": gettext_lazy("Enabled the tracker"),
    "tracker.disabled": gettext_lazy("Disabled the tracker"),
    "tracker.snoozed": gettext_lazy("Snoozed the tracker"),
    "tracker.delete": gettext_lazy("Deleted the tracker"),
    "import.apply": gettext_lazy("Imported"),
    "import.discard": gettext_lazy("Discarded the import"),
    "claim.open": gettext_lazy("Opened"),
    "claim.accepted": gettext_lazy("Accepted the claim"),
    "claim.rejected": gettext_lazy("Rejected the claim"),
    "statement.close": gettext_lazy("Closed the statement"),
    "statement.pay": gettext_lazy("Paid the statement"),
    "scan.schedule": gettext_lazy("Changed the schedule of"),
    "seller_account.set": gettext_lazy("Set"),
    "view.share": gettext_lazy("Shared the view"),
    "view.change": gettext_lazy("Changed the view"),
    "view.delete": gettext_lazy("Deleted the view"),
    "reason.add": gettext_lazy("Offered the reason"),
    "reason.retire": gettext_lazy("No longer offers the reason"),
    "shop.edit": gettext_lazy("Changed the shop’s"),
}
# of whatever is proposed and decided
VERBS = {
    "propose": gettext_lazy("Proposed:"),
    "approve": gettext_lazy("Approved:"),
    "reject": gettext_lazy("Rejected:"),
    "withdraw": gettext_lazy("Withdrew:"),
}
PAGES = {
    "automationrule": "automation-edit",
    "tracker": "tracker",
    "product": "product",
    "channel": "channel",
    "job": "job",
    "import": "import",
}
NOTHING = re.compile(r",? ?\b0 (?:new|changed|unchanged|refused|rejected|warned)\b")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that somebody did. `url` is '' where nothing can be opened."""

    icon: str
    text: str
    url: str
    who: str
    when: SafeString


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter of the lines: its word, address, and whether it is in force."""

    label: str
    url: str
    active: bool


def choices(wanted: str) -> list[Choice]:
    every = [("", _("All")), *((key, str(word)) for key, (_icon, word, _starts) in KINDS.items())]
    return [Choice(label, f"?activity={key}#activity" if key else "?#activity", key == wanted) for key, label in every]


def lines(viewer: User, now: datetime, *, wanted: str = "") -> list[Line]:
    """The newest first; merchants see what was done about their own, and not by whom."""
    found = _NEWEST.of(viewer, wanted).instances()
    addresses = _addresses(found, viewer)
    return [
        Line(
            icon=_icon(event.action),
            text=sentence(event.action, event.summary),
            url=addresses.get(event.pk, ""),
            who=event.actor if viewer.sees_all_merchants else "",
            when=markup.ago(event.at, now),
        )
        for event in found
    ]


def _events(viewer: User, wanted: str) -> QuerySet[AuditEvent]:
    events = AuditEvent.objects.exclude(_starts(LEFT_OUT)).order_by("-id")
    if not viewer.sees_all_merchants:
        events = events.filter(merchant_id=viewer.own_merchant_id)
    if not viewer.has_role(ADMIN):
        events = events.exclude(action__startswith="user")
    return events.filter(_starts(KINDS[wanted][2])) if wanted in KINDS else events


_NEWEST = OfViewer(lambda viewer, wanted: _events(viewer, wanted)[:SHOWN])


def _starts(starts: Iterable[str]) -> Q:
    condition = Q()
    for start in starts:
        condition |= Q(action__startswith=start)
    return condition


def _icon(action: str) -> str:
    return next((icon for icon, _word, starts in KINDS.values() if action.startswith(starts)), "history")


def sentence(action: str, summary: str) -> str:
    """What was done with what. Counts that are 0 say nothing and are left out."""
    text = NOTHING.sub("", summary).strip(" ,.")
    text = re.sub(r": ?,", ":", text).rstrip(":")
    if action == "import.apply" and text and not re.search(r"\d", text):
        text = _("%(what)s: nothing was new") % {"what": text}
    word = WORDS.get(action) or VERBS.get(action.rpartition(".")[2])
    if word:
        return f"{word} {text}".strip()
    return text or action.replace("_", " ").replace(".", ": ")


def _addresses(events: Sequence[AuditEvent], viewer: User) -> dict[int, str]:
    """The pages of what the events are about that the viewer may open, by event."""
    findings = {str(pk): (report, key) for pk, report, key in _named(_subjects(events, "finding"))}
    of_imports = _subjects(events, "import")
    visible = imports.visible_to(viewer).filter(pk__in=of_imports).values_list("pk", flat=True) if of_imports else []
    files = {str(pk) for pk in visible}
    found = {}
    for event in events:
        if event.subject_type == "finding" and event.subject_id in findings:
            slug, key = findings[event.subject_id]
            report = registry.find(slug)
            if report is not None and report.allows(viewer):
                found[event.pk] = reverse("finding", args=[slug, key])
        elif (route := PAGES.get(event.subject_type)) and not event.action.endswith(".delete"):
            if event.subject_type == "import" and event.subject_id not in files:
                continue
            with suppress(NoReverseMatch):
                address = reverse(route, args=[event.subject_id])
                if may_open(viewer, address):
                    found[event.pk] = address
    return found


def _subjects(events: Sequence[AuditEvent], subject_type: str) -> list[str]:
    return [event.subject_id for event in events if event.subject_type == subject_type]


def _named(ids: list[str]) -> Any:
    return Finding.objects.filter(pk__in=ids).values_list("pk", "report", "key") if ids else []
