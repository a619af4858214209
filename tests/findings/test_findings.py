"""Scans open, touch, resolve and re-open findings; people work on them, two at once too."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from inventory_ops.kit.reports import registry
from inventory_ops.models import AuditEvent, Finding, FindingEvent, Product, ReportDay, ScanRun, ScanSchedule
from inventory_ops.operations import findings, scans
from inventory_ops.pages import overview
from tests import make

pytestmark = pytest.mark.django_db
NOW = make.NOW
SLUG = "inventory-cost-issues"


def scan(**later: float) -> Any:
    return findings.scan_report(registry.get(SLUG), as_of=NOW + timedelta(**later))


def dear(sku: str = "A", cost: str = "12", **fields: Any) -> Product:
    product = make.product(sku, price=Decimal(10), cost=Decimal(cost), **fields)
    make.stock(product, 10)
    return product


def only() -> Finding:
    return Finding.objects.get()


def test_a_new_row_opens_a_finding_once() -> None:
    product = dear()
    assert (scan().opened, scan(minutes=15).opened) == (1, 0)
    found = only()
    assert (found.key, found.state, found.value, found.merchant_id) == (
        str(product.pk),
        "open",
        20,
        product.merchant_id,
    )
    assert (found.label, found.first_seen_at) == ("A · Lamp", NOW)
    assert list(found.events.values_list("kind", flat=True)) == ["opened"]


def test_a_scan_without_news_writes_nothing() -> None:
    dear()
    scan()
    with connection.cursor() as cursor:
        cursor.execute("select xmin::text from inventory_ops_finding")
        before = cursor.fetchall()
        assert scan(minutes=15) == findings.ScanCounts(seen=1)
        cursor.execute("select xmin::text from inventory_ops_finding")
        assert cursor.fetchall() == before


def test_a_row_that_is_gone_is_resolved_and_comes_back_with_its_history() -> None:
    product = dear()
    scan()
    Product.objects.filter(pk=product.pk).update(price=20)
    assert scan(hours=1).resolved == 1
    assert (only().state, only().resolved_at) == ("resolved", NOW + timedelta(hours=1))
    Product.objects.filter(pk=product.pk).update(price=10)
    assert scan(hours=2).opened == 1
    found = only()
    assert (found.state, found.times_opened, found.first_seen_at) == ("open", 2, NOW)
    assert found.opened_at == NOW + timedelta(hours=2)
    assert list(found.events.order_by("id").values_list("kind", flat=True)) == ["opened", "resolved", "reopened"]


def test_a_changed_number_keeps_the_snooze_unless_it_was_until_worse() -> None:
    product, by = dear(), make.user("operations")
    scan()
    findings.snooze(finding=only(), until=NOW + timedelta(days=7), until_worse=False, by=by, as_of=NOW)
    Product.objects.filter(pk=product.pk).update(cost=15)
    scan(hours=1)
    assert (only().state, only().value) == ("snoozed", 50)
    findings.snooze(finding=only(), until=None, until_worse=True, by=by, as_of=NOW)
    Product.objects.filter(pk=product.pk).update(cost=14)
    scan(hours=2)
    assert only().state == "snoozed"  # it got better
    Product.objects.filter(pk=product.pk).update(cost=16)
    scan(hours=3)
    assert only().state == "open"


def test_a_snooze_and_an_acknowledgement_end_on_their_day() -> None:
    dear()
    by = make.user("operations")
    scan()
    findings.acknowledge(finding=only(), reason="approved", until=NOW + timedelta(days=2), by=by, as_of=NOW)
    scan(days=1)
    assert only().state == "acknowledged"
    scan(days=2)
    assert (only().state, only().until) == ("open", None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda f, by: findings.acknowledge(finding=f, reason=" ", until=NOW + timedelta(1), by=by, as_of=NOW),
            "reason",
        ),
        (lambda f, by: findings.acknowledge(finding=f, reason="x", until=NOW, by=by, as_of=NOW), "ahead"),
        (lambda f, by: findings.snooze(finding=f, until=None, until_worse=False, by=by, as_of=NOW), "date"),
        (lambda f, by: findings.assign(finding=f, to=make.user("finance"), by=by), "operations"),
        (lambda f, by: findings.comment(finding=f, text="  ", by=by), "empty"),
    ],
)
def test_changes_that_make_no_sense_are_refused(change: Any, reason: str) -> None:
    dear()
    scan()
    with pytest.raises(findings.InvalidChange, match=reason):
        change(only(), make.user("operations"))
    assert only().version == 0


def test_what_people_do_is_in_the_history_and_the_audit_log() -> None:
    dear()
    scan()
    by = make.user("operations", email="mara@example.com")
    findings.assign(finding=only(), to=by, by=by)
    findings.comment(finding=only(), text="asked the vendor", by=by)
    kinds = FindingEvent.objects.exclude(actor="").order_by("id").values_list("kind", "actor")
    assert list(kinds) == [("assign", "mara@example.com"), ("comment", "mara@example.com")]
    assert list(AuditEvent.objects.order_by("id").values_list("action", flat=True)) == [
        "finding.assign",
        "finding.comment",
    ]


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_once_one_wins_and_the_other_is_told() -> None:
    dear()
    scan()
    found = only()
    users = [make.user("operations", email=f"p{index}@example.com") for index in range(2)]
    barrier, outcomes = threading.Barrier(2), []

    def act(index: int) -> None:
        try:
            barrier.wait()
            until = NOW + timedelta(days=1 + index)
            findings.acknowledge(finding=found, reason=f"r{index}", until=until, by=users[index], as_of=NOW, version=0)
            outcomes.append("won")
        except findings.FindingChanged as error:
            outcomes.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome == "won" for outcome in outcomes) == [False, True]
    told = next(outcome for outcome in outcomes if outcome != "won")
    assert "was changed by p" in told
    assert only().version == 1


def test_a_failed_scan_closes_nothing_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    dear()
    scans.run("costs", as_of=NOW)
    assert Finding.objects.filter(report=SLUG).count() == 1

    def broken(as_of: Any, whole: bool) -> Any:
        Finding.objects.all().delete()
        raise RuntimeError("half way")

    monkeypatch.setitem(scans._scans._values, "costs", scans.Scan("costs", broken, timedelta(minutes=15)))
    with pytest.raises(RuntimeError):
        scans.run("costs", as_of=NOW)
    assert Finding.objects.filter(report=SLUG).count() == 1
    assert ScanRun.objects.order_by("-pk")[0].state == "failed"
    card = next(
        card for card in overview.build(viewer=make.user("operations"), now=timezone.now()).cards if SLUG in card.url
    )
    assert card.failed
    assert card.freshness is not None
    assert card.freshness.state == "failed"


@pytest.mark.django_db(transaction=True)
def test_the_same_scan_never_runs_twice_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    started, finish = threading.Event(), threading.Event()

    def slow(as_of: Any, whole: bool) -> findings.ScanCounts:
        started.set()
        finish.wait(60)
        return findings.ScanCounts()

    monkeypatch.setitem(scans._scans._values, "costs", scans.Scan("costs", slow, timedelta(minutes=15)))

    def first() -> None:
        scans.run("costs")
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert started.wait(60)
    with pytest.raises(scans.ScanBusy):
        scans.run("costs")
    finish.set()
    thread.join()
    assert ScanRun.objects.count() == 1


def test_due_scans_are_sent_once_and_moved_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(scans, "request", lambda name, by="": sent.append(name))
    assert set(scans.start_due(now=NOW)) == set(scans.names())
    assert scans.start_due(now=NOW) == []
    ScanSchedule.objects.filter(name="costs").update(is_enabled=False)
    assert "costs" not in scans.start_due(now=NOW + timedelta(minutes=15))
    assert sent.count("checkouts") == 2


def test_a_broker_that_is_away_leaves_the_scan_due(monkeypatch: pytest.MonkeyPatch) -> None:
    from redis.exceptions import ConnectionError as Away

    def away(*_: Any, **__: Any) -> None:
        raise Away

    ScanSchedule.objects.create(name="costs", every=timedelta(minutes=15), next_at=NOW + timedelta(days=900))
    monkeypatch.setattr("config.celery.app.send_task", away)
    scans.request("costs")
    assert ScanSchedule.objects.get().next_at <= timezone.now()


def test_the_day_is_counted_for_all_and_for_each_merchant() -> None:
    own, other = make.merchant(), make.merchant()
    dear("A", of=own)
    dear("B", of=other)
    dear("C", of=other)
    scans.run("costs", as_of=NOW)
    counts = dict(ReportDay.objects.filter(report=SLUG).values_list("merchant", "open_count"))
    assert counts == {None: 3, own.pk: 1, other.pk: 2}
    Product.objects.filter(sku="A").update(price=99)
    scans.run("costs", as_of=NOW + timedelta(hours=1))
    counts = dict(ReportDay.objects.filter(report=SLUG).values_list("merchant", "open_count"))
    assert counts == {None: 2, own.pk: 0, other.pk: 2}


def test_the_overview_takes_fourteen_queries_at_most(django_assert_max_num_queries: Any) -> None:
    dear()
    scans.run("costs")
    browser = Client()
    browser.force_login(make.user("admin"))
    browser.get("/")
    with django_assert_max_num_queries(14):
        assert browser.get("/").status_code == 200


def test_bulk_work_from_the_list() -> None:
    for sku in "ABC":
        dear(sku)
    browser = Client()
    browser.force_login(make.user("operations"))
    keys = [str(pk) for pk in Product.objects.filter(sku__in="AB").values_list("pk", flat=True)]
    address = f"/action-required/{SLUG}/bulk/"
    asked = browser.post(address, {"action": "acknowledge", "ids": keys})
    assert "Acknowledge 2 findings" in asked.content.decode()
    values = {"action": "acknowledge", "ids": keys, "confirm": "1", "until": "2100-01-01", "reason": ""}
    assert browser.post(address, values).status_code == 422
    assert browser.post(address, values | {"until": "2001-01-01", "reason": "ok"}).status_code == 422
    assert Finding.objects.filter(state="acknowledged").count() == 0
    done = browser.post(address, values | {"reason": "flash sale"}, follow=True)
    assert "2 findings changed" in done.content.decode()
    assert Finding.objects.filter(state="acknowledged", reason="flash sale").count() == 2


def test_until_a_day_ends_with_it_for_the_person() -> None:
    dear("A")
    browser = Client()
    browser.force_login(make.user("operations", time_zone="Asia/Tokyo"))
    values = {"action": "snooze", "ids": [str(Product.objects.get(sku="A").pk)], "confirm": "1", "until": "2100-01-01"}
    assert browser.post(f"/action-required/{SLUG}/bulk/", values).status_code == 302
    assert Finding.objects.get().until == datetime(2100, 1, 1, 14, 59, 59, 999999, UTC)


def test_select_all_is_refused_when_the_number_changed() -> None:
    dear("A")
    browser = Client()
    browser.force_login(make.user("operations"))
    dear("B")
    address = f"/action-required/{SLUG}/bulk/"
    values = {"action": "assign", "scope": "all", "query": "", "confirm": "1", "assignee": ""}
    stale = browser.post(address, values | {"count_seen": "1"})
    assert "now it is 2" in stale.content.decode()
    fine = browser.post(address, values | {"count_seen": "2"}, follow=True)
    assert "2 findings changed" in fine.content.decode()


@pytest.mark.parametrize(("role", "status"), [("merchant", 403), ("finance", 403), ("", 403), ("admin", 302)])
def test_who_may_work_on_findings(role: str, status: int) -> None:
    browser = Client()
    browser.force_login(make.user(role, of=make.merchant() if role == "merchant" else None))
    assert browser.post(f"/action-required/{SLUG}/bulk/", {"action": "assign"}).status_code == status
    assert browser.post("/scans/costs/run/").status_code == status
    assert browser.get("/scans/costs/run/").status_code == (405 if role == "admin" else 403)


def test_what_people_wrote_is_in_the_drawer_the_list_the_export_and_the_api() -> None:
    from django.test import Client

    product, by, owner = dear(), make.user("operations"), make.user("operations", name="Ada Lovelace")
    scan()
    later = timezone.now() + timedelta(days=9)
    findings.assign(finding=only(), to=owner, by=by)
    findings.set_due(finding=only(), on=later.date(), by=by, as_of=timezone.now())
    findings.acknowledge(finding=only(), reason="Approved by pricing", until=later, by=by, as_of=timezone.now())
    findings.comment(finding=only(), text="Ask the vendor again", by=by)
    browser = Client()
    browser.force_login(by)
    address = f"/action-required/{SLUG}/findings/{product.pk}/"
    written = ("Approved by pricing", "Ada Lovelace", "Ask the vendor again", by.email, f"{later:%Y}")
    for answer in (browser.get(address), browser.get(address, headers={"HX-Target": "drawer-body"})):
        assert all(text in answer.content.decode() for text in written)
    wanted = f"/action-required/{SLUG}/?reason=pricing&owner=lovelace&due=any&ends=month"
    columns = f"{wanted}&columns=sku,reason,until,due,times_opened,last_comment,owner"
    shown = browser.get(columns).content.decode()
    assert address in shown and "Approved by pricing" in shown and "Ask the vendor again" in shown
    assert address not in browser.get(f"{wanted}&finding=reopened").content.decode()
    for other in ("reason=warehouse", "owner=babbage", "owner=nobody", "due=overdue", "ends=week"):
        assert address not in browser.get(f"/action-required/{SLUG}/?{other}").content.decode(), other
    exported = b"".join(browser.get(f"{wanted}&_export=csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert all(text in exported for text in ("Approved by pricing", "Ada Lovelace", "Ask the vendor again"))
    [row] = browser.get(f"/api/v1/reports/{SLUG}/").json()["results"]
    assert (row["Reason"], row["Owner"], row["Due"]) == ("Approved by pricing", "Ada Lovelace", f"{later:%Y-%m-%d}")
    found = browser.get(f"/api/v1/findings/{only().pk}/").json()
    assert (found["reason"], found["due_on"], found["url"]) == ("Approved by pricing", f"{later:%Y-%m-%d}", address)


def test_its_history_has_the_changes_of_prices_stock_and_orders() -> None:
    from inventory_ops.pages import finding as finding_page

    product, by = dear(), make.user("operations")
    make.item(product, in_=make.order(at=NOW), quantity=3)
    findings.scan_report(registry.get(SLUG), as_of=NOW)
    product.price_changes.create(
        merchant=product.merchant, at=NOW, price_before=20, price_after=10, cost_before=8, cost_after=12, source="page"
    )
    page = finding_page.build(registry.get(SLUG), str(product.pk), viewer=by)
    assert page is not None
    by_kind = {entry.kind: f"{entry.title} {entry.text}" for entry in page.history}
    assert "Value at risk 20.00" in by_kind["opened"]
    assert "price 20.00 → 10.00" in by_kind["price"] and "cost 8.00 → 12.00" in by_kind["price"]
    assert "3 units in 1 order" in by_kind["orders"]


def test_a_merchant_comments_on_its_own_finding_and_does_nothing_else() -> None:
    from django.test import Client

    product = dear()
    scan()
    browser = Client()
    browser.force_login(make.user("merchant", of=product.merchant))
    address = f"/action-required/{SLUG}/findings/{product.pk}/"
    assert browser.post(f"{address}comment/", {"text": "We are on it"}).status_code == 302
    assert "We are on it" in browser.get(address).content.decode()
    assert browser.post(f"{address}snooze/", {"until": "2030-01-01"}).status_code == 403
    assert "snooze" not in browser.get(address).content.decode()


def test_two_people_at_one_finding_in_the_drawer() -> None:
    from django.test import Client

    product, by = dear(), make.user("operations")
    scan()
    browser = Client()
    browser.force_login(by)
    address = f"/action-required/{SLUG}/findings/{product.pk}/acknowledge/"
    findings.assign(finding=only(), to=by, by=make.user("operations"))
    until = f"{timezone.now() + timedelta(days=3):%Y-%m-%d}"
    answer = browser.post(address, {"reason": "Mine", "until": until, "version": "0"})
    assert answer.status_code == 422 and "was changed by" in answer.content.decode()
    assert 'value="Mine"' in answer.content.decode() and only().reason == ""
    assert browser.post(address, {"reason": "Mine", "until": until, "version": "1"}).status_code == 302
    assert only().reason == "Mine"
