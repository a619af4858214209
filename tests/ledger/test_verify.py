"""`verify_ledger` finds what somebody changes behind the guards' back, and names the row."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.db import connection

from inventory_ops.models import AuditEvent, InventoryEvent, Product
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger, stock, verify
from inventory_ops.operations.ledger import Movement
from inventory_ops.operations.stock import ChangeDetails, Place
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def lamp() -> Product:
    lamp = make.product("LAMP")
    movements = [
        Movement(lamp.pk, EventKind.RECEIVED, 10),
        Movement(lamp.pk, EventKind.ALLOCATED, 3),
        Movement(lamp.pk, EventKind.SHIPPED, -2),
        Movement(lamp.pk, EventKind.RELEASED, -2),
    ]
    ledger.book(movements, source=EventSource.CSV)
    user = make.user("operations")
    for quantity in (1, 2, 3):
        stock.adjust_by(place=Place(lamp), quantity=quantity, details=ChangeDetails("found"), by=user)
    return lamp


def verified() -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("verify_ledger", stdout=out)
    except SystemExit as error:
        return int(str(error.code)), out.getvalue()
    return 0, out.getvalue()


def tamper(sql: str, *params: int) -> None:
    """As a superuser who switches the triggers off."""
    with connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        cursor.execute(sql, params)
        cursor.execute("set local session_replication_role = origin")


def test_what_is_whole_passes(lamp: Product) -> None:
    code, said = verified()
    assert code == 0, said
    assert "balances: ok" in said


def test_an_update_is_found(lamp: Product) -> None:
    event = InventoryEvent.objects.order_by("pk")[2]
    tamper("update inventory_ops_inventoryevent set note = 'all fine' where id = %s", event.pk)
    code, said = verified()
    assert code == 1
    assert f"event {event.pk} was altered" in said


def test_an_update_that_writes_its_digest_anew_is_found(lamp: Product) -> None:
    event = InventoryEvent.objects.order_by("pk")[4]
    tamper("update inventory_ops_inventoryevent set quantity = 5 where id = %s", event.pk)
    tamper("update inventory_ops_inventoryevent e set digest = inventory_ops_event_digest(e) where id = %s", event.pk)
    code, said = verified()
    assert code == 1
    assert f"event {event.pk} says" in said


@pytest.mark.parametrize("index", [0, 3, 6])
def test_a_delete_is_found(lamp: Product, index: int) -> None:
    event = InventoryEvent.objects.order_by("pk")[index]
    after = InventoryEvent.objects.filter(pk__gt=event.pk).order_by("pk").first()
    tamper("delete from inventory_ops_inventoryevent where id = %s", event.pk)
    code, said = verified()
    assert code == 1
    if after is None:
        assert f"has version {event.sequence}, the last event has number {event.sequence - 1}" in said
    else:
        assert f"event {after.pk}" in said


def test_an_insert_is_found(lamp: Product) -> None:
    columns = (
        "recorded_at, occurred_at, merchant_id, product_id, balance_id, inventory_type_id, location_id, kind,"
        " quantity, quantity_after, sequence, reason, source, digest"
    )
    event = InventoryEvent.objects.order_by("-pk")[1]
    tamper(
        f"insert into inventory_ops_inventoryevent ({columns}) select {columns}"
        " from inventory_ops_inventoryevent where id = %s",
        event.pk,
    )
    added = InventoryEvent.objects.latest("pk")
    code, said = verified()
    assert code == 1
    assert f"event {added.pk} was altered" in said
    assert f"event {added.pk} was put in" in said


def test_a_balance_written_by_hand_is_found(lamp: Product) -> None:
    balance = lamp.balances.get()
    tamper("update inventory_ops_stockbalance set on_hand = on_hand + 1 where id = %s", balance.pk)
    code, said = verified()
    assert code == 1
    assert f"balance {balance.pk} of LAMP has 15 on hand and 1 allocated, its events make 14 and 1" in said


def test_the_audit_log_is_chained(lamp: Product) -> None:
    line = AuditEvent.objects.order_by("pk")[1]
    tamper("update inventory_ops_auditevent set summary = 'nothing' where id = %s", line.pk)
    code, said = verified()
    assert code == 1
    assert f"audit event {line.pk} was altered" in said


def test_checks_of_other_apps_run_too(lamp: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(verify._checks._values, "journals", lambda: ["journal 7 does not balance"])
    assert verified()[0] == 1
    with verify._checks.opened(), pytest.raises(ValueError, match="two of the check"):
        verify.add_check("balances", list)


def test_a_long_list_is_cut(lamp: Product) -> None:
    assert verify._lines("select 'line ' || n as line from generate_series(1, 150) n")[-1] == "… and 50 more"
