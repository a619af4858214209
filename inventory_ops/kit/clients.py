"""Where a request comes from, seen past the proxies that stand in front (TRUSTED_PROXIES of them).

The one place that reads X-Forwarded-For: sign-in limits, limits of the API and the logs all ask here.
"""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "unknown"
SITE_BITS = 64  # of an IPv6 address: what one customer of a provider has to themselves


def address(request: HttpRequest) -> str:
    """The address of the client, `unknown` when there is none.

    Each trusted proxy appends the address that it was called from, so the last TRUSTED_PROXIES entries are theirs and
    the first of these is the client; what stands before them was written by the client and is not believed. A call
    with fewer entries did not come through all of them: then the address that is connected to us counts.
    """
    count: int = settings.TRUSTED_PROXIES
    peer = _clean(request.META.get("REMOTE_ADDR", ""))
    if not count:
        return peer
    entries = [each for each in request.headers.get("X-Forwarded-For", "").split(",") if each.strip()]
    if len(entries) < count:
        return peer
    found = _clean(entries[-count])
    return peer if found == UNKNOWN else found


def neighbourhood(address: str) -> str:
    """What limits count by: an IPv4 address, or the network of an IPv6 address, of which each client has plenty."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, SITE_BITS), strict=False))
    return address


def _clean(text: str) -> str:
    """An address in its usual form, without a port: some proxies write one."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(found)
