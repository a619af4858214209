"""Factors are in one place, whoever sets them: past, in force, to come, withdrawn."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from inventory_ops.models import AuditEvent, Merchant
from inventory_ops.operations import proposals
from inventory_ops.operations.imports.files import load_files
from lost_damaged.models import Factor, SellerTransaction, Source
from lost_damaged.operations import rules, write_offs
from lost_damaged.queries import settings as queries
from tests.doors.support import in_front
from tests.imports.support import write
from tests.lost_damaged.test_rules import propose, second
from tests.lost_damaged.world import World, days, items

pytestmark = pytest.mark.django_db


def load_factor(folder: Path, factor: str) -> list[str]:
    """Answers what is wrong with the row."""
    text = f"vendor_number,name,factor\nV1,Lamp & Co,{factor}\nV2,Other,\n"
    [outcome] = load_files([write(folder, "merchants", text)], now=timezone.now())
    return [error.message for error in outcome.errors]


def test_the_column_of_a_loaded_file_is_written_where_the_others_are(world: World, tmp_path: Path) -> None:
    world.product("A")
    for factor in ("0.8", "0.80", "", "0.6"):  # the second and third change nothing
        assert load_factor(tmp_path, factor) == []
    assert [(str(each.factor), each.note) for each in Factor.objects.order_by("pk")] == [
        ("0.8000", rules.LOADED),
        ("0.6000", rules.LOADED),
    ]
    assert queries.factor_of(world.seller) == Decimal("0.6") and queries.factor_of(world.other) == 1
    write_offs.write_off(items(("A", "u")), source=Source.PAGE, by=world.finance)
    assert SellerTransaction.objects.get().factor == Decimal("0.6")
    events = AuditEvent.objects.filter(action="factor.load").order_by("pk")
    assert [(each.data["old"], each.data["new"]) for each in events] == [("", "0.8"), ("0.8000", "0.6")]


def test_a_load_does_not_replace_a_factor_that_a_second_person_approved(world: World, tmp_path: Path) -> None:
    load_factor(tmp_path, "0.6")
    made = propose(world.finance, values={"factor": "0.9"}, merchant=world.seller)
    proposals.approve(pk=made.pk, by=second())
    [message] = load_factor(tmp_path, "0.7")
    assert "The factor 0.9 was approved by a second person" in message
    for unchanged in ("0.9", "0.90", ""):
        assert load_factor(tmp_path, unchanged) == []
    assert queries.factor_of(world.seller) == Decimal("0.9") and Factor.objects.count() == 2
    rules.FactorKind().set_directly({world.seller.pk: {"factor": "0.7"}}, begins=timezone.now(), set_by="x")
    assert queries.factor_of(world.seller) == Decimal("0.9"), "nor one that was approved while a file was checked"


def test_a_loaded_factor_follows_one_of_before(world: World, tmp_path: Path) -> None:
    """Before, a loaded factor counted only where no other one was."""
    rules.set_factor(merchant=world.seller, factor=Decimal("0.9"), set_by="x", valid_from=timezone.now() - days(9))
    later = timezone.now() + days(9)
    rules.set_factor(merchant=world.seller, factor=Decimal("0.5"), set_by="x", valid_from=later)
    load_factor(tmp_path, "0.9")
    assert Factor.objects.count() == 2
    load_factor(tmp_path, "0.7")
    assert queries.factor_of(world.seller) == Decimal("0.7")
    states = {str(each.factor): (each.state, each.ends) for each in queries.factors()}
    assert states["0.9000"][0] == "past" and states["0.9000"][1] is not None
    assert states["0.7000"] == ("in_force", later)
    assert states["0.5000"] == ("to_come", None)


def test_the_list_shows_past_in_force_to_come_and_withdrawn(world: World) -> None:
    now, boss = timezone.now(), second()
    for merchant, factor, day in (
        (None, "0.91", -20),
        (None, "0.92", -10),
        (world.seller, "0.81", -30),
        (world.seller, "0.82", -5),
        (world.other, "0.71", 3),
    ):
        rules.set_factor(merchant=merchant, factor=Decimal(factor), set_by="x", valid_from=now + days(day))
    made = propose(world.finance, values={"factor": "0.4"}, merchant=world.seller, valid_from=now + days(2))
    proposals.approve(pk=made.pk, by=boss)
    assert {str(each.factor)[:4]: each.state for each in queries.factors()} == {
        "0.91": "past", "0.92": "in_force", "0.81": "past", "0.82": "in_force", "0.71": "to_come", "0.40": "to_come"
    }  # fmt: skip
    client = in_front(world.finance)
    page = client.get("/finance/factors/?state=to_come").text
    assert "0.71" in page and "0.92" not in page and f"/settings/proposals/{made.pk}/" in page
    assert "All without their own" in client.get("/finance/factors/?state=in_force").text
    assert f"/settings/proposals/{made.pk}/" in client.get("/settings/finance/").text
    client.post(f"/settings/proposals/{made.pk}/", {"verb": "end"})
    assert queries.factors().get(factor=Decimal("0.4")).state == "withdrawn"
    exported = b"".join(client.get("/finance/factors/?_export=csv").streaming_content).decode()
    assert "V1" in exported and "0.82" in exported


def test_factors_of_merchants_are_moved_to_where_the_others_are(world: World) -> None:
    """The migration: the moved one counts after every other one of the seller, as it did."""
    from importlib import import_module

    migration = import_module("lost_damaged.migrations.0013_factors_in_one_place")
    own = timezone.now() - days(400)
    rules.set_factor(merchant=world.seller, factor=Decimal("0.5"), set_by="x", valid_from=own)
    Merchant.objects.update(created_at=timezone.now() - days(30))
    with connection.cursor() as cursor:
        cursor.execute("alter table inventory_ops_merchant add write_off_factor numeric")
        cursor.execute("update inventory_ops_merchant set write_off_factor = 0.8")
        cursor.execute(migration.COPY)
        cursor.execute("update inventory_ops_merchant set write_off_factor = null")
        cursor.execute(migration.BACK)
        cursor.execute("select distinct write_off_factor from inventory_ops_merchant")
        assert cursor.fetchall() == [(Decimal("0.8"),)]
    assert queries.factor_of(world.seller) == Decimal("0.5")
    assert queries.factor_of(world.other) == Decimal("0.8")
    assert queries.own_factors([world.seller.pk], at=own - days(1)) == {}
