"""Where messages may go: no address that a user types may reach into the network that the server stands in."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from inventory_ops.kit import addresses
from inventory_ops.kit.addresses import Address

LONGEST = 500


class AddressRefused(Exception):
    """The message says what is wrong with the address, and how to correct it."""


def check_url(url: str) -> SplitResult:
    """An address for a webhook, by its form alone. Raises AddressRefused."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused("This is not an address. Use one like https://example.com/hook.") from error
    if len(url) > LONGEST or not url.isprintable() or " " in url:
        raise AddressRefused(f"The address has spaces or is longer than {LONGEST} characters.")
    host = parts.hostname or ""
    if not host or parts.scheme not in {"https", "http"}:
        raise AddressRefused("Use an address that starts with https://.")
    if parts.username or parts.password:
        raise AddressRefused("Leave out user name and password: messages are signed instead.")
    if parts.scheme == "http" and not _may_be_plain(host):
        raise AddressRefused("Use https://: plain http is open to the sender's network.")
    if port is not None and port < 1:
        raise AddressRefused("The port must be 1 to 65535.")
    if (literal := addresses.literal(host)) is not None:
        _check_address(literal, host)
    return parts


def resolve(host: str, port: int) -> str:
    """An IP address of `host` to connect to; every one it has must be allowed. Raises AddressRefused, OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    known: Sequence[str] = [str(entry[4][0]) for entry in found]
    for address in known:
        _check_address(ipaddress.ip_address(address.partition("%")[0]), host)
    if not known:
        raise AddressRefused(f"{host} has no address.")
    return known[0]


def _may_be_plain(host: str) -> bool:
    if host in settings.NOTIFICATIONS_TRUSTED_HOSTS:
        return True
    return bool(settings.NOTIFICATIONS_ALLOW_LOOPBACK) and _is_loopback(host)


def _is_loopback(host: str) -> bool:
    literal = addresses.literal(host)
    return host == "localhost" or (literal is not None and literal.is_loopback)


def _check_address(address: Address, host: str) -> None:
    if host in settings.NOTIFICATIONS_TRUSTED_HOSTS:
        return
    if settings.NOTIFICATIONS_ALLOW_LOOPBACK and addresses.target(address).is_loopback:
        return
    if not addresses.is_public(address):
        raise AddressRefused(f"{host} leads to a private address, which messages are not sent to.")
