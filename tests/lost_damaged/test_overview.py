"""The overview's figure of write-offs: from totals by hour, and the same as counting the rows."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction

from inventory_ops.models import User
from lost_damaged import cards
from lost_damaged.models import Source, WriteOff, WriteOffHour
from lost_damaged.operations import write_offs
from lost_damaged.queries import verification
from lost_damaged.queries.write_offs import units_by_day
from tests import make
from tests.lost_damaged.world import items, make_world
from tests.together import at_once

if TYPE_CHECKING:
    from tests.lost_damaged.world import World

TURN = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
AFTER = TURN - timedelta(days=30)
MOMENTS = [
    # the hours that both moments are in, to the minute, and those about them; midnight; what is too old
    *(edge + timedelta(minutes=minutes) for edge in (AFTER, TURN) for minutes in (-61, -31, -1, 0, 1, 29, 30, 90)),
    datetime(2026, 3, 1, tzinfo=UTC),
    datetime(2026, 3, 1, tzinfo=UTC) - timedelta(microseconds=1),
    TURN - timedelta(days=400),
    TURN + timedelta(days=29),
]


def _book(world: World) -> None:
    """One unit of each seller at each moment, those of the first seller twice."""
    for seller in (world.seller, world.seller, world.other):
        product = world.product(f"P-{WriteOff.objects.count()}", merchant=seller)
        first = WriteOff.objects.count()
        WriteOff.objects.bulk_create(
            WriteOff(
                number=f"T-{first + n}",
                merchant=seller,
                product=product,
                uid=f"U{first + n}",
                uid_key=f"U{first + n}",
                source=Source.CSV,
                created_at=moment,
            )
            for n, moment in enumerate(MOMENTS)
        )


def _plainly(viewer: User) -> Counter[tuple[date, bool]]:
    moments = WriteOff.objects.visible_to(viewer).filter(created_at__gt=AFTER).values_list("created_at", flat=True)
    return Counter((moment.date(), moment > TURN) for moment in moments)


def _miscounted() -> list[str]:
    return [problem for problem in verification.problems() if "kept number" in problem]


def test_totals_by_hour_give_what_the_rows_do(world: World) -> None:
    _book(world)
    for viewer in (make.user("finance"), make.user("merchant", of=world.seller)):
        found = units_by_day(viewer=viewer, after=AFTER, turn=TURN)
        assert {(units.day, units.after_turn): units.count for units in found} == _plainly(viewer)
    assert not _miscounted()


@pytest.mark.parametrize("role", ["finance", "merchant"])
def test_the_card_counts_thirty_days_in_one_statement(world: World, role: str, django_assert_num_queries: Any) -> None:
    _book(world)
    viewer = make.user(role, of=world.seller if role == "merchant" else None)
    with django_assert_num_queries(1):
        (card,) = cards.cards(viewer, TURN + timedelta(days=30))
    recent = sum(count for (_day, after_turn), count in _plainly(viewer).items() if after_turn)
    before = _plainly(viewer).total() - recent
    assert (card.count, card.delta) == (str(recent), recent - before)
    assert recent and before


@pytest.mark.django_db(transaction=True)
def test_bookings_at_once_wait_for_no_total_and_are_all_counted() -> None:
    world = make_world()
    world.product("A")

    write_offs.write_off(items(("A", "first")), source=Source.API, by=world.finance)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select id from lost_damaged_writeoffhour for update")  # as a booking that is not done yet does

        def book(n: int) -> None:
            with connection.cursor() as own:
                own.execute("set lock_timeout = '10s'")
            write_offs.write_off(items(("A", f"a{n}"), ("A", f"b{n}")), source=Source.API, by=world.finance)

        at_once(4, book)
    assert sum(WriteOffHour.objects.values_list("units", flat=True)) == WriteOff.objects.count() == 9
    assert not _miscounted()
