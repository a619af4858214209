"""The kept sums of a statement's lines: nobody waits for them, and what they say is what the lines say."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from lost_damaged.models import Source, Statement, StatementLine, StatementTotal
from lost_damaged.operations import write_offs
from lost_damaged.queries import statements, verification
from tests.lost_damaged.world import World, items, make_world
from tests.together import at_once


@pytest.mark.django_db(transaction=True)
def test_bookings_at_once_wait_for_no_total_and_are_all_in_it() -> None:
    world = make_world()
    world.product("A")
    write_offs.write_off(items(("A", "first")), source=Source.API, by=world.finance)
    with transaction.atomic(), connection.cursor() as cursor:
        # as a booking that is not done yet holds it
        cursor.execute("select id from lost_damaged_statementtotal for update")

        def book(n: int) -> None:
            with connection.cursor() as own:
                own.execute("set lock_timeout = '10s'")
            write_offs.write_off(items(("A", f"a{n}"), ("A", f"b{n}")), source=Source.API, by=world.finance)

        at_once(4, book)
    assert sum(StatementTotal.objects.values_list("lines", flat=True)) == StatementLine.objects.count() == 9
    assert verification.problems() == []


@pytest.mark.django_db
def test_bookings_one_after_the_other_share_a_row(world: World) -> None:
    world.product("A")
    for n in range(3):
        write_offs.write_off(items(("A", f"a{n}")), source=Source.API, by=world.finance)
    assert StatementTotal.objects.count() == 1


@pytest.mark.django_db
def test_the_figures_of_an_open_statement_are_read_without_its_lines(world: World) -> None:
    world.product("A")
    write_offs.write_off(items(("A", "a"), ("A", "b")), source=Source.API, by=world.finance)
    statement = Statement.objects.get()
    figures = statements.figures(statement)
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("set local session_replication_role = replica")
        cursor.execute("delete from lost_damaged_statementline")
    assert statements.figures(statement) == figures
    assert figures.of(StatementLine.Kind.CREDIT).count == 2
