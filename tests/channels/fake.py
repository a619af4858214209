"""A shop in memory with every fault that a shop can have. It passes the contract test, like the real kinds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from inventory_ops.adapters import kinds
from inventory_ops.adapters.kinds import Kind, Setting
from inventory_ops.adapters.protocol import (
    AuthFailed,
    BadRequest,
    Basis,
    Capabilities,
    ChannelError,
    OrderLine,
    OrderSnapshot,
    Outcome,
    Page,
    StockItem,
    StockWrite,
    Unavailable,
    WriteResult,
)


@dataclass
class Shop:
    """The shop itself, which lives longer than any connection to it. `basis` is what its quantities mean."""

    basis: Basis = Basis.AVAILABLE
    items: dict[str, StockItem] = field(default_factory=dict)
    placed: dict[str, OrderSnapshot] = field(default_factory=dict)
    left: dict[str, OrderSnapshot] = field(default_factory=dict)  # carts
    written: list[tuple[str, int]] = field(default_factory=list)  # every quantity that arrived, in order
    fault: Callable[[str], ChannelError | str | None] = lambda call: None
    refused: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def list(self, sku: str, quantity: int | None, **fields: object) -> str:
        external_id = str(fields.pop("external_id", f"x-{len(self.items) + 1}"))
        self.items[external_id] = StockItem(
            external_id=external_id,
            sku=sku,
            title=f"Title of {sku}",
            on_hand=quantity,
            available=quantity,
            price=Decimal("9.99"),
            currency="GBP",
            tracked=quantity is not None,
            **fields,  # type: ignore[arg-type]
        )
        return external_id

    def sellable(self, external_id: str) -> int:
        item = self.items[external_id]
        held = sum(
            line.open for order in self.placed.values() for line in order.lines if line.variant_id == external_id
        )
        quantity = item.quantity(self.basis) or 0
        return quantity - (held if self.basis is Basis.ON_HAND else 0)

    def order(self, number: str, at: datetime, **units: int) -> OrderSnapshot:
        """Somebody buys; keyword: external id with _ for -, units."""
        lines = []
        for n, (name, count) in enumerate(units.items()):
            external_id = name.replace("_", "-")
            item = self.items.get(external_id, StockItem(external_id, "STRANGE"))
            lines.append(OrderLine(f"{number}-{n}", external_id, item.sku, count, count, 0, Decimal("9.99")))
            if external_id in self.items and self.basis is Basis.AVAILABLE:
                self._move(external_id, -count)
        self.placed[number] = OrderSnapshot(
            number, number, "placed", "Paid", at, at, "GBP", tuple(lines), customer_email="jane@example.org"
        )
        return self.placed[number]

    def cart(self, number: str, at: datetime, **units: int) -> OrderSnapshot:
        """Somebody puts things into a cart; keyword as for `order`."""
        made = self.order(number, at, **units)
        for line in made.lines:
            if line.variant_id in self.items and self.basis is Basis.AVAILABLE:
                self._move(line.variant_id, line.ordered)
        del self.placed[number]
        self.left[number] = replace(made, state="cart", raw_state="Cart", placed_at=None)
        return self.left[number]

    def buy(self, number: str, at: datetime) -> OrderSnapshot:
        """A cart becomes an order, as it is."""
        cart = self.left.pop(number)
        for line in cart.lines:
            if self.basis is Basis.AVAILABLE:
                self._move(line.variant_id, -line.ordered)
        self.placed[number] = replace(cart, state="placed", raw_state="Paid", placed_at=at, updated_at=at)
        return self.placed[number]

    def cancel(self, number: str, at: datetime, *, units: int | None = None) -> None:
        order = self.placed[number]
        lines = []
        for line in order.lines:
            off = line.open if units is None else min(units, line.open)
            lines.append(replace(line, open=line.open - off))
            if self.basis is Basis.AVAILABLE:
                self._move(line.variant_id, off)
        state = "placed" if any(line.open for line in lines) else "cancelled"
        self.placed[number] = replace(order, state=state, lines=tuple(lines), updated_at=at)  # type: ignore[arg-type]

    def ship(self, number: str, at: datetime) -> None:
        order = self.placed[number]
        for line in order.lines:
            if self.basis is Basis.ON_HAND:
                self._move(line.variant_id, -line.open)
        lines = tuple(replace(line, open=0, fulfilled=line.fulfilled + line.open) for line in order.lines)
        self.placed[number] = replace(order, state="shipped", lines=lines, updated_at=at)

    def _move(self, external_id: str, units: int) -> None:
        item = self.items[external_id]
        self.items[external_id] = replace(
            item, on_hand=(item.on_hand or 0) + units, available=(item.available or 0) + units
        )


SHOPS: dict[str, Shop] = {}


class FakeChannel:
    """The adapter. `fault(call)` may answer an error to raise, or "lost": applied, but the answer never comes."""

    caps: ClassVar[Capabilities] = Capabilities(
        basis=Basis.AVAILABLE,
        max_batch=10,
        page_size=3,
        atomic_batch=True,
        reread_open_orders=True,
        tells_carts=True,
    )

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def _call(self, name: str) -> bool:
        self.shop.calls.append(name)
        fault = self.shop.fault(name)
        if isinstance(fault, ChannelError):
            raise fault
        return fault == "lost"

    def check(self) -> str:
        self._call("check")
        return "Fake shop"

    def stock(self, cursor: str | None = None, *, ids: Sequence[str] = ()) -> Page[StockItem]:
        self._call("stock")
        if ids:
            return Page(tuple(self.shop.items[each] for each in ids if each in self.shop.items))
        items, start = list(self.shop.items.values()), int(cursor or 0)
        part = tuple(items[start : start + self.caps.page_size])
        more = start + len(part) < len(items)
        return Page(part, str(start + len(part)) if more else None, len(items))

    def write_stock(self, writes: Sequence[StockWrite]) -> list[WriteResult]:
        assert len(writes) <= self.caps.max_batch
        lost = self._call("write_stock")
        with self.shop.lock:
            for write in writes:
                if write.external_id in self.shop.refused or write.external_id not in self.shop.items:
                    raise BadRequest(f"no item {write.external_id}")
            for write in writes:
                item = self.shop.items[write.external_id]
                self.shop.items[write.external_id] = replace(item, on_hand=write.quantity, available=write.quantity)
                self.shop.written.append((write.external_id, write.quantity))
        if lost:
            raise Unavailable("The connection broke.", ambiguous=True)
        return [WriteResult(write.key, Outcome.APPLIED) for write in writes]

    def orders(self, since: datetime, until: datetime, cursor: str | None = None) -> Page[OrderSnapshot]:
        self._call("orders")
        return Page(tuple(order for order in self.shop.placed.values() if since <= order.updated_at))

    def orders_by_id(self, ids: Sequence[str]) -> list[OrderSnapshot]:
        self._call("orders_by_id")
        return [self.shop.placed[each] for each in ids if each in self.shop.placed]

    def carts(self, since: datetime, cursor: str | None = None) -> Page[OrderSnapshot]:
        self._call("carts")
        found = [cart for cart in self.shop.left.values() if since <= cart.updated_at]
        start = int(cursor or 0)
        more = start + self.caps.page_size < len(found)
        return Page(
            tuple(found[start : start + self.caps.page_size]), str(start + self.caps.page_size) if more else None
        )

    def carts_by_id(self, ids: Sequence[str]) -> list[OrderSnapshot]:
        assert len(ids) <= self.caps.page_size
        self._call("carts_by_id")
        known = {**self.shop.left, **self.shop.placed}
        return [known[each] for each in ids if each in known]


class OnHandChannel(FakeChannel):
    caps: ClassVar[Capabilities] = replace(FakeChannel.caps, basis=Basis.ON_HAND)


def _open(values: Mapping[str, str]) -> FakeChannel:
    if values.get("secret") == "wrong":
        raise AuthFailed("The credentials are refused.")
    shop = SHOPS[values["shop"]]
    return OnHandChannel(shop) if shop.basis is Basis.ON_HAND else FakeChannel(shop)


def long_ago() -> datetime:
    return datetime.now(UTC) - timedelta(days=1)


with kinds._kinds.opened(keep=True):  # after the apps are ready
    kinds.register(
        Kind(
            name="fake",
            label="Fake",
            purpose="For tests",
            caps=FakeChannel.caps,
            settings=(
                Setting("shop", "Shop", unique=True),
                Setting("secret", "Secret", secret=True, required=False),
            ),
            open=_open,
        )
    )
