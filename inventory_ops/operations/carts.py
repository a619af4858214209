"""Carts that were left: getting in touch with their customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from inventory_ops.kit import showing
from inventory_ops.models import CartContact, Finding, Order, User
from inventory_ops.models.orders import OrderStatus
from inventory_ops.operations import audit, findings

REPORT = "abandoned-checkouts"


class NotContacted(Exception):
    """The contact was not written down; the message says why."""


@transaction.atomic
def contact(
    *,
    order: Order,
    how: str,
    by: User,
    now: datetime,
    note: str = "",
    seen: int | None = None,
    version: int | None = None,
) -> CartContact:
    """Write down that somebody got in touch about a cart.

    `seen` is how many contacts the page showed, `version` that of the cart's finding: where somebody else was in touch
    meanwhile nothing is written, so that a customer is not called twice. Raises NotContacted and FindingChanged.
    """
    locked = Order.objects.select_for_update(of=("self",)).filter(pk=order.pk).first()
    if locked is None:
        raise NotContacted(_("The cart %(number)s is gone: its shop no longer has it.") % {"number": order.number})
    if locked.status != OrderStatus.CART:
        raise NotContacted(_("%(number)s is an order by now.") % {"number": order.number})
    known = CartContact.objects.filter(order=locked)
    if seen is not None and known.count() != seen:
        last = known.select_related("by").order_by("-at").first()
        raise NotContacted(
            _("%(who)s was in touch meanwhile (%(how)s, %(at)s): %(note)s")
            % {
                "who": last.by if last else "",
                "how": last.get_how_display() if last else "",
                "at": showing.moment(last.at) if last else "",
                "note": (last.note if last else "") or "–",
            }
        )
    made = CartContact.objects.create(order=locked, at=now, by=by, how=how, note=note.strip()[:500])
    _log([made], by=by, version=version)
    return made


def contact_all(*, orders: Sequence[Order], how: str, by: User, now: datetime, note: str = "") -> int:
    """The same of many carts, in the caller's transaction. Those that are orders by now are left out."""
    locked = Order.objects.select_for_update(of=("self",)).filter(
        pk__in=[order.pk for order in orders], status=OrderStatus.CART
    )
    made = CartContact.objects.bulk_create(
        CartContact(order=order, at=now, by=by, how=how, note=note[:500]) for order in locked.order_by("pk")
    )
    _log(made, by=by)
    return len(made)


def _log(contacts: Sequence[CartContact], *, by: User, version: int | None = None) -> None:
    """In the history of the cart's finding where it has one, else in the audit log alone."""
    keys = {str(each.order_id): each for each in contacts}
    known: Mapping[str, Finding] = {
        finding.key: finding for finding in Finding.objects.filter(report=REPORT, key__in=keys).order_by("pk")
    }
    for key, each in keys.items():
        text = " · ".join(filter(None, [str(each.get_how_display()), each.note]))
        if key in known:
            findings.note(finding=known[key], kind="contacted", text=text, by=by, version=version)
        else:
            audit.record(action="cart.contact", by=by, subject=each.order, summary=f"{each.order.number}: {text}")
