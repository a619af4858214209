"""Invitations: an account is made without a password, and a link by mail lets its owner set one, once.

The link is signed and expires. It belongs to the account as it is: it ends when the password is set, the account is
renamed, deactivated or given another role, and when another link is sent.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.conf import settings
from django.core import signing
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from inventory_ops.models import User
from inventory_ops.models.audit import Security
from inventory_ops.operations import security
from inventory_ops.operations.people import EmailTaken, NotPossible, checked_email, require_administrator
from inventory_ops.operations.person import Details, merchant_of
from inventory_ops.queries import shop

LIFETIME = timedelta(days=3)
SALT = "inventory_ops.invitation"
log = structlog.get_logger(__name__)


@transaction.atomic
def invite(*, email: str, details: Details, by: User | None) -> User:
    """Make an account whose owner sets the password by a link; `send` mails it. Raises NotPossible (EmailTaken)."""
    require_administrator(by)
    wanted = checked_email(email)
    merchant = merchant_of(details)
    try:
        with transaction.atomic():
            made = User.objects.create_user(wanted, name=details.name, role=details.role, merchant=merchant)
    except IntegrityError as error:
        raise EmailTaken(
            _("Another account has the e-mail %(email)s. Open it in the list of people.") % {"email": wanted}
        ) from error
    security.record(Security.INVITED, user=made, by=by, data={"role": made.role})
    return made


@transaction.atomic
def invite_again(*, user_id: int, by: User | None) -> User:
    """End the links sent before, so that `send` mails the only one. Raises NotPossible."""
    require_administrator(by)
    user = User.objects.select_for_update(of=["self"]).filter(pk=user_id).first()
    if user is None or not _is_open(user):
        raise NotPossible(_("Only an active account without a password can be invited."))
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db()
    security.record(Security.INVITED, user=user, by=by, data={"role": user.role})
    return user


def send(user: User) -> bool:
    """Mail the link; False when the mail could not be handed over. It is sent at once and stored nowhere."""
    link = settings.PUBLIC_URL + reverse("invitation", args=[token_of(user)])
    with shop.written_to(user):
        title = _("You are invited")
        text = _(
            "You are invited to Inventory Ops with the e-mail %(email)s.\n\n"
            "Set your password here:\n%(link)s\n\n"
            "The link works once, within %(days)d days. If you did not expect this mail, ignore it."
        )
    try:
        send_mail(
            f"[{shop.brand()}] {title}",
            text % {"email": user.email, "link": link, "days": LIFETIME.days},
            None,
            [user.email],
        )
    except OSError as error:
        log.warning("invitation_not_sent", user=user.pk, error=type(error).__name__)
        return False
    return True


def token_of(user: User) -> str:
    return signing.dumps([user.pk, _state(user)], salt=SALT)


@transaction.atomic
def accept(*, token: str, name: str, password: str) -> User:
    """Set name and password of the account that the link is for. Of two at once one succeeds. Raises NotPossible."""
    user = find(token, lock=True)
    if user is None:
        raise NotPossible(_("This invitation was used, replaced or is too old. Ask an administrator for a new one."))
    user.name = name
    user.set_password(password)
    User.objects.filter(pk=user.pk).update(name=name, password=user.password, updated_at=timezone.now())
    security.record(Security.INVITATION_ACCEPTED, user=user, by=user)
    return user


def find(token: str, *, lock: bool = False) -> User | None:
    """The account that a link is for, while it can be used; with `lock` held until the transaction ends."""
    try:
        pk, state = signing.loads(token, salt=SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return None
    users = User.objects.select_for_update() if lock else User.objects.all()
    user = users.filter(pk=pk).first()
    if user is None or not _is_open(user):
        return None
    return user if constant_time_compare(str(state), _state(user)) else None


def _is_open(user: User) -> bool:
    return user.is_active and not user.is_service and not user.has_usable_password()


def _state(user: User) -> str:
    values = f"{user.pk}:{user.email}:{user.password}:{user.session_epoch}"
    return salted_hmac(SALT, values, algorithm="sha256").hexdigest()
