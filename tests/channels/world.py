"""Makers of channels for tests."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from django.utils import timezone

from inventory_ops.adapters.protocol import Basis
from inventory_ops.models import Channel, ChannelListing, Merchant, Product, StockBalance
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger
from inventory_ops.operations.channels import exchange
from inventory_ops.operations.channels.exchange import Round
from inventory_ops.operations.ledger import Movement
from tests import make
from tests.channels.fake import SHOPS, Shop

_numbers = itertools.count(1)


def shop(basis: Basis = Basis.AVAILABLE) -> tuple[Shop, str]:
    name = f"shop{next(_numbers)}"
    SHOPS[name] = Shop(basis=basis)
    return SHOPS[name], name


def channel(of: Merchant, *, basis: Basis = Basis.AVAILABLE, **fields: Any) -> tuple[Channel, Shop]:
    """A synced channel of kind `fake` with its shop, started yesterday."""
    made, name = shop(basis)
    values = {
        "code": f"ch{next(_numbers)}",
        "name": f"Channel {name}",
        "kind": "fake",
        "state": Channel.State.SYNCED,
        "options": {"shop": name},
        "started_at": timezone.now() - timedelta(days=1),
    } | fields
    return Channel.objects.create(merchant=of, **values), made


def listing(channel: Channel, product: Product, external_id: str = "", **fields: Any) -> ChannelListing:
    return ChannelListing.objects.create(
        channel=channel,
        merchant_id=product.merchant_id,
        product=product,
        external_id=external_id or f"x-{product.sku}",
        external_sku=product.sku,
        **fields,
    )


def stocked(of: Merchant, units: int, sku: str = "", **fields: Any) -> Product:
    product = make.product(sku, of=of, **fields)
    receive(product, units)
    return product


def receive(product: Product, units: int, **fields: Any) -> None:
    kind = EventKind.RECEIVED if units > 0 else EventKind.SHIPPED
    if units:
        ledger.book([Movement(product.pk, kind, units, **fields)], source=EventSource.CSV)


def listed(of: Merchant, units: int, *channels: tuple[Channel, Shop]) -> Product:
    """A product with stock, listed on each channel as `x-<SKU>` with 0 there."""
    product = stocked(of, units)
    for each, its_shop in channels:
        its_shop.list(product.sku, 0, external_id=f"x-{product.sku}")
        listing(each, product)
    return product


def sync(channel: Channel) -> Round:
    """A round whatever the back-off says."""
    return exchange.sync(channel.pk, force=True)


def stock(product: Product) -> tuple[int, int]:
    """On hand and allocated, of all balances."""
    rows = StockBalance.objects.filter(product=product).values_list("on_hand", "allocated")
    return sum(row[0] for row in rows), sum(row[1] for row in rows)
