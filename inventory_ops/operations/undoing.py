"""Taking back what a person just did: an offer is signed, belongs to its person, and holds for a few minutes.

Each thing is taken back only as it was left: where somebody changed it in between, it stays, and the answer says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.kit.undo import Undo
from inventory_ops.models import Finding, Product, User
from inventory_ops.operations import availability, findings, marks, price_undo

SALT = "inventory_ops.undo"
HOLDS = timedelta(minutes=5)  # the page shows the offer for ten seconds, and longer while somebody is at it
MOST = 200  # things of one offer
SHOWN = 3  # reasons in the answer


class NotOffered(Exception):
    """The offer is not valid any more, or is somebody else's; the message says so."""


@dataclass(slots=True)
class TakenBack:
    """How many things are as they were before, and why others are not."""

    done: int = 0
    left: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        if not self.left:
            return _("Undone.")
        done = ngettext("%(n)d undone.", "%(n)d undone.", self.done) % {"n": self.done} if self.done else ""
        rest = len(self.left) - SHOWN
        more = ngettext("… and %(n)d more was left.", "… and %(n)d more were left.", rest) % {"n": rest}
        return " ".join([done or _("Not undone."), *self.left[:SHOWN], *([more] if rest > 0 else [])])


def offer(done: Sequence[Undo], *, by: User) -> str:
    """What takes it back, for `by` alone; '' where there is nothing to take back, or too much."""
    if not 0 < len(done) <= MOST:
        return ""
    plain = json.loads(json.dumps([[each.kind, each.data] for each in done], default=_plain))
    return signing.dumps({"by": by.pk, "done": plain}, salt=SALT, compress=True)


def _plain(value: Any) -> str:
    """A moment, a day or an amount as the text that its column reads, without loss."""
    return value.isoformat() if isinstance(value, date) else str(value)


def take_back(token: str, *, by: User) -> TakenBack:
    """Take back everything of an offer that nobody changed since. Raises NotOffered."""
    try:
        offered = signing.loads(token, salt=SALT, max_age=HOLDS)
    except signing.SignatureExpired as error:
        raise NotOffered(_("It is too late to undo this. Change it by hand.")) from error
    except signing.BadSignature as error:
        raise NotOffered(_("Nothing to undo.")) from error
    if offered["by"] != by.pk:
        raise NotOffered(_("Nothing to undo."))
    result = TakenBack()
    with transaction.atomic():
        for kind, data in reversed(offered["done"]):
            if refused := KINDS[kind](data, by):
                result.left.append(refused)
            else:
                result.done += 1
    return result


def _finding(data: dict[str, Any], by: User) -> str:
    found = Finding.objects.filter(pk=data["finding"]).first()
    if found is None:
        return _("The finding is gone.")
    try:
        findings.take_back(finding=found, before=data["before"], version=data["version"], by=by)
    except (findings.FindingChanged, findings.InvalidChange) as error:
        return str(error)
    return ""


def _live(data: dict[str, Any], by: User) -> str:
    found = Product.objects.select_for_update(of=["self"]).filter(pk=data["product"]).first()
    if found is None or found.is_live != data["live"]:
        return _("%(sku)s was changed since.") % {"sku": found or data["product"]}
    availability.set_live(products=[found.pk], live=not data["live"], reason=_("Undone"), by=by)
    return ""


def _price(data: dict[str, Any], by: User) -> str:
    applied, left = price_undo.undo(changes=[data["change"]], by=by, as_of=timezone.now(), accept_loss=True)
    return "" if applied.changed else " ".join(left) or _("The change is gone.")


def _mark(data: dict[str, Any], by: User) -> str:
    try:
        marks.take_back(product_id=data["product"], after=data["after"], before=data["before"], by=by)
    except marks.InvalidMark as error:
        return str(error)
    return ""


KINDS: dict[str, Callable[[dict[str, Any], User], str]] = {
    "finding": _finding,
    "live": _live,
    "price": _price,
    "mark": _mark,
}
