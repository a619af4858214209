"""The cells of a list of identities: statuses, logins, what is wrong, and a button for each action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, F, Func, Value, When
from django.db.models.functions import Replace
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from inventory_ops.kit import markup, showing
from inventory_ops.kit.bulk.action import offered_on
from inventory_ops.kit.db.expressions import PlainText
from inventory_ops.kit.markup import escape
from inventory_ops.kit.reports import (
    columns,
)
from user_audit.models import Review
from user_audit.models.identities import AwsStatus, DatabaseStatus, Finding, Flag, Severity
from user_audit.queries.decisions import statuses_rule_out

AWS_TONES = {
    AwsStatus.UNKNOWN: "warning",
    AwsStatus.DELETING: "warning",
    AwsStatus.PARTIAL: "critical",
    AwsStatus.NOT_FOUND: "neutral",
    AwsStatus.DISABLED: "neutral",
    AwsStatus.DISABLED_ELSEWHERE: "neutral",
    AwsStatus.NO_CREDENTIALS: "neutral",
    AwsStatus.ACTIVE: "good",
}
DATABASE_TONES = {
    DatabaseStatus.ACTIVE: "good",
    DatabaseStatus.DISABLED: "neutral",
    DatabaseStatus.NOT_FOUND: "warning",
    DatabaseStatus.DELETED: "neutral",
}
SEVERITY_TONES = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "warning",
    Severity.LOW: "neutral",
    Severity.INFO: "neutral",
}
VERDICT_TONES = {Review.Verdict.KEEP: "good", Review.Verdict.REMOVE: "critical", Review.Verdict.ASK: "warning"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(columns.Choice):
    """A status: exported as its word in small letters."""

    def text(self) -> Any:
        return PlainText(Replace(self.value(), Value("_"), Value(" ")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Read(columns.Moment):
    """How old the AWS side is."""

    def html(self, row: columns.Row) -> str:
        value = row[self.alias]
        return "" if value is None else _("read %(ago)s") % {"ago": markup.ago(value, timezone.now())}


@dataclass(frozen=True, slots=True, kw_only=True)
class LastLogin(columns.Moment):
    """ "Never" is an answer; of somebody without an account there is none."""

    def html(self, row: columns.Row) -> str:
        if row[self.alias] is None and row["c_database_status"] in (DatabaseStatus.ACTIVE, DatabaseStatus.DISABLED):
            return _("Never")
        # explicit: a slotted dataclass is a new class, which the bare super() does not know
        return columns.Moment.html(self, row)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastUsed(columns.Moment):
    """The same of AWS."""

    def html(self, row: columns.Row) -> str:
        value = row[self.alias]
        if value is not None:
            return _("AWS: %(ago)s") % {"ago": markup.ago(value, timezone.now())}
        known = row["c_aws_status"] not in (AwsStatus.NOT_FOUND, AwsStatus.UNKNOWN)
        return _("AWS: never, as far as known") if known else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged(columns.Choice):
    """The finding in the colour of its severity; the flags below it may be what makes it grave."""

    def html(self, row: columns.Row) -> str:
        severity = Severity(row["c_severity"])
        if severity == Severity.NONE:
            return ""
        word = self.words.get(row[self.alias]) or severity.label
        return markup.badge(SEVERITY_TONES[severity], str(word))


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags(columns.Column):
    """The flags as words."""

    def text(self) -> Any:
        joined = Func(self.value(), Value(", "), function="array_to_string", output_field=CharField())
        return PlainText(joined)

    def html(self, row: columns.Row) -> str:
        words = dict(Flag.choices)
        return escape(" · ".join(str(words.get(flag, flag)) for flag in row[self.alias]))


FINDING_WORD = Case(
    *(When(finding=value, then=Value(str(label))) for value, label in Finding.choices),
    default=F("finding"),
    output_field=CharField(),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day(columns.Moment):
    """A moment of which the page shows the day."""

    def html(self, row: columns.Row) -> str:
        value = row[self.alias]
        return "" if value is None else showing.day(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Buttons(columns.Column):
    """A button for each action; those that the two statuses rule out are switched off. The next page is a dry run."""

    def html(self, row: columns.Row) -> str:
        plan, ruled_out = reverse("user-audit-plan"), statuses_rule_out(row["c_aws_status"], row["c_database_status"])
        buttons = SafeString("")
        for action in offered_on("user-audit"):
            words = f"{action.label}: {row['c_email']}"
            if action.name in ruled_out:
                buttons += format_html(OFF, markup.icon(action.icon, None, 16), words)
            else:
                tone = " btn-danger" if action.danger else ""
                where = f"{plan}?action={action.name}&ids={row['key']}"
                buttons += format_html(ON, tone, where, words, markup.icon(action.icon, None, 16), words)
        return format_html('<span class="row-buttons">{}</span>', buttons)


ON = '<a class="btn btn-sm{}" href="{}" title="{}">{}<span class="visually-hidden">{}</span></a>'
OFF = '<button class="btn btn-sm" type="button" disabled>{}<span class="visually-hidden">{}</span></button>'
