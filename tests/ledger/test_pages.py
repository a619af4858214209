"""The pages of manual inventory."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from inventory_ops.models import InventoryEvent, Product
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger
from inventory_ops.operations.ledger import Movement
from inventory_ops.queries.ledger import summary
from tests import make

pytestmark = pytest.mark.django_db


def client(role: str = "operations", **fields: Any) -> Client:
    made = Client()
    made.force_login(make.user(role, **fields))
    return made


@pytest.fixture
def lamp() -> Product:
    lamp = make.product("LAMP")
    ledger.book([Movement(lamp.pk, EventKind.RECEIVED, 10)], source=EventSource.CSV)
    return lamp


def filled(browser: Client, path: str, **values: Any) -> dict[str, Any]:
    """What the form of a page sends, with some fields typed."""
    form = browser.get(path).context["form"]
    sent = {name: form[name].value() for name in form.fields}
    return {name: "" if value is None else value for name, value in (sent | values).items()}


def test_a_scanned_sku_leads_to_its_form(lamp: Product) -> None:
    browser = client()
    assert browser.get("/inventory/adjust/?q=LAMP")["Location"] == f"/inventory/adjust/?product={lamp.pk}"
    assert "LAMP" in browser.get("/inventory/adjust/?q=lam").content.decode()
    assert browser.get("/inventory/adjust/?q=nothing").status_code == 200
    assert browser.get("/inventory/adjust/?product=999999").status_code == 404


def test_a_double_click_books_once(lamp: Product) -> None:
    browser, path = client(), f"/inventory/adjust/?product={lamp.pk}"
    sent = filled(browser, path, quantity=-3, reason="damaged", verb="by")
    for _ in range(2):
        assert browser.post(path, sent)["Location"] == f"/inventory/products/{lamp.pk}/"
    assert lamp.balances.get().on_hand == 7


def test_a_count_of_stock_that_moved_shows_both_numbers_and_who(lamp: Product) -> None:
    browser, path = client(), f"/inventory/adjust/?product={lamp.pk}"
    sent = filled(browser, path, quantity=9, reason="count", verb="to")
    rival = client(email="rival@example.com")
    rival.post(path, filled(rival, path, quantity=-2, reason="lost", verb="by"))
    response = browser.post(path, sent)
    text = re.sub(r"\s+", " ", response.content.decode())
    assert response.status_code == 409
    assert "You saw 10 on hand, now there are 8; you counted 9." in text
    assert "rival@example.com" in text
    assert lamp.balances.get().on_hand == 8
    again = response.context["form"]
    assert browser.post(path, {name: again[name].value() or "" for name in again.fields}).status_code == 302
    assert lamp.balances.get().on_hand == 9


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"quantity": -11, "verb": "by", "reason": "lost"}, "this would leave -1"),
        ({"quantity": -1, "verb": "to", "reason": "count"}, "below zero"),
        ({"quantity": 0, "verb": "by", "reason": "count"}, "changes nothing"),
        ({"quantity": 1, "verb": "by", "reason": ""}, "required"),
        ({"quantity": "x", "verb": "by", "reason": "count"}, "whole number"),
        ({"quantity": 1, "verb": "by", "reason": "count", "key": "x"}, "UUID"),
        ({"quantity": 1, "verb": "by", "reason": "count", "lot": "a\x00"}, "Null characters"),
    ],
)
def test_bad_input_is_explained_and_books_nothing(lamp: Product, values: dict[str, Any], said: str) -> None:
    browser, path = client(), f"/inventory/adjust/?product={lamp.pk}"
    response = browser.post(path, filled(browser, path, **values))
    assert response.status_code == 422
    assert said in response.content.decode()
    assert InventoryEvent.objects.count() == 1


def test_return_type_change_and_undo(lamp: Product) -> None:
    browser = client()
    path = f"/inventory/adjust/return/?product={lamp.pk}"
    browser.post(path, filled(browser, path, quantity=2, condition="defective", reference="N1"))
    assert lamp.balances.get(inventory_type__code="defective").on_hand == 2
    path = f"/inventory/adjust/type/?product={lamp.pk}"
    browser.post(path, filled(browser, path, quantity=4, to="damaged", reason="damaged"))
    assert lamp.balances.get(inventory_type__code="good").on_hand == 6
    event = InventoryEvent.objects.latest("pk")
    browser.post(f"/inventory/adjust/undo/{event.pk}/")
    assert lamp.balances.get(inventory_type__code="good").on_hand == 10
    assert "undone before" in browser.post(f"/inventory/adjust/undo/{event.pk}/", follow=True).content.decode()


@pytest.mark.parametrize("by", ["day", "week", "month", "nonsense"])
def test_the_product_page(lamp: Product, by: str) -> None:
    response = client().get(f"/inventory/products/{lamp.pk}/?by={by}")
    assert response.status_code == 200


@pytest.mark.parametrize("by", ["day", "week", "month"])
def test_the_summary_adds_up(lamp: Product, by: str) -> None:
    kinds = {"shipped": -4, "returned": 1, "allocated": 2, "imported": 5, "written_off": -2}
    ledger.book([Movement(lamp.pk, EventKind(kind), n) for kind, n in kinds.items()], source=EventSource.CSV)
    [row] = summary(product_id=lamp.pk, by=by)
    assert (row.opening, row.received, row.shipped, row.returned, row.adjusted, row.written_off, row.end) == (
        0, 15, 4, 1, 0, 2, 10,
    )  # fmt: skip


@pytest.mark.parametrize("role", ["merchant", "finance", ""])
def test_only_operations_and_admin_write(lamp: Product, role: str) -> None:
    browser = client(role, of=lamp.merchant if role == "merchant" else None)
    for path in ("", "return/", "type/"):
        assert browser.get(f"/inventory/adjust/{path}?product={lamp.pk}").status_code == 403
        assert browser.post(f"/inventory/adjust/{path}?product={lamp.pk}").status_code == 403
    assert browser.post(f"/inventory/adjust/undo/{InventoryEvent.objects.get().pk}/").status_code == 403
    page = browser.get(f"/inventory/products/{lamp.pk}/")
    assert page.status_code == (200 if role else 403)
    assert "/inventory/adjust/" not in page.content.decode()


def test_another_vendors_product_is_not_found(lamp: Product) -> None:
    assert client("merchant", of=make.merchant()).get(f"/inventory/products/{lamp.pk}/").status_code == 404
