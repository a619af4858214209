"""What a scan and people made of a report's rows: columns, filters, and the values that a page looks up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import django_filters
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db.models import F, Func, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit import markup, showing
from inventory_ops.kit.db.compiled import IsOneOf, Slot, Statement
from inventory_ops.kit.markup import escape, initials
from inventory_ops.kit.reports import Breakdown, columns, filters
from inventory_ops.kit.reports.request import parse_moment
from inventory_ops.kit.reports.scope import end_of_day
from inventory_ops.kit.viewer import Viewer
from inventory_ops.models import Finding, FindingEvent, User

STATE_TONES = {"open": "critical", "acknowledged": "neutral", "snoozed": "warning", "resolved": "good"}
ME, NOBODY = "me", "nobody"
ALL = "all"
WEEK = timedelta(days=7)
ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")  # somebody's own, not part of one


def _moment(text: str) -> None:
    try:
        parse_moment(text)
    except (ValueError, OverflowError):
        raise ValidationError(_("Use a moment like 2026-11-22T09:30:00Z.")) from None


class SinceFilter(filters.ScopeText):
    """The moment after which something happened; `since_of` reads it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"label": _("Since"), "max_length": 40, "validators": [_moment]} | kwargs))


def since_of(wanted: Mapping[str, Any]) -> datetime | None:
    text = (wanted.get("since") or "").strip()
    return parse_moment(text) if text else None


class WorkflowFilters(django_filters.FilterSet):
    """Filters by what was made of a row's finding; mixed into the filters of each action report."""

    finding = filters.ScopeFilter(
        choices=[
            ("open", _("Open")),
            ("acknowledged", _("Acknowledged")),
            ("snoozed", _("Snoozed")),
            ("new", _("New since yesterday")),
            ("reopened", _("Opened more than once")),
            (ALL, _("All, snoozed ones too")),
        ],
        label=_("Status"),
        empty_label=_("Not snoozed"),
    )
    owner = filters.ScopeText(
        label=_("Owner"), max_length=100, help_text=_("me, nobody, or part of a name or an e-mail address.")
    )
    due = filters.ScopeFilter(
        choices=[
            ("overdue", _("Overdue")),
            ("today", _("Due by today")),
            ("week", _("Due within 7 days")),
            ("any", _("With a day")),
            ("none", _("Without a day")),
        ],
        label=_("Due"),
        empty_label=_("Any"),
    )
    reason = filters.ScopeText(label=_("Reason"), max_length=100, help_text=_("Part of why it was acknowledged."))
    since = SinceFilter(help_text=_("A moment like 2026-11-22T09:30:00Z: with a status, what became so after it."))
    ends = filters.ScopeFilter(
        choices=[("week", _("Within 7 days")), ("month", _("Within 30 days")), ("later", _("Later"))],
        label=_("Put aside until"),
        empty_label=_("Any"),
    )


NAMES = ("finding", "owner", "due", "reason", "ends", "since")


def condition(wanted: Mapping[str, Any], *, viewer: Any, as_of: datetime) -> Q:
    """What the findings of rows have to meet. `wanted` are values of WorkflowFilters; those that are not set hold."""
    found = Q()
    state, owner = wanted.get("finding"), (wanted.get("owner") or "").strip()
    since = since_of(wanted)
    if state == "new":
        # of a moment: those that were never there before it
        found &= Q(first_seen_at__gt=since) if since else Q(opened_at__gt=as_of - timedelta(days=1))
    elif state == "reopened":
        found &= Q(times_opened__gt=1)
        found &= Q(opened_at__gt=since, first_seen_at__lte=since) if since else Q()
    elif state and state != ALL:
        found &= Q(state=state)
    if since and state not in ("new", "reopened"):
        found &= Q(opened_at__gt=since)
    if owner == ME:
        found &= Q(assignee=viewer.pk if viewer else 0)
    elif owner == NOBODY:
        found &= Q(assignee__isnull=True)
    elif ADDRESS.fullmatch(owner):
        found &= Q(assignee__email=owner.lower()) if _sees_owners(viewer) else Q(pk__in=[])
    elif owner:
        named = Q(assignee__name__icontains=owner) | Q(assignee__email__icontains=owner)
        found &= named if _sees_owners(viewer) else Q(pk__in=[])
    if text := (wanted.get("reason") or "").strip():
        found &= Q(reason__icontains=text)
    return found & _due(wanted.get("due")) & _ends(wanted.get("ends"), as_of)


def _sees_owners(viewer: Any) -> bool:
    return viewer is None or bool(viewer.sees_all_merchants)


def _people() -> dict[str, str]:
    return {email: name or email for email, name in User.objects.exclude(role="merchant").values_list("email", "name")}


def by_owner(slug: str, name: str) -> Breakdown:
    """Rows of the report `slug`, called by the field `name`, by who their findings were given to."""
    found = Finding.objects.unresolved().filter(report=slug, row_id=OuterRef(name))
    return Breakdown(
        _("Owner"),
        Subquery(found.values("assignee__email")[:1]),
        "owner",
        words=_people,
        without=_("Nobody"),
        none=NOBODY,
    )


def _due(wanted: str | None) -> Q:
    today = showing.today()
    conditions = {
        "overdue": Q(due_on__lt=today),
        "today": Q(due_on__lte=today),
        "week": Q(due_on__lte=today + WEEK),
        "any": Q(due_on__isnull=False),
        "none": Q(due_on__isnull=True),
    }
    return conditions[wanted] if wanted else Q()


def _ends(wanted: str | None, as_of: datetime) -> Q:
    week, month = (end_of_day(showing.today() + timedelta(days=days)) for days in (7, 30))
    conditions = {"week": Q(until__lte=week), "month": Q(until__lte=month), "later": Q(until__gt=month)}
    return conditions[wanted] if wanted else Q()


def _age(row: Any) -> str:
    return markup.ago(row["c_first_seen"], timezone.now()) if row["c_first_seen"] else ""


def _owner(row: Any) -> str:
    name = row["c_owner"]
    return f'<span class="avatar-initials" title="{escape(name)}">{escape(initials(name))}</span>' if name else ""


def _due_cell(row: Any) -> str:
    due = row["c_due"]
    if due is None:
        return ""
    return markup.badge("critical" if due < showing.today() else "neutral", showing.short_day(due))


def of_report(slug: str, name: str) -> tuple[columns.Column, ...]:
    """The columns of the report `slug`, whose rows are called by the field `name`.

    A page looks the values up for its rows: in the report's query they would be read for all. Rows are ordered by
    what is not resolved, and by its row where that is the same. An export asks for those of each row by index.
    """

    def order(*fields: str, **given: Any) -> Subquery:
        found = Finding.objects.unresolved().filter(report=slug, row_id=OuterRef(name), **given)
        return Subquery(found.values(order=Func(*fields, "row_id", function="ROW", output_field=TextField()))[:1])

    def exported(expression: Any) -> Subquery:
        expression = F(expression) if isinstance(expression, str) else expression
        return Subquery(Finding.objects.filter(report=slug, row_id=OuterRef(name)).values(given=expression)[:1])

    comments = FindingEvent.objects.filter(finding__report=slug, finding__row_id=OuterRef(name), kind="comment")
    person = Coalesce(NullIf("assignee__name", Value("")), "assignee__email", output_field=TextField())
    late: dict[str, Any] = {"nullable": True, "late": True, "css": "m-hide"}
    unsorted: dict[str, Any] = late | {"sortable": False, "visible": False}
    return (
        columns.Choice(
            key="finding",
            width=100,
            header="Finding Status",
            label=_("Finding"),
            expression=order("state"),
            source=exported("state"),
            words=dict(Finding.State.choices),
            tones=STATE_TONES,
            **(late | {"css": "m-right"}),
        ),
        columns.Since(
            key="first_seen",
            header="First Seen",
            label=_("First seen"),
            expression=order("first_seen_at"),
            source=exported("first_seen_at"),
            draw=_age,
            **late,
        ),
        columns.Custom(
            key="owner",
            width=60,
            header="Owner",
            label=_("Owner"),
            expression=order("assignee__name", "assignee_id", assignee__isnull=False),
            source=exported(person),
            draw=_owner,
            staff=True,
            **late,
        ),
        columns.Custom(
            key="due",
            header="Due",
            label=_("Due"),
            expression=order("due_on", due_on__isnull=False),
            source=exported("due_on"),
            draw=_due_cell,
            **(late | {"visible": False}),
        ),
        columns.Text(key="reason", header="Reason", label=_("Reason"), source=exported("reason"), **unsorted),
        columns.Moment(key="until", header="Until", label=_("Until"), source=exported("until"), **unsorted),
        columns.Integer(
            key="times_opened",
            header="Times Opened",
            label=_("Times opened"),
            source=exported("times_opened"),
            **unsorted,
        ),
        columns.Text(
            key="last_comment",
            header="Last Comment",
            label=_("Last comment"),
            source=Subquery(comments.order_by("-at", "-pk").values("text")[:1]),
            **unsorted,
        ),
    )


KEYS = ("first_seen", "finding", "owner", "due", "reason", "until", "times_opened", "last_comment")


def _findings() -> QuerySet[Any]:
    is_asked_for = IsOneOf(F("key"), Slot("keys", ArrayField(TextField())))
    found = Finding.objects.filter(is_asked_for, report=Slot("report", TextField()))
    comments = FindingEvent.objects.filter(finding=OuterRef("pk"), kind="comment").order_by("-at", "-pk")
    return found.values_list(
        "key",
        "first_seen_at",
        "state",
        "assignee__name",
        "due_on",
        "reason",
        "until",
        "times_opened",
        Subquery(comments.values("text")[:1]),
    )


_FINDINGS = Statement(_findings)


def look_up(report: str, name: str, rows: Sequence[dict[str, Any]], viewer: Viewer | None) -> None:
    """Put the values of the columns into the rows of a page, in one query; who works on it is for staff to know."""
    found = _FINDINGS.rows(report=report, keys=[str(row[name]) for row in rows])
    by_key = {key: given for key, *given in found}
    hides = viewer is not None and not viewer.sees_all_merchants
    for row in rows:
        given = dict(zip(KEYS, by_key.get(str(row[name]), (None,) * len(KEYS)), strict=True))
        row |= {f"c_{key}": None if hides and key == "owner" else value for key, value in given.items()}
