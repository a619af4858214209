"""Scans by what changed leave what a scan of all rows would leave, whatever changes and whenever they run."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone
from structlog.testing import capture_logs

from inventory_ops.kit.reports import Report, registry
from inventory_ops.models import Finding, Order, OrderItem, Product, ReportScan, ScanChange, Store
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import findings, ledger, rescans, scans, verify
from inventory_ops.operations.ledger import Movement
from tests import make

pytestmark = pytest.mark.django_db
DEMAND, CARTS = "products-without-orders", "abandoned-checkouts"


def reports() -> list[Report]:
    return [registry.get(slug) for slug in (DEMAND, CARTS)]


def assert_as_whole(at: datetime, step: Any = "") -> None:
    """Scan by what changed; then a scan of all rows finds nothing to write."""
    for report in reports():
        assert rescans.differences(report, as_of=at, most=10) == [], step
        counts = rescans.scan(report, as_of=at)
        with transaction.atomic():
            whole = findings.scan_report(report, as_of=at)
            transaction.set_rollback(True)
        assert (whole.opened, whole.resolved, whole.changed) == (0, 0, 0), (report.slug, step)
        assert counts.seen == whole.seen, (report.slug, step)


def start(at: datetime) -> None:
    for report in reports():
        rescans.scan(report, as_of=at)


class Shop:
    """Changes of every kind, at the edges of what time decides."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        # the database's own clock stands still meanwhile, and may be a day off
        self.clock = timezone.now() + timedelta(minutes=1)
        self.by = make.user("operations")
        self.merchants = [make.merchant(), make.merchant()]
        self.stores = [make.store(abandon_after=timedelta(minutes=30)), make.store("2"), None]
        self.products = [self.made() for _ in range(6)]
        self.carts: list[Order] = []

    def around(self, *edges: timedelta) -> datetime:
        """A moment near now or one of the edges before it, on either side."""
        back = self.dice.choice([timedelta(), *edges])
        return self.clock - back + timedelta(minutes=self.dice.randint(-240, 240))

    def made(self) -> Product:
        created = self.around(timedelta(days=30), timedelta(days=200))
        return make.product(of=self.dice.choice(self.merchants), created_at=created)

    def product(self) -> Product:
        return Product.objects.get(pk=self.dice.choice(self.products).pk)

    def create(self) -> None:
        self.products.append(self.made())

    def change(self) -> None:
        fields = self.dice.choice(
            [
                {"name": f"N{self.dice.random()}"},
                {"created_at": self.around(timedelta(days=30))},
                {"cost": Decimal(self.dice.randint(1, 9))},
                {"brand_name": "B"},
            ]
        )
        Product.objects.filter(pk=self.product().pk).update(**fields)

    def delete(self) -> None:
        free = Product.objects.filter(order_items=None, balances=None, pk__in=[p.pk for p in self.products]).first()
        if free is not None and len(self.products) > 3:
            self.products = [product for product in self.products if product.pk != free.pk]
            free.delete()

    def stock(self) -> None:
        movement = Movement(self.product().pk, EventKind.RECEIVED, self.dice.randint(1, 9))
        ledger.book([movement], source=EventSource.CSV, actor="")

    def order(self) -> None:
        at = self.around(timedelta(days=30), timedelta(days=30), timedelta(days=60))
        order = make.order(status=self.dice.choice([2, 3]), at=at)
        for _ in range(self.dice.randint(1, 2)):
            make.item(self.product(), in_=order, quantity=2, shipped=0)

    def cancel(self) -> None:
        line = OrderItem.objects.filter(status__in=[2, 3], quantity_shipped=0).order_by("?").first()
        if line is not None:
            line.cancelled_quantity = self.dice.randint(0, line.quantity)
            line.cancelled_by = "seller" if line.cancelled_quantity else ""
            line.save()

    def cart(self) -> None:
        at = self.around(timedelta(minutes=45), timedelta(days=365), timedelta(days=700))
        cart = make.order(status=1, at=at, store=self.dice.choice(self.stores), total_amount=self.dice.randint(1, 90))
        self.carts.append(cart)
        if self.dice.random() < 0.8:
            make.item(self.product(), in_=cart, quantity=1)

    def cart_moves(self) -> None:
        if not self.carts:
            return
        rows = Order.objects.filter(pk=self.dice.choice(self.carts).pk)
        lines = OrderItem.objects.filter(order__in=rows)
        self.dice.choice(
            [
                lambda: rows.filter(status=1).update(last_activity_at=self.around(timedelta(days=365))),
                lambda: rows.update(total_amount=self.dice.randint(1, 90)),
                lambda: rows.update(number=f"R{self.dice.random()}", comment="late"),
                lambda: (rows.update(status=2, placed_at=self.clock), lines.update(status=2, ordered_at=self.clock)),
                lambda: lines.delete(),
                lambda: (lines.delete(), rows.delete()),
                lambda: rows.filter(status=1).exists() and make.item(self.product(), in_=rows.get(), quantity=1),
            ]
        )()

    def store_changes(self) -> None:
        store = self.stores[0]
        Store.objects.filter(pk=store.pk).update(abandon_after=timedelta(minutes=self.dice.randint(1, 600)))

    def currency_changes(self) -> None:
        merchant = self.dice.choice(self.merchants)
        merchant.currency = self.dice.choice(["GBP", "EUR"])
        merchant.save()

    def work(self) -> None:
        """Somebody acknowledges, snoozes or reopens a finding."""
        finding = Finding.objects.unresolved().order_by("?").first()
        if finding is None:
            return
        until = max(timezone.now(), self.clock) + timedelta(minutes=self.dice.randint(1, 600))
        act: Callable[[], None] = self.dice.choice(
            [
                lambda: findings.acknowledge(finding=finding, reason="r", until=until, by=self.by, as_of=self.clock),
                lambda: findings.snooze(finding=finding, until=until, until_worse=True, by=self.by, as_of=self.clock),
                lambda: findings.snooze(finding=finding, until=None, until_worse=True, by=self.by, as_of=self.clock),
                lambda: findings.reopen(finding=finding, by=self.by),
            ]
        )
        act()

    def take_back(self) -> None:
        """Undone later, when what is restored lies in the past or is exceeded."""
        finding = Finding.objects.unresolved().order_by("?").first()
        if finding is not None:
            before = self.dice.choice(
                [
                    {"state": "snoozed", "until": self.clock - timedelta(hours=1), "snoozed_value": None},
                    {"state": "snoozed", "until": None, "snoozed_value": finding.value - 1},
                ]
            )
            findings.take_back(finding=finding, before=before, version=finding.version, by=self.by)

    def step(self) -> str:
        often = [self.stock, self.order, self.cart, self.cart_moves, self.change, self.work, self.cancel]
        act = self.dice.choice([*often, *often, self.create, self.delete, self.take_back])
        if self.dice.random() < 0.02:
            act = self.dice.choice([self.store_changes, self.currency_changes])
        act()
        return act.__name__


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_hundreds_of_changes_and_moves_of_the_clock_leave_what_a_whole_scan_leaves(seed: int) -> None:
    shop = Shop(seed)
    start(shop.clock)
    ReportScan.objects.update(whole_on=datetime(9999, 1, 1, tzinfo=UTC).date())
    for n in range(120):
        done = shop.step()
        if shop.dice.random() < 0.5:
            shop.clock += timedelta(minutes=shop.dice.choice([0, 1, 1, 7, 60]))
            ReportScan.objects.update(whole_on=shop.clock.date())  # by changes even as the day turns
            assert_as_whole(shop.clock, (n, done))
    assert_as_whole(shop.clock)
    assert {found.report for found in Finding.objects.all()} == {DEMAND, CARTS}
    assert Finding.objects.filter(state="resolved").exists()
    assert ScanChange.objects.count() == 0


def test_a_scan_by_changes_reads_only_what_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    first, _other = make.product(), make.product()
    start(now)
    looked_at: list[Any] = []
    scan_report = findings.scan_report
    monkeypatch.setattr(
        findings,
        "scan_report",
        lambda *args, **named: (looked_at.append(named.get("only")), scan_report(*args, **named))[1],
    )
    start(now + timedelta(seconds=1))
    assert looked_at == []
    first.name = "Lantern"
    first.save()
    start(now + timedelta(seconds=2))
    assert looked_at == [[first.pk]]
    assert "Lantern" in Finding.objects.get(key=str(first.pk)).label


def test_a_cart_that_loses_its_last_line_or_gets_one_is_looked_at() -> None:
    """By the line alone: nothing else of the cart says so."""
    now = timezone.now()
    product = make.product(created_at=make.ago(days=1))
    cart = make.order(status=1, at=make.ago(days=2))
    line = make.item(product, in_=cart)
    start(now)
    assert Finding.objects.filter(report=CARTS).exclude(state="resolved").count() == 1
    OrderItem.objects.filter(pk=line.pk).delete()
    assert_as_whole(now + timedelta(seconds=1))
    assert not Finding.objects.filter(report=CARTS).exclude(state="resolved").exists()
    make.item(product, in_=cart)
    assert_as_whole(now + timedelta(seconds=2))
    assert Finding.objects.filter(report=CARTS).exclude(state="resolved").count() == 1


def test_the_first_scan_of_a_day_and_a_whole_one_say_what_was_missed() -> None:
    now = timezone.now() - timedelta(seconds=20)
    product = make.product()
    start(now)
    Finding.objects.update(label="somebody wrote past the product")
    assert {outcome.name: outcome.differences for outcome in verify.run()}["findings of what changed"] == [
        f"{DEMAND}: the finding of somebody wrote past the product ({product.pk}) is not what its row says"
    ]
    start(now + timedelta(seconds=1))
    assert Finding.objects.get().label.startswith("somebody")
    with capture_logs() as logs:
        run = scans.run("demand", whole=True)
    assert [entry["event"] for entry in logs if entry["event"] == "scan_by_changes_missed"]
    assert run.changed == 1
    Finding.objects.update(label="once more")
    ReportScan.objects.update(whole_on=now.date() - timedelta(days=1))
    with capture_logs() as logs:
        assert scans.run("demand").changed == 1
    assert [entry["event"] for entry in logs if entry["event"] == "scan_by_changes_missed"]


def test_more_changes_than_are_looked_at_one_by_one_make_it_read_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    start(now)
    monkeypatch.setattr(rescans, "MOST_KEYS", 2)
    for _ in range(3):
        make.product()
    start(now + timedelta(seconds=1))
    assert Finding.objects.count() == 3
    assert not ScanChange.objects.exists()


def test_a_scan_of_the_past_is_no_base_for_the_next_one() -> None:
    make.product()
    now = timezone.now()
    start(now)
    start(now - timedelta(days=3))
    assert not ReportScan.objects.exists()
    start(now)
    assert_as_whole(now + timedelta(seconds=1))


@pytest.mark.django_db(transaction=True)
def test_what_a_transaction_changes_during_a_scan_waits_for_the_next_one() -> None:
    product = make.product(cost=Decimal(2))
    make.stock(product, 5)
    cart = make.order(status=1, at=timezone.now() - timedelta(days=2), total_amount=7)
    make.item(product, in_=cart)
    start(timezone.now())
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Product.objects.filter(pk=product.pk).update(cost=Decimal(3))
            Order.objects.filter(pk=cart.pk).update(total_amount=8)
            pool.submit(start, timezone.now()).result(timeout=60)
        pool.submit(connections.close_all).result()
    assert sorted(Finding.objects.values_list("value", flat=True)) == [7, 10]
    assert_as_whole(timezone.now())
    assert sorted(Finding.objects.values_list("value", flat=True)) == [8, 15]


@pytest.mark.django_db(transaction=True)
def test_writers_and_scans_at_once_leave_what_a_whole_scan_leaves() -> None:
    products = [make.product(cost=Decimal(2)) for _ in range(4)]
    carts = [make.order(status=1, at=timezone.now() - timedelta(days=2)) for _ in range(4)]
    for cart in carts:
        make.item(products[0], in_=cart)
    start(timezone.now())

    def work(n: int) -> None:
        dice = random.Random(n)
        try:
            for _ in range(6):
                Product.objects.filter(pk=dice.choice(products).pk).update(cost=Decimal(dice.randint(1, 9)))
                movement = Movement(dice.choice(products).pk, EventKind.RECEIVED, n + 1)
                ledger.book([movement], source=EventSource.CSV, actor="")
                make.item(dice.choice(products), in_=make.order(status=2, at=timezone.now() - timedelta(days=29 + n)))
                Order.objects.filter(pk=dice.choice(carts).pk).update(total_amount=dice.randint(1, 99))
                for name in ("demand", "checkouts"):
                    with suppress(scans.ScanBusy):
                        scans.run(name)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert_as_whole(timezone.now())
