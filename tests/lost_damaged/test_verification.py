"""The books are right after everything we do, and what is changed behind the guards is found."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from lost_damaged.models import SellerAccount, Source, Statement
from lost_damaged.operations import nav, statements, write_offs
from lost_damaged.queries import verification
from tests.lost_damaged.world import World, items

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("update lost_damaged_ledgerentry set debit = debit + 1 where debit > 0", "not balanced"),
        ("delete from lost_damaged_ledgerentry where credit > 0", "not balanced"),
        ("update lost_damaged_statement set opening_amount = 5 where state = 'open'", "carried forward"),
        ("update lost_damaged_navbatch set csv = csv || 'x'::bytea", "was altered"),
        ("delete from lost_damaged_sellertransaction where type = 'credit' and reverses_id is null", "has no credit"),
        ("update lost_damaged_writeoffhour set units = units + 1", "is not what is counted"),
        ("delete from lost_damaged_writeoffhour", "is not what is counted"),
        ("update lost_damaged_statementtotal set amount = amount + 1", "are not those of its lines"),
        ("update lost_damaged_statementtotal set lines = lines + 1", "are not those of its lines"),
        ("update lost_damaged_statementtotal set digest = digest + 1", "are not those of its lines"),
        ("delete from lost_damaged_statementtotal", "are not those of its lines"),
    ],
)
def test_what_was_changed_behind_the_guards_is_found(world: World, sql: str, sentence: str) -> None:
    world.product("A")
    SellerAccount.objects.create(merchant=world.seller, vendor_no="V1")
    outcomes = write_offs.write_off(items(("A", "a"), ("A", "b")), source=Source.API, by=world.finance)
    statements.close(number=Statement.objects.get().number, by=world.finance)
    write_offs.reverse(number=outcomes[0].number, note="found", by=world.finance)
    nav.export(by=world.finance)
    assert verification.problems() == []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("set local session_replication_role = replica")
        cursor.execute(sql)
        found = verification.problems()
        assert any(sentence in problem for problem in found), found
        transaction.set_rollback(True)
