"""Accounts: what user administration does to them. All of it is in the security log, and the owner is notified."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory_ops.kit.db import locks
from inventory_ops.models import Notification, User
from inventory_ops.models.audit import Security
from inventory_ops.operations import security
from inventory_ops.operations.notifications import deliveries
from inventory_ops.queries import shop
from inventory_ops.registries.permissions import ADMIN


class NotPossible(Exception):
    """The message says why, and what to do instead. Nothing was changed."""


class EmailTaken(NotPossible):
    """Another account has this e-mail."""


@transaction.atomic
def change_email(*, user_id: int, email: str, by: User | None) -> User:
    """Give an account another identity; its sessions end, both addresses are notified. `by` None: the command line.

    Raises NotPossible (EmailTaken when another account has it). The user audit asks anew whose IAM user goes with it.
    """
    wanted = checked_email(email)
    require_administrator(by, user_id, own=_("Nobody changes their own e-mail. Ask another administrator."))
    user = User.objects.select_for_update(of=["self"]).filter(pk=user_id).first()
    if user is None:
        raise NotPossible(_("This account is not there any more."))
    before = user.email
    if before == wanted:
        return user
    try:
        with transaction.atomic():
            User.objects.filter(pk=user.pk).update(email=wanted, updated_at=timezone.now())
    except IntegrityError as error:
        raise EmailTaken(_("Another account has the e-mail %(email)s.") % {"email": wanted}) from error
    user.refresh_from_db()
    with shop.written_to(user):
        title = _("The e-mail of your account was changed")
        text = _(
            "The account %(before)s is %(after)s from now on. Sign in with the new e-mail; your sessions were ended."
        )
        for address in (before, wanted):
            deliveries.create_letter(
                user=user,
                title=title,
                text=text % {"before": before, "after": wanted},
                address=address,
                now=timezone.now(),
            )
    security.record(
        Security.EMAIL_CHANGED, user=user, by=by, summary=f"{before} → {wanted}", data={"old": before, "new": wanted}
    )
    return user


@transaction.atomic
def create_service(*, email: str, name: str, by: User) -> User:
    """Make an account for a program, with the role of `by`, who answers for it. Raises NotPossible."""
    wanted = checked_email(email)
    if by.is_service or not by.role:
        raise NotPossible(_("Only a person with a role can make a service account."))
    try:
        with transaction.atomic():
            made = User.objects.create_user(
                wanted,
                name=name.strip()[:200],
                role=by.role,
                merchant=by.merchant,
                platform_type="Service",
                is_service=True,
                responsible=by,
            )
    except IntegrityError as error:
        raise EmailTaken(_("Another account has the e-mail %(email)s.") % {"email": wanted}) from error
    security.record(Security.SERVICE_MADE, user=made, by=by, summary=f"Service account {wanted} of {by.email}")
    return made


def may_call(user: User) -> bool:
    """May keys and tokens of an account be used? A program's stop while nobody who is active answers for it."""
    answered = not user.is_service or (user.responsible is not None and user.responsible.is_active)
    return user.is_active and answered


@transaction.atomic
def take_over(*, service_id: int, by: User) -> User:
    """Answer for a service account from now on: for whoever may do all that it may. Raises NotPossible.

    Its keys and tokens, which stop when the person before was disabled, work again.
    """
    service = User.objects.select_for_update(of=["self"]).filter(pk=service_id, is_service=True).first()
    if service is None or not service.is_active:
        raise NotPossible(_("This service account is not there any more."))
    if by.is_service or not by.is_active or (service.role, service.merchant_id) != (by.role, by.merchant_id):
        raise NotPossible(_("Only a person with the same role can answer for this service account."))
    if service.responsible_id == by.pk:
        return service
    before = service.responsible
    User.objects.filter(pk=service.pk).update(responsible=by, updated_at=timezone.now())
    service.responsible = by
    if before is not None and before.is_active:
        who = {"who": by.email, "email": service.email}
        notify(
            before,
            title=lambda: _("A service account was taken over"),
            text=lambda: _("%(who)s answers for %(email)s from now on.") % who,
        )
    old = before.email if before else ""
    security.record(
        Security.SERVICE_TAKEN, user=service, by=by, summary=f"{service.email}: {old} → {by.email}", data={"old": old}
    )
    return service


@transaction.atomic
def end_sessions(*, user_id: int, by: User | None) -> None:
    """End every session of an account permanently, wherever it was opened."""
    user = User.objects.select_for_update(of=["self"]).get(pk=user_id)
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    security.record(Security.SESSIONS_ENDED, user=user, by=by)


def notify(user: User, *, title: Callable[[], str], text: Callable[[], str], url: str = "") -> None:
    """Notify the owner of an account of something about it: in the bell, and by mail. Call it in the transaction.

    Of a service account the person who answers for it is told. `title` and `text` are asked for in the language of
    whoever reads them.
    """
    person = user.responsible if user.is_service and user.responsible else user
    now = timezone.now()
    with shop.written_to(person):
        _notify(person, title(), text(), url, now)


def _notify(person: User, title: str, text: str, url: str, now: datetime) -> None:
    Notification.objects.create(
        user=person, topic="account", title=title[:300], text=text[:500], url=url, created_at=now
    )
    deliveries.create_letter(user=person, title=title, text=text, now=now)


def checked_email(email: str) -> str:
    """The address as accounts keep it. Raises NotPossible."""
    wanted = email.strip().lower()
    try:
        validate_email(wanted)
        User._meta.get_field("email").run_validators(wanted)
    except ValidationError as error:
        raise NotPossible(_("This is not a valid e-mail address. Use one like jo@example.com.")) from error
    return wanted


def require_administrator(by: User | None, user_id: int = 0, *, own: str = "") -> None:
    """Hold the lock of people's accounts, and ask for the right to change this one. `own`: why not one's own.

    The right is looked at under the lock: who was demoted a moment ago demotes nobody. `by` None is the command line.
    """
    locks.wait_for("people")
    if by is None:
        return
    if not User.objects.get(pk=by.pk).has_role(ADMIN):
        raise NotPossible(_("Only an administrator can do this."))
    if own and by.pk == user_id:
        raise NotPossible(own)
