"""Saved views by mail or chat: what is sent, to whom, once, and how it ends."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from inventory_ops.models import Delivery, Destination, SavedView, User, ViewSubscription
from inventory_ops.operations.notifications import deliveries, destinations, view_letters, view_mails
from inventory_ops.queries import sent_views
from tests import make
from tests.notifications.support import SLUG, dear, receiving
from tests.together import at_once

pytestmark = pytest.mark.django_db
NOW = make.NOW
TOMORROW = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def local(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.NOTIFICATIONS_ALLOW_LOOPBACK = True
    monkeypatch.setattr(deliveries, "send_soon", lambda *_: None)


def view(owner: User, *, query: str = "sort=sku", columns: tuple[str, ...] = ("sku", "loss"), **more: Any) -> SavedView:
    return SavedView.objects.create(
        report=SLUG, owner=owner, name="Dear", query=query, columns=list(columns), **({"role": owner.role} | more)
    )


def subscribed(user: User, of: SavedView | None = None, frequency: str = "daily", chat: Any = None) -> ViewSubscription:
    return view_mails.subscribe(view=of or view(user), frequency=frequency, destination=chat, by=user, now=NOW)


def send(row: ViewSubscription, at: datetime = TOMORROW) -> list[Any]:
    """The mails of a round at that moment."""
    mail.outbox.clear()
    view_mails.send_due(row.pk, now=at)
    for waiting in Delivery.objects.filter(state="pending"):
        deliveries.deliver(waiting.pk, now=at)
    return list(mail.outbox)


def attached(message: Any) -> str:
    [(_name, content, _kind)] = message.attachments
    return str(content)


def test_a_view_is_sent_as_a_table_and_a_file() -> None:
    dear("B"), dear("A")
    row = subscribed(make.user("operations"))
    [message] = send(row)
    assert message.to == [row.user.email]
    assert "2 rows" in message.body and "- A" in message.body
    [(page, kind)] = message.alternatives
    assert kind == "text/html" and page.count("<tr>") == 3
    assert re.findall(r"<td>([AB])\b", page) == ["A", "B"], "in the order of the view"
    assert "GBP" in page, "amounts name their currency"
    lines = attached(message).removeprefix("\ufeff").splitlines()
    assert len(lines) == 3 and "Item SKU" in lines[0]
    row.refresh_from_db()
    assert row.sent_at is not None


def test_a_long_view_says_how_many_more_and_leads_to_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sent_views, "MOST_ROWS", 1)
    monkeypatch.setattr(sent_views, "MOST_IN_FILE", 2)
    for sku in "ABC":
        dear(sku)
    row = subscribed(make.user("operations"))
    [message] = send(row)
    assert "… and 2 more" in message.body and "first 2 rows" in message.body
    assert f"/action-required/{SLUG}/?sort=sku&view={row.view_id}" in message.body
    assert len(attached(message).splitlines()) == 3


def test_two_rounds_and_two_workers_send_it_once() -> None:
    dear("A")
    row = subscribed(make.user("operations"))
    assert [view_mails.send_due(row.pk, now=TOMORROW) for _ in range(2)] == [True, False]
    assert Delivery.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_at_the_same_moment_it_is_sent_once() -> None:
    dear("A")
    row = subscribed(make.user("operations"))
    made = at_once(4, lambda _: view_mails.send_due(row.pk, now=TOMORROW))
    assert sorted(made) == [False, False, False, True]
    assert Delivery.objects.count() == 1


def test_a_worker_that_dies_leaves_it_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    dear("A")
    row = subscribed(make.user("operations"))

    def die(**_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(deliveries, "create_view", die)
        view_mails.send_due(row.pk, now=TOMORROW)
    assert len(send(row)) == 1


def test_a_round_notifies_the_workers_of_what_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr("inventory_ops.kit.broker.send", lambda *args: told.append(args))
    row = subscribed(make.user("operations"))
    assert view_mails.start_due(now=NOW) == 0
    assert view_mails.start_due(now=TOMORROW) == 1
    assert told == [("inventory_ops.tasks.send_view", row.pk)]


def test_weekly_is_on_mondays() -> None:
    row = subscribed(make.user("operations"), frequency="weekly")
    assert (row.next_at.weekday(), row.next_at.hour) == (0, 7)


def test_on_a_change_it_is_sent_when_rows_come_or_go() -> None:
    dear("A")
    row = subscribed(make.user("operations"), frequency="changes")
    assert send(row, NOW + timedelta(hours=1)) == []
    dear("B")
    assert send(row, NOW + timedelta(minutes=61)) == [], "it is looked at once an hour"
    [message] = send(row, NOW + timedelta(hours=3))
    assert "2 rows, 1 before" in message.body
    assert send(row, NOW + timedelta(hours=5)) == []


def test_rows_are_those_that_the_subscriber_may_see_when_it_is_sent() -> None:
    own, other = make.merchant(), make.merchant()
    dear("OWN", of=own), dear("OTHER", of=other)
    seller = make.user("merchant", of=own)
    shared = view(make.user("operations"), scope="all")
    row = subscribed(seller, shared)
    [message] = send(row)
    assert "OWN" in message.body and "OTHER" not in message.body + attached(message)
    User.objects.filter(pk=seller.pk).update(merchant=other)
    row.refresh_from_db()
    [message] = send(row, TOMORROW + timedelta(days=1))
    assert "- OTHER" in message.body and "- OWN" not in message.body


def test_personal_columns_are_masked_as_in_the_list() -> None:
    own = make.merchant()
    make.item(
        make.product("A", of=own),
        in_=make.order("N1", customer_email="jane@example.org", at=timezone.now() - timedelta(days=1)),
    )
    shared = SavedView.objects.create(
        report="orders", owner=make.user("operations"), name="x", scope="all", columns=["number", "email"]
    )
    for role, is_masked in (("operations", False), ("merchant", True)):
        [message] = send(subscribed(make.user(role, of=own if is_masked else None), shared))
        for text in (message.body, attached(message), message.alternatives[0][0]):
            assert ("jane@example.org" in text, "j***@example.org" in text) == (not is_masked, is_masked)


@pytest.mark.parametrize(
    "change", [{"is_active": False}, {"role": ""}, {"role": "finance"}], ids=["disabled", "no role", "other role"]
)
def test_who_may_not_see_it_any_more_gets_nothing(change: dict[str, Any]) -> None:
    dear("A")
    user = make.user("operations")
    row = subscribed(user, view(make.user("operations"), scope="group"))
    User.objects.filter(pk=user.pk).update(**change)
    assert send(row) == []
    row.refresh_from_db()
    assert row.problem and not Delivery.objects.exists()


def test_what_waits_is_not_sent_to_somebody_disabled_meanwhile() -> None:
    dear("A")
    user = make.user("operations")
    row = subscribed(user)
    view_mails.send_due(row.pk, now=TOMORROW)
    User.objects.filter(pk=user.pk).update(is_active=False)
    waiting = Delivery.objects.get()
    deliveries.deliver(waiting.pk, now=TOMORROW)
    waiting.refresh_from_db()
    assert (waiting.state, mail.outbox) == ("failed", [])
    assert "A" not in str(waiting.content["sections"][0]["lines"]), "rows are stored nowhere"


def test_a_view_whose_list_cannot_be_shown_says_why() -> None:
    row = subscribed(make.user("operations"), view(make.user("operations"), query="sort=gone", scope="all"))
    assert send(row) == []
    row.refresh_from_db()
    assert "sort" in row.problem


def test_the_link_of_a_mail_asks_and_ends_it_without_login() -> None:
    dear("A")
    row = subscribed(make.user("operations"))
    [message] = send(row)
    link = message.extra_headers["List-Unsubscribe"].strip("<>")
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in message.body and link in message.alternatives[0][0]
    sent = message.message().as_bytes().decode()
    assert f"List-Unsubscribe: <{link}>" in sent.splitlines(), "programs read it as it is, in one line"
    path = "/" + link.split("/", 3)[3]
    browser = Client(enforce_csrf_checks=True)
    assert "Dear" in browser.get(path).content.decode()
    browser.head(path)
    assert ViewSubscription.objects.exists(), "looking changes nothing"
    answer = browser.post(path, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and not ViewSubscription.objects.exists()
    assert browser.post(path).status_code == 200, "said twice is said once"
    assert send(row, TOMORROW + timedelta(days=1)) == []


def test_a_link_that_was_changed_is_not_found() -> None:
    row = subscribed(make.user("operations"))
    path = "/" + view_letters.stop_url(row).split("/", 3)[3]
    other = re.sub(r"/\d+:", f"/{row.pk + 1}:", path)
    assert Client().post(other).status_code == 404
    assert ViewSubscription.objects.exists()


def test_a_chat_gets_the_first_rows() -> None:
    for number in range(12):
        dear(f"P{number:02}")
    user = make.user("operations")
    with receiving() as receiver:
        chat, _key = destinations.create(
            user=user, kind="chat", frequency="instant", name="", address=f"json://{receiver.url[7:]}", now=NOW
        )
        row = subscribed(user, chat=chat)
        assert send(row) == []
        text = str(receiver.bodies()[0]["message"])
    assert "P09" in text and "P10" not in text and "2 more" in text
    assert "/notifications/views/stop/" in text


def test_only_a_chat_of_ones_own_can_be_chosen() -> None:
    user, other = make.user("operations"), make.user("operations")
    chat = Destination.objects.create(user=other, kind="chat", name="Theirs")
    browser = Client()
    browser.force_login(user)
    answer = browser.post(f"/notifications/views/{view(user).pk}/", {"frequency": "daily", "where": str(chat.pk)})
    assert answer.status_code == 422 and not ViewSubscription.objects.exists()


def test_it_is_subscribed_changed_and_ended_on_pages() -> None:
    user = make.user("operations")
    chosen = view(user)
    browser = Client()
    browser.force_login(user)
    page = browser.get(f"/action-required/{SLUG}/?{chosen.query}&view={chosen.pk}").content.decode()
    assert f"/notifications/views/{chosen.pk}/" in page
    for frequency in ("daily", "weekly"):
        browser.post(f"/notifications/views/{chosen.pk}/", {"frequency": frequency, "where": ""})
    row = ViewSubscription.objects.get()
    assert row.frequency == "weekly"
    listed = browser.get("/notifications/settings/").content.decode()
    assert "Dear" in listed and "Every week" in listed
    browser.post(f"/notifications/views/subscriptions/{row.pk}/end/")
    assert not ViewSubscription.objects.exists()


def test_a_view_that_is_deleted_is_sent_no_more() -> None:
    row = subscribed(make.user("operations"))
    row.view.delete()
    assert view_mails.send_due(row.pk, now=TOMORROW) is False


def test_comparing_is_one_statement(django_assert_num_queries: Any) -> None:
    dear("A")
    row = subscribed(make.user("operations"))
    opened = sent_views.open_for(row)
    with django_assert_num_queries(1):
        assert sent_views.digest(opened)[1] == 1
