"""Where a channel's address may lead, and what its server may do to us."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

import pytest

from inventory_ops.adapters import web
from inventory_ops.adapters.protocol import AuthFailed, BadRequest, RateLimited, Unavailable
from tests.channels.proxy import Door


@pytest.fixture
def door() -> Iterator[Door]:
    made = Door(1)  # forwards to nowhere: only its faults are wanted
    yield made
    made.close()


@pytest.mark.parametrize(
    "url",
    [
        "", "shop.example.com", "ftp://shop.example.com", "javascript:alert(1)", "https://", "https://user:pw@example.com",
        "https://example.com/?next=1", "https://example.com/#x", "https://example.com:0", "https://example.com:99999",
        "http://example.com", "https://127.0.0.1", "https://10.1.2.3", "https://169.254.169.254", "https://[::1]",
        "https://[::ffff:10.0.0.1]", "https://[fd00::1]", "https://0.0.0.0", "https://192.168.1.1:8443", "http://localhost",
        "https://100.64.0.1", "https://224.0.0.1",
    ],
)  # fmt: skip
def test_addresses_that_are_refused_in_production(url: str, settings: Any) -> None:
    settings.CHANNELS_PRIVATE = False
    with pytest.raises(ValueError, match=r".+"):
        web.check_address(url)


def test_addresses_that_are_taken(settings: Any) -> None:
    settings.CHANNELS_PRIVATE = False
    for url in ("https://shop.example.com", "https://shop.example.com:8443/store", "https://93.184.216.34"):
        web.check_address(url)
    settings.CHANNELS_PRIVATE = True
    for url in ("http://127.0.0.1:3000", "http://localhost:3000", "https://10.0.0.1"):
        web.check_address(url)
    with pytest.raises(ValueError, match="https"):
        web.check_address("http://10.0.0.1")  # plain only on this machine


def test_a_name_that_leads_into_a_private_network_is_not_spoken_to(
    settings: Any, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address that was really connected to counts, so a name that changes its mind in between gains nothing."""
    settings.CHANNELS_PRIVATE = False
    connected = web._Https._new_conn

    def rebound(self: Any) -> Any:
        self.host, self.port = "127.0.0.1", door.port
        return connected(self)

    monkeypatch.setattr(web._Https, "_new_conn", rebound)
    with pytest.raises(Unavailable, match="private network") as caught:
        web.Client("https://shop.example.com", {}).call("GET", "/", writes=True)
    assert not caught.value.ambiguous  # nothing was sent
    assert not web.may_connect(ipaddress.ip_address("::ffff:192.168.0.1"))
    # 6to4 and NAT64 lead to the IPv4 address that they carry
    for inner in ("2002:7f00:1::", "2002:c0a8:1::", "64:ff9b::10.0.0.1"):
        assert not web.may_connect(ipaddress.ip_address(inner)), inner


@pytest.mark.parametrize(
    ("fault", "error", "ambiguous"),
    [
        ("429", RateLimited, None),
        ("500", Unavailable, True),
        ("html", Unavailable, True),
        ("noise", Unavailable, True),
        ("drop", Unavailable, True),
        ("redirect", Unavailable, False),
    ],
)
def test_answers_that_are_none(door: Door, fault: str, error: type[Exception], ambiguous: bool | None) -> None:
    door.fault = fault
    with pytest.raises(error) as caught:
        web.Client(door.url, {"X-Token": "hush"}).call("POST", "/", {"a": 1}, writes=True)
    assert getattr(caught.value, "ambiguous", None) is ambiguous
    assert "hush" not in str(caught.value)


def test_time_and_size_are_bounded(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(web, "LARGEST_ANSWER", 500_000)
    client = web.Client(door.url, {})
    door.fault = "drip"
    with pytest.raises(Unavailable, match="No whole answer"):
        client.call("GET", "/")
    monkeypatch.setattr(web, "ANSWER_SECONDS", 20.0)
    door.fault = "endless"
    with pytest.raises(Unavailable, match="more than"):
        client.call("GET", "/")


def test_a_refused_connection_was_not_sent() -> None:
    with pytest.raises(Unavailable, match="Not reached") as caught:
        web.Client("http://127.0.0.1:1", {}).call("POST", "/", {}, writes=True)
    assert not caught.value.ambiguous


def test_credentials_stay_out_of_what_is_shown() -> None:
    assert "hush" not in repr(web.Client("https://shop.example.com", {"X-Token": "hush"}))


def test_what_a_status_means() -> None:
    judge = web.Client._judge
    for status, error in (
        (401, AuthFailed),
        (403, AuthFailed),
        (400, BadRequest),
        (413, BadRequest),
        (404, Unavailable),
    ):
        with pytest.raises(error):
            judge(status, {}, b"{}", True)
    for header, seconds in (("7", 7), ("", 5), ("soon", 5), ("-3", 0.5), ("99999999", web.LONGEST_WAIT), ("nan", 5)):
        with pytest.raises(RateLimited) as caught:
            judge(429, {"retry-after": header}, b"", False)
        assert caught.value.retry_after == seconds, header
    with pytest.raises(Unavailable):
        judge(200, {}, b"[" * 100_000, False)
