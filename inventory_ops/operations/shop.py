"""The shop's name, zone and currency, which administrators change."""

from __future__ import annotations

from dataclasses import asdict

from django.db import transaction
from django.utils.translation import gettext as _

from inventory_ops.kit.db import locks
from inventory_ops.models import Shop, User
from inventory_ops.operations import audit, rates
from inventory_ops.queries import shop
from inventory_ops.queries.shop import Facts
from inventory_ops.registries.permissions import ADMIN


class ShopChanged(Exception):
    """Somebody else changed the shop meanwhile: it is as `now` says. Nothing was saved."""

    def __init__(self, now: Facts) -> None:
        super().__init__(_("Somebody else changed the shop while you edited it. Nothing was saved."))
        self.now = now


class ShopRefused(Exception):
    """Nothing was changed; says why."""


@transaction.atomic
def edit(*, to: Facts, seen: Facts, by: User) -> bool:
    """Give the shop another name, zone or currency; answers whether anything changed. `seen` is what the page showed.

    Raises ShopChanged and ShopRefused.
    """
    if not by.has_role(ADMIN):
        raise ShopRefused(_("Only an administrator can do this."))
    locks.wait_for("shop")  # there may be no row yet
    before = shop.facts()
    if before == to:
        return False
    if before != seen:
        raise ShopChanged(before)
    made, _created = Shop.objects.update_or_create(pk=1, defaults=asdict(to))
    old, new = asdict(before), asdict(to)
    if before.currency != to.currency:
        rates.apply()
    changed = {name: [old[name], new[name]] for name in new if old[name] != new[name]}
    audit.record(action="shop.edit", by=by, subject=made, summary=", ".join(sorted(changed)), data=changed)
    return True
