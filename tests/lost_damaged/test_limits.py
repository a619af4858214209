"""What one person writes off alone: judged where it is booked, for API, file and page; the rest waits for a second."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client

from inventory_ops.kit.imports import registry
from inventory_ops.models import AuditEvent, Product, User
from inventory_ops.operations import jobs
from inventory_ops.operations.imports import uploads
from lost_damaged import limits
from lost_damaged.models import SellerTransaction, Source, Spending, WaitingUnit, WriteOff, WriteOffRow
from lost_damaged.operations import rules, waiting, write_offs
from tests.lost_damaged.caller import Caller, unit
from tests.lost_damaged.uploads import confirm, lines, upload
from tests.lost_damaged.world import World, items, make_world
from tests.together import at_once

pytestmark = pytest.mark.django_db


def caps(unit: str = "1000", per_import: str = "25000", daily: str = "50000", currency: str = "") -> None:
    rules.set_caps(currency=currency, unit=Decimal(unit), per_import=Decimal(per_import), daily=Decimal(daily))


def book(world: World, *rows: tuple[Any, ...], by: User | None = None, **options: Any) -> list[str]:
    outcomes = write_offs.write_off(items(*rows), source=Source.API, by=by or world.finance, **options)
    return [outcome.state for outcome in outcomes]


def second() -> User:
    return User.objects.create_user("second@example.com", None, role="finance")


def seen() -> dict[int, Decimal]:
    return dict(WaitingUnit.objects.filter(state="waiting").values_list("pk", "amount"))


def test_a_price_raised_between_check_and_booking_waits(world: World) -> None:
    """A cap of 50, a unit checked at 13.99, the price then imported as 9,000: 6,192.00 were credited once."""
    caps(unit="50")
    world.product("A", "13.99")
    world.product("B", "20")
    record = upload(world, lines("A,u-1,written-off,", "B,u-2,written-off,"))
    Product.objects.filter(sku="A").update(price=9000)
    confirm(world, record)
    assert list(SellerTransaction.objects.values_list("write_off__uid", flat=True)) == ["u-2"]
    row = WriteOffRow.objects.get(uid="u-1")
    assert (row.state, row.error_code) == ("waits", "2011")
    assert "waits for a second person" in row.error_message
    [kept] = WaitingUnit.objects.all()
    assert (kept.amount, kept.why, kept.requested_by) == (Decimal("7875"), "over_unit", world.finance)
    assert (record.rows_new, record.rows_failed) == (1, 0)


def test_splitting_a_file_gains_nothing(world: World) -> None:
    caps(unit="90", per_import="100", daily="200")
    world.product("A")
    for n in range(4):
        confirm(world, upload(world, lines(f"A,u-{n},written-off,")))
    assert WriteOff.objects.count() == 2
    assert set(WaitingUnit.objects.values_list("why", flat=True)) == {"over_day"}


def test_the_cap_of_an_import_holds_across_its_chunks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lost_damaged.operations.imports.CHUNK", 2)
    caps(unit="90", per_import="450", daily="5000")
    world.product("A")
    record = confirm(world, upload(world, lines(*[f"A,u-{n},written-off," for n in range(8)])))
    assert (record.rows_new, WaitingUnit.objects.filter(why="over_import").count()) == (5, 3)


@pytest.mark.parametrize("rows", [1, 3])
def test_api_and_page_are_judged_by_the_same_limits(world: World, rows: int) -> None:
    caps(unit="50")
    world.product("A")
    assert book(world, *[("A", f"u-{n}") for n in range(rows)]) == ["waits"] * rows
    assert not WriteOff.objects.exists()
    # sent again it waits on, also with room under the cap meanwhile
    Product.objects.update(price=10)
    assert book(world, *[("A", f"u-{n}") for n in range(rows)]) == ["waits"] * rows
    assert WaitingUnit.objects.count() == rows


def test_the_api_says_that_it_waits(world: World, caller: Caller) -> None:
    caps(unit="50")
    answer = json.loads(caller.send([unit("A", "u-1")]).content)
    [failed] = answer["ErrorResponse"]["Body"]["UpdateInventoryStatus"]
    assert failed["ErrorCode"] == "2011" and "waits for a second person" in failed["ErrorMessage"]


def test_the_general_import_page_is_judged_too(world: World) -> None:
    caps(unit="50")
    world.product("A", "9000")
    spec = registry.find("write_offs")
    assert spec
    file = SimpleUploadedFile("write_offs.csv", lines("A,u-1,written-off,").encode())
    job = uploads.receive(files=[file], spec=spec, by=world.finance)
    assert job.rows_warned == 1
    jobs.run(uploads.apply(job=job, by=world.finance).pk)
    assert not SellerTransaction.objects.exists()
    assert WaitingUnit.objects.get().requested_by == world.finance


def test_a_first_installation_has_limits_and_the_system_none(world: World) -> None:
    world.product("A", str(limits.UNIT * 2))
    assert book(world, ("A", "u-1")) == ["waits"]
    assert write_offs.write_off(items(("A", "u-2")), source=Source.CSV, by=None)[0].state == "booked"


def test_limits_are_those_of_the_currency(world: World) -> None:
    world.other.currency = "UGX"
    world.other.save()
    caps(unit="50")
    caps(unit="500000", per_import="5000000", daily="5000000", currency="UGX")
    world.product("A")
    world.product("B", "400000", merchant=world.other)
    assert book(world, ("A", "a"), ("B", "b")) == ["waits", "booked"]


def test_what_repeats_or_fails_uses_up_nothing(world: World) -> None:
    caps(unit="90", per_import="90", daily="175")
    world.product("A")
    assert book(world, ("A", "u-1")) == ["booked"]
    assert book(world, ("A", "u-1"), ("nope", "x"), ("A", "u-2")) == ["repeat", "error", "booked"]
    assert Spending.objects.get().amount == Decimal("175")
    assert book(world, ("A", "u-3")) == ["waits"]
    assert book(world, ("A", "u-4"), by=second()) == ["booked"]  # the day is a person's own


def test_a_second_person_approves_and_it_is_booked(world: World) -> None:
    caps(unit="50")
    world.product("A")
    record = confirm(world, upload(world, lines("A,u-1,written-off,", "A,u-2,written-off,")))
    with pytest.raises(waiting.CannotDecide, match="second person"):
        waiting.approve(seen=seen(), by=world.finance)
    other = second()
    assert waiting.approve(seen=seen(), by=other) == waiting.Decided(2, 0)
    assert set(SellerTransaction.objects.values_list("amount", "actor")) == {(Decimal("87.5"), world.finance.email)}
    record.refresh_from_db()
    assert record.rows_new == 2
    kept = WaitingUnit.objects.first()
    assert kept and (kept.state, kept.approved_by) == ("booked", other)
    assert not Spending.objects.exists()  # two people: nobody's own limit
    event = AuditEvent.objects.get(action="write_off.approve")
    assert event.actor == other.email and event.data["requested_by"] == [world.finance.pk]


def test_amounts_are_judged_again_at_the_approval(world: World) -> None:
    caps(unit="50")
    world.product("A")
    book(world, ("A", "u-1"), ("A", "u-2"))
    shown = seen()
    Product.objects.update(price=9000)
    other = second()
    assert waiting.approve(seen=shown, by=other) == waiting.Decided(0, 2)
    assert not WriteOff.objects.exists()
    assert {each.amount for each in WaitingUnit.objects.all()} == {Decimal("7875")}
    with pytest.raises(waiting.CannotDecide, match="has changed since"):
        waiting.approve(seen=shown, by=other)
    Product.objects.update(price=60)
    assert waiting.approve(seen=seen(), by=other) == waiting.Decided(2, 0)
    assert set(SellerTransaction.objects.values_list("amount", flat=True)) == {Decimal("52.5")}


def test_all_or_nothing_waits_and_is_approved_as_a_whole(world: World) -> None:
    caps(unit="90")
    world.product("A")
    world.product("B", "150")
    record = upload(world, lines("A,a,written-off,", "B,b,written-off,"), all_or_nothing=True)
    confirm(world, record)
    assert not WriteOff.objects.exists()
    shown = seen()
    first = min(shown)
    other = second()
    with pytest.raises(waiting.CannotDecide, match="together"):
        waiting.approve(seen={first: shown[first]}, by=other)
    assert waiting.approve(seen=shown, by=other).booked == 2


def test_a_unit_of_an_order_waits_and_is_booked_with_it(world: World) -> None:
    caps(unit="50")
    item = world.order_item(world.product("A"))
    assert book(world, ("A", "u-1", item.shop_item_id)) == ["waits"]
    assert waiting.approve(seen=seen(), by=second()).booked == 1
    assert (WriteOff.objects.get().order_item_id, SellerTransaction.objects.get().amount) == (item.pk, Decimal("85"))


def test_a_rejected_unit_is_not_written_off_and_may_be_asked_for_again(world: World) -> None:
    caps(unit="50")
    world.product("A")
    record = confirm(world, upload(world, lines("A,u-1,written-off,")))
    with pytest.raises(waiting.CannotDecide, match="Say why"):
        waiting.reject(ids=list(seen()), note=" ", by=world.finance)
    waiting.reject(ids=list(seen()), note="Not lost", by=second())
    assert WriteOffRow.objects.get().state == "error"
    record.refresh_from_db()
    assert record.rows_failed == 1
    assert book(world, ("A", "u-1")) == ["waits"]


def test_the_database_wants_a_second_person(world: World) -> None:
    caps(unit="50")
    world.product("A")
    book(world, ("A", "u-1"))
    for values in ({"approved_by": world.finance}, {"state": "booked"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            WaitingUnit.objects.update(**values)


def test_the_pages_show_and_decide(world: World, client: Client) -> None:
    caps(unit="50")
    world.product("A")
    client.force_login(world.finance)
    fields = {"sku": "A", "uid": "u-1", "shop_item_id": "", "reason": "other"}
    page = client.post("/finance/write-offs/new/", fields, follow=True)
    assert page.redirect_chain == [("/finance/waiting/", 302)] and "waits for a second person" in page.text
    [(pk, amount)] = seen().items()
    chosen = {"unit": f"{pk}:{amount}", "verb": "approve"}
    assert "a second person has to approve" in client.post("/finance/waiting/decide/", chosen, follow=True).text
    assert "cannot be read" in client.post("/finance/waiting/decide/", {"unit": "1:x"}, follow=True).text
    client.force_login(User.objects.create_user("boss@example.com", None, role="admin"))
    assert "1 unit is written off" in client.post("/finance/waiting/decide/", chosen, follow=True).text
    assert WriteOff.objects.get().actor == world.finance.email
    client.force_login(User.objects.create_user("o@example.com", None, role="operations"))
    assert client.get("/finance/waiting/").status_code == 403


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [1, 3])
def test_bookings_at_once_do_not_pass_the_daily_cap_together(transactional_db: None, size: int) -> None:
    world = make_world()
    caps(unit="90", per_import="900", daily="900")
    world.product("A")

    def work(n: int) -> None:
        for k in range(6 // size):
            book(world, *[("A", f"{n}-{k}-{m}") for m in range(size)])

    at_once(6, work)
    assert WriteOff.objects.count() == 10  # 875.00; the eleventh would pass 900
    assert sum(Spending.objects.values_list("amount", flat=True)) == Decimal("875")
    assert WaitingUnit.objects.count() == 26


@pytest.mark.django_db(transaction=True)
def test_two_who_approve_at_once_book_it_once(transactional_db: None) -> None:
    world = make_world()
    caps(unit="50")
    world.product("A")
    book(world, ("A", "u-1"))
    people = [User.objects.create_user(f"p{n}@example.com", None, role="finance") for n in range(4)]
    shown = seen()

    def work(n: int) -> bool:
        try:
            return bool(waiting.approve(seen=shown, by=people[n]))
        except waiting.CannotDecide:
            return False

    assert sorted(at_once(4, work)) == [False, False, False, True]
    assert WriteOff.objects.count() == 1
