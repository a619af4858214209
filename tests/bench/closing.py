"""P18: closing the month of all sellers."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from django.db import connection, transaction

from lost_damaged.models import Statement
from lost_damaged.operations import statements
from tests.bench.generate import execute
from tests.bench.job import Goal, Job, Timing, Way, at_most, register

SELLERS, MOST_LINES = 1_000, 2_000_000
LAST_DAY = date(2026, 5, 31)
# In a currency that no other job books in. One line in 50 happened after the last day, and goes to the next statement.
# Lines are recorded in the order in which they occurred.
STATEMENTS = """
insert into lost_damaged_statement (number, merchant_id, currency, state, starts_at, opening_amount, paid_amount,
    closed_by)
select 'BENCH-' || m.id, m.id, 'CHF', 'open', timestamptz '2026-05-01', 0, 0, ''
from inventory_ops_merchant m where m.id <= %(sellers)s
"""
LINES = """
insert into lost_damaged_statementline (statement_id, merchant_id, currency, kind, order_item_id, sequence, quantity,
    unit_amount, amount, occurred_at, recorded_at)
select s.id, s.merchant_id, s.currency,
       case when n %% 20 = 0 then 'refund' when n %% 2 = 0 then 'order' else 'fee' end,
       10000000000 + n / 2, 1, 1, 10, case when n %% 2 = 0 and n %% 20 <> 0 then 100 + n %% 400 else -20 end,
       timestamptz '2026-05-01'
           + case when n %% 50 = 0 then interval '31 days' else n %% 44000 * interval '1 minute' end,
       now()
from generate_series(1, %(lines)s) n
join lost_damaged_statement s on s.number = 'BENCH-' || (1 + n / 2 * 7919::bigint %% %(sellers)s)
order by 10, n
"""
SUM = """
select statement_id, kind, sum(amount), count(*) from lost_damaged_statementline
where statement_id in (select id from lost_damaged_statement where number like 'BENCH-%')
  and occurred_at < timestamptz '2026-06-01' group by 1, 2
"""

REOPEN = """
update lost_damaged_statementline l set statement_id = s.previous_id from lost_damaged_statement s
where s.id = l.statement_id and s.previous_id in (select id from lost_damaged_statement where number like 'BENCH-%%');
delete from lost_damaged_statementtotal where statement_id in (
    select id from lost_damaged_statement where number like 'BENCH-%%'
        or previous_id in (select id from lost_damaged_statement where number like 'BENCH-%%'));
delete from lost_damaged_statement
where previous_id in (select id from lost_damaged_statement where number like 'BENCH-%%');
update lost_damaged_statement set state = 'open', ends_at = null, closed_at = null, closed_by = '',
    closing_amount = null, payout_amount = null, lines_digest = null
where number like 'BENCH-%%';
insert into lost_damaged_statementtotal (statement_id, kind, amount, lines, digest)
select statement_id, kind, sum(amount), count(*), sum(lost_damaged_line_digest(id, kind,
    coalesce(order_item_id, transaction_id, adjustment_id), sequence, quantity, amount, occurred_at))
from lost_damaged_statementline where order_item_id >= 10000000000 group by 1, 2;
"""

FORGET = """
delete from lost_damaged_statementline where order_item_id >= 10000000000;
delete from lost_damaged_statementtotal where statement_id in (
    select id from lost_damaged_statement where number like 'BENCH-%%');
delete from lost_damaged_statement where number like 'BENCH-%%'
"""

SUMS = "sums of the same lines by statement and kind, as PostgreSQL plans them"
SERIAL = "the same sums by one process"
OURS = "closing, some statements at a time, as many as there are processors"


@register
class Closing(Job):
    name = "P18"
    title = "Closing a month: every seller's statement frozen, and the next ones opened"

    def set_up(self) -> None:
        self.sellers = min(SELLERS, self.scale.merchants)
        self.lines = min(MOST_LINES, self.scale.items)
        execute(STATEMENTS, self.scale, sellers=self.sellers)
        with connection.cursor() as cursor:
            cursor.execute(LINES, {"sellers": self.sellers, "lines": self.lines})  # with the triggers that total them
            cursor.execute(
                "vacuum analyze lost_damaged_statement, lost_damaged_statementline, lost_damaged_statementtotal"
            )
        self.ids = list(
            Statement.objects.filter(number__startswith="BENCH-").order_by("pk").values_list("pk", flat=True)
        )
        self.facts["statements"] = f"{len(self.ids):,}"
        self.facts["lines"] = f"{self.lines:,}"

    def ways(self) -> Sequence[Way]:
        return [
            Way(SUMS, self.sums),
            Way(SERIAL, self.serial_sums),
            Way(OURS, self.ours),
        ]

    def sums(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(SUM)
            self.summed = sum((row[2] for row in cursor.fetchall()), Decimal(0))

    def serial_sums(self) -> None:
        """Like closing, which writes: PostgreSQL shares that among no processes."""
        with connection.cursor() as cursor:
            cursor.execute("set max_parallel_workers_per_gather = 0")
            cursor.execute(SUM)
            cursor.fetchall()
            cursor.execute("reset max_parallel_workers_per_gather")

    def ours(self) -> float:
        """As the job does it, with its commits; afterwards all is as before, so that the next round closes the same."""
        start = time.perf_counter()
        closed = statements.close_at_once(ids=self.ids, by=None, cut_off=LAST_DAY)
        seconds = time.perf_counter() - start
        if len(closed) != self.sellers or sum(each.closing for each in closed) != self.summed:
            raise RuntimeError(f"{len(closed)} of {self.sellers} closed, or with other sums than their lines.")
        self.reopen()
        return seconds

    def reopen(self) -> None:
        """What nobody may do with closed statements, so the guards of their tables are off meanwhile."""
        with transaction.atomic():
            execute(REOPEN, self.scale)
        with connection.cursor() as cursor:
            cursor.execute("vacuum lost_damaged_statement, lost_damaged_statementline, lost_damaged_statementtotal")

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        ours = times[OURS].seconds
        self.facts["lines a second"] = f"{self.lines / ours:,.0f}"
        self.facts["closing to the sums by one process"] = f"{ours / times[SERIAL].seconds:.2f} ×"
        return [at_most("closing to the sums of its lines", ours / times[SUMS].seconds, 2, needs="M")]

    def tear_down(self) -> None:
        execute(FORGET, self.scale)
