"""Triggers that see rows before and after a change do not join the two.

A trigger's plan is made once a connection, with the rows of that moment: one made for a single row compares each row
of a later load with each. Set operations and groups do not.
"""

from __future__ import annotations

import re

import pytest
from django.db import connection

TRIGGERS = """
select distinct p.proname, t.tgoldtable, t.tgnewtable, p.prosrc
from pg_trigger t join pg_proc p on p.oid = t.tgfoid
where not t.tgisinternal and t.tgoldtable is not null and t.tgnewtable is not null
"""


def joined(source: str, old: str, new: str) -> bool:
    tables = rf"({old}|{new})\b"
    return re.search(rf"\bfrom\s+{tables}[^;()]*?\bjoin\s+{tables}", source) is not None


@pytest.mark.django_db
def test_rows_before_and_after_are_not_joined() -> None:
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS)
        found = cursor.fetchall()
    assert len(found) > 5
    assert [name for name, old, new, source in found if joined(source, old, new)] == []


def test_a_join_of_the_two_is_found() -> None:
    assert joined("select 1 from changed c join before b on b.id = c.id", "before", "changed")
    assert joined("select 1 from before o\n cross join changed n", "before", "changed")
    assert not joined("select id from changed except select id from before", "before", "changed")
    assert not joined(
        "from (select id from changed) c join listing l on true; select 1 from before", "before", "changed"
    )
