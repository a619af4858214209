"""Where stock lies and in which condition: locations and inventory types, made, renamed and retired.

Files and events name them by their code, which never changes. Nothing is deleted: what is retired keeps its history
and the stock that is there, and takes no new stock (`operations/ledger.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from inventory_ops.models import InventoryType, Location, User
from inventory_ops.operations import audit
from inventory_ops.registries.permissions import ADMIN

type Place = Location | InventoryType

LOCATION_CODE = re.compile(r"[^\s\x00](?:[^\x00\r\n\t]{0,48}[^\s\x00])?")
TYPE_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")
OPERATIONS = {Location: "location", InventoryType: "inventory_type"}


class PlaceRefused(Exception):
    """Nothing was changed; says why."""


class PlaceChanged(PlaceRefused):
    """Somebody else renamed it meanwhile: it is called `now`."""

    def __init__(self, now: str) -> None:
        super().__init__(_("Somebody else renamed it while you edited it. Nothing was saved."))
        self.now = now


@transaction.atomic
def add_location(*, code: str, name: str, by: User) -> Location:
    """Make a location. Raises PlaceRefused."""
    _require(by)
    if not LOCATION_CODE.fullmatch(code):
        raise PlaceRefused(_("Use a code of 1 to 50 characters without line breaks, like EAST."))
    made = Location(code=code, name=name.strip())
    _make(made, by, {"code": code})
    return made


@transaction.atomic
def add_type(*, code: str, name: str, is_sellable: bool, by: User) -> InventoryType:
    """Make an inventory type. Channels draw from it when it is sellable, which does not change. Raises PlaceRefused."""
    _require(by)
    if not TYPE_CODE.fullmatch(code):
        raise PlaceRefused(_("Use a code of 1 to 30 letters a to z, digits, - and _, like refurbished."))
    if not name.strip():
        raise PlaceRefused(_("Give the inventory type a name."))
    made = InventoryType(code=code, name=name.strip(), is_sellable=is_sellable)
    _make(made, by, {"code": code, "is_sellable": is_sellable})
    return made


@transaction.atomic
def rename(*, place: Place, to: str, seen: str, by: User) -> bool:
    """Give it another name; answers whether that is another one. `seen` is the name that the page showed.

    Raises PlaceRefused, and PlaceChanged when it is no longer called that.
    """
    _require(by)
    locked = _locked(place)
    name = to.strip()
    if isinstance(place, InventoryType) and not name:
        raise PlaceRefused(_("Give the inventory type a name."))
    if locked.name == name:
        return False
    if locked.name != seen:
        raise PlaceChanged(locked.name)
    data = {"code": locked.code, "old": locked.name, "new": name}
    locked.name = name
    locked.save(update_fields=["name"])
    _record("rename", locked, by, data)
    return True


@transaction.atomic
def retire(*, place: Place, by: User) -> bool:
    """Let it take no new stock; what is there stays. Answers whether it was in use. Raises PlaceRefused."""
    _require(by)
    if place.code in place.NEEDED:
        raise PlaceRefused(
            _("%(code)s cannot be retired: stock goes there where nobody says another place.") % {"code": place.code}
        )
    return _set(place, False, by)


@transaction.atomic
def reinstate(*, place: Place, by: User) -> bool:
    """Let it take new stock again; answers whether it was retired. Raises PlaceRefused."""
    _require(by)
    return _set(place, True, by)


def _set(place: Place, is_active: bool, by: User) -> bool:
    locked = _locked(place)
    if locked.is_active == is_active:
        return False
    locked.is_active = is_active
    locked.save(update_fields=["is_active"])
    _record("reinstate" if is_active else "retire", locked, by, {"code": locked.code})
    return True


def _require(by: User) -> None:
    if not by.has_role(ADMIN):
        raise PlaceRefused(_("Only an administrator can do this."))


def _locked(place: Place) -> Place:
    if isinstance(place, Location):
        return Location.objects.select_for_update().get(pk=place.pk)
    return InventoryType.objects.select_for_update().get(pk=place.pk)


def _make(place: Place, by: User, data: Mapping[str, object]) -> None:
    try:
        with transaction.atomic():
            place.save(force_insert=True)
    except IntegrityError as error:
        raise PlaceRefused(_("The code %(code)s is taken. Use another one.") % {"code": place.code}) from error
    _record("add", place, by, data)


def _record(verb: str, place: Place, by: User, data: Mapping[str, object]) -> None:
    subject = OPERATIONS[type(place)]
    audit.record(action=f"{subject}.{verb}", by=by, subject=place, summary=str(place), data=data)
