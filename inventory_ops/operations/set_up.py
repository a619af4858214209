"""The first administrator, made by whoever starts the product: by an address that `serve` prints, once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from inventory_ops.kit.db import locks
from inventory_ops.models import Shop, User
from inventory_ops.models.audit import Security
from inventory_ops.models.users import Role
from inventory_ops.operations import rates, security

VALID_HOURS = 24
SALT = "inventory_ops.set_up"


class SetUpClosed(Exception):
    """The address is not valid (any more): somebody can sign in already, it is too old, or it was never given."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the page asks: whose shop it is."""

    shop_name: str
    timezone: str
    currency: str


def is_open() -> bool:
    """Is there nobody yet who can sign in? Imported accounts have no password, so they do not count."""
    people = User.objects.filter(is_active=True, is_service=False)
    if not settings.DEMO:
        people = people.filter(is_demo=False)
    return not people.exclude(password="").exclude(password__startswith="!").exists()  # noqa: S106  (no password)


def new_token() -> str:
    """A token that opens the page for VALID_HOURS, unless somebody was set up before."""
    return signing.TimestampSigner(salt=SALT).sign(secrets.token_urlsafe(9))


def path(token: str) -> str:
    return reverse("set-up", args=[token])


def check(token: str) -> None:
    """Raises SetUpClosed unless `token` opens the page now."""
    try:
        signing.TimestampSigner(salt=SALT).unsign(token, max_age=timedelta(hours=VALID_HOURS))
    except signing.BadSignature as error:
        raise SetUpClosed from error
    if not is_open():
        raise SetUpClosed


@transaction.atomic
def make_first_administrator(*, token: str, email: str, name: str, password: str, beginning: Beginning) -> User:
    """Make the account and note whose shop it is. Of two at once the second gets SetUpClosed.

    An account that was imported with this e-mail becomes the administrator's.
    """
    locks.wait_for(SALT)
    check(token)
    user = User.objects.filter(email=email.strip().lower()).first() or User(email=email.strip().lower())
    user.name, user.role, user.platform_type, user.merchant = name.strip(), Role.ADMIN, "Admin", None
    user.is_active = user.is_superuser = True
    user.set_password(password)
    user.save()
    Shop.objects.update_or_create(
        pk=1,
        defaults={"name": beginning.shop_name, "timezone": beginning.timezone, "currency": beginning.currency},
    )
    rates.apply()
    security.record(Security.ACCOUNT_MADE, user=user, by=user, summary=_("First administrator %s") % user.email)
    return user
