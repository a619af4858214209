"""Manual inventory: the operations behind the pages."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory_ops.models import AuditEvent, EventKey, InventoryEvent, Location, Product, StockBalance, User
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger, stock, stock_returns, stock_undo
from inventory_ops.operations.ledger import InsufficientStock, LedgerRefusal, Movement, RetiredPlace
from inventory_ops.operations.stock import ChangeDetails, Count, Place, StockMoved
from tests import make
from tests.together import at_once

pytestmark = pytest.mark.django_db
COUNT = ChangeDetails("count")


@pytest.fixture
def by() -> User:
    return make.user("operations")


@pytest.fixture
def lamp() -> Product:
    return make.product("LAMP")


def fill(product: Product, quantity: int, **fields: object) -> None:
    ledger.book([Movement(product.pk, EventKind.RECEIVED, quantity, **fields)], source=EventSource.CSV)  # type: ignore[arg-type]


def on_hand(product: Product, type_: str = "good") -> int:
    return sum(
        StockBalance.objects.filter(product=product, inventory_type__code=type_).values_list("on_hand", flat=True)
    )


def test_adjust_by_books_event_and_audit(lamp: Product, by: User) -> None:
    fill(lamp, 5)
    stock.adjust_by(place=Place(lamp), quantity=-2, details=ChangeDetails("damaged", "dropped", "T-1"), by=by)
    event = InventoryEvent.objects.latest("pk")
    assert (event.kind, event.quantity, event.quantity_after) == ("adjusted", -2, 3)
    assert (event.reason, event.note, event.reference) == ("damaged", "dropped", "T-1")
    assert (event.actor, event.source) == (by.email, "page")
    said = AuditEvent.objects.latest("pk")
    assert (said.action, said.subject_id, said.actor) == ("stock.adjust", str(lamp.pk), by.email)


def test_nothing_occurs_later_than_a_day_after_it_was_recorded(lamp: Product) -> None:
    ahead = timezone.now() + timedelta(days=300)  # a shop's clock
    fill(lamp, 5, occurred_at=ahead)
    balance = StockBalance.objects.get(product=lamp)
    ledger.adjust(
        balance_id=balance.pk, quantity=1, source=EventSource.CHANNEL, actor="", reason="count", occurred_at=ahead
    )
    for event in InventoryEvent.objects.all():
        assert timedelta(hours=23) < event.occurred_at - event.recorded_at <= timedelta(days=1)


def test_below_zero_is_refused_but_less_negative_is_not(lamp: Product, by: User) -> None:
    fill(lamp, 3)
    with pytest.raises(InsufficientStock, match="3 on hand, this would leave -1"):
        stock.adjust_by(place=Place(lamp), quantity=-4, details=COUNT, by=by)
    assert AuditEvent.objects.count() == 0
    ledger.book([Movement(lamp.pk, EventKind.SHIPPED, -23)], source=EventSource.CHANNEL)
    assert on_hand(lamp) == -20
    stock.adjust_by(place=Place(lamp), quantity=5, details=COUNT, by=by)
    assert on_hand(lamp) == -15


@pytest.mark.parametrize("reason", ["", "nonsense"])
def test_a_reason_is_required(lamp: Product, by: User, reason: str) -> None:
    with pytest.raises(LedgerRefusal, match="reason"):
        stock.adjust_by(place=Place(lamp), quantity=1, details=ChangeDetails(reason), by=by)


def test_the_same_form_books_once(lamp: Product, by: User) -> None:
    details = ChangeDetails("found", key=str(uuid.uuid4()))
    assert stock.adjust_by(place=Place(lamp), quantity=1, details=details, by=by).events == 1
    again = stock.adjust_by(place=Place(lamp), quantity=1, details=details, by=by)
    assert again.repeated
    assert (on_hand(lamp), AuditEvent.objects.count()) == (1, 1)
    counted = ChangeDetails("count", key=str(uuid.uuid4()))
    stock.set_to(place=Place(lamp), counted=9, seen=1, details=counted, by=by)
    assert stock.set_to(place=Place(lamp), counted=9, seen=1, details=counted, by=by).repeated
    assert on_hand(lamp) == 9


def test_one_adjustment_makes_no_table_and_books_the_same(lamp: Product, by: User) -> None:
    """Of a balance that is there; the general way, for many, goes by temporary tables."""
    stock.adjust_by(place=Place(lamp), quantity=5, details=COUNT, by=by)
    details = ChangeDetails("found", "a note", "REF-1", str(uuid.uuid4()), EventSource.API)
    with CaptureQueriesContext(connection) as queries:
        assert stock.adjust_by(place=Place(lamp), quantity=2, details=details, by=by) == stock.Changed(1)
    assert not [each["sql"] for each in queries if "temp" in each["sql"]]
    single = InventoryEvent.objects.latest("pk")
    ledger.book(
        [Movement(lamp.pk, EventKind.ADJUSTED, 2, reason="found", note="a note", reference="REF-1")],
        source=EventSource.API,
        actor=by.email,
    )
    general = InventoryEvent.objects.latest("pk")
    assert (single.sequence, single.quantity_after) == (2, 7) and (general.sequence, general.quantity_after) == (3, 9)
    own = {"id", "recorded_at", "occurred_at", "sequence", "quantity_after", "batch", "digest"}
    for field in InventoryEvent._meta.concrete_fields:
        if field.attname not in own:
            assert getattr(single, field.attname) == getattr(general, field.attname), field.attname
    assert EventKey.objects.filter(event_id=single.pk).count() == 1


def test_one_adjustment_is_refused_for_the_same_reasons(lamp: Product, by: User) -> None:
    fill(lamp, 3)
    with pytest.raises(LedgerRefusal, match="more units than can be counted"):
        stock.adjust_by(place=Place(lamp), quantity=2_147_483_647, details=COUNT, by=by)
    assert stock.adjust_by(place=Place(lamp), quantity=-1, details=COUNT, by=by).events == 1
    Location.objects.create(code="OLD", name="Old")
    old = Place(lamp, location="OLD")
    assert stock.adjust_by(place=old, quantity=5, details=COUNT, by=by).events == 1
    Location.objects.filter(code="OLD").update(is_active=False)
    with pytest.raises(RetiredPlace):
        stock.adjust_by(place=old, quantity=1, details=COUNT, by=by)
    assert stock.adjust_by(place=old, quantity=-1, details=COUNT, by=by).events == 1, "it may be emptied"


@pytest.mark.django_db(transaction=True)
def test_the_same_form_sent_by_many_at_once_books_once(lamp: Product, by: User) -> None:
    fill(lamp, 10)
    details = ChangeDetails("found", key=str(uuid.uuid4()))
    done = at_once(6, lambda n: stock.adjust_by(place=Place(lamp), quantity=1, details=details, by=by))
    assert sorted(each.events for each in done) == [0, 0, 0, 0, 0, 1]
    assert sum(each.repeated for each in done) == 5
    assert on_hand(lamp) == 11
    assert AuditEvent.objects.filter(action="stock.adjust").count() == 1


def test_set_to_keeps_the_count_and_refuses_when_it_moved(lamp: Product, by: User) -> None:
    fill(lamp, 10)
    stock.set_to(place=Place(lamp), counted=7, seen=10, details=COUNT, by=by)
    event = InventoryEvent.objects.latest("pk")
    assert (event.quantity, event.counted_quantity) == (-3, 7)
    with pytest.raises(StockMoved) as caught:
        stock.set_to(place=Place(lamp), counted=10, seen=10, details=COUNT, by=by)
    [moved] = caught.value.moved
    assert moved.last is not None
    assert (moved.seen, moved.on_hand, moved.counted, moved.last.actor) == (10, 7, 10, by.email)
    assert on_hand(lamp) == 7


def test_a_count_is_all_or_nothing(lamp: Product, by: User) -> None:
    chair = make.product("CHAIR")
    fill(lamp, 4)
    fill(chair, 6)
    with pytest.raises(StockMoved):
        stock.count([Count(Place(lamp), 3, 4), Count(Place(chair), 5, 7)], details=COUNT, by=by)
    assert (on_hand(lamp), on_hand(chair)) == (4, 6)
    done = stock.count([Count(Place(lamp), 3, 4), Count(Place(chair), 6, 6)], details=COUNT, by=by)
    assert done.events == 1  # no event for what was right
    assert (on_hand(lamp), on_hand(chair)) == (3, 6)
    with pytest.raises(LedgerRefusal, match="twice"):
        stock.count([Count(Place(lamp), 3, 3), Count(Place(lamp), 2, 3)], details=COUNT, by=by)
    with pytest.raises(LedgerRefusal, match="below zero"):
        stock.count([Count(Place(lamp), -1, 3)], details=COUNT, by=by)


def test_undo_once(lamp: Product, by: User) -> None:
    stock.adjust_by(place=Place(lamp), quantity=8, details=ChangeDetails("found"), by=by)
    event = InventoryEvent.objects.get(product=lamp)
    stock_undo.undo(event=event, by=by, note="wrong shelf")
    undone = InventoryEvent.objects.latest("pk")
    assert (undone.reverses_id, undone.quantity, undone.reason, on_hand(lamp)) == (event.pk, -8, "found", 0)
    for each, why in ((event, "undone before"), (undone, "itself an undo")):
        with pytest.raises(LedgerRefusal, match=why):
            stock_undo.undo(event=each, by=by)
    assert on_hand(lamp) == 0


def test_undo_needs_the_units_and_leaves_orders_alone(lamp: Product, by: User) -> None:
    stock.adjust_by(place=Place(lamp), quantity=8, details=ChangeDetails("found"), by=by)
    event = InventoryEvent.objects.get(product=lamp)
    ledger.book([Movement(lamp.pk, EventKind.SHIPPED, -5)], source=EventSource.ORDER)
    with pytest.raises(InsufficientStock):
        stock_undo.undo(event=event, by=by)
    with pytest.raises(LedgerRefusal, match="correct it there"):
        stock_undo.undo(event=InventoryEvent.objects.latest("pk"), by=by)


def test_type_change_is_two_events_of_one_batch_and_undone_as_one(lamp: Product, by: User) -> None:
    fill(lamp, 5, lot="L1")
    place = Place(lamp, lot="L1")
    stock.change_type(place=place, to="defective", quantity=2, details=ChangeDetails("damaged"), by=by)
    gone, come = InventoryEvent.objects.filter(kind="adjusted").order_by("pk")
    assert gone.batch == come.batch
    assert (gone.quantity, come.quantity, come.balance.lot) == (-2, 2, "L1")
    assert (on_hand(lamp), on_hand(lamp, "defective")) == (3, 2)
    with pytest.raises(InsufficientStock):
        stock.change_type(place=place, to="defective", quantity=4, details=ChangeDetails("damaged"), by=by)
    stock_undo.undo(event=come, by=by)
    assert (on_hand(lamp), on_hand(lamp, "defective")) == (5, 0)
    with pytest.raises(LedgerRefusal, match="undone before"):
        stock_undo.undo(event=gone, by=by)


@pytest.mark.parametrize(("resealable", "type_"), [(True, "good"), (False, "defective")])
def test_a_return_goes_to_good_or_defective(lamp: Product, by: User, resealable: bool, type_: str) -> None:
    stock_returns.accept_return(
        place=Place(lamp), quantity=2, resealable=resealable, details=ChangeDetails("return"), by=by
    )
    assert InventoryEvent.objects.get().kind == "returned"
    assert on_hand(lamp, type_) == 2
