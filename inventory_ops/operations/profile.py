"""What people change about their own account: its name, and how pages are shown to them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory_ops.models import User
from inventory_ops.models.audit import Security
from inventory_ops.operations import security


@dataclass(frozen=True, slots=True)
class Profile:
    """What the page edits. '' is the shop's zone, the product's language, the plain format."""

    name: str = ""
    time_zone: str = ""
    language: str = ""
    date_format: str = ""
    number_format: str = ""

    @classmethod
    def of(cls, user: User) -> Profile:
        return cls(user.name, user.time_zone, user.language, user.date_format, user.number_format)


class ProfileChanged(Exception):
    """It was changed meanwhile, in another window or by an administrator: it is as `now` says. Nothing was saved."""

    def __init__(self, now: Profile) -> None:
        super().__init__(_("Your profile was changed while you edited it. Nothing was saved."))
        self.now = now


@transaction.atomic
def edit(*, to: Profile, seen: Profile, by: User) -> bool:
    """Change one's own profile; answers whether anything changed. `seen` is what the page showed.

    Raises ProfileChanged.
    """
    user = User.objects.select_for_update(of=["self"]).get(pk=by.pk)
    before = Profile.of(user)
    if before == to:
        return False
    if before != seen:
        raise ProfileChanged(before)
    values = {name: getattr(to, name) for name in Profile.__slots__}
    renamed = to.name != before.name
    # a zone or format is not news about the account, which the user audit would show
    User.objects.filter(pk=user.pk).update(**values, **({"updated_at": timezone.now()} if renamed else {}))
    if renamed:
        security.record(Security.RENAMED, user=user, by=by)
    return True
