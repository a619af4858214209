"""Exchange rates: taken from anywhere, made into one order and one total, and never guessed."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inventory_ops.adapters import ecb
from inventory_ops.imports.exchange_rates import SPEC
from inventory_ops.kit import money
from inventory_ops.kit.imports import Rows
from inventory_ops.kit.reports import page, registry
from inventory_ops.models import CurrencyFactor, ExchangeRate, Order, ProductStock
from inventory_ops.operations import rates as operations
from inventory_ops.operations import shop as shops
from inventory_ops.operations.imports.files import load_rows
from inventory_ops.operations.rates import Rate, RateRefused
from inventory_ops.queries import rates, shop
from tests import make

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 30)
DAILY = b"Date, USD, JPY, \n27 March 2026, 1.25, 160.0, \n"
HISTORY = b"Date,USD,JPY,\n2026-03-27,1.25,160.0,\n2026-03-26,1.20,N/A,\n"
XML = b"""<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
 xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref"><Cube><Cube time='2026-03-27'>
 <Cube currency='USD' rate='1.25'/><Cube currency='JPY' rate='160.0'/></Cube></Cube></gesmes:Envelope>"""


def _listed(slug: str, address: str = "", role: str = "operations") -> list[str]:
    built = page.build(registry.get(slug), QueryDict(address), viewer=make.user(role))
    assert built.table is not None, built.errors
    return built.table.body.split("<tr>")[1:]


def test_two_steps_lead_over_the_euro_and_the_newest_rate_counts() -> None:
    make.rates("GBP")
    old, new = date(2026, 3, 1), date(2026, 3, 2)
    found = [
        Rate(old, "EUR", "USD", Decimal("9")),
        Rate(new, "EUR", "USD", Decimal("1.25")),
        Rate(old, "EUR", "GBP", Decimal("0.80")),
    ]
    operations.load(found=found, source=ExchangeRate.Source.ECB, by=None)
    usd = CurrencyFactor.objects.get(currency="USD")
    assert usd.factor == Decimal("0.64") and usd.day == old  # as old as the oldest rate on the way
    assert money.total({"USD": Decimal(100), "GBP": Decimal(6)}).text == "GBP\N{NO-BREAK SPACE}70"
    assert not CurrencyFactor.objects.filter(currency="JPY").exists()
    assert money.total({"USD": Decimal(100), "JPY": Decimal(6)}).text == "2 currencies"


@pytest.mark.parametrize(("content", "rates_in_it"), [(DAILY, 2), (HISTORY, 3), (XML, 2)])
@pytest.mark.parametrize("packed", [False, True])
def test_files_of_the_bank(content: bytes, rates_in_it: int, packed: bool) -> None:
    if packed:
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            archive.writestr("eurofxref.csv", content)
        content = held.getvalue()
    found = ecb.read(content)
    assert len(found) == rates_in_it
    assert ecb.Reference(date(2026, 3, 27), "JPY", Decimal("160.0")) in found


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "header"),
        (b"day,usd\n", "header"),
        (b"Date,USD\nsoon,1\n", "Line 2"),
        (b"Date,USD\n2026-03-27,x\n", "USD"),
        (b"Date,USD\n2026-03-27,-1\n", "above 0"),
        (b"Date,USD\n2026-03-27,NaN\n", "above 0"),
        (b"PK\x03\x04", "archive"),
        (b"\xff\xfe", "UTF-8"),
        (b"<a/>", "no rates"),
        (b"<a>", "well-formed"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "well-formed"),
    ],
)
def test_what_is_no_file_of_the_bank_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(ecb.NotReadable, match=said):
        ecb.read(content)


@pytest.mark.parametrize(
    "rate",
    [
        Rate(DAY, "EUR", "EUR", Decimal(1)),
        Rate(DAY, "EUR", "XQX", Decimal(1)),
        Rate(DAY, "EUR", "USD", Decimal(0)),
        Rate(DAY, "EUR", "USD", Decimal("1e-11")),
        Rate(date(2999, 1, 1), "EUR", "USD", Decimal(1)),
    ],
)
def test_rates_that_cannot_be_change_nothing(rate: Rate) -> None:
    with pytest.raises(RateRefused):
        operations.add(rate=rate, by=make.user("admin"))
    assert not ExchangeRate.objects.exists()


def test_who_may_not() -> None:
    with pytest.raises(RateRefused):
        operations.add(rate=Rate(DAY, "EUR", "USD", Decimal(1)), by=make.user("operations"))


def test_an_import_of_rates() -> None:
    make.rates("EUR")
    rows = Rows(["day", "base", "currency", "rate"], [["2026-03-27", "EUR", "USD", "1.25"]])
    for times in range(2):
        counts = load_rows(SPEC, rows, now=timezone.now())
        assert (counts.new, counts.unchanged) == (1 - times, times)
    assert CurrencyFactor.objects.get(currency="USD").factor == Decimal("0.8")


def test_worst_first_is_by_what_it_is_worth() -> None:
    pounds, yen = make.merchant("GB"), make.merchant("JP", currency="JPY")
    make.product("POUNDS", of=pounds, cost=Decimal(15))  # 5 a unit
    make.product("YEN", of=yen, price=Decimal(1000), cost=Decimal(1476))  # 476 yen
    make.rates("GBP", JPY="0.005")
    first, second = _listed("inventory-cost-issues")
    assert "POUNDS" in first and "YEN" in second
    assert [("YEN" in row) for row in _listed("inventory-cost-issues", "loss=3")] == [False]
    assert [("YEN" in row) for row in _listed("inventory-cost-issues", "sort=loss")] == [True, False]


def test_without_a_rate_each_currency_stands_by_itself() -> None:
    pounds, yen = make.merchant("GB"), make.merchant("JP", currency="JPY")
    for number, cost in enumerate((15, 12)):
        make.product(f"POUNDS-{number}", of=pounds, cost=Decimal(cost))
        make.product(f"YEN-{number}", of=yen, price=Decimal(1000), cost=Decimal(1000 + 100 * cost))
    make.rates("GBP")
    rows = _listed("inventory-cost-issues")
    order = [next(name for name in ("POUNDS-0", "POUNDS-1", "YEN-0", "YEN-1") if name in row) for row in rows]
    assert order == ["POUNDS-0", "POUNDS-1", "YEN-0", "YEN-1"]
    # no row is lost by a filter that cannot be converted
    assert len(_listed("inventory-cost-issues", "loss=1300")) == 1


def test_stock_and_carts_follow_new_rates_and_new_currencies() -> None:
    yen = make.merchant("JP", currency="JPY")
    make.stock(make.product("YEN", of=yen, cost=Decimal(100)), 5)
    cart = make.order("CART", status=1, total_amount=Decimal(1000), currency="JPY")
    assert ProductStock.objects.get().band < 0
    make.rates("GBP", JPY="0.005")
    assert [tuple(ProductStock.objects.values_list("factor", "band"))] == [((Decimal("0.005"), Decimal(0)),)]
    assert tuple(Order.objects.values_list("factor", "band")) == ((Decimal("0.005"), Decimal(0)),)
    Order.objects.filter(pk=cart.pk).update(currency="GBP")
    assert tuple(Order.objects.values_list("factor", "band")) == ((Decimal(1), Decimal(0)),)
    yen.currency = "GBP"
    yen.save()
    assert ProductStock.objects.get().factor == 1


def test_another_currency_of_the_shop_turns_all_around() -> None:
    make.rates("GBP", USD="0.8")
    seen = shop.facts()
    shops.edit(to=shop.Facts(seen.name, seen.timezone, "USD"), seen=seen, by=make.user("admin"))
    assert rates.current() == money.Rates("USD", {"USD": Decimal(1), "GBP": Decimal("1.25")})


@pytest.fixture
def finance(client: Client) -> Client:
    client.force_login(make.user("finance"))
    return client


def test_the_page_takes_rates_and_files(finance: Client) -> None:
    make.rates("GBP")
    make.merchant("US", currency="USD")
    address = reverse("exchange-rates")
    assert "No rate: totals stay apart" in finance.get(address).content.decode()
    wrong: dict[str, Any] = {"add": "1", "base": "USD", "currency": "USD", "rate": "1", "day": "2026-03-27"}
    assert finance.post(address, wrong).status_code == 422
    assert finance.post(address, wrong | {"currency": "GBP", "rate": "0.8"}).status_code == 302
    assert "No rate" not in finance.get(address).content.decode()
    upload = SimpleUploadedFile("eurofxref.csv", b"Date,USD\nx,1\n")
    answer = finance.post(address, {"load": "1", "file": upload})
    assert answer.status_code == 422 and "Line 2" in answer.content.decode()
    assert finance.post(address, {"load": "1", "file": SimpleUploadedFile("f.csv", HISTORY)}).status_code == 302
    assert ExchangeRate.objects.filter(source="ecb").count() == 3


def test_carts_by_promo_are_counted_by_currency() -> None:
    for currency, total in (("GBP", 10), ("GBP", 5), ("JPY", 900)):
        cart = make.order(
            status=1, promo_code="SPRING", currency=currency, total_amount=Decimal(total), at=make.ago(days=1)
        )
        make.item(make.product(), in_=cart, quantity=1)
    built = page.build(
        registry.get("abandoned-by-promo"), QueryDict(f"as_of={make.NOW.isoformat()}"), viewer=make.user("operations")
    )
    assert built.table is not None and built.table.row_count == 2
    text = built.table.body
    assert "GBP</span> 15.00" in text and "JPY</span> 900" in text and "915" not in text
