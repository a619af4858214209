"""Where the books of sellers begin: their first statements, with what was shipped since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.kit.db.size import outgrown
from inventory_ops.models import Merchant, User
from inventory_ops.operations import audit, jobs
from lost_damaged.models import Statement, StatementLine

TOGETHER = 50  # sellers of one transaction
MANY = 10_000  # lines after which the planner wants new statistics

# In the order in which `begin_books` locks them.
_BEGIN = """
insert into lost_damaged_statement (number, merchant_id, currency, state, starts_at, opening_amount, paid_amount,
    closed_by)
select lost_damaged_number('ST', 'lost_damaged_statement_seq'), m.id, m.currency, 'open',
       %(day)s::date::timestamp at time zone m.timezone, 0, 0, ''
from inventory_ops_merchant m
where m.id = any(%(sellers)s) and not exists (select from lost_damaged_statement s where s.merchant_id = m.id)
order by lost_damaged_books_lock(m.id), m.id on conflict do nothing
returning id, number, merchant_id
"""


@transaction.atomic
def begin(*, sellers: Sequence[int], day: date, by: User | None) -> int:
    """Open the first statements of sellers that have none, from a day on in each one's zone; answers how many.

    What was shipped or came back since is on them. Sellers with statements stay as they are.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, {"sellers": list(sellers), "day": day})
        made = cursor.fetchall()
    _analyse([pk for pk, _number, _seller in made])
    statements = Statement.objects.in_bulk([pk for pk, _number, _seller in made])
    audit.record_many(
        action="statement.begin",
        by=by,
        entries=[
            audit.Entry(
                statements[pk], _("%(number)s begins with %(day)s") % {"number": number, "day": day}, {}, seller
            )
            for pk, number, seller in made
        ],
    )
    return len(made)


def _analyse(made: Sequence[int]) -> None:
    """Give the planner statistics of the lines, where many new ones are a good part of them: closing may follow."""
    lines = StatementLine.objects.filter(statement__in=made).count()
    if lines >= MANY:
        with connection.cursor() as cursor:
            for table in outgrown([StatementLine._meta.db_table], lines, share=0.1):
                cursor.execute(f"analyze {table}")


@jobs.handler("statements.begin")
def _begin_all(context: jobs.Context) -> None:
    """Open the first statements of all sellers without one, some at a time."""
    day = date.fromisoformat(context.params["day"])
    ids = list(Merchant.objects.filter(statements__isnull=True).order_by("pk").values_list("pk", flat=True))
    by = context.job.created_by
    made = sum(begin(sellers=chunk, day=day, by=by) for chunk in context.chunks(ids, TOGETHER))
    context.finish(ngettext("%(n)s statement begun.", "%(n)s statements begun.", made) % {"n": f"{made:,}"})
