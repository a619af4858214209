"""Comparing an uploaded list of the warehouse system with what is written off here. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from lost_damaged import errors
from lost_damaged.csv_files import Row
from lost_damaged.models import Source
from lost_damaged.operations import judging, write_offs

MOST_SHOWN = 10_000


@dataclass(frozen=True, slots=True)
class Difference:
    """`kind` is missing (there, not here), extra (here, not there), different, reversed or unreadable."""

    kind: str
    line: int | None
    uid: str
    number: str
    message: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many units agree, how many differ by kind, and the differences by line, the extra ones last.

    The list holds MOST_SHOWN of a kind of query at most; the counts are exact.
    """

    agree: int
    counts: dict[str, int]
    differences: list[Difference]


@transaction.atomic
def compare(rows: Iterable[Row], *, after: datetime, until: datetime) -> Comparison:
    """Compare the list with all write-offs; those of the period that the list does not have are extra.

    Raises FileRefused while the rows are read.
    """
    write_offs.stage()
    found: list[Difference] = []
    with connection.cursor() as cursor:
        with cursor.copy(f"copy pg_temp.ld_item ({', '.join(judging.ITEM_COLUMNS)}) from stdin") as copy:
            for row in rows:
                if row.item is None:
                    assert row.error is not None
                    found.append(Difference("unreadable", row.line, "", "", row.error.message))
                else:
                    item = row.item
                    copy.write_row((item.position, item.sku, item.uid, item.uid_key, item.shop_item_id, None))
        write_offs.write_off_staged(source=Source.CSV, by=None, dry_run=True)
        cursor.execute("select count(distinct uid_key) from pg_temp.ld_result where state = 'repeat' and number <> ''")
        agree = int(cursor.fetchone()[0])
        cursor.execute(
            """select case coalesce(problem, '') when 'conflict' then 'different' when 'twice' then 'different'
                      when 'reversed' then 'reversed' else 'missing' end, count(*)
               from pg_temp.ld_result where state <> 'repeat' group by 1"""
        )
        counts = {kind: int(count) for kind, count in cursor.fetchall()} | {"unreadable": len(found)}
        cursor.execute(
            "select position, uid, number, problem from pg_temp.ld_result where state <> 'repeat' order by position"
            " limit %s",
            [MOST_SHOWN],
        )
        for line, uid, number, problem in cursor.fetchall():
            kind = {"conflict": "different", "twice": "different", "reversed": "reversed"}.get(problem or "", "missing")
            message = errors.of_reason(problem, number=number).message if problem else "Not written off here."
            found.append(Difference(kind, line, uid, number, message))
        cursor.execute(
            """select w.uid, w.number, count(*) over () from lost_damaged_writeoff w
               where w.created_at > %s and w.created_at <= %s
                 and not exists (select from pg_temp.ld_item i where i.uid_key = w.uid_key)
                 and not exists (select from lost_damaged_sellertransaction t
                                 where t.write_off_id = w.id and t.type = 'debit')
               order by w.id limit %s""",
            [after, until, MOST_SHOWN],
        )
        listed = cursor.fetchall()
        extra = [Difference("extra", None, uid, number, "Not in the list.") for uid, number, _ in listed]
        counts["extra"] = int(listed[0][2]) if listed else 0
    found.sort(key=lambda difference: difference.line or 0)
    return Comparison(agree, counts, found + extra)
