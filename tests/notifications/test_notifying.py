"""Who is told what, where and how often: once per opening, and to whom it concerns alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from inventory_ops.models import Delivery, Destination, Finding, InventoryType, Notice, Notification, Product, User
from inventory_ops.operations import findings
from inventory_ops.operations.notifications import deliveries, destinations, dispatch, senders
from inventory_ops.operations.notifications.publishing import News, publish
from inventory_ops.queries import notices
from tests import make
from tests.notifications.support import SLUG, dear, destination, receiving, scan
from tests.together import at_once

pytestmark = pytest.mark.django_db
NOW = make.NOW


def later(**units: float) -> datetime:
    return NOW + timedelta(**units)


def tell(at: datetime = NOW) -> int:
    return dispatch.dispatch(now=at)


def lines(user: User) -> list[str]:
    return list(Notification.objects.filter(user=user).order_by("pk").values_list("title", flat=True))


def test_an_opening_is_told_once_and_again_after_it_was_resolved() -> None:
    user = make.user("operations")
    destination(user, "app")
    product = dear("A")
    for minutes in range(0, 60, 15):
        scan(later(minutes=minutes))
        tell(later(minutes=minutes))
    assert lines(user) == ["Inventory cost issues: 1 new"]
    Product.objects.filter(pk=product.pk).update(price=99)
    scan(later(hours=2))
    tell(later(hours=2))
    Product.objects.filter(pk=product.pk).update(price=10)
    scan(later(hours=3))
    tell(later(hours=3))
    assert len(lines(user)) == 2


@pytest.mark.parametrize("others_were_told", [True, False])
def test_what_was_there_before_the_subscription_is_not_told(others_were_told: bool) -> None:
    dear("A")
    scan()
    if others_were_told:
        tell()
    user = make.user("operations")
    destination(user, "app")
    assert tell() == 0
    dear("B")
    scan(later(hours=1))
    tell(later(hours=1))
    assert lines(user) == ["Inventory cost issues: 1 new"]


def test_a_vendors_user_is_told_of_own_products_alone_and_staff_of_the_vendor_they_chose() -> None:
    own, other = make.merchant(), make.merchant()
    seller, staff = make.user("merchant", of=own), make.user("operations")
    destination(seller, "app", merchant=other)  # which a vendor's user cannot choose: it stays their own
    destination(staff, "app", merchant=other)
    for sku in ("A1", "A2"):
        dear(sku, own)
    for sku in ("B1", "B2", "B3"):
        dear(sku, other)
    scan()
    tell()
    assert lines(seller) == ["Inventory cost issues: 2 new"]
    assert "B" not in Notification.objects.get(user=seller).text
    assert lines(staff) == ["Inventory cost issues: 3 new"]


def test_a_user_who_changed_roles_or_was_disabled_is_not_told() -> None:
    demoted, disabled = make.user("operations"), make.user("operations")
    for user in (demoted, disabled):
        destination(user, "app")
    User.objects.filter(pk=demoted.pk).update(role="")
    User.objects.filter(pk=disabled.pk).update(is_active=False)
    dear("A")
    scan()
    tell()
    assert not Notification.objects.exists()


def test_long_lists_are_cut_with_a_link(mailoutbox: Any) -> None:
    user = make.user("operations")
    destination(user)
    for number in range(dispatch.MOST_LINES + 5):
        dear(f"S{number:02}")
    scan()
    tell()
    deliveries.deliver(Delivery.objects.get().pk, now=NOW)
    mail = mailoutbox[0]
    assert mail.to == [user.email]
    assert mail.subject == "[Inventory Ops] Inventory cost issues: 15 new"
    assert mail.body.count("\n- ") == dispatch.MOST_LINES
    assert "and more" in mail.body
    assert f"/action-required/{SLUG}/?finding=new" in mail.body


@pytest.mark.parametrize(
    ("frequency", "due"),
    [("daily", datetime(2026, 4, 1, 7, tzinfo=UTC)), ("weekly", datetime(2026, 4, 6, 7, tzinfo=UTC))],
)
def test_a_digest_waits_for_its_time_and_gathers_what_came(frequency: str, due: datetime) -> None:
    user = make.user("operations")
    made = destination(user, "email", SLUG, "products-without-orders", frequency=frequency)
    assert made.next_at == due
    for hour, sku in enumerate("ABC"):
        dear(sku)
        scan(later(hours=hour))
        tell(later(hours=hour))
    assert not Delivery.objects.exists()
    assert tell(due) == 1
    assert Delivery.objects.get().title == "Inventory cost issues: 3 new"
    assert tell(due + timedelta(minutes=1)) == 0
    made.refresh_from_db()
    assert made.next_at > due


def test_an_empty_digest_is_skipped_and_its_time_moves_on() -> None:
    made = destination(make.user("operations"), frequency="daily")
    due = made.next_at
    assert tell(due) == 0
    made.refresh_from_db()
    assert not Delivery.objects.exists()
    assert made.next_at == due + timedelta(days=1)


def test_send_now_does_not_wait_and_says_when_there_is_nothing() -> None:
    made = destination(make.user("operations"), frequency="weekly")
    assert destinations.send_now(destination=made, now=NOW) == 0
    dear("A")
    scan()
    assert destinations.send_now(destination=made, now=NOW) == 1
    assert destinations.send_now(destination=made, now=NOW) == 0
    assert Delivery.objects.count() == 1


def test_switched_off_means_silence_and_on_again_means_from_now_on() -> None:
    user = make.user("operations")
    made = destination(user, "app")
    destinations.switch(destination=made, on=False, by=user)
    dear("A")
    scan()
    destinations.switch(destination=made, on=True, by=user)
    assert tell() == 0
    dear("B")
    scan(later(hours=1))
    assert tell(later(hours=1)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_at_once_tell_once() -> None:
    users = [make.user("operations") for _ in range(5)]
    for user in users:
        destination(user, "app")
        destination(user)
    dear("A")
    scan()
    at_once(4, lambda n: tell())
    assert Notification.objects.count() == 5
    assert Delivery.objects.count() == 5
    assert Notice.objects.get().batch is not None


@pytest.mark.django_db(transaction=True)
def test_news_that_commit_late_are_not_lost() -> None:
    """A transaction that began earlier and ends later than another one still tells its news."""
    import threading

    from django.db import connection, transaction

    user = make.user("operations")
    destination(user, "app")
    inserted, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            publish(topic=SLUG, news=[News("late", "late")], at=NOW)
            inserted.set()
            go_on.wait(60)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert inserted.wait(60)
    publish(topic=SLUG, news=[News("early", "early")], at=NOW)
    assert tell() == 1
    go_on.set()
    thread.join(60)
    assert tell() == 1
    assert list(Notification.objects.order_by("pk").values_list("text", flat=True)) == ["early", "late"]


@pytest.mark.parametrize("by_changes", [False, True])
def test_a_tracker_tells_a_worse_band_and_again_after_it_rose_five_points_above_it(by_changes: bool) -> None:
    from trackers.models import DirtyPair, Tracker
    from trackers.operations import health

    user = make.user("operations")
    destination(user, "app", "trackers")
    product = make.product("T")
    balance = make.stock(product, 200)
    tracker = Tracker.objects.create(
        merchant_id=product.merchant_id,
        product=product,
        inventory_type=InventoryType.objects.get(code="good"),
        mechanism="stock_quantity",
        quantity=100,
    )

    def evaluate(at: datetime) -> None:
        if by_changes:
            DirtyPair.objects.create(product_id=product.pk, inventory_type_id=tracker.inventory_type_id)
            assert health.refresh(as_of=at) == 1
        else:
            health.evaluate_all(at)

    told = []
    # of 100: below 100 is low, below 50 critical
    for hour, on_hand in enumerate((200, 80, 70, 20, 52, 20, 80, 20, 102, 80, 150, 80)):
        balance.on_hand = on_hand
        balance.save()
        evaluate(later(hours=hour))
        told.append(tell(later(hours=hour)))
    assert told == [0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]
    assert [row.url for row in Notification.objects.order_by("pk")] == [f"/trackers/{tracker.pk}/"] * 4
    tracker.refresh_from_db()
    tracker.snoozed_until = later(days=2)
    tracker.save()
    balance.on_hand = 1
    balance.save()
    evaluate(later(days=1))
    assert tell(later(days=1)) == 0
    evaluate(later(days=3))
    assert tell(later(days=3)) == 1


def test_the_user_audit_is_a_topic_of_administrators_alone() -> None:
    from inventory_ops.registries import topics

    assert "user-audit" in [topic.key for topic in topics.offered_to(make.user("admin"))]
    assert "user-audit" not in [topic.key for topic in topics.offered_to(make.user("operations"))]
    assert topics.offered_to(make.user("")) == []


def test_old_news_are_deleted_and_numbers_never_start_again() -> None:
    made = destination(make.user("operations"), "app")
    for day, sku in enumerate("ABC"):
        dear(sku)
        scan(later(days=day))
        tell(later(days=day))
    made.refresh_from_db()
    assert made.cursor == 3
    dispatch.delete_old(now=later(days=200))
    assert not Notice.objects.exists()
    dear("D")
    scan(later(days=201))
    assert tell(later(days=201)) == 1


def test_a_job_that_took_long_rings_the_bell() -> None:
    from inventory_ops.models import Job
    from inventory_ops.operations import jobs

    user = make.user("operations")
    for age in (1, 60):
        job = Job.objects.create(kind="nothing", title=f"Export {age}", created_by=user)
        Job.objects.filter(pk=job.pk).update(created_at=job.created_at - timedelta(seconds=age))
        jobs.run(job.pk)
    assert lines(user) == ["Failed: Export 60"]


def test_the_bell_counts_and_costs_no_query(django_assert_max_num_queries: Any) -> None:
    user = make.user("operations")
    Notification.objects.bulk_create(Notification(user=user, topic="t", title=f"n{n}") for n in range(130))
    browser = Client()
    browser.force_login(user)
    browser.get(f"/action-required/{SLUG}/")
    with django_assert_max_num_queries(8):
        page = browser.get(f"/action-required/{SLUG}/").content.decode()
    assert "99+" in page
    row = Notification.objects.latest("pk")
    assert browser.post(f"/notifications/{row.pk}/open/").status_code == 302
    row.refresh_from_db()
    assert row.read_at is not None
    assert len(browser.get("/notifications/").context["rows"]) == 50
    browser.post("/notifications/read/")
    assert not Notification.objects.filter(read_at__isnull=True).exists()


def test_another_users_things_are_not_there() -> None:
    owner, other = make.user("operations"), Client()
    other.force_login(make.user("admin"))
    made = destination(owner, "app")
    row = Notification.objects.create(user=owner, topic="t", title="x")
    subscription = made.subscriptions.get()
    for path in (
        f"/notifications/{row.pk}/open/",
        f"/notifications/settings/{made.pk}/",
        f"/notifications/settings/{made.pk}/delete/",
        f"/notifications/settings/{made.pk}/test/",
        f"/notifications/subscriptions/{subscription.pk}/delete/",
    ):
        assert other.post(path).status_code == 404, path
    assert Destination.objects.filter(pk=made.pk).exists()


def test_setting_it_up_on_the_pages(settings: Any) -> None:
    settings.NOTIFICATIONS_ALLOW_LOOPBACK = True
    make.merchant("V7")
    browser = Client()
    browser.force_login(make.user("operations"))
    with receiving() as receiver:
        asked = browser.post(
            "/notifications/settings/", {"kind": "webhook", "frequency": "instant", "address": receiver.url}
        )
        assert "not shown again" in asked.content.decode()
        assert asked["Cache-Control"] == "no-store"
    made = Destination.objects.get()
    assert receiver.url.encode() not in bytes(made.address)
    address = f"/notifications/settings/{made.pk}/"
    assert browser.post(address, {"topics": [SLUG, "trackers"], "vendor": "v7"}).status_code == 302
    assert sorted(made.subscriptions.values_list("topic", "merchant__vendor_number")) == [
        (SLUG, "V7"),
        ("trackers", "V7"),
    ]
    for values, reason in (
        ({"topics": []}, "required"),
        ({"topics": ["user-audit"]}, "not one of the available choices"),
        ({"topics": [SLUG], "vendor": "nobody"}, "There is no vendor"),
    ):
        answer = browser.post(address, values)
        assert answer.status_code == 422
        assert reason in answer.content.decode()
    for values, reason in (
        ({"kind": "webhook", "frequency": "instant"}, "need an address"),
        ({"kind": "pigeon", "frequency": "instant"}, "not one of the available choices"),
        ({"kind": "webhook", "frequency": "instant", "address": "http://example.com"}, "Use https"),
        ({"kind": "chat", "frequency": "instant", "address": "mailto://x"}, "starts with one of"),
    ):
        answer = browser.post("/notifications/settings/", values)
        assert answer.status_code == 422
        assert reason in answer.content.decode(), reason
    assert Decimal(Destination.objects.count()) == 1


def test_a_webhook_is_sent_the_finding_with_reason_owner_and_links() -> None:
    owner, seller = make.user("operations"), make.user("merchant", of=make.merchant())
    product = dear("A", seller.merchant)
    scan()
    finding = Finding.objects.get()
    findings.assign(finding=finding, to=owner, by=owner)
    findings.acknowledge(finding=finding, reason="approved by pricing", until=later(days=9), by=owner, as_of=NOW)
    keys = list(Notice.objects.values_list("key", flat=True))
    said = notices.findings_of(keys, viewer=owner)[keys[0]]
    assert (said["owner"], said["reason"], said["state"]) == (owner.email, "approved by pricing", "acknowledged")
    of_seller = notices.findings_of(keys, viewer=seller)[keys[0]]
    assert of_seller["reason"] == "approved by pricing" and not {"owner", "due_on"} & of_seller.keys()
    assert notices.findings_of(keys, viewer=make.user("merchant", of=make.merchant())) == {}
    destination(owner)
    Notice.objects.update(batch=None)
    tell()
    [line] = senders.body(Delivery.objects.get())["sections"][0]["lines"]
    page = f"/action-required/{SLUG}/findings/{product.pk}/"
    assert line["finding"] == said
    assert line["url"] == line["links"]["page"] and line["url"].endswith(page)
    assert line["links"]["list"].endswith(f"/action-required/{SLUG}/?finding=new")
    assert line["links"]["api"].endswith(f"/api/v1/findings/{finding.pk}/")
