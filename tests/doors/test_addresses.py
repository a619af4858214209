"""No form of an address leads into the network that the server stands in."""

from __future__ import annotations

import ipaddress

import pytest

from inventory_ops.kit import addresses

LOOPBACK = ipaddress.ip_address("127.0.0.1")
PRIVATE = [
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.1.2.3", "224.0.0.1",
    "255.255.255.255", "192.0.2.1", "198.18.0.1", "192.0.0.8", "240.0.0.1", "192.88.99.1",
    "::", "::1", "fe80::1", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1", "100::1",
    "::127.0.0.1",                        # IPv4-compatible
    "::169.254.169.254",
    "::a00:1",
    "::ffff:127.0.0.1",                   # mapped
    "::ffff:a9fe:a9fe",
    "::ffff:0:7f00:1",                    # translated (SIIT)
    "::ffff:0:10.0.0.1",
    "64:ff9b::127.0.0.1",                 # NAT64
    "64:ff9b::a00:1",
    "64:ff9b:1::7f00:1",                  # NAT64 of one's own network: private whatever it carries
    "64:ff9b:1:2::8.8.8.8",
    "2002:7f00:1::",                      # 6to4
    "2002:a9fe:a9fe::1",
    "2001:0:808:808:0:0:80ff:fffe",       # Teredo of 127.0.0.1
    "2001:0:7f00:1:0:0:f7f7:f7f7",        # Teredo through a server at 127.0.0.1
    "2606:4700::5efe:127.0.0.1",          # ISATAP
    "2606:4700::200:5efe:10.0.0.1",
    "5f00::1",
    "fe80::1%eth0",
]  # fmt: skip
PUBLIC = [
    "8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e",
    "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1",
]  # fmt: skip


@pytest.mark.parametrize("text", PRIVATE)
def test_private_in_any_form(text: str) -> None:
    assert not addresses.is_public(ipaddress.ip_address(text)), text


@pytest.mark.parametrize("text", PUBLIC)
def test_public(text: str) -> None:
    assert addresses.is_public(ipaddress.ip_address(text)), text


@pytest.mark.parametrize(
    "text", ["::127.0.0.1", "::ffff:127.0.0.1", "::ffff:0:7f00:1", "64:ff9b::7f00:1", "2002:7f00:1::"]
)
def test_it_is_known_where_an_address_leads(text: str) -> None:
    assert addresses.target(ipaddress.ip_address(text)) == LOOPBACK


@pytest.mark.parametrize("text", ["127.1", "0x7f.1", "2130706433", "0177.0.0.1", "127.0.0.1.", "localhost"])
def test_what_is_no_literal_is_looked_up_as_the_system_does(text: str) -> None:
    """Such names are resolved before they are called, and what they resolve to is judged."""
    assert addresses.literal(text) is None
