"""Pages of trackers: saving, duplicates, isolation, import, two people at once."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from inventory_ops.models import InventoryType
from tests import make
from trackers.models import Tracker
from trackers.operations import rules

pytestmark = pytest.mark.django_db


def client(role: str = "operations", **fields: Any) -> Client:
    made = Client()
    made.force_login(make.user(role, **fields))
    return made


def filled(product_: Any, /, **values: Any) -> dict[str, Any]:
    good = InventoryType.objects.get(code="good")
    return {
        "merchant": product_.merchant_id,
        "product": product_.pk,
        "inventory_type": good.pk,
        "mechanism": "turnover_days",
        "turnover_days-lookback_days": "30",
        "turnover_days-coverage_days": "7",
    } | values


def test_saving_makes_a_tracker_and_saving_again_updates_it() -> None:
    product, browser = make.product("A"), client()
    response = browser.post("/trackers/new/", filled(product), follow=True)
    assert response.redirect_chain[-1][0] == "/trackers/"
    assert "Tracker created" in response.content.decode()
    response = browser.post("/trackers/new/", filled(product, **{"turnover_days-coverage_days": "14"}), follow=True)
    text = response.content.decode()
    assert "30 / 7 days → 30 / 14 days" in text
    assert Tracker.objects.count() == 1


def test_save_and_add_another_keeps_the_merchant() -> None:
    product = make.product("A")
    response = client().post("/trackers/new/", filled(product, add_another="1"))
    assert response["Location"] == f"/trackers/new/?merchant={product.merchant_id}"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"merchant": ""}, "merchant"),
        ({"product": ""}, "product"),
        ({"product": "999999"}, "product"),
        ({"product": "%00"}, "product"),
        ({"inventory_type": ""}, "inventory_type"),
        ({"mechanism": ""}, "mechanism"),
        ({"mechanism": "guess"}, "mechanism"),
        ({"turnover_days-lookback_days": ""}, "turnover_days-lookback_days"),
        ({"turnover_days-lookback_days": "0"}, "turnover_days-lookback_days"),
        ({"turnover_days-lookback_days": "-3"}, "turnover_days-lookback_days"),
        ({"turnover_days-lookback_days": "1.5"}, "turnover_days-lookback_days"),
        ({"turnover_days-lookback_days": "1e3"}, "turnover_days-lookback_days"),
        ({"turnover_days-lookback_days": "9" * 30}, "turnover_days-lookback_days"),
        ({"turnover_days-coverage_days": "seven"}, "turnover_days-coverage_days"),
        ({"turnover_days-expiry_days": "-1"}, "turnover_days-expiry_days"),
    ],
)
def test_bad_input_is_named_and_kept(change: dict[str, str], field: str) -> None:
    product = make.product("A")
    response = client().post("/trackers/new/", filled(product, **change))
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert "Error:" in response.content.decode()
    assert Tracker.objects.count() == 0


def test_numbers_of_another_mechanism_are_ignored() -> None:
    product = make.product("A")
    values = {"mechanism": "stock_quantity", "stock_quantity-quantity": "5", "turnover_days-lookback_days": "nonsense"}
    assert client().post("/trackers/new/", filled(product, **values)).status_code == 302
    assert Tracker.objects.get().parameters == "below 5"


def test_a_product_of_another_merchant_says_what_to_check() -> None:
    mine, other = make.product("A"), make.product("B")
    response = client().post("/trackers/new/", filled(mine, product=other.pk))
    assert "belongs to the selected merchant" in response.content.decode()


def test_the_type_ahead_searches_inside_the_merchant() -> None:
    mine, _other = make.product("KET-1", name="Kettle"), make.product("KET-2", name="Kettle")
    browser = client()
    for text in ("ket", "KET-1", "kettle", "ke"):
        answer = browser.get("/trackers/products/", {"merchant": mine.merchant_id, "q": text}).json()
        assert [hit["value"] for hit in answer["results"]] == [mine.pk], text
    for bad in ({"merchant": "x", "q": "ket"}, {"q": "ket"}, {"merchant": mine.merchant_id, "q": "\x00%_"}, {}):
        assert browser.get("/trackers/products/", bad).json()["results"] == []


def test_the_type_ahead_says_why_nothing_is_found() -> None:
    mine, other = make.product("KETTLE-100", name="Steel kettle"), make.product("LAMP-7", name="Desk lamp")

    def answer(text: str, browser: Client, merchant: Any = mine.merchant) -> Any:
        found = browser.get("/trackers/products/", {"merchant": merchant.pk, "q": text}).json()
        return found.get("note", ""), [hit["value"] for hit in found["results"]]

    staff, seller = client(), client("merchant", of=mine.merchant)
    assert answer("lamp-7", staff) == (f"LAMP-7 belongs to {other.merchant}, not to {mine.merchant}.", [])
    assert answer("lamp-7", seller) == ("No product has “lamp-7” in its SKU or name.", [])  # of others it knows nothing
    assert answer("KETLE-100", staff) == ("No product is called “KETLE-100”. Similar:", [mine.pk])
    assert answer("kettle", staff) == ("", [mine.pk])
    assert answer("lamp", staff, make.merchant("NEW"))[0].startswith("LAMP-7 belongs to ")
    assert answer("kettel", seller, other.merchant) == ("", [])  # not even that there is such a merchant
    assert answer("sofa", staff, make.merchant("EMPTY")) == ("EMPTY · Vendor EMPTY has no products yet.", [])


def test_the_preview_shows_the_numbers_and_the_tracker_it_would_update() -> None:
    product = make.product("A", created_at=make.ago(days=900))
    make.stock(product, 5)
    values = {"mechanism": "stock_quantity", "stock_quantity-quantity": "10"}
    browser = client()
    text = browser.get("/trackers/preview/", filled(product, **values)).content.decode()
    assert "50%" in text
    browser.post("/trackers/new/", filled(product, **values))
    assert (
        "This tracker exists already" in browser.get("/trackers/preview/", filled(product, **values)).content.decode()
    )
    assert browser.get("/trackers/preview/?product=abc").status_code == 200


def test_a_merchant_sees_and_changes_own_trackers_alone() -> None:
    own, other = make.merchant(), make.merchant()
    good = InventoryType.objects.get(code="good")
    mine, theirs = (
        rules.save(
            product=make.product(f"SKU-{merchant.pk}", of=merchant),
            inventory_type=good,
            mechanism="stock_quantity",
            values={"quantity": 5},
            by=None,
        ).tracker
        for merchant in (own, other)
    )
    browser = client("merchant", of=own)
    text = browser.get("/trackers/").content.decode()
    assert mine.product.sku in text
    assert theirs.product.sku not in text
    assert theirs.product.sku not in b"".join(browser.get("/trackers/?_export=csv").streaming_content).decode()
    assert theirs.product.sku not in browser.get("/api/v1/reports/trackers/").content.decode()
    for path in ("", "edit/"):
        assert browser.get(f"/trackers/{theirs.pk}/{path}").status_code == 404
        assert browser.get(f"/trackers/{mine.pk}/{path}").status_code == 200
    assert browser.post(f"/trackers/{theirs.pk}/delete/").status_code == 404
    assert browser.post("/trackers/bulk/", {"action": "delete", "ids": [theirs.pk], "confirm": "1"}).status_code == 302
    assert Tracker.objects.count() == 2
    hits = browser.get("/trackers/products/", {"merchant": other.pk, "q": "SKU"}).json()
    assert hits == {"results": []}
    # the merchant of the form is its own whatever is posted
    response = browser.post("/trackers/new/", filled(theirs.product))
    assert response.status_code == 422
    assert "/trackers/new/" in text


@pytest.mark.parametrize(("role", "status"), [("operations", 200), ("admin", 200), ("finance", 403), ("", 403)])
def test_who_may_open_the_pages(role: str, status: int) -> None:
    browser = client(role)
    for path in ("/trackers/", "/trackers/new/", "/trackers/suggest/"):
        assert browser.get(path).status_code == status, path


def test_numbers_are_changed_in_bulk_where_a_mechanism_has_them() -> None:
    browser, good, by = client(), InventoryType.objects.get(code="good"), make.user("operations")
    stock, turnover = (
        rules.save(product=make.product(sku), inventory_type=good, mechanism=mechanism, values=values, by=by).tracker
        for sku, mechanism, values in (
            ("P1", "stock_quantity", {"quantity": 10}),
            ("P2", "turnover_days", {"lookback_days": 30, "coverage_days": 7}),
        )
    )
    ids = [stock.pk, turnover.pk]
    asked = browser.post("/trackers/bulk/", {"action": "change", "ids": ids}).content.decode()
    assert "Change numbers: 2 trackers" in asked and "30 / 7 days" in asked
    for bad in ({}, {"quantity": "0"}, {"quantity": "x"}, {"coverage_days": "-1"}, {"quantity": "9" * 20}):
        answer = browser.post("/trackers/bulk/", {"action": "change", "ids": ids, "confirm": "1"} | bad)
        assert answer.status_code == 422, bad
    browser.post("/trackers/bulk/", {"action": "change", "ids": ids, "confirm": "1", "quantity": "25"})
    browser.post("/trackers/bulk/", {"action": "change", "ids": ids, "confirm": "1", "coverage_days": "14"})
    stock.refresh_from_db()
    turnover.refresh_from_db()
    assert (stock.parameters, turnover.parameters) == ("below 25", "30 / 14 days")
    assert stock.events.get(kind="changed").text == "below 10 → below 25"
    assert turnover.quantity is None


def test_bulk_actions_ask_first_and_refuse_when_the_number_changed() -> None:
    good = InventoryType.objects.get(code="good")
    for sku in ("A", "B"):
        rules.save(
            product=make.product(sku), inventory_type=good, mechanism="stock_quantity", values={"quantity": 5}, by=None
        )
    browser = client()
    asked = browser.post("/trackers/bulk/", {"action": "delete", "scope": "all", "count_seen": "2", "query": ""})
    assert "Delete: 2 trackers" in asked.content.decode()
    assert Tracker.objects.count() == 2
    stale = browser.post(
        "/trackers/bulk/", {"action": "delete", "scope": "all", "count_seen": "1", "query": "", "confirm": "1"}
    )
    assert "now it is 2" in stale.content.decode()
    assert Tracker.objects.count() == 2
    browser.post("/trackers/bulk/", {"action": "disable", "ids": [Tracker.objects.first().pk], "confirm": "1"})  # type: ignore[union-attr]
    assert Tracker.objects.filter(is_enabled=False).count() == 1
    browser.post(
        "/trackers/bulk/", {"action": "delete", "scope": "all", "count_seen": "2", "query": "", "confirm": "1"}
    )
    assert Tracker.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_people_saving_the_same_new_combination_make_one_tracker() -> None:
    product, users = make.product("A"), [make.user("operations") for _ in range(8)]
    good = InventoryType.objects.get(code="good")
    results, errors = [], []

    def save(index: int) -> None:
        try:
            results.append(
                rules.save(
                    product=product,
                    inventory_type=good,
                    mechanism="stock_quantity",
                    values={"quantity": index + 1},
                    by=users[index],
                ).created
            )
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(results) == [False] * 7 + [True]
    assert Tracker.objects.count() == 1


def test_trackers_are_imported_with_every_refusal_at_once(tmp_path: Path) -> None:
    make.product("A", of=make.merchant("V1"))
    make.product("B", of=make.merchant("V2"))
    file = tmp_path / "trackers.csv"
    head = "vendor_number,sku,inventory_type,mechanism,quantity,lookback_days,coverage_days,expiry_days\n"
    file.write_text(
        head
        + "V1,A,good,stock_quantity,100,,,14\n"
        + "V1,A,good,turnover_days,,30,7,\n"
        + "V1,A,good,stalled_days,5,90,,\n"
        + "V1,A,defective,stock_quantity,1,,,\n"
        + "V1,B,good,stock_quantity,1,,,\n"  # of another merchant
        + "V1,A,good,stock_quantity,100,30,,\n"  # not a parameter of it
        + "V2,B,good,turnover_days,,30,,\n"  # coverage missing
        + "V2,B,good,stock_quantity,0,,,\n"
        + "V2,B,broken,stock_quantity,1,,,\n"
        + "V2,B,good,magic,1,,,\n"
        + "V1,A,good,stalled_days,6,90,,\n"  # twice
    )
    out = io.StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("load", str(file), "--json", stdout=out)
    assert stopped.value.code == 1
    assert Tracker.objects.count() == 4
    text = out.getvalue()
    for line in range(6, 13):
        assert f'"line": {line}' in text, line
    assert not Tracker.objects.filter(evaluated_at__isnull=True).exists()
    file.write_text(head + "V1,A,good,stock_quantity,100,,,14\nV1,A,good,turnover_days,,30,14,\n")
    call_command("load", str(file), stdout=io.StringIO())
    assert Tracker.objects.get(mechanism="turnover_days").coverage_days == 14


def test_the_export_reads_as_the_contract_says() -> None:
    good = InventoryType.objects.get(code="good")
    product = make.product("A", of=make.merchant("V1"), created_at=make.ago(days=900))
    make.stock(product, 2)
    rules.save(product=product, inventory_type=good, mechanism="stock_quantity", values={"quantity": 3}, by=None)
    out = io.StringIO()
    call_command("report", "trackers", stdout=out)
    head, row = out.getvalue().splitlines()
    wanted = "Vendor Number,Item SKU,Item Name,Inventory Type,Mechanism,Current Stock,Alert Threshold,Health,State"
    assert head.startswith(wanted)
    assert row.startswith("V1,A,Lamp,good,stock_quantity,2,3,66.66,low")
