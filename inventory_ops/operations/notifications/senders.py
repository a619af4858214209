"""One function a kind of destination. Each raises Refused (permanently) or NotSent (worth another try)."""

from __future__ import annotations

import email.policy
import hashlib
import hmac
import http.client
import json
import smtplib
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from inventory_ops.kit import sealing
from inventory_ops.models import Delivery, Destination
from inventory_ops.operations.notifications import guard
from inventory_ops.queries import remarketing, shop

PURPOSE = "inventory_ops.destination"
TIMEOUT = 10  # seconds for connecting and for each wait
MOST_ANSWER = 64 * 1024
LONGEST_LINE = 998  # of a mail (RFC 5322)
# services whose host is fixed by the scheme: an address of theirs cannot lead anywhere else
CHAT_SCHEMES = {"slack": "Slack", "discord": "Discord", "tgram": "Telegram", "gchat": "Google Chat", "wxteams": "Webex"}
LOCAL_CHAT_SCHEMES = {"json": "JSON (local)"}  # for trying things out on this machine


class Mail(EmailMultiAlternatives):
    """A mail whose long headers stay one line: folded, an address in List-Unsubscribe would be encoded, and no program
    would find it."""

    def message(self, *, policy: Any = email.policy.default) -> Any:
        return super().message(policy=policy.clone(max_line_length=LONGEST_LINE))


class Refused(Exception):
    """It cannot arrive: what the owner has to correct."""


class NotSent(Exception):
    """It did not arrive this time."""


def send(delivery: Delivery, destination: Destination) -> None:
    match destination.kind:
        case Destination.Kind.EMAIL:
            _email(delivery)
        case Destination.Kind.WEBHOOK:
            _webhook(delivery, destination)
        case Destination.Kind.CHAT:
            chat(delivery, destination, render_to_string("notifications/message.txt", _context(delivery)))
        case _:
            raise Refused(f"Nothing is sent to destinations of kind {destination.kind}.")


def _context(delivery: Delivery) -> dict[str, Any]:
    return {
        "title": delivery.title,
        "sections": delivery.content["sections"],
        "site": settings.PUBLIC_URL,
        "brand": shop.brand(),
    }


def send_letter(delivery: Delivery) -> None:
    """A mail about an account, to the address that it is about."""
    context = {"text": delivery.content["text"], "site": settings.PUBLIC_URL, "brand": shop.brand()}
    mail(delivery, to=delivery.address, body=render_to_string("notifications/letter.txt", context))


def _email(delivery: Delivery) -> None:
    mail(delivery, to=delivery.user.email, body=render_to_string("notifications/message.txt", _context(delivery)))


def mail(
    delivery: Delivery,
    *,
    to: str,
    body: str,
    html: str = "",
    files: Sequence[tuple[str, bytes, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> None:
    """A mail under the delivery's key. `html` is the same as `body`, `files` are names with content and type."""
    host = settings.PUBLIC_URL.partition("://")[2].partition("/")[0].partition(":")[0] or "localhost"
    message = Mail(
        subject=f"[{shop.brand()}] {delivery.title}",
        body=body,
        to=[to],
        headers={"Message-ID": f"<{delivery.pk}@{host}>", "Auto-Submitted": "auto-generated", **(headers or {})},
    )
    if html:
        message.attach_alternative(html, "text/html")
    for name, content, kind in files:
        message.attach(name, content, kind)
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        raise Refused(_("The mail server refuses the recipient.")) from error
    except (smtplib.SMTPException, OSError) as error:
        text = _("The mail server did not take the mail (%(error)s).") % {"error": type(error).__name__}
        raise NotSent(text) from error


def body(delivery: Delivery) -> dict[str, Any]:
    """What a webhook is sent; addresses are absolute."""

    def absolute(path: str) -> str:
        return f"{settings.PUBLIC_URL}{path}" if path else ""

    carts = delivery.content.get("carts")
    letters = {"carts": remarketing.letters(remarketing.sort_out(carts)[0])} if carts else {}
    return {
        "id": str(delivery.pk),
        "title": delivery.title,
        "created_at": delivery.created_at.isoformat(),
        "sections": [
            section
            | {
                "url": absolute(section["url"]),
                "lines": [_line(line, absolute(line["url"]), absolute(section["url"])) for line in section["lines"]],
            }
            for section in delivery.content["sections"]
        ],
        **letters,
    }


def _line(line: dict[str, Any], page: str, listed: str) -> dict[str, Any]:
    """One piece of news with where it is read and worked on."""
    links = {"page": page, "list": listed}
    if "finding" in line:
        links["api"] = f"{settings.PUBLIC_URL}{reverse('api-finding', args=[line['finding']['id']])}"
    return line | {"url": page, "links": links}


def sign(key: str, moment: int, content: bytes) -> str:
    """`t=…,v1=…`: HMAC-SHA256 in hex over the moment, a dot, and the body."""
    digest = hmac.new(key.encode(), f"{moment}.".encode() + content, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def _secret(token: bytes | memoryview) -> str:
    try:
        return sealing.unseal(token, purpose=PURPOSE)
    except sealing.SealBroken as error:
        raise Refused(str(error)) from error


def _webhook(delivery: Delivery, destination: Destination) -> None:
    content = json.dumps(body(delivery), ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "InventoryOps/1",
        "Idempotency-Key": str(delivery.pk),
        "X-Ops-Delivery": str(delivery.pk),
        "X-Ops-Signature": sign(_secret(destination.signing_key), int(time.time()), content),
    }
    try:
        parts = guard.check_url(_secret(destination.address))
        status = _post(parts, content, headers | {"Host": parts.netloc})
    except guard.AddressRefused as error:
        raise Refused(str(error)) from error
    except (OSError, http.client.HTTPException) as error:
        raise NotSent(_("The receiver cannot be reached (%(error)s).") % {"error": type(error).__name__}) from error
    if 300 <= status < 400:
        raise Refused(_("The receiver answers with a redirect (%(n)d), which is not followed.") % {"n": status})
    if status in {400, 401, 403, 404, 405, 410, 413, 422}:
        raise Refused(_("The receiver refuses the message (%(n)d).") % {"n": status})
    if not 200 <= status < 300:
        raise NotSent(_("The receiver answers %(n)d.") % {"n": status})


def _post(parts: SplitResult, content: bytes, headers: dict[str, str]) -> int:
    """POST to the address that was checked, whatever the name resolves to a moment later; answers the status."""
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    raw: Any = socket.create_connection((guard.resolve(host, port), port), timeout=TIMEOUT)
    try:
        if parts.scheme == "https":
            raw = ssl.create_default_context().wrap_socket(raw, server_hostname=host)
        connection.sock = raw
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), content, headers)
        answer = connection.getresponse()
        answer.read(MOST_ANSWER)
        return answer.status
    finally:
        connection.close()
        raw.close()


def chat_schemes() -> dict[str, str]:
    return CHAT_SCHEMES | (LOCAL_CHAT_SCHEMES if settings.NOTIFICATIONS_ALLOW_LOOPBACK else {})


def check_chat(address: str) -> None:
    """An address in the notation of apprise. Raises guard.AddressRefused."""
    import apprise

    scheme, _colon, rest = address.partition("://")
    allowed = chat_schemes()
    if scheme.lower() not in allowed:
        raise guard.AddressRefused(f"Use an address that starts with one of {', '.join(f'{s}://' for s in allowed)}.")
    # parameters of some services read files or change where a message goes
    if "?" in rest or not address.isprintable() or len(address) > guard.LONGEST:
        raise guard.AddressRefused("Leave out everything from the question mark on.")
    if scheme.lower() in LOCAL_CHAT_SCHEMES:
        guard.check_url(f"http://{rest}")
    if apprise.Apprise.instantiate(address, suppress_exceptions=True) is None:
        raise guard.AddressRefused(f"This is not a complete address of {allowed[scheme.lower()]}.")


def chat(delivery: Delivery, destination: Destination, text: str) -> None:
    """A message to a chat. Raises Refused or NotSent."""
    import apprise  # takes a moment to load

    address = _secret(destination.address)
    try:
        check_chat(address)
    except guard.AddressRefused as error:
        raise Refused(str(error)) from error
    service = apprise.Apprise(asset=apprise.AppriseAsset(app_id="Inventory Ops", async_mode=False))
    service.add(address)
    if not service.notify(title=f"[{shop.brand()}] {delivery.title}", body=text):
        raise NotSent(_("The chat service did not take the message."))
