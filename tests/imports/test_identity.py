"""What orders and their items are known by: number and store, a text of the shop or one made here."""

from __future__ import annotations

import pytest
from django.test import Client

from inventory_ops.models import Order, OrderItem, Product
from tests import make
from tests.imports.support import ORDER, Load, messages

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def catalogue() -> Product:
    return make.product("B", of=make.merchant("V1"), price="20")


def test_two_stores_may_count_from_one(load: Load) -> None:
    head = ORDER + ",store_number,customer_email\n"
    load("orders", head + "5001,1,3,2026-03-01,B,1,10,shopA,anna@example.com\n")
    outcome = load("orders", head + "5001,1,2,2026-03-02,B,1,25,shopB,bert@example.com\n")
    assert outcome.counts.new == 1
    assert list(
        Order.objects.order_by("id").values_list("store__number", "customer_email", "total_amount", "status")
    ) == [
        ("shopA", "anna@example.com", 10, 3),
        ("shopB", "bert@example.com", 25, 2),
    ]


def test_a_number_of_another_store_is_refused_without_a_store(load: Load) -> None:
    load("orders", ORDER + ",store_number\n5001,1,3,2026-03-01,B,1,10,shopA\n")
    outcome = load("orders", ORDER + "\n5001,2,2,2026-03-02,B,1,25\n7,3,2,2026-03-02,B,1,25\n")
    assert messages(outcome) == [(2, "order_number", "other_store")]
    assert Order.objects.count() == 2


def test_ids_are_texts_or_made_of_number_and_position(load: Load) -> None:
    load("orders", ORDER + "\nS1,item_01JABC,3,2026-03-01,B,1,10\nS2,,3,2026-03-01,B,1,10\nS2,,3,2026-03-01,B,2,10\n")
    assert set(OrderItem.objects.values_list("shop_item_id", flat=True)) == {"item_01JABC", "S2-1", "S2-2"}
    again = load("orders", ORDER.replace("item_id,", "") + "\nS2,3,2026-03-01,B,1,10\nS2,3,2026-03-01,B,2,10\n")
    assert again.counts.unchanged == 2
    outcome = load("orders", ORDER.replace("item_id,", "") + "\nS1,3,2026-03-01,B,1,10\n")
    assert messages(outcome) == [(2, "order_number", "item_ids")]


def test_columns_of_the_order_may_stand_on_its_first_row_alone(load: Load) -> None:
    outcome = load(
        "orders",
        ORDER + ",customer_email\nO,1,3,2026-03-01,B,1,10,a@example.com\nO,2,,,B,1,10,\nP,3,,,B,1,10,\n",
    )
    assert messages(outcome) == [(4, "created_at", "required"), (4, "status", "required")]
    assert Order.objects.get().customer_email == "a@example.com" and OrderItem.objects.count() == 2


@pytest.mark.parametrize("number", ["SHOP/2026/0002", "#1001", "A b?c", "100%", "x/"])
def test_every_number_has_a_page(load: Load, client: Client, number: str) -> None:
    load("orders", ORDER + ",store_number\n" + f'"{number}",1,3,2026-03-01,B,1,10,S/1\n')
    client.force_login(make.user("operations"))
    order = Order.objects.get()
    for address in (order.get_absolute_url(), order.get_absolute_url().replace("S/1/", "")):
        page = client.get(address)
        assert page.status_code == 200 and page.context["order"] == order


def test_a_number_of_two_stores_leads_to_both(load: Load, client: Client) -> None:
    head = ORDER + ",store_number\n"
    load("orders", head + "7,1,3,2026-03-01,B,1,10,S1\n7,2,3,2026-03-01,B,1,10,S2\n")
    client.force_login(make.user("operations"))
    page = client.get("/orders/7/")
    assert [order.store.number for order in page.context["orders"]] == ["S1", "S2"]
    second = OrderItem.objects.get(shop_item_id="2")
    assert client.get(f"/orders/7/?item={second.pk}").context["order"].store.number == "S2"
    assert client.get("/orders/S1/7/").context["order"].store.number == "S1"
    assert client.get("/orders/S3/7/").status_code == 404
