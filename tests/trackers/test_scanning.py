"""The health scan by what changed leaves what an evaluation of all trackers leaves, whatever changes and whenever."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory_ops.models import InventoryType, OrderItem, Product, StockBalance
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger
from inventory_ops.operations.findings import ScanCounts
from inventory_ops.operations.ledger import Movement
from tests import make
from trackers.mechanisms import MECHANISMS
from trackers.models import DirtyPair, HealthScan, Tracker, TrackerDay
from trackers.operations import health, rules, scanning

pytestmark = pytest.mark.django_db
ZONES = ("Pacific/Auckland", "UTC", "America/Los_Angeles")


def assert_as_whole(at: datetime, step: Any = "") -> None:
    """Scan by what changed; then an evaluation of all trackers finds nothing to write."""
    assert scanning.differences(as_of=at, most=10) == [], step
    counts = scanning.scan(at)
    with transaction.atomic():
        whole = health.evaluate_all(at)
        transaction.set_rollback(True)
    assert (whole.opened, whole.resolved, whole.changed) == (0, 0, 0), step
    assert counts.seen == whole.seen, step
    for tracker in Tracker.objects.filter(is_enabled=True):
        kept = TrackerDay.objects.filter(tracker=tracker, day=at.date()).values_list("health", "state")
        assert list(kept) == [(tracker.health, tracker.state)], step


class Stock:
    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.clock = timezone.now() + timedelta(minutes=1)
        self.by = make.user("operations")
        merchants = [make.merchant(timezone=zone) for zone in ZONES]
        self.products = [
            make.product(of=merchants[n % 3], created_at=self.clock - timedelta(days=self.dice.choice([0, 3, 40])))
            for n in range(6)
        ]
        self.types = list(InventoryType.objects.filter(code__in=["good", "defective"]))
        for product in self.products:
            for mechanism in MECHANISMS:
                self.rule(product, mechanism)

    def rule(self, product: Product, mechanism: str) -> None:
        dice = self.dice
        values: dict[str, Any] = {"quantity": dice.randint(1, 9), "coverage_days": dice.randint(1, 9)}
        values |= {"lookback_days": dice.choice([1, 2, 7]), "expiry_days": dice.choice([None, 0, 1, 3])}
        rules.save(
            product=product, inventory_type=dice.choice(self.types), mechanism=mechanism, values=values, by=self.by
        )

    def one(self) -> Product:
        return Product.objects.get(pk=self.dice.choice(self.products).pk)

    def back(self) -> datetime:
        return self.clock - timedelta(hours=self.dice.randint(0, 9 * 24))

    def stocked(self) -> None:
        movement = Movement(
            self.one().pk,
            EventKind.RECEIVED if self.dice.random() < 0.6 else EventKind.ADJUSTED,
            self.dice.randint(-4, 9) or 1,
            inventory_type=self.dice.choice(self.types).code,
            lot="L" if self.dice.random() < 0.3 else "",
            reason="count",
            occurred_at=self.back() if self.dice.random() < 0.3 else None,
        )
        ledger.book([movement], source=EventSource.CSV, actor="")

    def ordered(self) -> None:
        order = make.order(status=self.dice.choice([2, 3]), at=self.back())
        make.item(self.one(), in_=order, quantity=self.dice.randint(1, 4))

    def line_changed(self) -> None:
        line = OrderItem.objects.order_by("?").first()
        if line is not None and self.dice.random() < 0.5:
            line.delete()
        elif line is not None:
            line.quantity_shipped = line.quantity
            line.shipped_at = self.back()
            line.save()

    def made_earlier(self) -> None:
        Product.objects.filter(pk=self.one().pk).update(created_at=self.back())

    def rule_changed(self) -> None:
        self.rule(self.one(), self.dice.choice(list(MECHANISMS)))

    def switched(self) -> None:
        rules.switch(trackers=[Tracker.objects.order_by("?")[0]], on=self.dice.random() < 0.7, by=self.by)

    def moved_zone(self) -> None:
        merchant = self.one().merchant
        merchant.timezone = self.dice.choice(ZONES)
        merchant.save()

    def lot_expires_otherwise(self) -> None:
        balance = self.one().balances.first()
        if balance is not None:
            balance.expires_on = self.clock.date() + timedelta(days=self.dice.randint(-1, 5))
            balance.save()

    def step(self) -> str:
        often = [self.stocked, self.ordered, self.line_changed, self.lot_expires_otherwise]
        rare = [self.made_earlier, self.rule_changed, self.switched, self.moved_zone]
        act = self.dice.choice([*often, *often, *rare])
        act()
        return act.__name__


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hundreds_of_changes_and_moves_of_the_clock_leave_what_all_would_be(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock = Stock(seed)
    monkeypatch.setattr(rules, "timezone", SimpleNamespace(now=lambda: stock.clock))
    by_changes: list[bool] = []
    scanned = scanning._by_changes

    def counted(last: HealthScan | None, as_of: datetime) -> ScanCounts | None:
        counts = scanned(last, as_of)
        by_changes.append(counts is not None)
        return counts

    monkeypatch.setattr(scanning, "_by_changes", counted)
    scanning.scan(stock.clock)
    for n in range(80):
        done = stock.step()
        if stock.dice.random() < 0.5:
            stock.clock += timedelta(minutes=stock.dice.choice([0, 1, 20, 300]))
            assert_as_whole(stock.clock, (n, done))
    assert by_changes.count(True) > by_changes.count(False) / 4


def test_a_scan_by_changes_evaluates_only_what_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    product = make.product()
    good = InventoryType.objects.get(code="good")
    rules.save(product=product, inventory_type=good, mechanism="stock_quantity", values={"quantity": 5}, by=None)
    scanning.scan(now)
    monkeypatch.setattr(health, "evaluate_all", lambda as_of: 1 / 0)
    HealthScan.objects.update(whole_on=now.date())
    assert scanning.scan(now).changed == 0
    make.stock(product, 5)
    counts = scanning.scan(now)
    assert (counts.seen, counts.changed) == (1, 1)
    with pytest.raises(ZeroDivisionError):
        scanning.scan(now, whole=True)
    monkeypatch.setattr(scanning, "MOST_PAIRS", 0)
    DirtyPair.objects.create(product_id=product.pk, inventory_type_id=good.pk)
    with pytest.raises(ZeroDivisionError):
        scanning.scan(now)


def test_the_first_scan_of_a_day_evaluates_all_and_a_scan_of_the_past_is_no_base() -> None:
    now = timezone.now()
    scanning.scan(now)
    HealthScan.objects.update(whole_on=date(2000, 1, 1))
    scanning.scan(now)
    assert HealthScan.objects.get().whole_on == now.date()
    scanning.scan(now - timedelta(days=2))
    assert not HealthScan.objects.exists()


def test_what_was_written_past_the_triggers_is_a_difference() -> None:
    now = timezone.now()
    good = InventoryType.objects.get(code="good")
    rules.save(product=make.product(), inventory_type=good, mechanism="stock_quantity", values={"quantity": 5}, by=None)
    scanning.scan(now)
    Tracker.objects.update(health=77)
    (line,) = scanning.differences(as_of=now, most=10)
    assert "is kept as 77 (critical), what it reads makes 0 (critical)" in line


@pytest.mark.django_db(transaction=True)
def test_numbers_that_somebody_read_earlier_do_not_overwrite_newer_ones() -> None:
    """A scan that read the stock before it changed writes after the one that read it later: it is done once more."""
    product = make.product()
    good = InventoryType.objects.get(code="good")
    tracker = rules.save(
        product=product, inventory_type=good, mechanism="stock_quantity", values={"quantity": 5}, by=None
    ).tracker
    balance = make.stock(product, 1)
    started, go = threading.Event(), threading.Event()

    def late() -> None:
        """Holds the row, so that the scan below has read the stock when it comes to write it."""
        try:
            with transaction.atomic():
                Tracker.objects.filter(pk=tracker.pk).update(updated_at=timezone.now())
                started.set()
                assert go.wait(60)
                balance.on_hand = 4
                balance.save()
                health.evaluate([tracker.pk], as_of=timezone.now())
        finally:
            connections.close_all()

    def scan() -> None:
        try:
            health.evaluate_all(timezone.now())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(late)
        assert started.wait(60)
        scanned = pool.submit(scan)
        waits_for_the_row(tracker.pk)
        go.set()
        writing.result(timeout=60)
        scanned.result(timeout=60)
    tracker.refresh_from_db()
    assert tracker.value == 4
    assert DirtyPair.objects.filter(product_id=product.pk).exists()
    scanning.scan(timezone.now())
    tracker.refresh_from_db()
    assert (tracker.value, tracker.health) == (4, 8000)


def waits_for_the_row(pk: int) -> None:
    """Until somebody waits for a lock of the trackers' rows."""
    from time import monotonic, sleep

    from django.db import connection

    end = monotonic() + 60
    while monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute(
                "select exists (select from pg_stat_activity where wait_event_type = 'Lock'"
                " and datname = current_database() and query like '%%trackers_tracker%%')"
            )
            if cursor.fetchone()[0]:
                return
        sleep(0.05)
    raise AssertionError(f"Nobody waits for tracker {pk}.")


def test_a_refresh_reads_trackers_once_more_only_to_tell_of_them() -> None:
    """What it takes says which were not told of: of products as they were, there is nothing to read again."""
    product = make.product("QUIET")
    balance = make.stock(product, 200)
    tracker = Tracker.objects.create(
        merchant_id=product.merchant_id,
        product=product,
        inventory_type_id=balance.inventory_type_id,
        mechanism="stock_quantity",
        quantity=100,
    )
    health.refresh(as_of=make.NOW)
    for on_hand, tells in ((200, False), (20, True), (20, False)):
        StockBalance.objects.filter(pk=balance.pk).update(on_hand=on_hand)
        DirtyPair.objects.create(product_id=product.pk, inventory_type_id=balance.inventory_type_id)
        with CaptureQueriesContext(connection) as found:
            counts = health.evaluate_dirty(as_of=make.NOW)
        statements = [each["sql"] for each in found.captured_queries]
        assert any("alerted_state = a.alerted" in sql for sql in statements) == tells
        assert not any("select count(*) from trackers_tracker" in sql for sql in statements)
        assert (counts.seen, counts.changed) == (1, int(tells))
    tracker.refresh_from_db()
    assert tracker.alerted_state == tracker.state == "critical"
