"""Events by who booked them: by the names that are kept, the same rows as reading all of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

from inventory_ops.kit.reports import registry
from inventory_ops.models import EventActor, InventoryEvent, Product, User
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger, verify
from inventory_ops.operations.ledger import Movement
from inventory_ops.queries import ledger as queries
from tests import make
from tests.together import at_once

ACTORS = ["ann@example.com", "Ann@Example.com", "anna@example.com", "an%@x", "an_@x", "bob@example.com", "", "Ärger"]


def _book(product: Product, actor: str, times: int = 1) -> None:
    movements = [Movement(product.pk, EventKind.RECEIVED, 1) for _ in range(times)]
    ledger.book(movements, source=EventSource.CSV, actor=actor)


@pytest.fixture
def lamp(db: None) -> Product:
    lamp = make.product("LAMP")
    for times, actor in enumerate(ACTORS, start=1):
        _book(lamp, actor, times)
    _book(lamp, "ann@example.com")
    return lamp


def _found(text: str, viewer: User | None = None) -> set[int]:
    return set(registry.get("events-ledger").select({"actor": text}, viewer=viewer).rows.values_list("pk", flat=True))


def _plainly(text: str, *, whole: bool = False) -> set[int]:
    rows = InventoryEvent.objects.exclude(actor="").values_list("pk", "actor")
    wanted = text.upper()
    return {pk for pk, name in rows if (name.upper() == wanted if whole else name.upper().startswith(wanted))}


@pytest.mark.parametrize(("few", "names"), [(300, 100), (0, 100), (0, 1), (5, 2)])
def test_a_beginning_finds_the_same_events_either_way(
    lamp: Product, few: int, names: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "FEW_EVENTS", few)
    monkeypatch.setattr(queries, "MOST_ACTORS", names)
    for text in ("ann", "ANN@", "an%", "an_", "b", "nobody", "ann@example.com", "a", "ärg", "%", "bob@example.com "):
        assert _found(text) == _plainly(text.strip()), text
    assert len(_found("ann")) == 1 + 2 + 3 + 1


def test_a_merchant_finds_whole_names_alone(lamp: Product) -> None:
    seller = make.user("merchant", of=lamp.merchant)
    assert _found("ann", seller) == set()
    assert _found("ANN@example.com", seller) == _plainly("ann@example.com", whole=True)


def test_it_takes_two_queries_to_know_who_and_how_many(lamp: Product, django_assert_num_queries: Any) -> None:
    report = registry.get("events-ledger")
    for text, most in (("nobody", 1), ("bob", 1), ("ann", 2)):
        with django_assert_num_queries(most):
            report.select({"actor": text}, viewer=None)


def test_names_are_kept_once_and_missing_ones_are_found(lamp: Product) -> None:
    assert sorted(EventActor.objects.values_list("name", flat=True)) == sorted(filter(None, ACTORS))
    assert queries.actor_differences(most=10) == []
    EventActor.objects.filter(name="anna@example.com").delete()
    outcomes = {outcome.name: outcome.differences for outcome in verify.run()}
    assert outcomes["actors of events"] == ["events of anna@example.com: not found by that name"]
    _book(lamp, "anna@example.com")
    assert queries.actor_differences(most=10) == []


@pytest.mark.django_db(transaction=True)
def test_bookings_at_once_do_not_wait_for_a_new_name() -> None:
    products = [make.product(f"P{n}") for n in range(4)]
    with transaction.atomic():
        _book(products[0], "new@example.com")  # not committed while the others book

        def book(n: int) -> None:
            with connection.cursor() as own:
                own.execute("set lock_timeout = '10s'")
            _book(products[1 + n], "new@example.com")

        at_once(3, book)
    assert len(_found("new")) == 4
    assert queries.actor_differences(most=10) == []
