"""What can be done to many accounts: a dry run first, a typed confirmation, then a job (operations/jobs.py); and what
managers answer of many certifications.

What an action does, who is protected from it and what needs a second administrator: queries/decisions.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import classproperty
from django.utils.translation import gettext_lazy, ngettext

from inventory_ops.kit.bulk.action import BulkAction, Line, Outcome, Plan, register
from inventory_ops.kit.reports.selection import numbers_of
from inventory_ops.models import User
from user_audit.forms import ConfirmForm, RefuseForm
from user_audit.models import Certification, Identity
from user_audit.models.actions import Action
from user_audit.operations import certification as operations
from user_audit.operations import jobs
from user_audit.queries import certification
from user_audit.queries.decisions import DELETES, LIMIT, Decision


class UserAction(BulkAction[Decision]):
    """A row is a decision: an identity, and what would happen to it."""

    on = "user-audit"
    most = LIMIT
    action: Action

    @classproperty
    def name(cls) -> str:
        return cls.action.value

    @classproperty
    def label(cls) -> Any:
        return cls.action.label

    @classproperty
    def danger(cls) -> bool:
        return cls.action in DELETES

    def dry_run(self, keys: Sequence[str], *, by: User, waive_grace: bool) -> jobs.Plan:
        """What would happen to the identities of `keys`. Raises NotPossible above the cap."""
        rows = list(Identity.objects.filter(key__in=keys).order_by("email", "key"))
        return jobs.plan(self.name, rows, by=by, waive_grace=waive_grace)

    def plan(self, rows: Sequence[Decision]) -> Plan[Decision]:
        will = [row for row in rows if row.legal]
        return Plan(will, [Line(key=row.identity.email, reason=row.why) for row in rows if not row.legal])

    def line(self, row: Decision) -> Line:
        who = row.identity
        states = f"AWS: {who.get_aws_status_display()} · DB: {who.get_database_status_display()}"
        label = f"{who.name} · {states}" if who.name else states
        return Line(key=who.email, label=label, outcome=str(row.why or self.label))

    def counted(self, count: int) -> str:
        return ngettext("%(n)d user", "%(n)d users", count) % {"n": count}


@register
class DisableAws(UserAction):
    action = Action.DISABLE_AWS
    icon = "ban"


@register
class EnableAws(UserAction):
    action = Action.ENABLE_AWS
    icon = "circle-check"


@register
class DeleteAws(UserAction):
    action = Action.DELETE_AWS
    icon = "trash"


@register
class DisableDatabase(UserAction):
    action = Action.DISABLE_DB
    icon = "user-off"


@register
class EnableDatabase(UserAction):
    action = Action.ENABLE_DB
    icon = "user-check"


@register
class DeleteDatabase(UserAction):
    action = Action.DELETE_DB
    icon = "trash"


@register
class DeleteBoth(UserAction):
    action = Action.DELETE_BOTH
    icon = "trash"


@dataclass(frozen=True, slots=True)
class Asked:
    """A certification that the viewer sees, and why they cannot answer it, or ''."""

    row: Certification
    why: str


class Answer(BulkAction[Asked]):
    """What a manager says of accounts."""

    on = "certifications"
    confirms: bool

    def rows(self, keys: Sequence[str], *, report: Any, viewer: User) -> list[Asked]:
        found = certification.visible_to(viewer).filter(pk__in=numbers_of(keys)).order_by("label", "pk")
        return [Asked(row, certification.why_not(row, by=viewer)) for row in found]

    def line(self, row: Asked) -> Line:
        return Line(key=row.row.label, label=row.row.role, outcome=str(self.label))

    def reason_to_skip(self, row: Asked) -> str:
        return row.why

    def counted(self, count: int) -> str:
        return ngettext("%(n)d account", "%(n)d accounts", count) % {"n": count}

    def run(self, rows: Sequence[Asked], *, by: User, values: dict[str, Any], seen: Mapping[str, str]) -> Outcome:
        keys = [each.row.pk for each in rows]
        done = operations.answer(keys=keys, confirm=self.confirms, note=values["note"], by=by)
        said = ngettext("%(n)d account answered.", "%(n)d accounts answered.", done) % {"n": done}
        left = len(keys) - done
        late = ngettext("%(n)d was answered meanwhile.", "%(n)d were answered meanwhile.", left) % {"n": left}
        return Outcome(said, [late] if left else [])


@register
class Confirm(Answer):
    name = "confirm"
    label = gettext_lazy("Confirm access")
    hint = gettext_lazy("These accounts keep their access. The answer is final until the next campaign.")
    icon = "circle-check"
    form_class = ConfirmForm
    confirms = True


@register
class Refuse(Answer):
    name = "refuse"
    label = gettext_lazy("No longer needed")
    hint = gettext_lazy("Nothing is switched off yet: the accounts go to the list of the administrators.")
    icon = "user-off"
    danger = True
    form_class = RefuseForm
    confirms = False
