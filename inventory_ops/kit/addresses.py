"""Which network addresses are public: what people type may not lead into the network that the server stands in."""

from __future__ import annotations

import ipaddress

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def literal(host: str) -> Address | None:
    """The address that `host` writes out, None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def target(address: Address) -> Address:
    """Where an address leads: one that carries an IPv4 address (mapped, 6to4, Teredo, NAT64) leads where that does."""
    if isinstance(address, ipaddress.IPv6Address):
        carried = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if address in _NAT64:
            carried = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return carried or address
    return address


def is_public(address: Address) -> bool:
    found = target(address)
    return found.is_global and not found.is_multicast
