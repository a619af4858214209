"""Disable, enable and delete on the platform's side."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db import models, transaction
from django.db.models import F, ProtectedError
from django.utils import timezone

from inventory_ops.kit.db import locks
from inventory_ops.models import User
from inventory_ops.registries.permissions import ADMIN
from user_audit.identity import email_digest
from user_audit.models import DeletedUser, IamUser
from user_audit.operations import log
from user_audit.queries.decisions import active_admins


class LastAdmin(Exception):
    """Nobody would be left who can administer the platform. Nothing was changed."""


class NotAllowed(Exception):
    """The person who asks is not an active administrator (any more), or asks for themselves. Nothing was changed."""


class NotDisabled(Exception):
    """Only a disabled account can be deleted. Nothing was changed."""


@dataclass(frozen=True)
class Reference:
    """Rows of one kind that refer to an account, in a preview."""

    label: str
    count: int


@transaction.atomic
def disable(*, user_id: int, by: User) -> bool:
    """Ends the login and every session permanently. False when it was disabled already.

    Raises LastAdmin or NotAllowed. Two administrators who disable each other at once: the second is refused.
    """
    _lock_admins()
    user = User.objects.select_for_update().get(pk=user_id)
    if not User.objects.get(pk=by.pk).has_role(ADMIN):
        raise NotAllowed(f"{by.email} is not an active administrator any more.")
    if user.pk == by.pk:
        raise NotAllowed("Nobody disables themselves.")
    if not user.is_active:
        return False
    if active_admins() == {user.pk}:
        raise LastAdmin(f"{user.email} is the last active administrator.")
    _update(user, is_active=False, session_epoch=F("session_epoch") + 1)
    log.write("disable_db", by=by, subject=f"u{user.pk}", summary=f"Disabled {user.email} on the platform")
    return True


@transaction.atomic
def enable(*, user_id: int, by: User) -> bool:
    """Lets the account log in again; old sessions stay dead. False when it was active already."""
    user = User.objects.select_for_update().get(pk=user_id)
    if not User.objects.get(pk=by.pk).has_role(ADMIN):
        raise NotAllowed(f"{by.email} is not an active administrator any more.")
    if DeletedUser.objects.filter(user_id=user_id).exists():
        raise NotAllowed("A deleted account cannot be enabled.")
    if user.is_active:
        return False
    _update(user, is_active=True)
    log.write("enable_db", by=by, subject=f"u{user.pk}", summary=f"Enabled {user.email} on the platform")
    return True


def references(user: User) -> list[Reference]:
    """What refers to the account, beside its own login data: then it is emptied, not removed."""
    found = []
    for relation in _foreign_relations():
        model: type[models.Model] = relation.related_model
        count = model._default_manager.filter(**{relation.field.name: user}).count()
        if count:
            found.append(Reference(str(model._meta.verbose_name_plural), count))
    return found


@transaction.atomic
def delete(*, user_id: int, by: User) -> bool:
    """Removes a disabled account; where other rows refer to it, empties it. False when it is gone already.

    Raises NotDisabled or NotAllowed.
    """
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None or DeletedUser.objects.filter(user_id=user_id).exists():
        return False
    if user.is_active:
        raise NotDisabled(f"{user.email} is active. Disable it first.")
    if user.pk == by.pk:
        raise NotAllowed("Nobody deletes themselves.")
    email, digest = user.email, email_digest(user.email)
    IamUser.objects.filter(user=user, gone_at__isnull=False).update(user=None, link="")
    anonymised = bool(references(user))
    if not anonymised:
        IamUser.objects.filter(user=user).update(user=None, link="")
        try:
            with transaction.atomic():
                user.delete()
        except ProtectedError:
            anonymised = True  # something began to refer to it since we looked
    if anonymised:
        _empty(user)
    DeletedUser.objects.create(user_id=user_id, email_digest=digest, anonymised=anonymised, by=by.email)
    what = "Emptied the account" if anonymised else "Deleted the account"
    log.write("delete_db", by=by, subject=f"u{user_id}", summary=f"{what} {_masked(email)} on the platform")
    return True


def _empty(user: User) -> None:
    for relation in _own_relations():
        model: type[models.Model] = relation.related_model
        model._default_manager.filter(**{relation.field.name: user}).delete()
    user.set_unusable_password()
    _update(
        user,
        email=f"deleted-{uuid.uuid4().hex}@invalid.invalid",
        name="",
        role="",
        platform_type="",
        merchant=None,
        is_superuser=False,
        is_demo=False,
        preferences={},
        password=user.password,
        session_epoch=F("session_epoch") + 1,
    )


def _foreign_relations() -> list[models.ManyToOneRel]:
    """Relations to the user from other tables that outlive the account: write-offs, events, jobs, …"""
    return [relation for relation in _relations() if relation.on_delete is not models.CASCADE]


def _own_relations() -> list[models.ManyToOneRel]:
    """Relations that go with the account: e-mail addresses, second factors, tokens."""
    return [relation for relation in _relations() if relation.on_delete is models.CASCADE]


def _relations() -> list[models.ManyToOneRel]:
    return [
        relation
        for relation in User._meta.get_fields(include_hidden=True)
        if isinstance(relation, models.ManyToOneRel)
        and relation.related_model._meta.managed
        and relation.related_model is not IamUser
    ]


def _update(user: User, **fields: object) -> None:
    User.objects.filter(pk=user.pk).update(**fields, updated_at=timezone.now())


def _lock_admins() -> None:
    """Whoever takes an administrator's login queues here, so that the count holds until the commit."""
    locks.wait_for("user_audit.admins")


def _masked(email: str) -> str:
    name, _, domain = email.partition("@")
    return f"{name[:1]}…@{domain}"
