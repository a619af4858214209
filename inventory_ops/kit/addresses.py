"""Which network addresses are public: what people type may not lead into the network that the server stands in.

And which texts are addresses of web pages that a person may be sent to.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Networks whose addresses carry an IPv4 address in their last 32 bits: a gateway, or the system itself, goes there.
_CARRIERS = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "::/96",  # IPv4-compatible
        "::ffff:0:0/96",  # mapped
        "::ffff:0:0:0/96",  # translated (SIIT)
        "64:ff9b::/96",  # NAT64
    )
)
_INTERNET = ipaddress.IPv6Network("2000::/3")  # all that is given out of IPv6; the rest is local or not in use
_RELAYS = ipaddress.IPv4Network("192.88.99.0/24")  # 6to4's, which lead wherever the next router likes
_ISATAP = (0x00005EFE, 0x02005EFE)  # the upper half of an interface's number, before its IPv4 address


def literal(host: str) -> Address | None:
    """The address that `host` writes out, None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def carried(address: Address) -> list[Address]:
    """The IPv4 addresses that an IPv6 address has in it and may lead to; none for all others."""
    if not isinstance(address, ipaddress.IPv6Address):
        return []
    last = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if any(address in network for network in _CARRIERS):
        return [] if int(address) in (0, 1) else [last]  # the two that mean nothing and oneself
    if address.sixtofour:
        return [address.sixtofour]
    if address.teredo:
        return [address.teredo[1], address.teredo[0]]  # the client, and the server that is asked for it
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return [last]
    return []


def target(address: Address) -> Address:
    """Where an address leads: one that carries an IPv4 address leads where that does."""
    return next(iter(carried(address)), address)


def is_public(address: Address) -> bool:
    """Does an address lead into the internet, whichever of its parts is believed?"""
    if isinstance(address, ipaddress.IPv6Address) and address not in _INTERNET and not carried(address):
        return False
    return all(_is_global(each) for each in carried(address) or [address])


def _is_global(address: Address) -> bool:
    return address.is_global and not address.is_multicast and address not in _RELAYS


def is_web_address(text: str) -> bool:
    """Does a text name a page by http or https, and nothing that a browser would run?"""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  (raises where it is not a number)
    except ValueError:
        return False
    return text.isprintable() and " " not in text and parts.scheme in ("http", "https") and bool(parts.hostname)
