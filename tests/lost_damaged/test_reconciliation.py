"""The list of the warehouse system against what is written off here."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from inventory_ops.models import User
from lost_damaged.models import Source, WriteOff
from lost_damaged.operations import reconciliation, write_offs
from tests.lost_damaged.world import World, items

pytestmark = pytest.mark.django_db


def post(client: Client, text: bytes, **changes: str) -> Any:
    today = timezone.now().date().isoformat()
    fields: dict[str, Any] = {"first": today, "last": today} | changes
    return client.post("/finance/reconciliation/", fields | {"file": SimpleUploadedFile("oms.csv", text)})


def test_missing_extra_and_different_units_are_told(world: World) -> None:
    world.product("A")
    world.product("B")
    outcomes = write_offs.write_off(
        items(("A", "same"), ("A", "other"), ("A", "extra"), ("A", "found")), source=Source.API, by=world.finance
    )
    write_offs.reverse(number=outcomes[3].number, note="found", by=world.finance)
    client = Client()
    client.force_login(world.finance)
    text = (
        b"SKU,UID,Status\nA,SAME,written-off\nB,other,written-off\nA,missing,written-off\nA,found,written-off\n"
        b"A,1E+10,written-off\n"
    )
    response = post(client, text)
    assert response.status_code == 200
    kinds = {(each.uid, each.kind) for each, _, _ in response.context["rows"]}
    assert kinds == {
        ("other", "different"),
        ("missing", "missing"),
        ("found", "reversed"),
        ("extra", "extra"),
        ("", "unreadable"),
    }
    assert [number.value for number in response.context["numbers"]] == ["1", "1", "1", "1", "1", "1"]
    assert WriteOff.objects.count() == 4
    reconciliation.MOST_SHOWN, kept = 1, reconciliation.MOST_SHOWN
    try:  # a list cut short keeps exact counts
        write_offs.write_off(items(("A", "e2"), ("A", "e3")), source=Source.API, by=world.finance)
        assert post(client, text).context["numbers"][3].value == "3"
    finally:
        reconciliation.MOST_SHOWN = kept
    old = post(client, b"SKU,UID,Status\nA,same,written-off\n", first="2020-01-01", last="2020-01-31")
    assert "No difference" in old.content.decode()


def test_bad_input_is_explained(world: World) -> None:
    client = Client()
    client.force_login(world.finance)
    for response in (
        post(client, b"no,such,columns\n"),
        post(client, b"\xff\xfe\x00"),
        post(client, b"SKU,UID,Status\nA,\xe9,written-off\n"),
        post(client, b"SKU,UID,Status\n", first="2020-02-02", last="2020-02-01"),
        post(client, b"SKU,UID,Status\n", first="soon"),
        client.post("/finance/reconciliation/", {}),
    ):
        assert response.status_code == 422


def test_who_may_compare(world: World) -> None:
    for role, status in (("operations", 200), ("admin", 200), ("merchant", 403)):
        merchant = world.seller if role == "merchant" else None
        client = Client()
        client.force_login(User.objects.create_user(f"{role}@example.org", None, role=role, merchant=merchant))
        assert client.get("/finance/reconciliation/").status_code == status
