"""The day's number of identities by their states, kept for the picture of accounts over time."""

from __future__ import annotations

from datetime import date

from django.db import connection

# the scan is alone in its transaction; states that nobody has any more are no longer of the day
RECORD = """
with now as (
    select aws_status, database_status, count(*) as n from user_audit_identity group by 1, 2
), gone as (
    delete from user_audit_identityday d where d.day = %(day)s and not exists (
        select 1 from now where (now.aws_status, now.database_status) = (d.aws_status, d.database_status))
)
insert into user_audit_identityday as d (day, aws_status, database_status, count)
select %(day)s, aws_status, database_status, n from now
on conflict (day, aws_status, database_status) do update set count = excluded.count where d.count <> excluded.count
"""


def record(*, day: date) -> None:
    with connection.cursor() as cursor:
        cursor.execute(RECORD, {"day": day})
