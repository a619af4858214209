"""Getting in touch about a cart: by its page, its finding, in bulk and by the API, two people at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from inventory_ops.models import AuditEvent, CartContact, Order
from inventory_ops.operations import api_tokens, carts
from inventory_ops.operations.carts import NotContacted
from tests import make
from tests.carts.support import REPORT, bought, cart, finding, scan
from tests.together import at_once

pytestmark = pytest.mark.django_db


def client(role: str = "operations", **fields: Any) -> Client:
    made = Client()
    made.force_login(make.user(role, **fields))
    return made


def test_by_the_page_of_the_cart() -> None:
    left = cart("C")
    browser = client()
    page = browser.get("/orders/C/").content.decode()
    assert "Nobody was in touch about it." in page and "Write down" in page
    sent = {"how": "phone", "note": "Comes back on Monday", "seen": "0"}
    page = browser.post(f"/carts/{left.pk}/contacted/", sent, follow=True).content.decode()
    assert "Comes back on Monday" in page and "Telephone" in page
    event = AuditEvent.objects.get(action="cart.contact")
    assert "Comes back on Monday" in event.summary
    assert browser.post(f"/carts/{left.pk}/contacted/", {"how": "smoke"}).status_code == 422


def test_a_second_person_sees_who_was_faster() -> None:
    left, sent = cart("C"), {"how": "phone", "note": "She is thinking", "seen": "0"}
    one, two = client(), client()
    assert one.post(f"/carts/{left.pk}/contacted/", sent).status_code == 302
    answer = two.post(f"/carts/{left.pk}/contacted/", sent | {"note": "Called her"})
    page = answer.content.decode()
    assert answer.status_code == 422 and "was in touch meanwhile" in page and "She is thinking" in page
    assert "Called her" in page  # what was typed stays
    assert CartContact.objects.count() == 1
    assert two.post(f"/carts/{left.pk}/contacted/", sent | {"seen": "1"}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_two_at_once_write_down_one() -> None:
    left, people = cart("C"), [make.user() for _ in range(4)]

    def try_it(number: int) -> bool:
        try:
            carts.contact(order=left, how="phone", by=people[number], now=timezone.now(), seen=0)
        except NotContacted:
            return False
        return True

    assert sum(at_once(4, try_it)) == 1
    assert CartContact.objects.count() == 1


def test_an_order_is_not_contacted_as_a_cart() -> None:
    order = bought("O", make.product())
    answer = client().post(f"/carts/{order.pk}/contacted/", {"how": "phone", "seen": "0"})
    assert answer.status_code == 422 and "is an order by now" in answer.content.decode()


def test_in_bulk_and_in_the_finding() -> None:
    first, second = cart("C1"), cart("C2")
    scan()
    browser = client()
    chosen = {"action": "contacted", "ids": [str(first.pk), str(second.pk)]}
    page = browser.post(f"/action-required/{REPORT}/bulk/", chosen).content.decode()
    assert "Not contacted yet" in page
    versions = {f"version_{finding(each).pk}": "0" for each in (first, second)}
    done = chosen | versions | {"confirm": "1", "how": "chat", "note": "Offered 5 %"}
    page = browser.post(f"/action-required/{REPORT}/bulk/", done, follow=True).content.decode()
    assert "2 findings changed." in page
    assert CartContact.objects.count() == 2
    # a page from before writes nothing, and says who was faster
    page = browser.post(f"/action-required/{REPORT}/bulk/", done, follow=True).content.decode()
    assert "was changed by" in page and CartContact.objects.count() == 2
    page = browser.get(f"/action-required/{REPORT}/findings/{first.pk}/").content.decode()
    assert "Customer contacted" in page and "Offered 5 %" in page
    # other lists do not offer it
    assert "/contacted/" not in browser.get("/action-required/inventory-cost-issues/").content.decode()
    answer = browser.post("/action-required/shipping-issues/bulk/", chosen, follow=True).content.decode()
    assert "Choose what to do" in answer


def test_the_list_shows_and_filters_it() -> None:
    lamp = make.product("LAMP")
    left, called, back = (
        cart("LEFT", lamp),
        cart("CALLED", lamp, email="k@example.org"),
        cart("BACK", lamp, email="b@x.org"),
    )
    by = make.user(email="caller@example.com", name="Carla Caller")
    carts.contact(order=called, how="phone", note="Back on Friday", by=by, now=timezone.now())
    bought("O", lamp, email="b@x.org")
    from inventory_ops.operations.orders import recovered

    recovered.find(as_of=timezone.now())
    browser = client()
    every = "columns=number,recovery,contacted_at,contacted_by,contacted_how,contact_note,recovered_at"
    page = browser.get(f"/action-required/{REPORT}/?{every}").content.decode()
    for text in ("Carla Caller", "Telephone", "Back on Friday", "Bought later"):
        assert text in page

    def listed(query: str) -> set[str]:
        answer = browser.get(f"/api/v1/reports/{REPORT}/?{query}").json()
        return {row["Order Number"] for row in answer["results"]}

    assert listed("recovery=left") == {"LEFT"}
    assert listed("recovery=contacted") == {"CALLED"}
    assert listed("recovery=recovered") == {"BACK"}
    assert listed("recovery=open") == {"LEFT", "CALLED"}
    assert left.number and back.number
    # a seller sees that it was, and not by whom
    seller = client("merchant", of=lamp.merchant)
    page = seller.get(f"/action-required/{REPORT}/?{every}").content.decode()
    assert "Telephone" in page and "Carla" not in page and "Friday" not in page
    page = seller.get("/orders/CALLED/").content.decode()
    assert "Telephone" in page and "Carla" not in page and "Write down" not in page


def test_the_page_of_a_cart_says_all_of_it() -> None:
    lamp = make.product("LAMP", price=12)
    left = cart(
        "C", lamp, promo_code="SPRING", promo_value=2, gift_card_count=1, gift_card_total=5,
        comment="Why is shipping so much?", marketing_consent=True, recovery_url="https://shop.example/r/1",
    )  # fmt: skip
    make.attempt(left, "51", "Insufficient funds")
    browser = client()
    page = browser.get("/orders/C/").content.decode()
    for text in ("10.00", "12.00", "+2.00", "SPRING", "Why is shipping so much?", "51 Insufficient funds",
                 "https://shop.example/r/1"):  # fmt: skip
        assert text in page
    for group in (f"by-product/?product={lamp.pk}", f"by-vendor/?vendor={lamp.merchant.vendor_number}",
                  "by-promo/?promo=SPRING", "by-card-error/?code=51"):  # fmt: skip
        assert group in page
        answer = browser.get(f"/action-required/abandoned-checkouts/{group}")
        assert answer.status_code == 200 and "<td" in answer.content.decode(), group
    seller = client("merchant", of=lamp.merchant).get("/orders/C/").content.decode()
    assert "shop.example/r/1" not in seller and "by-card-error" not in seller and "jane@" not in seller


def test_by_the_api() -> None:
    left, user = cart("C"), make.user()
    _token, text = api_tokens.create(user=user, name="CRM", scopes=["read", "findings"], days=1, by=user)
    browser, headers = Client(), {"Authorization": f"Bearer {text}"}

    def send(**body: Any) -> Any:
        address = f"/api/v1/carts/{left.pk}/contacted/"
        return browser.post(address, body, content_type="application/json", headers=headers)

    answer = send(how="email", note="Sent", seen=0)
    assert answer.status_code == 201
    assert (answer.json()["contacts"], answer.json()["by"]) == (1, user.email)
    assert send(how="email", seen=0).status_code == 409
    assert send(how="pigeon").status_code == 400
    assert Order.objects.get().contacts.count() == 1
