"""Prices of many, flash sales and marks: by page, bulk action and API, with their refusals, and two people at once."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from inventory_ops.models import AuditEvent, Finding, FlashSale, PriceChange, Product, ProductMark
from inventory_ops.operations import api_tokens, flash_sales, marks, price_rules, price_undo, prices
from inventory_ops.operations.flash_sales import Sale
from inventory_ops.operations.prices import Prices
from tests import make
from tests.together import at_once

pytestmark = pytest.mark.django_db


def client(role: str = "operations", **fields: Any) -> Client:
    made = Client()
    made.force_login(make.user(role, **fields))
    return made


@pytest.fixture
def lamp() -> Product:
    return make.product("LAMP", of=make.merchant("V1"))


def guard(mode: str) -> None:
    price_rules.set_rule(merchant=None, mode=mode, valid_from=timezone.now())


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input\s+type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"', page))


def sale(percent: str = "20", days: float = 2, **fields: Any) -> Sale:
    return Sale(Decimal(percent), timezone.now() + timedelta(days=days), **fields)


def rule_text(page: str) -> str:
    return re.sub(r"\s+", " ", page)


def test_a_flash_sale_is_planned_and_one_in_the_way_is_named(lamp: Product) -> None:
    by, now = make.user(), timezone.now()
    planned = flash_sales.plan(products=[lamp.pk], sale=sale(), by=by, as_of=now)
    assert [each.sale_price for each in planned.made] == [Decimal(8)]
    assert AuditEvent.objects.get().action == "flash_sale.plan"
    again = flash_sales.plan(products=[lamp.pk], sale=sale(days=1), by=by, as_of=now)
    assert again.made == [] and "LAMP has a flash sale of 20 % off from" in again.refused[lamp.pk]
    later = flash_sales.plan(products=[lamp.pk], sale=sale(days=9, starts_at=now + timedelta(days=3)), by=by, as_of=now)
    assert len(later.made) == 1
    with pytest.raises(flash_sales.InvalidSale, match="start is over"):
        flash_sales.plan(products=[lamp.pk], sale=sale(starts_at=now - timedelta(days=1)), by=by, as_of=now)
    with pytest.raises(IntegrityError), transaction.atomic():  # the database knows the rule as well
        make.sale(lamp, now, now + timedelta(hours=1))


def test_ending_a_sale_that_runs_and_cancelling_one_that_comes(lamp: Product) -> None:
    by, now = make.user(), timezone.now()
    running = make.sale(lamp, now - timedelta(days=1), now + timedelta(days=1))
    coming = make.sale(lamp, now + timedelta(days=2), now + timedelta(days=3))
    assert len(flash_sales.end(sales=[running.pk, coming.pk], by=by, as_of=now)) == 2
    assert FlashSale.objects.get().ends_at == now
    assert set(AuditEvent.objects.values_list("action", flat=True)) == {"flash_sale.end", "flash_sale.cancel"}
    assert flash_sales.end(sales=[running.pk], by=by, as_of=now + timedelta(seconds=1)) == []


def test_the_price_guard_decides_over_a_sale(lamp: Product) -> None:
    by, now = make.user(), timezone.now()
    guard("warn")
    refused = flash_sales.plan(products=[lamp.pk], sale=sale("60"), by=by, as_of=now)
    assert "cost of goods (5) is above" in refused.refused[lamp.pk]
    assert flash_sales.plan(products=[lamp.pk], sale=sale("60"), by=by, as_of=now, accept_loss=True).made
    guard("block")
    other = make.product("OTHER", of=lamp.merchant)
    blocked = flash_sales.plan(products=[other.pk], sale=sale("60"), by=by, as_of=now, accept_loss=True)
    assert "refuses that" in blocked.refused[other.pk]


def test_a_sale_by_the_page(lamp: Product) -> None:
    browser, end = client(), timezone.now() + timedelta(days=3)
    address = f"/products/{lamp.pk}/flash-sale/"
    assert "Plan a flash sale" in browser.get(f"/products/{lamp.pk}/").text
    body = {"percentage": "25", "ends_at": end.strftime("%Y-%m-%dT%H:%M")}
    assert "Flash sale planned." in browser.post(address, body, follow=True).text
    assert FlashSale.objects.get().sale_price == Decimal("7.5")
    answer = browser.post(address, body)
    assert answer.status_code == 422 and "Sales do not overlap" in answer.text
    [made] = FlashSale.objects.all()
    assert "Flash sale ended." in browser.post(f"{address}{made.pk}/end/", follow=True).text
    assert "It is over." in browser.post(f"{address}{made.pk}/end/", follow=True).text
    assert client("finance").get(address).status_code == 403


def test_prices_of_many_are_previewed_before_they_change(lamp: Product) -> None:
    desk, bare = make.product("DESK", of=lamp.merchant), make.product("BARE", of=lamp.merchant, cost=None)
    guard("block")
    browser = client()
    chosen = {"action": "change-prices", "ids": [str(each.pk) for each in (lamp, desk, bare)]}
    first = browser.post("/products/bulk/", chosen).text
    assert "Show what will change" in first
    form = chosen | {"part": "price", "how": "of_cost", "amount": "-10", "confirm": "1"}
    page = browser.post("/products/bulk/", hidden(first) | form).text
    assert "refuses that" in page and "Its cost of goods is missing." in page
    form["amount"] = "50"
    page = rule_text(browser.post("/products/bulk/", hidden(page) | form).text)
    assert "Price 10.00 → 7.50 USD" in page or "Price 10.00 → 7.50" in page
    assert "2 products" in page and Product.objects.get(pk=lamp.pk).price == 10
    done = browser.post("/products/bulk/", hidden(page) | form, follow=True).text
    assert "Prices of 2 products changed." in done
    assert Product.objects.get(pk=lamp.pk).price == Decimal("7.5")
    assert set(PriceChange.objects.values_list("source", flat=True)) == {"bulk"}
    assert AuditEvent.objects.filter(action="product.price").count() == 2


def test_what_somebody_else_changed_meanwhile_is_shown_again(lamp: Product) -> None:
    browser = client()
    form = {
        "action": "change-prices", "ids": str(lamp.pk), "part": "price", "how": "add", "amount": "1", "confirm": "1",
    }  # fmt: skip
    page = rule_text(browser.post("/products/bulk/", form).text)
    assert "10.00 → 11.00" in page
    Product.objects.update(price=20)
    page = rule_text(browser.post("/products/bulk/", hidden(page) | form).text)
    assert "20.00 → 21.00" in page and "not what you saw before" in page
    browser.post("/products/bulk/", hidden(page) | form)
    assert Product.objects.get().price == 21


def test_prices_by_findings(lamp: Product) -> None:
    seen = dict.fromkeys(("first_seen_at", "opened_at", "last_seen_at"), timezone.now())
    Finding.objects.create(
        report="inventory-cost-issues", key=str(lamp.pk), row_id=lamp.pk, label="L", merchant=lamp.merchant, **seen
    )
    browser, address = client(), "/action-required/inventory-cost-issues/bulk/"
    form = {"action": "change-prices", "ids": str(lamp.pk), "part": "cost", "how": "percent", "amount": "-20"}
    page = browser.post(address, form | {"confirm": "1"}).text
    assert "Cost 5.00 → 4.00" in rule_text(page)
    assert (
        "Prices of 1 product changed."
        in browser.post(address, hidden(page) | form | {"confirm": "1"}, follow=True).text
    )
    assert Product.objects.get().cost == 4


def test_the_page_of_a_finding_leads_to_what_can_be_done(lamp: Product) -> None:
    seen = dict.fromkeys(("first_seen_at", "opened_at", "last_seen_at"), timezone.now())
    made = {"key": str(lamp.pk), "label": "L", "merchant": lamp.merchant, **seen}
    Finding.objects.create(report="products-without-orders", **made)
    address = f"/action-required/products-without-orders/findings/{lamp.pk}/"
    page = client().get(address).text
    for name in ("prices", "flash-sale", "mark"):
        assert f'href="/products/{lamp.pk}/{name}/"' in page
    marks.mark(products=[lamp.pk], kind="liquidation", reason="nobody buys it", until=None, by=make.user())
    assert "It is marked for liquidation: nobody buys it." in client().get(address).text
    assert f"/products/{lamp.pk}/mark/" not in client("merchant", of=lamp.merchant).get(address).text


def test_a_change_of_prices_is_undone_once_and_only_while_it_stands(lamp: Product) -> None:
    by, now = make.user(), timezone.now()
    start = now - timedelta(days=1)
    Product.objects.update(special_price=9, special_from=start)
    lamp.refresh_from_db()
    prices.change(product=lamp, to=Prices(Decimal(12), None), seen=prices.version(lamp), by=by, as_of=now)
    [change] = PriceChange.objects.all()
    applied, left = price_undo.undo(changes=[change.pk], by=by, as_of=now)
    lamp.refresh_from_db()
    assert (lamp.price, lamp.special_price, lamp.special_from, lamp.cost) == (10, 9, start, 5)
    assert (applied.changes[0].undoes, left) == (change, [])
    _applied, left = price_undo.undo(changes=[change.pk], by=by, as_of=now)
    assert left == ["LAMP: It was undone already."]
    redo, left = price_undo.undo(changes=[applied.changes[0].pk], by=by, as_of=now)
    assert redo.changed and not left and Product.objects.get().price == 12
    Product.objects.update(price=13)
    _applied, left = price_undo.undo(changes=[redo.changes[0].pk], by=by, as_of=now)
    assert left == ["LAMP: The prices were changed again since."]


def test_undo_by_page_and_by_the_list(lamp: Product) -> None:
    browser = client()
    for price in (11, 12):
        lamp.refresh_from_db()
        prices.change(
            product=lamp,
            to=Prices(Decimal(price), cost=Decimal(5)),
            seen=prices.version(lamp),
            by=make.user(),
            as_of=timezone.now(),
        )
    first, second = PriceChange.objects.order_by("pk")
    address = f"/products/{lamp.pk}/prices/undo/"
    assert browser.get(f"/products/{lamp.pk}/").text.count(address) == 1  # the last one alone
    assert "The change was undone." in browser.post(address, {"change": second.pk}, follow=True).text
    assert Product.objects.get().price == 11
    assert "It was undone already." in browser.post(address, {"change": second.pk}, follow=True).text
    rows = browser.get("/products/price-changes/").text
    assert "LAMP" in rows and "Undo" in rows
    form = {"action": "undo", "ids": [str(first.pk), str(second.pk)], "confirm": "1"}
    done = browser.post("/products/price-changes/bulk/", form, follow=True).text
    assert "1 change undone." in done
    assert Product.objects.get().price == 10


def test_a_mark_stands_on_page_list_filter_and_export(lamp: Product) -> None:
    browser, other = client(), make.product("OTHER", of=lamp.merchant)
    form = {"action": "mark", "ids": str(lamp.pk), "kind": "liquidation", "reason": "nobody buys it", "confirm": "1"}
    assert "1 product marked." in browser.post("/products/bulk/", form, follow=True).text
    page = browser.get(f"/products/{lamp.pk}/").text
    assert "Liquidation" in page and "nobody buys it" in page
    rows = browser.get("/products/?mark=liquidation").text
    assert "LAMP" in rows and "OTHER" not in rows and "Liquidation" in rows
    assert "OTHER" in browser.get("/products/?mark=none").text
    export = browser.get("/products/?_export=csv&mark=any")
    text = b"".join(export.streaming_content).decode() if export.streaming else export.text
    assert "Marked For" in text and "liquidation" in text and "nobody buys it" in text and "OTHER" not in text
    assert ProductMark.objects.filter(product=other).count() == 0
    form = {"action": "unmark", "ids": [str(lamp.pk), str(other.pk)]}
    page = browser.post("/products/bulk/", form).text
    assert "It has no mark." in page
    assert "1 mark removed." in browser.post("/products/bulk/", form | {"confirm": "1"}, follow=True).text
    assert "It is not marked." in browser.get(f"/products/{lamp.pk}/").text
    merchant = client("merchant", of=lamp.merchant)
    assert merchant.post(f"/products/{lamp.pk}/unmark/").status_code == 403


def test_a_mark_is_replaced_and_ends_by_itself(lamp: Product) -> None:
    by, today = make.user(), timezone.localdate()
    assert marks.mark(products=[lamp.pk], kind="promotion", reason="spring", until=today, by=by) == [lamp.pk]
    assert marks.mark(products=[lamp.pk], kind="promotion", reason="spring", until=today, by=by) == []
    assert marks.mark(products=[lamp.pk], kind="liquidation", reason="old", until=None, by=by) == [lamp.pk]
    [before, now] = ProductMark.objects.order_by("pk")
    assert (before.removed_by, now.removed_at) == (by, None)
    ProductMark.objects.filter(pk=now.pk).update(until=today - timedelta(days=1))
    assert not ProductMark.objects.in_force(today).exists()
    assert marks.mark(products=[lamp.pk], kind="promotion", reason="again", until=None, by=by) == [lamp.pk]
    with pytest.raises(marks.InvalidMark, match="over already"):
        marks.mark(products=[lamp.pk], kind="promotion", reason="x", until=today - timedelta(days=1), by=by)
    with pytest.raises(marks.InvalidMark, match="reason"):
        marks.mark(products=[lamp.pk], kind="promotion", reason=" ", until=None, by=by)


def test_by_the_api(lamp: Product) -> None:
    user = make.user()
    _token, text = api_tokens.create(user=user, name="ERP", scopes=["read", "products"], days=1, by=user)
    browser, headers = Client(), {"Authorization": f"Bearer {text}"}

    def send(address: str, **body: Any) -> Any:
        return browser.post(f"/api/v1/{address}", body, content_type="application/json", headers=headers)

    named = {"sku": "LAMP"}
    assert send("products/mark/", **named, mark="promotion", reason="spring").json()["changed"] is True
    rows = browser.get("/api/v1/reports/products/", headers=headers).json()["results"]
    assert [(row["Marked For"], row["Mark Reason"]) for row in rows] == [("promotion", "spring")]
    assert send("products/unmark/", **named).json()["changed"] is True
    assert send("products/mark/", **named, mark="sale", reason="x").status_code == 400

    answer = send("products/prices/", products=[named | {"price": "12.50"}]).json()
    [row] = answer["products"]
    assert (row["changed"], row["refused"]) == (True, "")
    version = row["version"]
    Product.objects.update(cost=6)
    [row] = send("products/prices/", products=[named | {"price": "13", "version": version}]).json()["products"]
    assert row["changed"] is False and "changed since" in row["refused"]
    assert "decimals" in send("products/prices/", products=[named | {"price": "1.005"}]).json()["errors"][0]
    assert send("products/prices/", products=[named]).status_code == 400
    assert "twice" in send("products/prices/", products=[named | {"price": 1}] * 2).json()["errors"][0]
    Product.objects.update(cost=5)
    undone = send("products/prices/undo/", changes=[*answer["changes"], 999999]).json()
    assert undone == {"undone": 1, "refused": ["999999: There is no such change."]}

    ends = (timezone.now() + timedelta(days=1)).isoformat()
    made = send("flash-sales/", **named, percentage="20", ends_at=ends)
    assert (made.status_code, made.json()["sale_price"]) == (201, "8.00")
    again = send("flash-sales/", **named, percentage="20", ends_at=ends)
    assert again.status_code == 409 and "LAMP has a flash sale" in again.json()["errors"][0]
    ended = f"flash-sales/{made.json()['id']}/end/"
    assert send(ended).json()["ended"] is True
    assert send(ended).status_code == 409
    _token, text = api_tokens.create(user=user, name="OMS", scopes=["read", "stock"], days=1, by=user)
    headers["Authorization"] = f"Bearer {text}"
    assert send("products/mark/", **named, mark="promotion", reason="x").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_two_people_plan_a_sale_at_once_and_one_is_made(lamp: Product) -> None:
    people, now = [make.user(), make.user("admin")], timezone.now()
    found = at_once(2, lambda n: flash_sales.plan(products=[lamp.pk], sale=sale(), by=people[n], as_of=timezone.now()))
    assert sorted(len(each.made) for each in found) == [0, 1]
    assert FlashSale.objects.filter(ends_at__gt=now).count() == 1
    assert AuditEvent.objects.filter(action="flash_sale.plan").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_mark_and_change_prices_at_once(lamp: Product) -> None:
    people = [make.user(), make.user("admin")]
    kinds = ["promotion", "liquidation"]
    at_once(2, lambda n: marks.mark(products=[lamp.pk], kind=kinds[n], reason="x", until=None, by=people[n]))
    assert ProductMark.objects.filter(removed_at__isnull=True).count() == 1
    seen = {lamp.pk: prices.version(lamp)}
    found = at_once(
        2,
        lambda n: prices.change_many(
            wanted={lamp.pk: Prices(Decimal(11 + n), cost=Decimal(5))},
            seen=seen,
            by=people[n],
            as_of=timezone.now(),
            source="bulk",
        ),
    )
    assert sorted(len(each.changed) for each in found) == [0, 1]
    assert [type(error) for each in found for error in each.refused.values()] == [prices.PricesChanged]
