"""Which action is legal on which identity now, and why not. The page, the plan and the operation all ask here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from inventory_ops.kit import showing
from inventory_ops.models import User
from user_audit.models import IamUser, Identity
from user_audit.models.actions import Action
from user_audit.models.identities import AwsStatus, DatabaseStatus

GRACE = timedelta(days=7)
APPROVAL_ABOVE = 25
LIMIT = 1_000
DESTRUCTIVE = frozenset(Action.values) - {Action.ENABLE_AWS, Action.ENABLE_DB}
DELETES = frozenset({Action.DELETE_AWS, Action.DELETE_DB, Action.DELETE_BOTH})
ON_AWS = frozenset({Action.DISABLE_AWS, Action.ENABLE_AWS, Action.DELETE_AWS, Action.DELETE_BOTH})
TAKES_LOGIN = frozenset({Action.DISABLE_DB, Action.DELETE_BOTH})
# IAM calls of one user with one access key: reading, writing, verifying. For the estimate of a plan.
CALLS: dict[str, int] = {
    Action.DISABLE_AWS: 25,
    Action.ENABLE_AWS: 26,
    Action.DELETE_AWS: 20,
    Action.DELETE_BOTH: 45,
}


class Kind(StrEnum):
    DO = "do"
    NOOP = "noop"
    REFUSED = "refused"


@dataclass(frozen=True)
class Decision:
    """What would happen to one identity. why: the reason, or a warning when it would be done."""

    identity: Identity
    kind: Kind
    why: str = ""
    not_before: datetime | None = None

    @property
    def legal(self) -> bool:
        return self.kind is Kind.DO


def decide(
    action: str, identities: Iterable[Identity], *, by: User, now: datetime, waive_grace: bool = False
) -> list[Decision]:
    """A decision for each identity. The last administrator is counted after the whole list, not row by row."""
    rows = list(identities)
    last = _last_admins(action, rows, active_admins() if action in TAKES_LOGIN else set())
    own = _own_iam_users(by)
    return [_decide(action, row, by, now, own, last, waive_grace) for row in rows]


def decide_all(identity: Identity, *, by: User, now: datetime) -> dict[Action, Decision]:
    """A decision about each action for one identity."""
    own, admins = _own_iam_users(by), active_admins()
    return {
        action: _decide(action, identity, by, now, own, _last_admins(action, [identity], admins), waive_grace=False)
        for action in Action
    }


def statuses_rule_out(aws: str, database: str) -> frozenset[Action]:
    """The actions that are not possible whoever asks: for the buttons of a list, which leads to `decide` itself."""
    found: set[Action] = set()
    if aws == AwsStatus.NOT_FOUND:
        found |= {Action.DISABLE_AWS, Action.ENABLE_AWS, Action.DELETE_AWS, Action.DELETE_BOTH}
    elif aws == AwsStatus.DISABLED:
        found |= {Action.DISABLE_AWS}
    elif aws in (AwsStatus.ACTIVE, AwsStatus.NO_CREDENTIALS, AwsStatus.DISABLED_ELSEWHERE):
        found |= {Action.DELETE_AWS}
    if database in (DatabaseStatus.NOT_FOUND, DatabaseStatus.DELETED):
        found |= {Action.DISABLE_DB, Action.ENABLE_DB, Action.DELETE_DB, Action.DELETE_BOTH}
    elif database == DatabaseStatus.DISABLED:
        found |= {Action.DISABLE_DB}
    else:
        found |= {Action.ENABLE_DB, Action.DELETE_DB}
    return frozenset(found)


def _own_iam_users(by: User) -> set[int]:
    return set(IamUser.objects.filter(user_id=by.pk).values_list("pk", flat=True))


def active_admins() -> set[int]:
    """Ids of the accounts that can administer others."""
    found = User.objects.filter(Q(role="admin") | Q(is_superuser=True), is_active=True)
    return set(found.values_list("pk", flat=True))


def needs_approval(action: str, decisions: Collection[Decision], *, waive_grace: bool) -> str:
    """Why a second person must approve, or ''."""
    if action in DELETES:
        return _("Deleting needs a second person.")
    if waive_grace:
        return _("Acting without the grace time needs a second person.")
    if len(decisions) > APPROVAL_ABOVE:
        return _("More than %(count)d users need a second person.") % {"count": APPROVAL_ABOVE}
    if action in DESTRUCTIVE and any(d.identity.role == "admin" for d in decisions if d.legal):
        return _("Acting on an administrator needs a second person.")
    return ""


def _last_admins(action: str, rows: list[Identity], admins: set[int]) -> set[int]:
    """Whom the action would take as the last ones, all of them or none."""
    if action not in TAKES_LOGIN:
        return set()
    hit = {row.user_id for row in rows if row.user_id in admins}
    return hit if hit and not admins - hit else set()


def _decide(
    action: str,
    row: Identity,
    by: User,
    now: datetime,
    own: set[int],
    last_admins: set[int],
    waive_grace: bool,
) -> Decision:
    refused = _forbidden(action, row, by, own, last_admins)
    if refused:
        return Decision(row, Kind.REFUSED, refused)
    if (action in ON_AWS and action != Action.DELETE_BOTH) or (action == Action.DELETE_BOTH and row.iam_user_id):
        if row.iam_user_id is None:
            return Decision(row, Kind.REFUSED, _("There is no AWS user."))
        if row.aws_status == AwsStatus.DELETING and action not in DELETES:
            return Decision(row, Kind.REFUSED, _("It is being deleted from AWS."))
    on_platform = action not in (Action.DISABLE_AWS, Action.ENABLE_AWS, Action.DELETE_AWS)
    if on_platform and (row.user_id is None or row.database_status == DatabaseStatus.DELETED):
        return Decision(row, Kind.REFUSED, _("There is no platform account."))
    return _RULES[action](row, now, waive_grace)


def _forbidden(action: str, row: Identity, by: User, own: set[int], last_admins: set[int]) -> str:
    if not by.has_role("admin"):
        return _("Only administrators may do this.")
    if not settings.USER_AUDIT_WRITES:
        return _("Actions are switched off (USER_AUDIT_WRITES).")
    if action not in DESTRUCTIVE:
        return ""
    if row.user_id == by.pk or row.iam_user_id in own or row.email.lower() == by.email.lower():
        return _("That is you.")
    if row.protected_because:
        return _("Protected: %(why)s.") % {"why": row.protected_because}
    if row.user_id in last_admins:
        return _("No active administrator would be left.")
    return ""


def _disable_aws(row: Identity, now: datetime, waive_grace: bool) -> Decision:
    if row.aws_status == AwsStatus.DISABLED:
        return Decision(row, Kind.NOOP, _("Already disabled in AWS."))
    return Decision(row, Kind.DO, _("The match by e-mail is ambiguous.") if "ambiguous" in row.flags else "")


def _enable_aws(row: Identity, now: datetime, waive_grace: bool) -> Decision:
    if row.disabled_at is None:
        return Decision(row, Kind.REFUSED, _("It was not disabled by this application."))
    if row.database_status != DatabaseStatus.ACTIVE:
        return Decision(row, Kind.DO, _("The platform account is not active: AWS would be open without it."))
    return Decision(row, Kind.DO)


def _delete_aws(row: Identity, now: datetime, waive_grace: bool) -> Decision:
    if row.disabled_at is None:
        return Decision(row, Kind.REFUSED, _("Disable it in AWS first."))
    if row.aws_status == AwsStatus.PARTIAL:
        return Decision(row, Kind.REFUSED, _("It is only partly disabled in AWS. Repair it first."))
    return _after_grace(row, row.disabled_at, now, waive_grace)


def _disable_db(row: Identity, now: datetime, waive_grace: bool) -> Decision:
    if row.database_status == DatabaseStatus.DISABLED:
        return Decision(row, Kind.NOOP, _("Already disabled on the platform."))
    return Decision(row, Kind.DO)


def _enable_db(row: Identity, now: datetime, waive_grace: bool) -> Decision:
    if row.database_status == DatabaseStatus.ACTIVE:
        return Decision(row, Kind.NOOP, _("Already active on the platform."))
    return Decision(row, Kind.DO)


def _delete_db(row: Identity, now: datetime, waive_grace: bool) -> Decision:
    if row.database_status != DatabaseStatus.DISABLED:
        return Decision(row, Kind.REFUSED, _("Disable it on the platform first."))
    return Decision(row, Kind.DO)


def _delete_both(row: Identity, now: datetime, waive_grace: bool) -> Decision:
    if row.iam_user_id is None:
        return Decision(row, Kind.REFUSED, _("There is no AWS user: use Delete from Database."))
    if "ambiguous" in row.flags:
        return Decision(row, Kind.REFUSED, _("The match by e-mail is ambiguous: confirm the link first."))
    return _after_grace(row, row.disabled_at or now, now, waive_grace)


def _after_grace(row: Identity, disabled_at: datetime, now: datetime, waive_grace: bool) -> Decision:
    due = disabled_at + GRACE
    if waive_grace or due <= now:
        return Decision(row, Kind.DO)
    return Decision(
        row, Kind.DO, _("Deleted after the grace time, on %(day)s.") % {"day": showing.moment(due)}, not_before=due
    )


_RULES: dict[str, Callable[[Identity, datetime, bool], Decision]] = {
    Action.DISABLE_AWS: _disable_aws,
    Action.ENABLE_AWS: _enable_aws,
    Action.DELETE_AWS: _delete_aws,
    Action.DISABLE_DB: _disable_db,
    Action.ENABLE_DB: _enable_db,
    Action.DELETE_DB: _delete_db,
    Action.DELETE_BOTH: _delete_both,
}
