"""What every kind of channel promises. A kind is put into `KINDS` with the way to a small shop of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from inventory_ops.adapters import kinds
from inventory_ops.adapters.csv_files import CsvAdapter
from inventory_ops.adapters.csv_folder import OnDisk
from inventory_ops.adapters.protocol import (
    Adapter,
    BadRequest,
    Basis,
    OrderSnapshot,
    Outcome,
    StockItem,
    StockWrite,
    TellsCarts,
)
from inventory_ops.adapters.shopify import ShopifyAdapter
from inventory_ops.adapters.woocommerce import WooCommerceAdapter
from tests.channels import woocommerce_contract
from tests.channels.fake import FakeChannel, OnHandChannel, Shop
from tests.channels.shopify_contract import LOCATION, TOKEN, Stub

NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass
class Sample:
    """A shop that lists SKU-A with 7 and SKU-B with 0, has an order of 2 × SKU-A, open, and one that is shipped; and
    where it tells carts, one of jane@example.org with 3 × SKU-B."""

    adapter: Adapter
    strange_id: str | None = "nothing-like-this"  # of an item it does not have; None: it takes any


def csv_sample(tmp_path: Path) -> Sample:
    folder = tmp_path / "shop"
    (folder / "orders").mkdir(parents=True)
    (folder / "catalogue.csv").write_text(
        "external_id,sku,title,quantity,price,currency\na,SKU-A,Lamp,7,9.99,gbp\nb,SKU-B,Desk,0,20,GBP\n"
    )
    (folder / "orders" / "1.csv").write_text(
        "order_id,line_id,sku,quantity,shipped_quantity,unit_price,placed_at,updated_at,customer_email\n"
        f"O-1,1,SKU-A,2,0,9.99,{NOW.isoformat()},{NOW.isoformat()},jane@example.org\n"
        f"O-2,1,SKU-A,1,1,9.99,{NOW.isoformat()},{NOW.isoformat()},\n"
    )
    (folder / "carts.csv").write_text(
        "cart_id,sku,quantity,unit_price,currency,customer_email,promo_code,updated_at\n"
        f"C-1,SKU-B,3,20,gbp,jane@example.org,SPRING,{NOW.isoformat()}\n"
    )
    return Sample(CsvAdapter(OnDisk(folder)), strange_id=None)


def fake_sample(basis: Basis) -> Callable[[Path], Sample]:
    def make(_path: Path) -> Sample:
        shop = Shop(basis=basis)
        item = shop.list("SKU-A", 9 if basis is Basis.AVAILABLE else 7)
        other = shop.list("SKU-B", 0)
        shop.order("O-1", NOW, **{item.replace("-", "_"): 2})
        shop.items[item] = shop.items[item].__class__(**{**_dict(shop.items[item]), "on_hand": 7, "available": 7})
        shop.order("O-2", NOW, **{item.replace("-", "_"): 1})
        shop.ship("O-2", NOW)
        shop.items[item] = shop.items[item].__class__(**{**_dict(shop.items[item]), "on_hand": 7, "available": 7})
        shop.cart("C-1", NOW, **{other.replace("-", "_"): 3})
        shop.items[other] = shop.items[other].__class__(**{**_dict(shop.items[other]), "on_hand": 0, "available": 0})
        return Sample(FakeChannel(shop) if basis is Basis.AVAILABLE else OnHandChannel(shop))

    return make


def _dict(item: StockItem) -> dict[str, Any]:
    return {name: getattr(item, name) for name in item.__slots__}


def shopify_sample(_path: Path) -> Sample:
    stub = Stub()
    lamp = stub.list(1, "SKU-A", 7)
    desk = stub.list(2, "SKU-B", 0)
    stub.cart(1, desk, 3)
    stub.order(1, lamp, 2)
    stub.order(2, lamp, 1, fulfilled=1)
    adapter = ShopifyAdapter(stub.url, TOKEN, LOCATION, per_second=1000)
    return Sample(adapter, strange_id="gid://shopify/InventoryItem/99")


def woocommerce_sample(_path: Path) -> Sample:
    shop = woocommerce_contract.Stub()
    lamp = shop.list("SKU-A", 9, variation_of="Lamp")
    desk = shop.list("SKU-B", 0)
    shop.order(lamp, 2)
    shop.order(lamp, 1, status="completed")
    shop.order(desk, 3, status="pending")
    adapter = WooCommerceAdapter(shop.url, woocommerce_contract.KEY, woocommerce_contract.SECRET, per_second=1000)
    return Sample(adapter, strange_id="999999")


KINDS: dict[str, Callable[[Path], Sample]] = {
    "csv": csv_sample,
    "shopify, as documented": shopify_sample,
    "woocommerce, as documented": woocommerce_sample,
    "fake, available": fake_sample(Basis.AVAILABLE),
    "fake, on hand": fake_sample(Basis.ON_HAND),
}


@pytest.fixture(params=[*KINDS, pytest.param("vendure", marks=pytest.mark.xdist_group("vendure"))])
def sample(request: pytest.FixtureRequest, tmp_path: Path) -> Sample:
    if request.param == "vendure":
        return Sample(request.getfixturevalue("contract_shop"), strange_id="999999")
    return KINDS[request.param](tmp_path)


def all_stock(adapter: Adapter) -> Iterator[StockItem]:
    cursor = None
    while True:
        page = adapter.stock(cursor)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


def by_sku(adapter: Adapter) -> dict[str, StockItem]:
    return {item.sku: item for item in all_stock(adapter) if item.sku in ("SKU-A", "SKU-B")}


def quantity(adapter: Adapter, external_id: str) -> int | None:
    [item] = adapter.stock(ids=[external_id]).items
    return item.quantity(adapter.caps.basis)


def write(item: StockItem, units: int, expected: int | None = None) -> StockWrite:
    return StockWrite(uuid.uuid4(), item.external_id, item.sku, units, item.location_id, expected)


def all_orders(adapter: Adapter) -> list[OrderSnapshot]:
    found: list[OrderSnapshot] = []
    cursor = None
    while True:
        page = adapter.orders(NOW - timedelta(hours=1), datetime.now(UTC) + timedelta(minutes=1), cursor)
        found += [order for order in page.items if order.lines[0].sku == "SKU-A"]
        cursor = page.next
        if cursor is None:
            return found


def test_it_says_its_name(sample: Sample) -> None:
    assert sample.adapter.check()


def test_it_lists_its_stock(sample: Sample) -> None:
    found = by_sku(sample.adapter)
    assert sorted(found) == ["SKU-A", "SKU-B"]
    assert found["SKU-A"].quantity(sample.adapter.caps.basis) == 7
    assert found["SKU-B"].quantity(sample.adapter.caps.basis) == 0
    assert found["SKU-A"].title
    assert found["SKU-A"].price is not None
    assert len({item.external_id for item in all_stock(sample.adapter)}) == len(list(all_stock(sample.adapter)))


def test_it_takes_absolute_quantities_and_reads_them_back(sample: Sample) -> None:
    adapter, found = sample.adapter, by_sku(sample.adapter)
    writes = [write(found["SKU-A"], 12, 7), write(found["SKU-B"], 3, 0)]
    results = adapter.write_stock(writes)
    assert {result.key: result.outcome for result in results} == {each.key: Outcome.APPLIED for each in writes}
    assert [quantity(adapter, item.external_id) for item in (found["SKU-A"], found["SKU-B"])] == [12, 3]
    again = adapter.write_stock([write(found["SKU-A"], 12, 12)])  # the same once more changes nothing
    assert [result.outcome for result in again] == [Outcome.APPLIED]
    assert by_sku(adapter)["SKU-A"].quantity(adapter.caps.basis) == 12
    adapter.write_stock([write(found["SKU-A"], 0, 12)])
    assert quantity(adapter, found["SKU-A"].external_id) == 0


def test_a_bad_item_does_no_harm_to_others(sample: Sample) -> None:
    if sample.strange_id is None:
        pytest.skip("this kind takes any item")
    adapter, item = sample.adapter, by_sku(sample.adapter)["SKU-A"]
    strange = StockWrite(uuid.uuid4(), sample.strange_id, "NONE", 1, item.location_id)
    good = write(item, 5, 7)
    if adapter.caps.atomic_batch:
        with pytest.raises(BadRequest):
            adapter.write_stock([good, strange])
        assert quantity(adapter, item.external_id) == 7
    else:
        outcomes = {result.key: result.outcome for result in adapter.write_stock([good, strange])}
        assert outcomes == {good.key: Outcome.APPLIED, strange.key: Outcome.REJECTED}


def test_a_stale_expectation_writes_nothing(sample: Sample) -> None:
    adapter, item = sample.adapter, by_sku(sample.adapter)["SKU-A"]
    if not adapter.caps.compare_and_set:
        pytest.skip("this kind does not compare before it sets")
    [result] = adapter.write_stock([write(item, 5, 6)])
    assert result.outcome is Outcome.STALE
    assert result.current in (7, None)
    assert quantity(adapter, item.external_id) == 7


def test_it_tells_its_orders(sample: Sample) -> None:
    orders = all_orders(sample.adapter)
    by_state = {order.state: order for order in orders}
    assert sorted(by_state) == ["placed", "shipped"]
    [line] = by_state["placed"].lines
    assert (line.sku, line.ordered, line.open, line.fulfilled, line.cancelled) == ("SKU-A", 2, 2, 0, 0)
    assert line.unit_price > 0
    [sent] = by_state["shipped"].lines
    assert (sent.ordered, sent.open, sent.fulfilled) == (1, 0, 1)
    for order in orders:
        assert order.placed_at is not None
        assert order.placed_at.tzinfo is not None
        assert order.updated_at.tzinfo is not None
    assert len({order.external_id for order in orders}) == len(orders)


def test_it_finds_orders_by_id(sample: Sample) -> None:
    order = next(each for each in all_orders(sample.adapter) if each.state == "placed")
    assert sample.adapter.orders_by_id([order.external_id, "999999999"]) == [order]


def all_carts(adapter: Adapter, since: datetime) -> list[OrderSnapshot]:
    assert adapter.caps.tells_carts
    teller, cursor = cast("TellsCarts", adapter), None
    found: list[OrderSnapshot] = []
    while True:
        page = teller.carts(since, cursor)
        found += [cart for cart in page.items if "SKU-B" in {line.sku for line in cart.lines}]
        cursor = page.next
        if cursor is None:
            return found


def test_it_tells_its_carts(sample: Sample) -> None:
    if not sample.adapter.caps.tells_carts:
        pytest.skip("this kind tells no carts")
    [cart] = all_carts(sample.adapter, NOW - timedelta(hours=1))
    [line] = cart.lines
    assert (cart.state, cart.customer_email, cart.currency) == ("cart", "jane@example.org", "GBP")
    assert (line.sku, line.ordered, line.open, line.fulfilled) == ("SKU-B", 3, 3, 0)
    assert line.unit_price > 0
    assert cart.updated_at.tzinfo is not None
    assert cart.placed_at is None
    assert all_carts(sample.adapter, datetime.now(UTC) + timedelta(hours=1)) == []
    teller = cast("TellsCarts", sample.adapter)
    assert teller.carts_by_id([cart.external_id, "999999999"]) == [cart]
    assert cart.external_id not in {order.external_id for order in all_orders(sample.adapter)}
    assert sample.adapter.orders_by_id([cart.external_id]) == []


def test_every_kind_is_declared_well() -> None:
    for kind in kinds.every():
        assert kind.caps.max_batch > 0
        assert kind.caps.page_size > 0
        assert len({setting.name for setting in kind.settings}) == len(kind.settings)
        assert str(kind.purpose)
