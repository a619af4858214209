"""A saved view as a message: made when it is sent, of the rows that its subscriber may see then, and stored nowhere.

The link that ends it is signed and needs no login (RFC 8058); it says which subscription, and nothing else.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.kit import markup
from inventory_ops.models import Delivery, ViewSubscription
from inventory_ops.operations.notifications import senders
from inventory_ops.queries import sent_views, shop

CONTENT = "view_subscription"  # in Delivery.content: whose view it is
SALT = "inventory_ops.view_subscription"
MOST_IN_CHAT = 10  # rows


def stop_url(subscription: ViewSubscription) -> str:
    """Where the subscription is ended by whoever has the link."""
    token = Signer(salt=SALT).sign(str(subscription.pk))
    return settings.PUBLIC_URL + reverse("view-subscription-stop", args=[token])


def of_token(token: str) -> ViewSubscription | None:
    """The subscription of a link, None when it ended. Raises BadSignature."""
    number = Signer(salt=SALT).unsign(token)
    if not number.isdecimal():
        raise BadSignature(number)
    return ViewSubscription.objects.select_related("user", "view").filter(pk=number).first()


def is_one(delivery: Delivery) -> bool:
    return CONTENT in delivery.content


def send(delivery: Delivery) -> None:
    """Send the view as it is now. Raises senders.Refused or NotSent."""
    found = ViewSubscription.objects.select_related("user", "view", "destination")
    subscription = found.filter(pk=delivery.content[CONTENT]).first()
    if subscription is None:
        raise senders.Refused("It was unsubscribed.")
    with shop.written_to(subscription.user):
        try:
            opened = sent_views.open_for(subscription)
        except sent_views.NotOpen as error:
            raise senders.Refused(str(error)) from error
        context = _context(delivery, subscription, opened)
        if subscription.destination is not None:
            _to_chat(delivery, subscription, context)
        else:
            _to_mailbox(delivery, subscription, opened, context)
    ViewSubscription.objects.filter(pk=subscription.pk).update(sent_at=timezone.now())


def _context(delivery: Delivery, subscription: ViewSubscription, opened: sent_views.Opened) -> dict[str, Any]:
    table = sent_views.table(opened)
    shown = table.rows if subscription.destination is None else table.rows[:MOST_IN_CHAT]
    return {
        "title": delivery.title,
        "table": table,
        "rows": shown,
        "lines": [" | ".join(filter(None, row)) for row in shown],
        "more": markup.number(table.count - len(shown)) if table.count > len(shown) else "",
        "is_cut": table.count > sent_views.MOST_IN_FILE,
        "url": settings.PUBLIC_URL + opened.path,
        "count_text": _count(table, delivery.content.get("before")),
        "most_in_file": markup.number(sent_views.MOST_IN_FILE),
        "stop_url": stop_url(subscription),
        "settings_url": settings.PUBLIC_URL + reverse("notification-settings"),
        "brand": shop.brand(),
    }


def _count(table: sent_views.SentTable, before: int | None) -> str:
    text = ngettext("%(n)s row", "%(n)s rows", table.count) % {"n": table.count_text}
    return text if before is None else _("%(rows)s, %(before)s before") % {"rows": text, "before": before}


def _to_mailbox(
    delivery: Delivery, subscription: ViewSubscription, opened: sent_views.Opened, context: dict[str, Any]
) -> None:
    senders.mail(
        delivery,
        to=subscription.user.email,
        body=render_to_string("notifications/view.txt", context),
        html=render_to_string("notifications/view.html", context),
        files=[(f"{opened.report.slug}.csv", sent_views.as_csv(opened), "text/csv")],
        headers={
            "List-Unsubscribe": f"<{context['stop_url']}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )


def _to_chat(delivery: Delivery, subscription: ViewSubscription, context: dict[str, Any]) -> None:
    destination = subscription.destination
    if destination is None or not destination.is_enabled:
        raise senders.Refused("The destination was deleted or switched off.")
    senders.chat(delivery, destination, render_to_string("notifications/view.txt", context | {"is_cut": False}))
