"""What the database itself refuses."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from inventory_ops.models import AuditEvent, InventoryType
from inventory_ops.operations.verify import audit_chain
from tests.together import at_once

TABLES = ["inventory_ops_inventoryevent", "inventory_ops_inventoryevent_default", "inventory_ops_auditevent"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", TABLES)
def test_truncate_of_an_append_only_table_is_refused(table: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(f"truncate {table} cascade")


@pytest.mark.django_db(transaction=True)
def test_the_audit_log_takes_rows_and_lets_none_be_changed() -> None:
    first = AuditEvent.objects.create(action="test.one")
    second = AuditEvent.objects.create(action="test.two")
    first.refresh_from_db()
    second.refresh_from_db()
    assert bytes(first.digest) != bytes(second.digest)
    for change in ("update inventory_ops_auditevent set action = 'x'", "delete from inventory_ops_auditevent"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


def write(action: str) -> int:
    row = AuditEvent.objects.create(action=action)
    row.refresh_from_db()
    return row.strand


@pytest.mark.django_db(transaction=True)
def test_who_writes_the_audit_log_at_once_waits_for_nobody_and_every_strand_is_a_chain() -> None:
    with transaction.atomic():
        assert [write("test.one"), write("test.two")] == [0, 0]
        assert [at_once(1, lambda n: write("test.three")) for _ in range(2)] == [[1], [1]]
    assert write("test.four") == 0
    assert audit_chain() == []
    altered = AuditEvent.objects.filter(action="test.three").earliest("pk")
    with transaction.atomic(), connection.cursor() as cursor:  # as the owner of the table could
        cursor.execute("set local session_replication_role = replica")
        cursor.execute("update inventory_ops_auditevent set summary = 'x' where id = %s", [altered.pk])
    assert [line.split()[2] for line in audit_chain()] == [str(altered.pk)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        cursor.execute("delete from inventory_ops_auditevent where id = %s", [altered.pk])
    assert len(audit_chain()) == 1  # that after it hangs in the air


@pytest.mark.django_db(transaction=True)
def test_with_all_strands_held_a_writer_waits_for_one() -> None:
    def impatient(_n: int) -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set local lock_timeout = '200ms'")
            return write("test.late")

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('inventory_ops.audit'), n) from generate_series(0, 15) n")
        with pytest.raises(OperationalError, match="lock timeout"):
            at_once(1, impatient)
    assert at_once(1, impatient) == [0]


@pytest.mark.django_db
def test_the_fixed_lists_are_there() -> None:
    assert InventoryType.objects.get(code="good").is_sellable
    assert not InventoryType.objects.get(code="defective").is_sellable
