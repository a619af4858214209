"""What a close would take in, before it is done: read with the same rules, and no lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection


@dataclass(frozen=True, slots=True)
class Preview:
    """One open statement: what it would be closed with, and how many of its lines stay for the next one."""

    number: str
    vendor_number: str
    name: str
    currency: str
    ends_at: datetime
    closes: bool
    lines: int
    stay: int
    closing: Decimal
    payout: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """The statements of one currency that would be closed."""

    currency: str
    statements: int
    lines: int
    payout: Decimal
    carried: Decimal


# when the period of a statement of merchant `m` ends: with the chosen day in the seller's zone, else now
ENDS_AT = """case when %(cut_off)s::date is null then %(now)s::timestamptz
    else (%(cut_off)s::date + 1)::timestamp at time zone m.timezone end"""
_PREVIEW = f"""
select s.number, m.vendor_number, m.name, s.currency, e.ends_at,
       e.ends_at > s.starts_at and e.ends_at <= %(now)s as closes,
       (coalesce(t.lines, 0) - stay.lines)::integer as lines, stay.lines::integer as stay,
       s.opening_amount + coalesce(t.amount, 0) - stay.amount as closing,
       greatest(s.opening_amount + coalesce(t.amount, 0) - stay.amount, 0) as payout
from lost_damaged_statement s
join inventory_ops_merchant m on m.id = s.merchant_id
cross join lateral (select {ENDS_AT} as ends_at) e
left join (select statement_id, sum(amount) as amount, sum(lines) as lines from lost_damaged_statementtotal
           where statement_id in (select id from lost_damaged_statement where state = 'open')
           group by 1) t on t.statement_id = s.id
cross join lateral (select count(*) as lines, coalesce(sum(l.amount), 0) as amount from lost_damaged_statementline l
                    where l.statement_id = s.id and l.occurred_at >= e.ends_at) stay
where s.state = 'open' and (%(numbers)s::text[] is null or s.number = any(%(numbers)s))
order by m.vendor_number, s.currency
"""


def preview(*, cut_off: date | None, now: datetime, numbers: Sequence[str] | None = None) -> list[Preview]:
    """The open statements as they would be closed with a day (see `operations.statements.close`), by seller."""
    with connection.cursor() as cursor:
        cursor.execute(
            _PREVIEW, {"cut_off": cut_off, "now": now, "numbers": None if numbers is None else list(numbers)}
        )
        return [Preview(*row) for row in cursor.fetchall()]


def totals(found: Sequence[Preview]) -> list[Totals]:
    """What would be closed, by currency."""
    made = []
    for currency in sorted({each.currency for each in found if each.closes}):
        rows = [each for each in found if each.closes and each.currency == currency]
        made.append(
            Totals(
                currency,
                len(rows),
                sum(each.lines for each in rows),
                sum((each.payout for each in rows), Decimal(0)),
                sum((each.closing - each.payout for each in rows), Decimal(0)),
            )
        )
    return made
