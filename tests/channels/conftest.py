"""One real shop server for all tests that need it, in one process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.channels import proxy, vendure_shop
from tests.channels.vendure_shop import Shop

SKUS = {"SKU-A": 7, "SKU-B": 0} | {f"V-{n:02}": 60 for n in range(1, 21)}


@dataclass
class Shops:
    """Two shops with the same goods, the API key for both, and a proxy before each that can fail."""

    one: Shop
    two: Shop
    api_key: str
    doors: dict[str, proxy.Door]


@pytest.fixture(scope="session")
def shops() -> Iterator[Shops]:
    if reason := vendure_shop.why_not():
        pytest.skip(reason)
    with vendure_shop.shops(SKUS, names=("shop_one", "shop_two")) as (made, key):
        doors = {shop.name: proxy.Door(shop.port) for shop in made}
        try:
            yield Shops(made[0], made[1], key, doors)
        finally:
            for door in doors.values():
                door.close()


@pytest.fixture(scope="session")
def _contract_orders(shops: Shops) -> None:
    shops.one.set_stock("SKU-A", 10)
    shops.one.buy("SKU-A", 2)
    shops.one.fulfil(shops.one.buy("SKU-A", 1))
    shops.one.set_stock("SKU-B", 3)
    shops.one.introduce(shops.one.cart("SKU-B", 3), "jane@example.org")


@pytest.fixture
def contract_shop(shops: Shops, _contract_orders: None) -> Any:
    from inventory_ops.adapters.vendure import VendureAdapter

    shops.one.set_stock("SKU-A", 7)
    shops.one.set_stock("SKU-B", 0)
    return VendureAdapter(shops.one.url, shops.api_key)
