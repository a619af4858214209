"""Verdicts on statements, by what Citus documents that it runs across shards."""

from __future__ import annotations

import pytest

from tests.distribution import report
from tests.distribution.collect import Statement
from tests.distribution.judge import Verdict, judge

SPREAD = frozenset({"product", "item", "event", "balance"})
CASES = {
    "select * from item where merchant_id = $1": Verdict.ONE_SHARD,
    "select * from item i join product p using (merchant_id) where p.merchant_id = any($1)": Verdict.ONE_SHARD,
    "insert into item (merchant_id, id) values ($1, $2)": Verdict.ONE_SHARD,
    "insert into item (merchant_id, id) values ($1, $2) on conflict (merchant_id, id) do nothing": Verdict.ONE_SHARD,
    "with b as (update balance set n = 1 where merchant_id = $1 returning *)"
    " insert into event (merchant_id) select b.merchant_id from b": Verdict.ONE_SHARD,
    "update item i set n = x.n from unnest($1) x(merchant_id, id, n)"
    " where i.merchant_id = x.merchant_id and i.id = x.id": Verdict.ONE_SHARD,
    "select * from item i join product p on p.id = i.product_id and p.merchant_id = i.merchant_id": Verdict.EACH_SHARD,
    "select exists (select from item i where i.merchant_id = p.merchant_id) from product p": Verdict.EACH_SHARD,
    "select sum(n) from item where merchant_id = $1 or n = 2": Verdict.EACH_SHARD,
    "select * from (select merchant_id, id from item) q join product p on p.merchant_id = q.merchant_id":
        Verdict.EACH_SHARD,
    "select * from item where id = $1": Verdict.FAN_OUT,
    "select * from item i join product p on p.id = i.product_id": Verdict.JOIN,
    "select exists (select from item i where i.product_id = p.id) from product p": Verdict.JOIN,
    "select 1 from item i, lateral (select 1 from product p where p.id = i.product_id) x": Verdict.JOIN,
    "select * from item where id = $1 for update": Verdict.LOCK,
    "insert into item (merchant_id, id) values ($1, $2) on conflict (id) do nothing": Verdict.KEY,
    "with b as (update balance set n = 1 where id = $1 returning *)"
    " insert into event (merchant_id) select merchant_id from b": Verdict.PIPELINE,
    "select from where": Verdict.UNREAD,
}  # fmt: skip


@pytest.mark.parametrize("sql", CASES)
def test_a_statement_is_judged_by_how_it_names_the_merchant(sql: str) -> None:
    found = judge(sql, SPREAD)
    assert found is not None and found[0] == CASES[sql]


def test_a_statement_of_other_tables_has_no_verdict() -> None:
    assert judge("select * from merchant where id = $1", SPREAD) is None


def test_tables_with_a_merchant_in_every_row_are_distributed_and_what_refers_to_them_is_named() -> None:
    spread = report.distributed()
    assert {"inventory_ops_product", "inventory_ops_orderitem", "trackers_tracker"} <= spread
    assert not spread & {"inventory_ops_user", "inventory_ops_merchant", "inventory_ops_order"}
    assert "trackers_trackerevent" in report.without_merchant()
    assert not spread & set(report.without_merchant())


def test_the_section_counts_and_groups() -> None:
    sql = "select * from inventory_ops_product p join inventory_ops_orderitem i on i.product_id = p.id -- a comment"
    found = report.judged([Statement(sql, True, 1), Statement(sql + " where p.id = $1", False, 1)] * 2)
    text = report.section(found, of=9)
    assert "Of 9 statements that the tests ran, 4 read or write tables" in text
    assert "| joins by another key: add the merchant to the join | 4 | 2 |" in text
    assert "| orderitem, product | add the merchant to the join | 4 |" in text
    assert "comment" not in found[0].text
