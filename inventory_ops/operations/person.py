"""What an administrator changes about one account. Each change is in the security log, and its owner is notified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory_ops.models import Merchant, User
from inventory_ops.models.audit import Security
from inventory_ops.models.users import Role
from inventory_ops.operations import people, security
from inventory_ops.operations.people import NotPossible, notify, require_administrator


@dataclass(frozen=True, slots=True)
class Details:
    """What the form of an account edits."""

    name: str
    role: str
    vendor_number: str = ""

    @classmethod
    def of(cls, user: User) -> Details:
        return cls(user.name, user.role, user.merchant.vendor_number if user.merchant else "")


class PersonChanged(Exception):
    """Somebody else changed the account meanwhile: it is as `now` says. Nothing was saved."""

    def __init__(self, now: Details) -> None:
        super().__init__(_("Somebody else changed this account while you edited it. Nothing was saved."))
        self.now = now


@transaction.atomic
def edit(*, user_id: int, to: Details, seen: Details, by: User | None) -> bool:
    """Give an account another name, role or merchant; answers whether anything changed.

    `seen` is what the editor saw. A change of the role or merchant ends the account's sessions. Raises PersonChanged
    and NotPossible.
    """
    require_administrator(by)
    user = _locked(user_id)
    before = Details.of(user)
    if by and by.pk == user.pk and (to.role, to.vendor_number) != (before.role, before.vendor_number):
        raise NotPossible(_("Nobody changes their own role. Ask another administrator."))
    if before == to:
        return False
    if before != seen:
        raise PersonChanged(before)
    values: dict[str, Any] = {"name": to.name, "role": to.role, "merchant": merchant_of(to)}
    if to.role != Role.ADMIN:
        values["is_superuser"] = False
    _save(user, **values)
    if to.name != before.name:
        security.record(Security.RENAMED, user=user, by=by)
    if (to.role, to.vendor_number) != (before.role, before.vendor_number):
        _tell_role(user, before, to, by)
    return True


def _tell_role(user: User, before: Details, to: Details, by: User | None) -> None:
    def named(each: Details) -> str:
        return " ".join(filter(None, (str(Role(each.role).label), each.vendor_number)))

    notify(
        user,
        title=lambda: _("Your role was changed"),
        text=lambda: (
            _("Your role was %(old)s and is %(new)s from now on. Sign in again; your sessions were ended.")
            % {"old": named(before), "new": named(to)}
        ),
    )
    security.record(
        Security.ROLE_CHANGED,
        user=user,
        by=by,
        summary=f"{user.email}: {named(before)} → {named(to)}",
        data={"old": before.role, "new": to.role, "old_vendor": before.vendor_number, "new_vendor": to.vendor_number},
    )


@transaction.atomic
def deactivate(*, user_id: int, by: User | None) -> None:
    """Let nobody sign in to an account any more; its sessions and links end. Raises NotPossible."""
    require_administrator(by, user_id, own=_("Nobody deactivates their own account. Ask another administrator."))
    user = _locked(user_id)
    if user.is_active:
        _save(user, is_active=False)
        notify(
            user,
            title=lambda: _("Your account was deactivated"),
            text=lambda: _("Ask an administrator if you still need it."),
        )
        security.record(Security.DISABLED, user=user, by=by)


@transaction.atomic
def activate(*, user_id: int, by: User | None) -> None:
    """Let the owner of an account sign in again. Raises NotPossible."""
    require_administrator(by, user_id, own=_("Nobody activates their own account. Ask another administrator."))
    user = _locked(user_id)
    if not user.is_active:
        _save(user, is_active=True)
        notify(user, title=lambda: _("Your account is active again"), text=lambda: _("You can sign in again."))
        security.record(Security.ENABLED, user=user, by=by)


@transaction.atomic
def reset_second_factor(*, user_id: int, by: User | None) -> None:
    """Take the authenticator app and the recovery codes of an account away, and end its sessions.

    Its owner signs in by password, and sets up a new app where the role needs one. Raises NotPossible.
    """
    own = _("Nobody resets their own second factor here. Ask another administrator.")
    require_administrator(by, user_id, own=own)
    user = _locked(user_id)
    removed, _each = Authenticator.objects.filter(user=user).delete()
    if not removed:
        raise NotPossible(_("This account has no second factor."))
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1, updated_at=timezone.now())
    notify(
        user,
        title=lambda: _("Your second factor was reset"),
        text=lambda: _(
            "An administrator took your authenticator app and recovery codes off your account. Set up a new one."
        ),
    )
    security.record(Security.FACTORS_CLEARED, user=user, by=by)


@transaction.atomic
def end_sessions(*, user_id: int, by: User | None) -> None:
    """End every session of somebody's account. Raises NotPossible."""
    require_administrator(by)
    people.end_sessions(user_id=_locked(user_id).pk, by=by)


def _locked(user_id: int) -> User:
    user = User.objects.select_for_update(of=["self"]).select_related("merchant").filter(pk=user_id).first()
    if user is None:
        raise NotPossible(_("This account is not there any more."))
    if user.is_service:
        raise NotPossible(_("This is a program's account. The person who answers for it changes it."))
    return user


def merchant_of(to: Details) -> Merchant | None:
    """The merchant that goes with a role. Raises NotPossible."""
    if to.role != Role.MERCHANT:
        if to.vendor_number:
            raise NotPossible(_("Only the role Merchant goes with a vendor number: leave it empty."))
        return None
    found = Merchant.objects.filter(vendor_number=to.vendor_number).first()
    if found is None:
        raise NotPossible(_("The role Merchant needs the vendor number of a merchant who is here."))
    return found


def _save(user: User, **values: Any) -> None:
    """Write, and say in words what the database refuses: it keeps one administrator at least."""
    try:
        with transaction.atomic():
            User.objects.filter(pk=user.pk).update(**values, updated_at=timezone.now())
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") != "user_last_administrator":
            raise
        raise NotPossible(_("This is the last active administrator. Make another one first.")) from error
