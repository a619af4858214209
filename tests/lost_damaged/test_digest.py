"""The digest of a closed statement's lines: it tells every field of them, and survived its change of expression."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import connection

from lost_damaged.models import Source, Statement
from lost_damaged.operations import statements, write_offs
from lost_damaged.queries import verification
from tests.lost_damaged.world import World, items

pytestmark = pytest.mark.django_db
ALTERED = {
    "id": "id + 1000",
    "kind": "'debit'",
    "transaction_id": "transaction_id + 1000",
    "sequence": "sequence + 1",
    "quantity": "quantity + 1",
    "amount": "amount + 1",
    "occurred_at": "occurred_at + interval '1 microsecond'",
}


@pytest.fixture
def closed(world: World) -> Statement:
    world.product("A")
    write_offs.write_off(items(("A", "u")), source=Source.API, by=world.finance)
    statement = Statement.objects.get()
    statements.close(number=statement.number, by=world.finance)
    assert verification.problems() == []
    return statement


def behind_the_guards(*sqls: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("set local session_replication_role = replica")
        for sql in sqls:
            cursor.execute(sql)
        cursor.execute("set local session_replication_role = origin")


@pytest.mark.parametrize("column", ALTERED)
def test_each_field_of_a_line_is_in_the_digest(closed: Statement, column: str) -> None:
    behind_the_guards(f"update lost_damaged_statementline set {column} = {ALTERED[column]}")
    assert any("a line was altered" in problem for problem in verification.problems())


@pytest.mark.parametrize("tampered", [False, True])
def test_a_digest_of_before_is_replaced_where_it_was_right(closed: Statement, tampered: bool) -> None:
    migration = import_module("lost_damaged.migrations.0016_digest_of_lines")
    with connection.cursor() as cursor:
        cursor.execute(f"select {migration.RECORDS} from lost_damaged_statementline l")
        (before,) = cursor.fetchone()
    behind_the_guards(f"update lost_damaged_statement set lines_digest = {before + tampered} where state = 'closed'")
    assert len(verification.problems()) == 1, "the expression is another one now"
    with connection.cursor() as cursor:
        for sql in migration.Migration.operations[0].sql:
            cursor.execute(sql)
    assert len(verification.problems()) == tampered
