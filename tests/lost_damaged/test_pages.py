"""Pages: who may see what, what they say, what they change."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client

from inventory_ops.kit.reports import registry
from inventory_ops.models import OrderItem, User
from lost_damaged.models import ApiKey, FinanceSettings, SellerAccount, SellerTransaction, Source, WriteOff
from lost_damaged.operations import api_keys, write_offs
from tests.lost_damaged.caller import Caller
from tests.lost_damaged.world import World, items

pytestmark = pytest.mark.django_db
HEADERS = {
    "write-offs": "Write-off Number, Recorded At, Vendor Number, Item SKU, UID, Order Item Shop ID, Source, "
    "Transaction Number, Amount, Currency",
    "seller-transactions": "Transaction Number, Created At, Vendor Number, Type, Item SKU, UID, Base Amount, "
    "Commission, Factor, Amount, Currency, Statement",
}


def login(world: World, role: str) -> Client:
    merchant = world.seller if role == "merchant" else None
    user = User.objects.create_user(f"{role or 'none'}@example.org", None, role=role, merchant=merchant)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def booked(world: World) -> list[str]:
    """Numbers of three write-offs: an order item and a product of the seller, one of another seller."""
    item = world.order_item(world.product("A", "119.99"))
    world.product("=SUM(1)", "80.00", special_price=Decimal("60"))
    world.product("OTHER", merchant=world.other)
    outcomes = write_offs.write_off(
        items(("A", "u-1", item.shop_item_id), ("=SUM(1)", "u-2"), ("OTHER", "secret-uid")),
        source=Source.API,
        by=world.finance,
    )
    return [outcome.number for outcome in outcomes]


def rows_of(client: Client, address: str) -> list[dict[str, str]]:
    response: Any = client.get(f"{address}?_export=csv")
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))


@pytest.mark.parametrize("slug", HEADERS)
def test_export_headers_are_those_of_the_contract(slug: str) -> None:
    wanted = HEADERS[slug].split(", ")
    assert [column.header for column in registry.get(slug).exported_columns][: len(wanted)] == wanted


def test_lists_export_what_was_booked(world: World, booked: list[str]) -> None:
    client = login(world, "finance")
    by_uid = {row["UID"]: row for row in rows_of(client, "/finance/write-offs/")}
    assert by_uid["u-1"]["Amount"] == "85.00"
    assert by_uid["u-1"]["Transaction Number"] == by_uid["u-1"]["Write-off Number"] == booked[0]
    assert by_uid["u-2"]["Item SKU"] == "'=SUM(1)"
    write_offs.reverse(number=booked[1], note="found", by=world.finance)
    rows = [row for row in rows_of(client, "/finance/transactions/") if row["UID"] == "u-2"]
    assert {row["Type"]: row["Amount"] for row in rows} == {
        "Lost or Damaged Credit": "52.50",
        "Lost or Damaged": "-52.50",
    }
    assert {(row["Base Amount"], row["Commission"], row["Factor"]) for row in rows} == {("60.00", "7.50", "1")}


@pytest.mark.parametrize("slug", HEADERS)
def test_every_sort_and_filter_of_the_lists_works(world: World, booked: list[str], slug: str) -> None:
    client, report = login(world, "finance"), registry.get(slug)
    for column in report.columns:
        for sort in (column.key, f"-{column.key}"):
            response = client.get(f"{report.url}?sort={sort}")
            assert (response.status_code, response.context["page"].table.row_count) == (200, 3)
    for name in report.filterset_class.base_filters:
        for value in ("x", "%00", "-1", "9" * 30, "yes", "credit", "csv", "1"):
            assert client.get(f"{report.url}?{name}={value}").status_code in {200, 400}
    assert client.get(f"{report.url}?q=U-2").context["page"].table.row_count == 1
    assert client.get(f"{report.url}?window=30d").context["page"].table.row_count == 3
    workbook = client.get(f"{report.url}?_export=xlsx")
    assert workbook.status_code == 200
    workbook.close()


@pytest.mark.parametrize("slug", HEADERS)
def test_lists_need_few_queries(world: World, booked: list[str], slug: str, django_assert_max_num_queries: Any) -> None:
    client, address = login(world, "finance"), registry.get(slug).url
    client.get(address)
    with django_assert_max_num_queries(9):
        client.get(address)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("/finance/write-offs/", "operations merchant finance admin"),
        ("/finance/transactions/", "operations merchant finance admin"),
        ("/finance/write-offs/{number}/", "operations merchant finance admin"),
        ("/finance/write-offs/{number}/reverse/", "finance"),
        ("/finance/write-offs/new/", "finance"),
        ("/settings/finance/", "finance admin"),
        ("/docs/update-inventory-status/", "operations merchant finance admin"),
    ],
)
def test_who_may_open_what(world: World, booked: list[str], address: str, allowed: str) -> None:
    url = address.format(number=booked[0])
    for role in ("operations", "merchant", "finance", "admin"):
        assert login(world, role).get(url).status_code == (200 if role in allowed.split() else 403), role
    response = Client().get(url)
    assert (response.status_code, response["Location"].split("?")[0]) == (302, "/accounts/login/")


def test_a_merchant_sees_own_rows_alone(world: World, booked: list[str]) -> None:
    client = login(world, "merchant")
    assert client.get(f"/finance/write-offs/{booked[2]}/").status_code == 404
    assert client.get(f"/finance/transactions/{booked[2]}/").status_code == 404
    for address in ("/finance/write-offs/", "/finance/transactions/"):
        assert "secret-uid" not in client.get(address).content.decode()
        assert len(rows_of(client, address)) == 2
        assert "secret-uid" not in client.get(f"{address}?q=secret").content.decode()
    assert client.get("/finance/write-offs/LD-2026-999999/").status_code == 404


def test_the_page_explains_the_amount_in_words(world: World, booked: list[str]) -> None:
    client = login(world, "finance")
    text = client.get(f"/finance/write-offs/{booked[0]}/").content.decode()
    assert "(100.00 − 15.00) × 1.0000" in text
    assert "The unit was sold for 100.00 GBP." in text
    text = client.get(f"/finance/write-offs/{booked[1]}/").content.decode()
    assert "60.00 × (1 − 12.50 / 100) × 1.0000" in text
    assert "The lower of price 80.00 and special price 60.00 is 60.00 GBP." in text
    assert "The commission is 12.50% in category “Lamps”." in text
    assert "52.50 GBP" in text
    assert client.get(f"/finance/transactions/{booked[1]}/")["Location"].endswith(f"{booked[1]}/#{booked[1]}")


def test_the_order_page_shows_the_detailed_status_until_it_is_reversed(world: World, booked: list[str]) -> None:
    item = WriteOff.objects.get(number=booked[0]).order_item
    assert item is not None
    client = login(world, "merchant")
    page = client.get(f"/orders/{item.order.number}/").content.decode()
    assert "Lost or Damaged" in page and "Open" in page and str(item.shop_item_id) in page
    write_offs.reverse(number=booked[0], note="found", by=world.finance)
    assert "Lost or Damaged" not in client.get(f"/orders/{item.order.number}/").content.decode()
    assert OrderItem.objects.get(pk=item.pk).status == 2


def test_a_write_off_is_reversed_from_its_page_once(world: World, booked: list[str]) -> None:
    client = login(world, "finance")
    address = f"/finance/write-offs/{booked[0]}/reverse/"
    assert client.post(address, {"note": " "}).status_code == 422
    assert client.post(address, {"note": "<b>rack 14</b>"}).status_code == 302
    assert client.post(address, {"note": "again"}).status_code == 422
    assert SellerTransaction.objects.filter(type="debit").count() == 1
    page = client.get(f"/finance/write-offs/{booked[0]}/").content.decode()
    assert "&lt;b&gt;rack 14" in page and "Reversed" in page


def test_one_unit_typed_by_hand(world: World) -> None:
    world.product("A")
    client = login(world, "finance")
    good = {"sku": "A", "uid": "hand-1", "shop_item_id": "", "reason": "damaged_warehouse"}
    for change, code in (
        ({"sku": "nope"}, "2003"),
        ({"uid": "a b"}, "2009"),
        ({"uid": "1E+10"}, "2009"),
        ({"shop_item_id": "1E+5"}, "2001"),
        ({"shop_item_id": "7"}, "2003"),
        ({"reason": "bored"}, ""),
        ({"uid": "x\x00"}, ""),
    ):
        response = client.post("/finance/write-offs/new/", good | change)
        assert response.status_code == 422
        assert code in response.content.decode()
    assert not WriteOff.objects.exists()
    assert client.post("/finance/write-offs/new/", good).status_code == 302
    found = WriteOff.objects.get()
    assert (found.source, found.reason, found.uid) == ("page", "damaged_warehouse", "hand-1")
    assert client.post("/finance/write-offs/new/", good)["Location"] == f"/finance/write-offs/{found.number}/"
    assert WriteOff.objects.count() == 1


# -- settings -------------------------------------------------------------------------------------------------------
def test_a_key_made_on_the_page_is_shown_once_and_works(world: World) -> None:
    world.product("A")
    client = Client()
    client.force_login(world.finance)

    def make(name: str) -> Any:
        fields = {"part": "key", "key-user": world.finance.pk, "key-name": name, "key-kind": "compatible"}
        return client.post("/accounts/keys/", fields)

    answer = make("OMS")
    found = re.search(r'id="new-key"\s*>([0-9a-f]{40})<', answer.content.decode())
    assert found and answer["Cache-Control"] == "no-store"
    caller = Caller(world.finance, found[1])
    assert caller.send([{"sku": "A", "uid": "u", "status": "written-off"}]).status_code == 200
    assert found[1] not in client.get("/settings/finance/").content.decode()
    make("2")
    third = make("3")
    assert third.status_code == 422 and "Revoke one first" in third.content.decode()
    client.post(f"/settings/finance/keys/{ApiKey.objects.earliest('pk').pk}/revoke/")
    assert caller.send([{"sku": "A", "uid": "u2", "status": "written-off"}]).status_code == 401


def test_general_settings_and_accounts(world: World) -> None:
    client = login(world, "finance")
    fields = {
        "part": "general",
        "general-shop_name": "Bazaar",
        "general-claim_days": "90",
        "general-claim_answer_days": "14",
        "general-appeal_days": "30",
        "general-nav_template": "GENERAL",
        "general-nav_journal": "LOSTDAM",
        "general-nav_expense_account": "60450",
        "general-nav_shop_dimension": "",
        "general-nav_local_currency": "GBP",
    }
    assert client.post("/settings/finance/", fields | {"general-nav_template": "x;y"}).status_code == 422
    assert client.post("/settings/finance/", fields).status_code == 302
    assert FinanceSettings.objects.get().shop_name == "Bazaar"
    answer = client.post(
        "/settings/finance/", {"part": "account", "account-merchant": "V1", "account-vendor_no": "V-10"}
    )
    assert answer.status_code == 302
    assert SellerAccount.objects.get().vendor_no == "V-10"
    assert client.post("/settings/finance/", {"part": "nonsense"}).status_code == 302


# -- documentation --------------------------------------------------------------------------------------------------
def test_the_examples_of_the_documentation_are_true(world: World) -> None:
    text = (Path(django_settings.BASE_DIR) / "docs/guide/update-inventory-status.md").read_text()
    product = world.product("example-sku-123")
    world.ids = 123456788
    world.order_item(product)
    with connection.cursor() as cursor:
        cursor.execute("alter sequence lost_damaged_number_seq restart")
    caller = Caller(world.finance, api_keys.create(user=world.finance, name="d", by=None)[1])
    answer: dict[str, Any] = {}
    checked = 0
    for _kind, role, block in re.findall(r"```(json|xml) (request|response)\n(.*?)```", text, flags=re.S):
        if role == "request":
            response = caller.send(block.strip())
            assert response.status_code == 200
            answer = json.loads(response.content)
            continue
        expected = json.loads(block)
        for each in (answer, expected):
            next(iter(each.values()))["Head"].pop("Timestamp", None)
        year = str(WriteOff.objects.earliest("pk").created_at.year)
        assert json.dumps(answer) == json.dumps(expected).replace("LD-2026", f"LD-{year}")
        checked += 1
    assert checked == 3
    code = re.search(r"```python\n(.*?)```", text, flags=re.S)
    assert code
    namespace: dict[str, Any] = {}
    exec(code[1], namespace)  # noqa: S102 - our own documentation
    signed = namespace["signature"](
        {
            "Foo": "bar",
            "Timestamp": "2014-11-12T11:45:26Z",
            "UserID": "abc@sellercenter.net",
            "Whatever": "you want",
        },
        "1234567890",
    )
    assert signed in text


def test_possible_double_payments(world: World) -> None:
    from django.utils import timezone

    from inventory_ops.operations import scans

    product = world.product("A")
    shipped = world.order_item(product, quantity_shipped=1, shipped_at=timezone.now())
    twice = world.order_item(product, quantity=2)
    fine = world.order_item(product, quantity=2)
    outcomes = write_offs.write_off(
        items(
            ("A", "s-1", shipped.shop_item_id),
            ("A", "t-1", twice.shop_item_id),
            ("A", "t-2", twice.shop_item_id),
            ("A", "00123-A"),
            ("A", "123A"),
            ("A", "f-1", fine.shop_item_id),
            ("A", "f-2", fine.shop_item_id),
            ("A", "alone"),
        ),
        source=Source.API,
        by=None,  # the system: for people, the second unit of one would wait
    )
    # the order was corrected later: more units at once would have waited for a second person
    OrderItem.objects.filter(pk=twice.pk).update(quantity=1)
    client = login(world, "finance")
    found = {row["UID"]: row["Problem"] for row in rows_of(client, "/finance/double-payments/")}
    assert found == {
        "s-1": "shipped",
        "t-1": "more_than_ordered",
        "t-2": "more_than_ordered",
        "00123-A": "near_equal_uid",
        "123A": "near_equal_uid",
    }
    assert scans.run("double_payments").opened == 5
    write_offs.reverse(number=outcomes[2].number, note="was one unit", by=world.finance)
    assert scans.run("double_payments").resolved == 2
    assert client.get("/finance/double-payments/?problem=shipped").context["page"].table.row_count == 1
    assert login(world, "merchant").get("/finance/double-payments/").status_code == 403
    assert "Units written off in 30 days" in client.get("/").content.decode()
    assert "Double payments" in client.get("/").content.decode()


def test_the_sample_data_is_made_through_the_operations(world: World) -> None:
    from django.utils import timezone

    from lost_damaged import demo
    from lost_damaged.models import NavBatch, Statement

    User.objects.create_user("finance@example.com", None, role="finance")
    for n in range(6):
        world.order_item(world.product(f"P{n}"), quantity=5)
    demo.seed(timezone.now())
    booked = WriteOff.objects.count()
    assert booked > 50
    assert Statement.objects.filter(state="closed").exists() and NavBatch.objects.exists()
    assert SellerTransaction.objects.filter(type="debit").exists()
    demo.seed(timezone.now())
    assert WriteOff.objects.count() == booked
