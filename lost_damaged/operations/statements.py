"""Closing account statements: what happened before the cut-off is final, and the rest goes to the next ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import batched, chain
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.kit.db import parallel
from inventory_ops.models import User
from inventory_ops.operations import audit, jobs
from lost_damaged.models import Statement
from lost_damaged.operations import statement_mail
from lost_damaged.operations.statement_mail import Closed
from lost_damaged.queries.closing import ENDS_AT
from lost_damaged.queries.statements import COLUMNS

TOGETHER = 250  # statements of one transaction: so long do bookings for their sellers wait


class CannotClose(Exception):
    """The statement is closed already, or its period would be empty or in the future."""


@transaction.atomic
def close(*, number: str, by: User | None, cut_off: date | None = None, as_of: datetime | None = None) -> Statement:
    """Freeze a statement and open the next one with what is carried forward; answers the next.

    `cut_off` is the last day that it takes in, in the seller's zone; without it, this moment ends the period.
    Bookings that run hold the statement: they are waited for, and those that come after go to the next one. Raises
    CannotClose for one that is closed, and for a period that is empty or has not ended.
    """
    statement = Statement.objects.select_for_update(of=("self",)).get(number=number)
    if statement.state != Statement.State.OPEN:
        raise CannotClose(_("%(number)s is closed already.") % {"number": number})
    if closed := _close([statement.pk], by=by, cut_off=cut_off, now=as_of or timezone.now()):
        return Statement.objects.get(number=closed[0].following)
    if cut_off:
        raise CannotClose(
            _("%(number)s cannot be closed with %(day)s: it begins later, or the day has not ended for the seller.")
            % {"number": number, "day": cut_off.isoformat()}
        )
    raise CannotClose(_("%(number)s begins only now: there is nothing to close.") % {"number": number})


@transaction.atomic
def close_many(
    *, ids: Sequence[int], by: User | None, cut_off: date | None = None, as_of: datetime | None = None
) -> list[Closed]:
    """Close those of the statements that are open and whose period has ended; answers them."""
    return _close(ids, by=by, cut_off=cut_off, now=as_of or timezone.now())


# Statements are locked in the order of their ids, like by those who add lines.
_LOCK = "select from lost_damaged_statement where id = any(%(ids)s) and state = 'open' order by id for update"
_CLOSING = f"""
update lost_damaged_statement s set state = 'closing', ends_at = e.ends_at
from (select s.id, {ENDS_AT} as ends_at
      from lost_damaged_statement s join inventory_ops_merchant m on m.id = s.merchant_id
      where s.id = any(%(ids)s) and s.state = 'open') e
where s.id = e.id and e.ends_at > s.starts_at and e.ends_at <= %(now)s
returning s.id, s.ends_at
"""
_FOLLOWING = """
insert into lost_damaged_statement (number, merchant_id, currency, state, starts_at, previous_id, opening_amount,
    paid_amount, closed_by)
select lost_damaged_number('ST', 'lost_damaged_statement_seq'), merchant_id, currency, 'open', ends_at, id, 0, 0, ''
from lost_damaged_statement where id = any(%(ids)s) order by id
returning previous_id, id
"""
# Of one table, found by the index of its lines: a join would be planned by statistics that a load has just made wrong.
# `ids` are in their order, so the bucket of a line's statement is its place, of its end and of the one that follows it.
_MOVE = """
update lost_damaged_statementline l
set statement_id = (%(following)s::bigint[])[width_bucket(l.statement_id, %(ids)s::bigint[])]
where l.statement_id = any(%(ids)s) and l.occurred_at >= %(first_end)s
  and l.occurred_at >= (%(ends)s::timestamptz[])[width_bucket(l.statement_id, %(ids)s::bigint[])]
"""
_AMOUNTS = ", ".join(
    f"{name}_amount = coalesce(t.{name}_amount, 0), {name}_count = coalesce(t.{name}_count, 0)"
    for name in COLUMNS.values()
)
_OF_KINDS = ", ".join(
    f"sum(amount) filter (where kind = '{kind}') as {name}_amount,"
    f" (sum(lines) filter (where kind = '{kind}'))::integer as {name}_count"
    for kind, name in COLUMNS.items()
)
_FREEZE = f"""
with t as materialized (
    select statement_id, {_OF_KINDS}, sum(amount) as amount, sum(digest) as digest
    from lost_damaged_statementtotal where statement_id = any(%(ids)s) group by statement_id
)
update lost_damaged_statement s
set state = 'closed', {_AMOUNTS}, lines_digest = coalesce(t.digest, 0),
    closing_amount = s.opening_amount + coalesce(t.amount, 0),
    payout_amount = greatest(s.opening_amount + coalesce(t.amount, 0), 0), closed_by = %(actor)s, closed_at = %(now)s
from unnest(%(ids)s) x(id) left join t on t.statement_id = x.id
where s.id = x.id
"""
_CARRY = """
update lost_damaged_statement n set opening_amount = s.closing_amount - s.payout_amount
from lost_damaged_statement s where s.id = any(%(ids)s) and n.previous_id = s.id
returning s.number, n.number, s.merchant_id, s.currency, s.closing_amount, s.payout_amount
"""


@contextmanager
def _set(name: str, value: str, cursor: Any) -> Iterator[None]:
    """Tell the planner something for a while; an error that ends it undoes this with the transaction."""
    cursor.execute(f"set local {name} = {value}")
    yield
    cursor.execute(f"set local {name} to default")


def _close(ids: Sequence[int], *, by: User | None, cut_off: date | None, now: datetime) -> list[Closed]:
    params: dict[str, Any] = {"cut_off": cut_off, "now": now, "actor": by.email if by else ""}
    # all is found by indexes: after a load, statistics may have it that these tables are empty
    with connection.cursor() as cursor, _set("enable_seqscan", "off", cursor):
        cursor.execute(_LOCK, params | {"ids": list(ids)})
        cursor.execute(_CLOSING, params | {"ids": list(ids)})
        ends = dict(sorted(cursor.fetchall()))
        if not ends:
            return []
        params |= {"ids": list(ends), "ends": list(ends.values()), "first_end": min(ends.values())}
        cursor.execute(_FOLLOWING, params)
        following = dict(cursor.fetchall())
        cursor.execute(_MOVE, params | {"following": [following[pk] for pk in ends]})
        cursor.execute(_FREEZE, params)
        cursor.execute(_CARRY, params)
        closed = sorted((Closed(*row) for row in cursor.fetchall()), key=lambda each: each.number)
    statements = Statement.objects.only("number").in_bulk([each.number for each in closed], field_name="number")
    audit.record_many(
        action="statement.close",
        by=by,
        entries=[
            audit.Entry(
                statements[each.number],
                f"{each.number} closed with {each.said(each.closing)}, payout {each.said(each.payout)}",
                merchant_id=each.merchant_id,
            )
            for each in closed
        ],
    )
    statement_mail.announce(closed)
    return closed


def close_at_once(*, ids: Sequence[int], by: User | None, cut_off: date | None = None) -> list[Closed]:
    """`close_many` of some statements at a time, several on connections of their own: each commits by itself."""
    chunks = list(batched(ids, TOGETHER, strict=False))
    if len(chunks) < 2:
        return close_many(ids=ids, by=by, cut_off=cut_off)
    found = parallel.on_own_connections(lambda chunk: close_many(ids=chunk, by=by, cut_off=cut_off), chunks)
    return list(chain.from_iterable(found))


@jobs.handler("statements.close")
def _close_all(context: jobs.Context) -> None:
    """Close every statement that was open when this was asked for, some at a time."""
    text = context.job.params.get("cut_off")
    cut_off = date.fromisoformat(text) if text else None
    ids = list(
        Statement.objects.filter(state=Statement.State.OPEN, starts_at__lt=context.job.created_at)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    by = context.job.created_by
    size = TOGETHER * parallel.processors()
    closed = sum(len(close_at_once(ids=chunk, by=by, cut_off=cut_off)) for chunk in context.chunks(ids, size))
    context.finish(ngettext("%(n)s statement closed.", "%(n)s statements closed.", closed) % {"n": f"{closed:,}"})
