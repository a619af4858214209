"""Proof that the books add up, read straight from the tables: what it finds, somebody changed past the guards."""

from __future__ import annotations

from django.db import connection

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
    "statement {} does not have the amounts of its transactions": """
        select s.number from lost_damaged_statement s
        left join lost_damaged_sellertransaction t on t.statement_id = s.id
        where s.state = 'closed'
        group by s.id
        having coalesce(sum(t.amount) filter (where t.type = 'credit'), 0) <> s.credits_amount
            or coalesce(sum(t.amount) filter (where t.type = 'debit'), 0) <> s.debits_amount
            or count(t.id) <> s.credits_count + s.debits_count
    """,
    "statement {} does not begin with what the one before carried forward": """
        select s.number from lost_damaged_statement s join lost_damaged_statement p on p.id = s.previous_id
        where s.opening_amount <> p.closing_amount - p.payout_amount or s.starts_at <> p.ends_at
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
