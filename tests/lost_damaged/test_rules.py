"""Factors, caps, period locks and price guards: one proposes, a second person lets them come into force."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from inventory_ops.models import AuditEvent, PriceGuard, Proposal, User
from inventory_ops.operations import price_rules, proposals
from inventory_ops.queries import price_guard
from lost_damaged.models import Cap, Factor, FinanceSettings
from lost_damaged.operations import rules
from lost_damaged.queries import settings as queries
from tests.doors.support import in_front, left_open
from tests.lost_damaged.world import World, make_world
from tests.together import at_once

pytestmark = pytest.mark.django_db
CAPS = {"unit_cap": "50", "import_cap": "500", "daily_cap": "900"}


def second() -> User:
    return User.objects.create_user("second@example.com", None, role="admin")


def propose(by: User, kind: Any = rules.FACTOR, values: Any = None, **options: Any) -> Proposal:
    return proposals.propose(kind=kind, values=values or {"factor": "0.5"}, by=by, **options)


def test_nothing_holds_before_a_second_person_approves(world: World) -> None:
    made = propose(world.finance, merchant=world.seller, note="contract")
    assert queries.factor_of(world.seller) == 1
    with pytest.raises(proposals.Refused, match="second person"):
        proposals.approve(pk=made.pk, by=world.finance)
    proposals.approve(pk=made.pk, by=second())
    assert queries.factor_of(world.seller) == Decimal("0.5")
    assert queries.factor_of(world.other) == 1
    events = AuditEvent.objects.filter(action__startswith="factor.").order_by("pk")
    assert [(event.action, event.data["old"], event.data["new"]) for event in events] == [
        ("factor.propose", {"factor": "1"}, {"factor": "0.5"}),
        ("factor.approve", {"factor": "1"}, {"factor": "0.5"}),
    ]
    with pytest.raises(proposals.Refused, match="already"):
        proposals.approve(pk=made.pk, by=User.objects.create_user("c@example.com", None, role="finance"))


@pytest.mark.parametrize("role", ["operations", "merchant", ""])
def test_others_neither_propose_nor_approve(world: World, role: str) -> None:
    merchant = world.seller if role == "merchant" else None
    other = User.objects.create_user("x@example.com", None, role=role, merchant=merchant)
    with pytest.raises(proposals.Refused):
        propose(other)
    with pytest.raises(proposals.Refused):
        proposals.approve(pk=propose(world.finance).pk, by=other)


def test_what_is_to_come_can_be_withdrawn_and_what_began_cannot(world: World) -> None:
    later, boss = timezone.now() + timedelta(days=3), second()
    made = propose(world.finance, kind=rules.CAPS_KIND, values=CAPS, valid_from=later)
    proposals.approve(pk=made.pk, by=boss)
    assert queries.caps_of("GBP").unit_cap == 1000
    assert Cap.objects.get().valid_from == later
    proposals.end(pk=made.pk, by=world.finance)
    made.refresh_from_db()
    assert (made.state, Cap.objects.get().withdrawn_at is not None) == ("withdrawn", True)
    now = propose(world.finance, kind=rules.CAPS_KIND, values=CAPS)
    proposals.approve(pk=now.pk, by=boss)
    assert queries.caps_of("GBP").unit_cap == 50
    with pytest.raises(proposals.Refused, match="in force"):
        proposals.end(pk=now.pk, by=boss)


def test_a_proposal_is_rejected_by_another_and_withdrawn_by_oneself(world: World) -> None:
    first = propose(world.finance)
    with pytest.raises(proposals.Refused, match="waits already"):
        propose(world.finance, values={"factor": "0.1"})
    assert proposals.end(pk=first.pk, by=second()).state == "rejected"
    again = propose(world.finance)
    assert proposals.end(pk=again.pk, by=world.finance).state == "withdrawn"
    assert not Factor.objects.exists()


def test_a_period_is_locked_by_two(world: World) -> None:
    made = propose(world.finance, kind=rules.PERIOD, values={"locked_until": "2026-01-31"})
    assert not FinanceSettings.objects.exists()
    proposals.approve(pk=made.pk, by=second())
    assert str(FinanceSettings.objects.get().locked_until) == "2026-01-31"


def test_a_price_guard_of_a_vendor_and_back_to_the_one_of_all(world: World) -> None:
    boss = second()
    for merchant, mode in ((None, "warn"), (world.seller, "block"), (world.seller, "default")):
        proposals.approve(pk=propose(world.finance, price_rules.GUARD, {"mode": mode}, merchant=merchant).pk, by=boss)
        got = price_guard.mode_of(merchant_id=world.seller.pk)
        assert got == ("warn" if mode == "default" else mode)
    assert [rule.mode for rule in price_guard.in_force(now=timezone.now())] == ["warn"]


@pytest.mark.parametrize(
    "sql",
    [
        "update lost_damaged_cap set unit_cap = 1e6, import_cap = 1e6, daily_cap = 1e6",
        "delete from lost_damaged_cap",
        "update lost_damaged_cap set withdrawn_at = now()",
        "update lost_damaged_factor set factor = 1",
        "update inventory_ops_priceguard set mode = 'off'",
        "delete from inventory_ops_priceguard",
        "update inventory_ops_proposal set values = '{}'",
        "update inventory_ops_proposal set state = 'proposed', approved_by_id = null, approved_at = null",
        "delete from inventory_ops_proposal",
        "truncate inventory_ops_proposal",
    ],
)
def test_rules_and_proposals_cannot_be_changed_afterwards(world: World, sql: str) -> None:
    boss = second()
    for kind, values in (
        (rules.CAPS_KIND, CAPS),
        (rules.FACTOR, {"factor": "0.5"}),
        (price_rules.GUARD, {"mode": "warn"}),
    ):
        proposals.approve(pk=propose(world.finance, kind, values).pk, by=boss)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_pages_ask_for_the_password_propose_show_and_approve(world: World) -> None:
    opened = left_open(world.finance)
    assert opened.post("/settings/finance/propose/caps/", CAPS)["Location"].startswith("/accounts/reauthenticate/")
    assert not Proposal.objects.exists()
    mine = in_front(world.finance)
    for bad in (
        {"unit_cap": "-1"},
        {"unit_cap": "NaN"},
        {"import_cap": "10"},
        {"currency": "XXQ"},
        {"valid_from": "tomorrow"},
    ):
        assert mine.post("/settings/finance/propose/caps/", CAPS | bad).status_code == 422, bad
    answer = mine.post("/settings/finance/propose/caps/", CAPS | {"currency": "gbp"})
    made = Proposal.objects.get()
    address = f"/settings/proposals/{made.pk}/"
    assert (answer["Location"], made.subject) == (address, "GBP")
    page = mine.get(address).text
    assert "somebody else" in page and 'value="approve"' not in page
    mine.post(address, {"verb": "approve"})
    made.refresh_from_db()
    assert made.state == "proposed"
    boss = second()
    assert left_open(boss).post(address, {"verb": "approve"})["Location"].startswith("/accounts/reauthenticate/")
    other = in_front(boss)
    assert 'value="approve"' in other.get(address).text
    other.post(address, {"verb": "approve"})
    assert queries.caps_of("GBP").unit_cap == 50
    page = mine.get("/settings/finance/").text
    assert "Approved" in page and "second@example.com" in page
    assert mine.get("/settings/finance/propose/nonsense/").status_code == 404


@pytest.mark.parametrize("bad", ["1.0001", "-0.1", "NaN", "0,5", "Infinity", "", "1e-9", "0.12345", "x"])
def test_factors_outside_0_to_1_are_refused(world: World, bad: str) -> None:
    client = in_front(world.finance)
    assert client.post("/settings/finance/propose/factor/", {"merchant": "V1", "factor": bad}).status_code == 422
    good = {"merchant": "v1", "factor": "0.85", "valid_from": "2030-01-01T00:00"}
    assert client.post("/settings/finance/propose/factor/", good).status_code == 302
    assert not Factor.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_propose_or_approve_at_once(transactional_db: None) -> None:
    world = make_world()

    def work(n: int) -> bool:
        try:
            return bool(propose(world.finance, values={"factor": f"0.{n + 1}"}))
        except proposals.Refused:
            return False

    assert sorted(at_once(4, work)) == [False, False, False, True]
    people = [User.objects.create_user(f"p{n}@example.com", None, role="finance") for n in range(4)]
    pk = Proposal.objects.get().pk

    def approve(n: int) -> bool:
        try:
            return bool(proposals.approve(pk=pk, by=people[n]))
        except proposals.Refused:
            return False

    assert sorted(at_once(4, approve)) == [False, False, False, True]
    assert Factor.objects.count() == 1


def test_rows_of_the_price_guard_are_append_only(world: World) -> None:
    price_rules.set_rule(merchant=None, mode="warn", valid_from=timezone.now() + timedelta(days=1))
    assert PriceGuard.objects.update(withdrawn_at=timezone.now()) == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        PriceGuard.objects.update(withdrawn_at=None)
