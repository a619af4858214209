"""Products taken off sale and put live: by page, bulk action and API; channels get 0, whatever the way in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from inventory_ops.adapters.protocol import Basis
from inventory_ops.models import AuditEvent, Channel, ChannelChange, ChannelListing, Finding, Product
from inventory_ops.operations import api_tokens, availability
from inventory_ops.queries.channels import wanted
from tests import make
from tests.together import at_once

pytestmark = pytest.mark.django_db


def client(role: str = "operations", **fields: Any) -> Client:
    made = Client()
    made.force_login(make.user(role, **fields))
    return made


@pytest.fixture
def lamp() -> Product:
    product = make.product("LAMP")
    make.stock(product, 7)
    return product


@pytest.fixture
def listing(lamp: Product) -> ChannelListing:
    channel = Channel.objects.create(merchant=lamp.merchant, code="x", name="X", kind="csv", state="synced")
    return ChannelListing.objects.create(channel=channel, merchant=lamp.merchant, product=lamp, external_id="x")


def quantity(listing: ChannelListing) -> int:
    return wanted([listing.pk], basis=Basis.AVAILABLE)[listing.pk]


def test_a_product_taken_off_has_nothing_for_its_channels(lamp: Product, listing: ChannelListing) -> None:
    by = make.user()
    assert quantity(listing) == 7
    ChannelChange.objects.all().delete()
    assert availability.set_live(products=[lamp.pk], live=False, reason="no longer produced", by=by) == [lamp.pk]
    assert quantity(listing) == 0
    assert ChannelChange.objects.get().listing_id == listing.pk  # the next push sends it
    event = AuditEvent.objects.get()
    assert (event.action, event.actor) == ("product.take_off", by.email)
    assert "no longer produced" in event.summary
    assert availability.set_live(products=[lamp.pk], live=False, reason="again", by=by) == []  # nothing is logged twice
    assert (AuditEvent.objects.count(), ChannelChange.objects.count()) == (1, 1)
    availability.set_live(products=[lamp.pk], live=True, reason="back", by=by)
    assert quantity(listing) == 7


def test_an_import_notifies_the_channels_too(lamp: Product, listing: ChannelListing) -> None:
    ChannelChange.objects.all().delete()
    with connection.cursor() as cursor:  # as the import's statement does
        cursor.execute("update inventory_ops_product set is_live = false where id = %s", [lamp.pk])
    assert ChannelChange.objects.count() == 1
    Product.objects.filter(pk=lamp.pk).update(name="Desk lamp")
    assert ChannelChange.objects.count() == 1  # other changes are no matter of the channels


def test_by_the_page(lamp: Product) -> None:
    browser = client()
    page = browser.get(f"/products/{lamp.pk}/").content.decode()
    assert "Take off sale" in page
    answer = browser.post(f"/products/{lamp.pk}/live/", {"live": "0", "why": ""}, follow=True).content.decode()
    assert "Give a reason." in answer
    assert Product.objects.get().is_live
    answer = browser.post(f"/products/{lamp.pk}/live/", {"live": "0", "why": "recalled"}, follow=True).content.decode()
    assert "Taken off sale" in answer and "Put live" in answer
    answer = browser.post(f"/products/{lamp.pk}/live/", {"live": "0", "why": "recalled"}, follow=True).content.decode()
    assert "Somebody else did so already." in answer
    for role in ("finance", "merchant"):
        other = client(role, of=lamp.merchant if role == "merchant" else None)
        assert "Take off sale" not in other.get(f"/products/{lamp.pk}/").content.decode()
        assert other.post(f"/products/{lamp.pk}/live/", {"live": "1", "why": "x"}).status_code == 403


def test_by_a_bulk_action_of_findings(lamp: Product) -> None:
    moment = timezone.now()
    seen = dict.fromkeys(("first_seen_at", "opened_at", "last_seen_at"), moment)
    Finding.objects.create(
        report="products-without-orders", key=str(lamp.pk), label="LAMP", merchant=lamp.merchant, **seen
    )
    cart = Finding.objects.create(report="abandoned-checkouts", key="1", label="CART", **seen)
    browser = client()
    chosen = {"action": "take-off", "ids": str(lamp.pk)}
    page = browser.post("/action-required/products-without-orders/bulk/", chosen).content.decode()
    assert "1 finding" in page and "Channels get the quantity 0" in page
    done = chosen | {"confirm": "1", "why": "nobody buys it"}
    page = browser.post("/action-required/products-without-orders/bulk/", done, follow=True).content.decode()
    assert "1 product taken off." in page
    assert not Product.objects.get().is_live
    chosen["ids"] = cart.key
    page = browser.post("/action-required/abandoned-checkouts/bulk/", chosen, follow=True).content.decode()
    assert "Choose what to do with the rows." in page


def test_by_the_api(lamp: Product) -> None:
    user = make.user()
    _token, text = api_tokens.create(user=user, name="OMS", scopes=["read", "stock"], days=1, by=user)
    browser, headers = Client(), {"Authorization": f"Bearer {text}"}

    def send(**body: Any) -> Any:
        return browser.post("/api/v1/products/live/", body, content_type="application/json", headers=headers)

    answer = send(sku="LAMP", live=False, reason="recalled")
    assert answer.json() == {
        "sku": "LAMP", "vendor_number": lamp.merchant.vendor_number, "live": False, "changed": True,
    }  # fmt: skip
    assert send(sku="LAMP", live=False, reason="recalled").json()["changed"] is False
    assert send(sku="NONE", live=False, reason="x").status_code == 404
    assert send(sku="LAMP", live=False).status_code == 400
    make.product("LAMP")
    assert "vendor_number" in send(sku="LAMP", live=True, reason="x").json()["errors"][0]


def test_the_page_shows_what_is_known(lamp: Product, listing: ChannelListing) -> None:
    moment = timezone.now()
    seen = dict.fromkeys(("first_seen_at", "opened_at", "last_seen_at"), moment)
    Finding.objects.create(
        report="products-without-orders",
        key=str(lamp.pk),
        label="LAMP",
        merchant=lamp.merchant,
        reason="seasonal",
        **seen,
    )
    item = make.item(lamp, in_=make.order(at=moment - timedelta(days=1)))
    Finding.objects.create(
        report="order-cost-issues", key=str(item.pk), label="ORDER-1", merchant=lamp.merchant, **seen
    )
    page = client().get(f"/products/{lamp.pk}/").content.decode()
    for text in (
        "seasonal",
        "ORDER-1",
        "Nobody watches this product",
        "/channels/listings/",
        f"/inventory/products/{lamp.pk}/",
    ):
        assert text in page, text


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_are_logged_once(lamp: Product) -> None:
    people = [make.user(), make.user("admin")]
    changed = at_once(2, lambda n: availability.set_live(products=[lamp.pk], live=False, reason="x", by=people[n]))
    assert sorted(map(len, changed)) == [0, 1]
    assert AuditEvent.objects.filter(action="product.take_off").count() == 1
