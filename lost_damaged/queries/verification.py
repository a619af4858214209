"""Proof that the books add up, read straight from the tables: what it finds, somebody changed past the guards."""

from __future__ import annotations

from django.db import connection

# of lines `l` of a statement
DIGEST = """sum(lost_damaged_line_digest(l.id, l.kind, coalesce(l.order_item_id, l.transaction_id, l.adjustment_id),
    l.sequence, l.quantity, l.amount, l.occurred_at))"""

CHECKS = {
    "write-off {} has no credit": """
        select w.number from lost_damaged_writeoff w
        where not exists (
            select from lost_damaged_sellertransaction t where t.write_off_id = w.id and t.type = 'credit')
    """,
    "the amount of {} does not follow from its inputs": """
        select number from lost_damaged_sellertransaction
        where raw_amount <> case formula when 'order_item' then (unit_price - commission_amount) * factor
                else (case when special_used then least(price, special_price) else price end)
                     * (1 - commission_percent * 0.01) * factor end
           or amount <> round(greatest(raw_amount, 0), minor_units) * case type when 'credit' then 1 else -1 end
    """,
    "the reversal {} does not take back exactly its credit": """
        select d.number from lost_damaged_sellertransaction d
        join lost_damaged_sellertransaction c on c.id = d.reverses_id
        where d.type = 'debit' and (d.amount <> -c.amount or d.write_off_id <> c.write_off_id or c.type <> 'credit')
    """,
    "the entries of {} are not balanced": """
        select t.number from lost_damaged_sellertransaction t
        left join lost_damaged_ledgerentry e on e.transaction_id = t.id
        group by t.id, t.number, t.amount
        having coalesce(sum(e.debit), 0) <> coalesce(sum(e.credit), 0)
            or coalesce(sum(e.credit - e.debit) filter (where e.account = 'liability'), 0) <> t.amount
    """,
    "statement {} does not begin with what the one before carried forward": """
        select s.number from lost_damaged_statement s join lost_damaged_statement p on p.id = s.previous_id
        where s.opening_amount <> p.closing_amount - p.payout_amount or s.starts_at <> p.ends_at
    """,
    "statement {} does not have the sums of its lines, or a line was altered, moved, deleted or doubled": f"""
        select s.number from lost_damaged_statement s
        left join (select l.statement_id, sum(l.amount) as amount, count(*) as lines, {DIGEST} as digest
                   from lost_damaged_statementline l group by 1) t on t.statement_id = s.id
        where s.state in ('closed', 'paid')
          and (s.lines_digest is distinct from coalesce(t.digest, 0)
               or s.closing_amount <> s.opening_amount + coalesce(t.amount, 0)
               or s.orders_count + s.fees_count + s.refunds_count + s.fee_refunds_count + s.credits_count
                  + s.debits_count + s.adjustments_count <> coalesce(t.lines, 0))
    """,
    "the kept totals of statement {} are not those of its lines": f"""
        select s.number
        from (select statement_id, kind, sum(amount) as amount, sum(lines) as lines, sum(digest) as digest
              from lost_damaged_statementtotal group by 1, 2) t
        full join (select l.statement_id, l.kind, sum(l.amount) as amount, count(*) as lines, {DIGEST} as digest
                   from lost_damaged_statementline l group by 1, 2) k using (statement_id, kind)
        join lost_damaged_statement s on s.id = statement_id
        where (coalesce(t.amount, 0), coalesce(t.lines, 0), coalesce(t.digest, 0))
           <> (coalesce(k.amount, 0), coalesce(k.lines, 0), coalesce(k.digest, 0))
        group by s.number
    """,
    "statement {} has lines of another seller or currency": """
        select distinct s.number from lost_damaged_statement s
        join lost_damaged_statementline l on l.statement_id = s.id
        where (l.merchant_id, l.currency) <> (s.merchant_id, s.currency)
    """,
    "order item {} is not on statements with what is owed for it": """
        select i.shop_item_id
        from (select order_item_id, merchant_id, currency, kind, sum(quantity) as quantity, sum(amount) as amount
              from lost_damaged_statementline where order_item_id is not null group by 1, 2, 3, 4) l
        full join lost_damaged_owed o using (order_item_id, merchant_id, currency, kind)
        join inventory_ops_orderitemkey i on i.id = order_item_id
        where l.quantity is distinct from o.quantity and (coalesce(l.quantity, 0) <> 0 or o.quantity is not null)
           or coalesce(l.amount, 0) <> coalesce(o.amount, 0)
        group by i.shop_item_id
    """,
    "transaction {} is not on exactly one statement with its amount": """
        select t.number from lost_damaged_sellertransaction t
        left join lost_damaged_statementline l on l.transaction_id = t.id
        group by t.id, t.number, t.amount, t.merchant_id, t.currency
        having count(l.id) <> 1 or sum(l.amount) <> t.amount
            or not bool_and((l.merchant_id, l.currency, l.kind) = (t.merchant_id, t.currency, t.type))
    """,
    "adjustment {} is not on exactly one statement with its amount": """
        select a.number from lost_damaged_adjustment a
        left join lost_damaged_statementline l on l.adjustment_id = a.id
        group by a.id, a.number, a.amount
        having count(l.id) <> 1 or sum(l.amount) <> a.amount
    """,
    "what was paid of statement {} is not the sum of its payments": """
        select s.number from lost_damaged_statement s
        left join (select statement_id, sum(amount) as amount from lost_damaged_payment group by 1) p
            on p.statement_id = s.id
        where s.paid_amount <> coalesce(p.amount, 0)
    """,
    "the kept number of write-offs of {} is not what is counted": """
        select to_char(hour at time zone 'UTC', 'YYYY-MM-DD HH24:00')
        from (select hour, sum(units) as units from lost_damaged_writeoffhour group by 1) k
        full join (select date_trunc('hour', created_at, 'UTC') as hour, count(*) as units
                   from lost_damaged_writeoff group by 1) c using (hour)
        where coalesce(k.units, 0) <> coalesce(c.units, 0)
    """,
    "the file of NAV batch {} was altered": """
        select number from lost_damaged_navbatch where sha256 <> encode(sha256(csv), 'hex')
    """,
}


def problems() -> list[str]:
    """One sentence for each row that does not add up; empty when the books are right."""
    found = []
    with connection.cursor() as cursor:
        for sentence, sql in CHECKS.items():
            cursor.execute(sql)
            found += [sentence.format(number) for (number,) in cursor.fetchall()]
    return found
