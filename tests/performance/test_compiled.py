"""Statements that are compiled once answer what their querysets do, whatever they are given."""

from __future__ import annotations

import pytest
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import CharField, F, TextField
from django.test.utils import CaptureQueriesContext

from config.accounts import EmailBackend
from inventory_ops.kit.db.compiled import IsOneOf, Slot, Statement
from inventory_ops.models import Category, User
from inventory_ops.queries import shop
from inventory_ops.reports import workflow

PEOPLE = [("ada@example.com", "admin"), ("fin@example.com", "finance"), ("mo@example.com", "operations")]


@pytest.fixture
def people(db: None) -> list[User]:
    return [User.objects.create_user(email=email, name=f"Name of {email}", role=role) for email, role in PEOPLE]


def test_rows_are_those_of_the_values_given(people: list[User]) -> None:
    asked = IsOneOf(F("email"), Slot("emails", ArrayField(TextField())))
    found = Statement(lambda: User.objects.filter(asked, role=Slot("role", CharField())).values_list("email", "role"))
    for emails in ([], ["ada@example.com"], [each.email for each in people], ["o'hara%s@example.com", "100%"]):
        for role in ("admin", "finance", "merchant"):
            plain = User.objects.filter(email__in=emails, role=role).values_list("email", "role")
            assert found.rows(emails=emails, role=role) == list(plain)


def test_who_is_signed_in_is_read_as_before(people: list[User]) -> None:
    for each in [*people, *reversed(people)]:
        found = EmailBackend().get_user(each.pk)
        plain = shop.with_shop(User.objects.filter(pk=each.pk)).get()
        assert found == plain
        assert {name: getattr(found, name) for name in vars(plain) if name != "_state"} == {
            name: value for name, value in vars(plain).items() if name != "_state"
        }
        assert found._state.db == plain._state.db and not found._state.adding
    assert EmailBackend().get_user(0) is None


def test_it_is_compiled_once_and_asks_one_query(people: list[User]) -> None:
    built = []

    def build() -> object:
        built.append(1)
        return Category.objects.order_by("name").values_list("pk", "name")

    names = Statement(build)  # type: ignore[arg-type]
    Category.objects.create(name="B")
    assert [name for _pk, name in names.rows()] == ["B"]
    Category.objects.create(name="A")
    with CaptureQueriesContext(connection) as queries:
        assert [name for _pk, name in names.rows()] == ["A", "B"]
    assert len(queries) == 1
    assert len(built) == 1


def test_values_that_a_page_looks_up_are_of_its_report_alone(db: None) -> None:
    rows: list[dict[str, object]] = [{"pk": 1}]
    workflow.look_up("inventory-cost-issues", "pk", rows, None)
    assert rows[0]["c_finding"] is None
