"""P1 and P3: health of trackers. And the generator's step that makes them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from django.db import connection, transaction
from django.utils import timezone

from tests.bench import generate
from tests.bench.job import Goal, Job, Timing, Way, at_least, at_most, register
from tests.bench.scale import Scale
from trackers.models import Tracker
from trackers.operations import health

SAMPLE = 200  # trackers that the slow peers do

TRACKERS = """
insert into trackers_tracker (id, merchant_id, product_id, inventory_type_id, mechanism, quantity, lookback_days,
    coverage_days, expiry_days, is_enabled, created_at, updated_at, health, state, sold, actual_days, not_counted,
    alerted_state)
select i, 1 + (p - 1) %% %(merchants)s, p, t.id, mechanism,
       case when mechanism <> 'turnover_days' then 5 + (pg_temp.u(i, 61) * 60)::int end,
       case when mechanism <> 'stock_quantity' then
            (array[7, 14, 30, 60, 90, 180])[1 + (pg_temp.u(i, 62) * 6)::int %% 6] end,
       case when mechanism = 'turnover_days' then 14 end,
       case when mechanism <> 'stalled_days' and pg_temp.u(i, 63) < 0.4 then (pg_temp.u(i, 64) * 60)::int end,
       true, now() - interval '400 days', now(), 0, 'no_data', 0, 0, 0, ''
from generate_series(1, %(trackers)s) i
cross join lateral (select 1 + (i - 1) %% %(products)s as p,
    (array['stock_quantity', 'turnover_days', 'stalled_days'])
        [1 + ((i - 1) / %(products)s + (i - 1) %% %(products)s) %% 3] as mechanism) x
cross join (select id from inventory_ops_inventorytype where code = 'good') t;
select setval(pg_get_serial_sequence('trackers_tracker', 'id'), %(trackers)s + 1);
analyze trackers_tracker;
"""


def fill(scale: Scale) -> None:
    with generate.without_indexes("trackers_productday"), connection.cursor() as cursor:
        cursor.execute(
            "insert into trackers_productfirst (product_id, first_at) select id, created_at from inventory_ops_product"
        )
        # sorted, the days are written and put into their key in order; before the trackers, or all would be dirty
        cursor.execute("set enable_hashagg = off; set work_mem = '1GB'")
        cursor.execute("select trackers_rebuild(array_agg(id)) from inventory_ops_merchant")
        cursor.execute("reset enable_hashagg; reset work_mem")
    with generate.without_indexes("trackers_tracker"):
        generate.execute(TRACKERS, scale)
        with connection.cursor() as cursor:
            cursor.execute("vacuum analyze trackers_productday, trackers_productfirst, trackers_tracker")
            # the scan without its news: nobody is to be told of states that have always been like this
            now = timezone.now()
            cursor.execute(health.statement("true"), {"as_of": now, "day": now.date()})
            cursor.execute(
                "update trackers_tracker set alerted_state = state where state in ('low', 'critical', 'stock_out')"
            )
            # an index built over old versions of rows is used by nobody while any older transaction runs
            cursor.execute("vacuum trackers_tracker")


generate.add_step("trackers and the roll-up of days", fill)

# the sums are asked for: those of a subquery that is only counted are never computed
FLOOR = """
select sum(units) from (
    select product_id, inventory_type_id, sum(on_hand) as units from inventory_ops_stockbalance group by 1, 2) s;
select sum(sold), sum(shipped) from (select product_id, sum(sold) as sold, sum(shipped) as shipped
    from trackers_productday where day >= current_date - 180 group by 1) d;
"""


@register
class Scan(Job):
    name = "P1"
    title = "Health of all trackers"

    def ways(self) -> Sequence[Way]:
        share = SAMPLE / self.scale.trackers
        return [
            Way("aggregation of its inputs", self.floor),
            Way("the same in the order of covering indexes", self.ordered_floor),
            Way("one statement", self.all),
            Way("two shards at once", self.shards),
            Way("a loop over trackers", self.loop, share=share, most_rounds=2, warm_up=False),
            Way("bulk_update", self.bulk, share=min(2000 / self.scale.trackers, 1), most_rounds=2, warm_up=False),
        ]

    def floor(self) -> None:
        """Rows read and hashed, as the goal was found: not by the indexes that were made for the scan."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set local enable_indexscan = off; set local enable_indexonlyscan = off")
            cursor.execute("set local enable_sort = off; set local work_mem = '256MB'")
            cursor.execute(FLOOR)

    def ordered_floor(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(FLOOR)

    def all(self) -> None:
        health.evaluate_shard(1, self.scale.trackers, as_of=timezone.now())

    def shards(self) -> None:
        health.evaluate_in_shards(as_of=timezone.now(), most=2)

    def loop(self) -> None:
        """What a loop over objects does: some sums for each, and a save."""
        from django.db.models import Sum

        from inventory_ops.models import StockBalance
        from trackers.models import ProductDay

        with transaction.atomic():
            for tracker in Tracker.objects.order_by("pk")[:SAMPLE]:
                balances = StockBalance.objects.filter(
                    product=tracker.product_id, inventory_type=tracker.inventory_type_id
                )
                tracker.value = balances.aggregate(total=Sum("on_hand"))["total"] or 0
                days = ProductDay.objects.filter(product=tracker.product_id)
                tracker.sold = days.aggregate(total=Sum("sold"))["total"] or 0
                tracker.save()
            transaction.set_rollback(True)

    def bulk(self) -> None:
        with transaction.atomic():
            trackers = list(Tracker.objects.order_by("pk")[:2000])
            for tracker in trackers:
                tracker.not_counted += 1
            fields = ["value", "threshold", "health", "state", "sold", "actual_days", "not_counted", "evaluated_at"]
            Tracker.objects.bulk_update(trackers, fields, batch_size=1000)
            transaction.set_rollback(True)

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        ours = times["one statement"].seconds
        self.facts["trackers a second"] = f"{self.scale.trackers / ours:,.0f}"
        ordered = times["the same in the order of covering indexes"].seconds
        self.facts["to the aggregation in order"] = f"{ours / ordered:.3g} ×"
        return [
            at_most("to its inputs' aggregation", ours / times["aggregation of its inputs"].seconds, 2.5),
            at_least("one to two shards", ours / times["two shards at once"].seconds, 1.6, needs="M"),
            at_least("loop to ours", times["a loop over trackers"].seconds / ours, 500, needs="M"),
            at_least("bulk_update to ours", times["bulk_update"].seconds / ours, 100, needs="M"),
        ]


@register
class Incremental(Job):
    name = "P3"
    title = "Health after single changes"

    def set_up(self) -> None:
        health.evaluate_all(timezone.now())  # or a refresh would take what the generator left, not what is made here
        self.pairs = min(2_000, self.scale.products // 2)

    def ways(self) -> Sequence[Way]:
        return [Way("refresh of dirty pairs", self.many), Way("one stock change until its health is true", self.one)]

    def many(self) -> float:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "insert into trackers_dirtypair (product_id, inventory_type_id) select product_id, inventory_type_id"
                " from trackers_tracker where id %% %s = 0 group by 1, 2 order by 1, 2 limit %s",
                [max(self.scale.trackers // self.pairs, 1), self.pairs],
            )
            made = int(cursor.rowcount)
            start = time.perf_counter()
            health.refresh()
            seconds = time.perf_counter() - start
            transaction.set_rollback(True)
        self.facts["dirty pairs"] = f"{made:,}"
        return seconds / made

    def one(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "update inventory_ops_stockbalance set on_hand = on_hand + 1 where id = (select b.id"
                " from inventory_ops_stockbalance b join trackers_tracker t on t.product_id = b.product_id limit 1)"
            )
            health.refresh()
            transaction.set_rollback(True)

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        one = times["one stock change until its health is true"].seconds
        return [
            at_most("a dirty pair", times["refresh of dirty pairs"].seconds * 1_000_000, 60, "µs", needs="M"),
            at_most("a stock change until its health is true", one, 1, "s"),
        ]
