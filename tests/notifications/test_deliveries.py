"""Sending: signed, guarded, tried again, given up, and under one key whatever happens."""

from __future__ import annotations

import hashlib
import hmac
import smtplib
import socket
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from inventory_ops.kit import sealing
from inventory_ops.models import Delivery, Destination
from inventory_ops.operations.notifications import deliveries, destinations, guard, senders
from tests import make
from tests.notifications.support import Receiver, destination, receiving
from tests.together import at_once

pytestmark = pytest.mark.django_db
NOW = make.NOW


@pytest.fixture(autouse=True)
def local(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.NOTIFICATIONS_ALLOW_LOOPBACK = True
    monkeypatch.setattr(deliveries, "send_soon", lambda *_: None)


def message(to: Destination) -> Delivery:
    return destinations.send_test(destination=to, now=NOW)


def hook(receiver: Receiver) -> tuple[Destination, str]:
    user = make.user("operations")
    return destinations.create(user=user, kind="webhook", frequency="instant", name="", address=receiver.url, now=NOW)


def run(delivery: Delivery, **later: float) -> Delivery:
    deliveries.deliver(delivery.pk, now=NOW + timedelta(**later))
    delivery.refresh_from_db()
    return delivery


def test_a_webhook_is_signed_and_carries_its_key() -> None:
    with receiving() as receiver:
        to, key = hook(receiver)
        delivery = run(message(to))
    assert (delivery.state, delivery.attempts) == ("sent", 1)
    [(headers, content)] = receiver.got
    assert headers["Idempotency-Key"] == str(delivery.pk)
    moment, digest = (part.split("=")[1] for part in headers["X-Ops-Signature"].split(","))
    assert hmac.new(key.encode(), f"{moment}.".encode() + content, hashlib.sha256).hexdigest() == digest
    body = receiver.bodies()[0]
    assert body["id"] == str(delivery.pk)
    assert body["sections"][0]["url"].startswith("http")


def test_an_answer_of_trouble_is_tried_again_later_and_later_and_given_up() -> None:
    with receiving() as receiver:
        receiver.status = 503
        delivery = message(hook(receiver)[0])
        at = 0.0
        for number, pause in enumerate(deliveries.BACK_OFF, start=1):
            run(delivery, seconds=at)
            assert (delivery.state, delivery.attempts) == ("pending", number)
            run(delivery, seconds=at + pause.total_seconds() - 1)  # not due yet
            assert delivery.attempts == number
            at += pause.total_seconds()
        run(delivery, seconds=at)
    assert (delivery.state, delivery.attempts) == ("failed", 6)
    assert "Given up after 6 tries" in delivery.error
    assert len(receiver.got) == 6
    assert len({headers["Idempotency-Key"] for headers, _ in receiver.got}) == 1
    assert deliveries.sweep(now=NOW + timedelta(days=9)) == 0


@pytest.mark.parametrize(
    ("status", "reason"), [(302, "redirect"), (404, "refuses"), (410, "refuses"), (401, "refuses")]
)
def test_what_can_never_arrive_fails_at_once(status: int, reason: str) -> None:
    with receiving() as elsewhere, receiving() as receiver:
        receiver.status, receiver.headers = status, {"Location": elsewhere.url}
        delivery = run(message(hook(receiver)[0]))
        assert elsewhere.got == []
    assert (delivery.state, delivery.attempts) == ("failed", 1)
    assert reason in delivery.error


def test_a_receiver_that_is_away_is_tried_again() -> None:
    with receiving() as receiver:
        to, _key = hook(receiver)
    delivery = run(message(to))
    assert delivery.state == "pending"
    assert "cannot be reached" in delivery.error


def test_a_worker_lost_between_sending_and_recording_sends_again_under_the_same_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Killed(BaseException):
        """As kill -9 does: nothing after it runs."""

    with receiving() as receiver:
        delivery = message(hook(receiver)[0])
        with monkeypatch.context() as patch:

            def lost(*_: Any, **__: Any) -> None:
                raise Killed

            patch.setattr(deliveries, "_settle", lost)
            with pytest.raises(Killed):
                deliveries.deliver(delivery.pk, now=NOW)
        run(delivery, seconds=30)  # the lease holds: nobody else sends it
        assert len(receiver.got) == 1
        assert deliveries.sweep(now=NOW + timedelta(minutes=3)) == 1
        run(delivery, minutes=3)
    assert (delivery.state, len(receiver.got)) == ("sent", 2)
    assert {headers["Idempotency-Key"] for headers, _ in receiver.got} == {str(delivery.pk)}


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_once() -> None:
    with receiving() as receiver:
        delivery = message(hook(receiver)[0])
        at_once(4, lambda n: deliveries.deliver(delivery.pk, now=NOW))
        assert len(receiver.got) == 1


def test_a_mail_has_a_message_id_of_its_own(mailoutbox: Any) -> None:
    to = destination(make.user("operations"))
    delivery = run(message(to))
    assert delivery.state == "sent"
    assert str(delivery.pk) in mailoutbox[0].message()["Message-ID"]


def test_a_mail_server_that_refuses_the_recipient_is_final_and_one_that_is_away_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    to = destination(make.user("operations"))
    for error, state in ((smtplib.SMTPRecipientsRefused({}), "failed"), (ConnectionRefusedError(), "pending")):

        def refuse(*_: Any, error: Exception = error, **__: Any) -> None:
            raise error

        monkeypatch.setattr(senders.Mail, "send", refuse)
        assert run(message(to)).state == state


def test_chat_goes_through_apprise() -> None:
    with receiving() as receiver:
        address = receiver.url.replace("http://", "json://")
        user = make.user("operations")
        to, _ = destinations.create(user=user, kind="chat", frequency="instant", name="", address=address, now=NOW)
        assert run(message(to)).state == "sent"
        assert receiver.bodies()[0]["title"] == "[Inventory Ops] Test message"
        receiver.status = 500
        assert run(message(to)).state == "pending"


def test_failed_ones_can_be_tried_again_by_their_owner_and_administrators() -> None:
    with receiving() as receiver:
        receiver.status = 410
        to, _key = hook(receiver)
        delivery = run(message(to))
        assert delivery.state == "failed"
        receiver.status = 200
        stranger, admin = Client(), Client()
        stranger.force_login(make.user("operations"))
        admin.force_login(make.user("admin"))
        address = f"/notifications/deliveries/{delivery.pk}/"
        assert stranger.get(address).status_code == 404
        assert stranger.post(f"{address}retry/").status_code == 404
        assert "410" in admin.get(address).content.decode()
        admin.post(f"{address}retry/")
        Delivery.objects.filter(pk=delivery.pk).update(next_try_at=NOW)
        assert run(delivery).state == "sent"
        answer = admin.post(f"{address}retry/", follow=True)
        assert "Only a failed delivery" in answer.content.decode()


def test_nothing_is_sent_to_what_was_deleted_or_switched_off() -> None:
    with receiving() as receiver:
        to, _key = hook(receiver)
        waiting = [message(to), message(to)]
        destinations.switch(destination=to, on=False, by=to.user)
        assert run(waiting[0]).state == "failed"
        destinations.delete(destination=to, by=to.user)
        assert run(waiting[1]).state == "failed"
    assert receiver.got == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x",
        "ftp://example.com/",
        "https://",
        "https://user:secret@example.com/",
        "https://10.0.0.1/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://192.168.1.1:8443/",
        "https://0.0.0.0/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://224.0.0.1/",
        "https://100.64.0.1/",
        "https://example.com:99999/",
        "https://example.com/a b",
        "https://example.com/" + "x" * 600,
        "javascript:alert(1)",
        "//example.com",
        "https://[::1",
    ],
)
def test_addresses_that_lead_inside_are_refused(url: str, settings: Any) -> None:
    settings.NOTIFICATIONS_ALLOW_LOOPBACK = False
    with pytest.raises(guard.AddressRefused):
        guard.check_url(url)


@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "::1", "fd12::1", "169.254.169.254"])
def test_a_name_that_resolves_to_a_private_address_is_refused(
    address: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.NOTIFICATIONS_ALLOW_LOOPBACK = False
    public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))
    private = (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [public, private])
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("it connected"))
    user = make.user("operations")
    to, _ = destinations.create(
        user=user, kind="webhook", frequency="instant", name="", address="https://hooks.example.com/", now=NOW
    )
    delivery = run(message(to))
    assert delivery.state == "failed"
    assert "private address" in delivery.error


def test_a_trusted_host_may_be_private(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.NOTIFICATIONS_ALLOW_LOOPBACK = False
    settings.NOTIFICATIONS_TRUSTED_HOSTS = ["chat.intern"]
    private = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.7", 80))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [private])
    assert guard.check_url("http://chat.intern/hook").hostname == "chat.intern"
    assert guard.resolve("chat.intern", 80) == "10.0.0.7"


@pytest.mark.parametrize(
    "address",
    [
        "mailto://user:pass@example.com",
        "syslog://",
        "jsons://intern.example.com",
        "slack://",
        "discord://1234/abcd?template=/etc/passwd",
        "file:///etc/passwd",
        "exec://ls",
        "json://127.0.0.1/",
    ],
)
def test_chat_schemes_are_those_of_the_list(address: str, settings: Any) -> None:
    settings.NOTIFICATIONS_ALLOW_LOOPBACK = False
    with pytest.raises(guard.AddressRefused):
        senders.check_chat(address)


@pytest.mark.parametrize(
    "address",
    [
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/%23ops",
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
        "tgram://123456789:abcdefghijklmnopqrstuvwxyzABCDEFGHI/12315544/",
    ],
)
def test_addresses_of_known_services_are_taken(address: str, settings: Any) -> None:
    settings.NOTIFICATIONS_ALLOW_LOOPBACK = False
    senders.check_chat(address)
    user = make.user("operations")
    to, _ = destinations.create(user=user, kind="chat", frequency="daily", name="", address=address, now=NOW)
    assert address not in (to.name, to.shown_address)
    assert sealing.unseal(to.address, purpose=senders.PURPOSE) == address
