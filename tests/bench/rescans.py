"""P2: scans when nothing changed since the last one, and after some changes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial

from django.db import connection
from django.db.models import F
from django.utils import timezone

from inventory_ops.models import FindingEvent, Order, OrderItem, Product, StockBalance
from inventory_ops.operations import rescans, scans
from tests.bench.job import Goal, Job, Timing, Way, at_most, register
from trackers.operations import scanning

SCANS = ("health", "costs", "shipping", "demand", "checkouts")
CHANGES = 1_000
SILENT = """
select d.product_id from inventory_ops_productdemand d
where d.last_ordered_at < now() - interval '40 days' order by d.product_id limit %s
"""


@register
class Rescan(Job):
    name = "P2"
    title = "Scans after the last one: nothing changed, 1,000 changes, all rows"

    def set_up(self) -> None:
        for name in SCANS:
            scans.run(name)
        self.written = dict.fromkeys(SCANS, 0)
        self.rounds = 0

    def ways(self) -> Sequence[Way]:
        quiet = [Way(f"{name}: nothing changed", partial(self.scan, name)) for name in SCANS]
        first = Way(f"{SCANS[0]}: after {CHANGES:,} changes", self.changed)
        others = [Way(f"{name}: after {CHANGES:,} changes", partial(self.after, name)) for name in SCANS[1:]]
        whole = [Way(f"{name}: all rows", partial(self.scan, name, whole=True), most_rounds=2) for name in SCANS]
        return [*quiet, first, *others, *whole]

    def scan(self, name: str, *, whole: bool = False) -> float:
        as_of = timezone.now()
        scans.run(name, as_of=as_of)  # time itself changes rows
        start = time.perf_counter()
        run = scans.run(name, as_of=as_of, whole=whole)
        seconds = time.perf_counter() - start
        self.written[name] += run.opened + run.resolved + run.changed
        return seconds

    def changed(self) -> float:
        self.change()
        return self.after(SCANS[0])

    def after(self, name: str) -> float:
        start = time.perf_counter()
        run = scans.run(name)
        seconds = time.perf_counter() - start
        self.facts[f"{name}: rows written"] = str(run.opened + run.resolved + run.changed)
        return seconds

    def change(self) -> None:
        """A quarter each: prices, stock, lines of products that nobody ordered for long, and carts."""
        self.rounds += 1
        many = min(CHANGES, self.scale.products) // 4
        step = max(self.scale.products // many, 1)
        Product.objects.filter(pk__in=[1 + n * step for n in range(many)]).update(cost=F("price") + self.rounds)
        lots = list(StockBalance.objects.order_by("pk").values_list("pk", flat=True)[: many * 20 : 20])
        StockBalance.objects.filter(pk__in=lots).update(on_hand=F("on_hand") + 1)
        with connection.cursor() as cursor:
            cursor.execute(SILENT, [many])
            silent = Product.objects.in_bulk([pk for (pk,) in cursor.fetchall()])
        now = timezone.now()
        order = Order.objects.create(
            number=f"BENCH{now:%H%M%S%f}", status=2, created_at=now, last_activity_at=now, placed_at=now
        )
        OrderItem.objects.bulk_create(
            OrderItem(
                order=order,
                merchant_id=product.merchant_id,
                product=product,
                shop_item_id=f"B{self.rounds}-{product.pk}",
                status=2,
                ordered_at=now,
                quantity=1,
                unit_price=product.price,
            )
            for product in silent.values()
        )
        carts = list(Order.objects.filter(status=1).order_by("pk").values_list("pk", flat=True)[:many])
        Order.objects.filter(pk__in=carts).update(total_amount=F("total_amount") + 1)

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        wrong = [*rescans.all_differences(most=5), *scanning.differences(as_of=timezone.now(), most=5)]
        self.facts["events of findings"] = f"{FindingEvent.objects.count():,}"
        quiet = [at_most(f"{n}: nothing changed", times[f"{n}: nothing changed"].seconds, 1, "s") for n in SCANS]
        busy = f": after {CHANGES:,} changes"
        return [
            *quiet,
            *(at_most(f"{name}{busy}", times[f"{name}{busy}"].seconds, 1.5, "s") for name in SCANS),
            Goal("rows written where nothing changed: 0", str(self.written), not any(self.written.values())),
            Goal("what scans by changes left otherwise: nothing", str(wrong or 0), not wrong),
        ]
