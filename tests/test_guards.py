"""What the database itself refuses."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from inventory_ops.models import AuditEvent, InventoryType

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


@pytest.mark.django_db
def test_the_fixed_lists_are_there() -> None:
    assert InventoryType.objects.get(code="good").is_sellable
    assert not InventoryType.objects.get(code="defective").is_sellable
