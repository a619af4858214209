"""Kind `vendure`: a Vendure shop over its Admin API (GraphQL), with an API key of a role that reads and sets stock.

What its documentation does not tell: `updatedAt` of an order does not move when it is paid or shipped, nor that of a
cart when a payment fails, so open orders and known carts are read again each round; a refused key answers HTTP 200; a
batch is all or nothing; its own counter of allocated units loses updates, so we count from orders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from inventory_ops.adapters import web
from inventory_ops.adapters.kinds import Kind, Setting, register
from inventory_ops.adapters.protocol import (
    AuthFailed,
    BadRequest,
    Basis,
    Capabilities,
    FailedPayment,
    OrderLine,
    OrderSnapshot,
    OrderState,
    Outcome,
    Page,
    StockItem,
    StockWrite,
    Unavailable,
    WriteResult,
)

MOVED_UP = 10  # carts bought while a page is read
CARTS = {"AddingItems", "ArrangingPayment", "Draft", "Created"}
REFUSED = {
    "ENTITY_NOT_FOUND",
    "USER_INPUT_ERROR",
    "BAD_USER_INPUT",
    "GRAPHQL_VALIDATION_FAILED",
    "GRAPHQL_PARSE_FAILED",
}

_VARIANTS = """query($o:ProductVariantListOptions){productVariants(options:$o){totalItems items{
  id sku name enabled price currencyCode trackInventory stockLevels{stockLocationId stockOnHand stockAllocated}}}}"""
_SET_STOCK = """mutation($i:[UpdateProductVariantInput!]!){updateProductVariants(input:$i){
  id stockLevels{stockLocationId stockOnHand}}}"""
_ORDERS = """query($o:OrderListOptions){orders(options:$o){totalItems items{
  id code state active orderPlacedAt updatedAt currencyCode customer{emailAddress}
  lines{id quantity orderPlacedQuantity discountedUnitPrice productVariant{id sku}}
  fulfillments{state lines{orderLineId quantity}}}}}"""
# of carts, also what the customer tried
_CARTS = _ORDERS.replace(
    "lines{id ", "couponCodes discounts{amount} payments{createdAt state errorMessage metadata} lines{id updatedAt ", 1
)
_CHECK = "{productVariants(options:{take:1}){totalItems} orders(options:{take:1}){totalItems}}"


class VendureAdapter:
    """One shop. `location` is the id of the stock location that is ours; '' takes each variant's first."""

    caps: ClassVar[Capabilities] = Capabilities(
        basis=Basis.ON_HAND,
        max_batch=200,
        page_size=100,
        atomic_batch=True,
        overlap=timedelta(seconds=60),
        reread_open_orders=True,
        tells_carts=True,
        requests_per_second=20,
    )

    def __init__(self, url: str, api_key: str, *, location: str = "") -> None:
        self._client = web.Client(url, {"vendure-api-key": api_key}, per_second=self.caps.requests_per_second)
        self._location = location

    def check(self) -> str:
        data = self._ask(_CHECK)
        with web.understood():
            count = int(data["productVariants"]["totalItems"])
        return f"{urlsplit(self._client.base_url).hostname} ({count} variants)"

    def stock(self, cursor: str | None = None, *, ids: Sequence[str] = ()) -> Page[StockItem]:
        skip = int(cursor or 0)
        options: dict[str, Any] = {"take": self.caps.page_size, "skip": skip, "sort": {"id": "ASC"}}
        if ids:
            options = {"take": len(ids), "filter": {"id": {"in": list(ids)}}}
        data = self._ask(_VARIANTS, {"o": options})
        with web.understood():
            found = data["productVariants"]
            items = tuple(self._item(each) for each in found["items"])
            more = not ids and items and skip + len(items) < int(found["totalItems"])
            return Page(items, str(skip + len(items)) if more else None, int(found["totalItems"]))

    def _item(self, variant: Mapping[str, Any]) -> StockItem:
        levels = variant["stockLevels"]
        level = next((each for each in levels if self._location in ("", each["stockLocationId"])), None)
        on_hand = int(level["stockOnHand"]) if level else 0
        committed = int(level["stockAllocated"]) if level else 0
        return StockItem(
            external_id=web.text(variant["id"]),
            sku=web.text(variant["sku"]),
            title=web.text(variant["name"], 300),
            location_id=web.text(level["stockLocationId"]) if level else self._location,
            on_hand=on_hand,
            committed=committed,
            available=on_hand - committed,
            price=Decimal(int(variant["price"])) / 100,
            currency=web.text(variant["currencyCode"], 3),
            tracked=variant["trackInventory"] != "FALSE",
            enabled=bool(variant["enabled"]),
        )

    def write_stock(self, writes: Sequence[StockWrite]) -> list[WriteResult]:
        data = self._ask(_SET_STOCK, {"i": [self._input(each) for each in writes]}, writes=True)
        with web.understood(writes=True):
            known = {str(each["id"]) for each in data["updateProductVariants"]}
        return [
            WriteResult(each.key, Outcome.APPLIED if each.external_id in known else Outcome.UNKNOWN) for each in writes
        ]

    @staticmethod
    def _input(write: StockWrite) -> dict[str, Any]:
        if not write.location_id:  # never stocked anywhere: the short form writes the shop's first location
            return {"id": write.external_id, "stockOnHand": write.quantity}
        level = {"stockLocationId": write.location_id, "stockOnHand": write.quantity}
        return {"id": write.external_id, "stockLevels": [level]}

    def orders(self, since: datetime, until: datetime, cursor: str | None = None) -> Page[OrderSnapshot]:
        skip = int(cursor or 0)
        after = {"after": since.isoformat()}
        wanted = {"active": {"eq": False}, "_or": [{"updatedAt": after}, {"orderPlacedAt": after}]}
        options = {"take": self.caps.page_size, "skip": skip, "sort": {"id": "ASC"}, "filter": wanted}
        data = self._ask(_ORDERS, {"o": options})
        with web.understood():
            found = data["orders"]
            more = found["items"] and skip + len(found["items"]) < int(found["totalItems"])
            orders = tuple(_snapshot(each) for each in found["items"] if _is_order(each))
            return Page(orders, str(skip + len(found["items"])) if more else None, int(found["totalItems"]))

    def orders_by_id(self, ids: Sequence[str]) -> list[OrderSnapshot]:
        data = self._ask(_ORDERS, {"o": {"take": len(ids), "filter": {"id": {"in": list(ids)}}}})
        with web.understood():
            return [_snapshot(each) for each in data["orders"]["items"] if _is_order(each)]

    def carts(self, since: datetime, cursor: str | None = None) -> Page[OrderSnapshot]:
        skip = int(cursor or 0)
        wanted = {"active": {"eq": True}, "updatedAt": {"after": since.isoformat()}}
        data = self._ask(
            _CARTS,
            {"o": {"take": self.caps.page_size, "skip": skip, "sort": {"id": "ASC"}, "filter": wanted}},
        )
        with web.understood():
            found = data["orders"]
            read = skip + len(found["items"])
            more = found["items"] and read < int(found["totalItems"])
            carts = tuple(_cart(each) for each in found["items"])
            # carts that are bought while we read move up those behind them: read some again rather than miss them
            return Page(carts, str(max(read - MOVED_UP, skip + 1)) if more else None, int(found["totalItems"]))

    def carts_by_id(self, ids: Sequence[str]) -> list[OrderSnapshot]:
        data = self._ask(_CARTS, {"o": {"take": len(ids), "filter": {"id": {"in": list(ids)}}}})
        with web.understood():
            found = data["orders"]["items"]
            return [_cart(each) if each["active"] else _snapshot(each) for each in found if _is_told(each)]

    def _ask(self, query: str, variables: Mapping[str, Any] | None = None, *, writes: bool = False) -> Any:
        """Data of one request. Errors come as HTTP 200, and so does a refused key."""
        body = {"query": query, "variables": variables or {}}
        answer = self._client.call("POST", "/admin-api", body, writes=writes).data
        with web.understood(writes=writes):
            errors = answer.get("errors") or []
            codes = {str((each.get("extensions") or {}).get("code", "")) for each in errors}
            message = web.text(errors[0].get("message", "")) if errors else ""
            data = answer.get("data")
        if codes & {"FORBIDDEN", "UNAUTHORIZED"}:
            raise AuthFailed("The API key is refused, or its role may not read the catalogue and orders and set stock.")
        if codes & REFUSED:
            raise BadRequest(f"It refuses the request: {message}")
        if errors or data is None:
            raise Unavailable(f"Its server fails: {message or 'no data'}.", ambiguous=writes)
        return data


def _snapshot(order: Mapping[str, Any]) -> OrderSnapshot:
    """Units of a fulfilment have left the shelf when it is made, not when it is shipped."""
    fulfilled: dict[str, int] = {}
    for fulfilment in order["fulfillments"] or []:
        if fulfilment["state"] != "Cancelled":
            for line in fulfilment["lines"]:
                key = str(line["orderLineId"])
                fulfilled[key] = fulfilled.get(key, 0) + int(line["quantity"])
    lines = tuple(_line(each, fulfilled.get(str(each["id"]), 0)) for each in order["lines"])
    state: OrderState = "cancelled"
    if any(line.open for line in lines):
        state = "placed"
    elif any(line.fulfilled > line.returned for line in lines):
        state = "shipped"
    placed = order["orderPlacedAt"]
    return OrderSnapshot(
        external_id=web.text(order["id"]),
        number=web.text(order["code"], 100),
        state=state,
        raw_state=web.text(order["state"], 100),
        placed_at=datetime.fromisoformat(placed) if placed else None,
        updated_at=datetime.fromisoformat(order["updatedAt"]),
        currency=web.text(order["currencyCode"], 3),
        lines=lines,
        customer_email=web.text((order["customer"] or {}).get("emailAddress"), 254),
    )


def _cart(order: Mapping[str, Any]) -> OrderSnapshot:
    """Choosing how to ship moves a line's `updatedAt` alone, and a failed payment none at all."""
    failed = tuple(
        FailedPayment(datetime.fromisoformat(each["createdAt"]), web.text(each["state"], 50), _words(each))
        for each in order["payments"] or []
        if each["state"] in ("Declined", "Error")
    )
    codes = [web.text(each, 100) for each in order["couponCodes"]]
    value = -sum(int(each["amount"]) for each in order["discounts"])
    snapshot = _snapshot(order)
    touched = (datetime.fromisoformat(each["updatedAt"]) for each in order["lines"])
    return replace(
        snapshot,
        state="cart",
        updated_at=max([snapshot.updated_at, *touched, *(each.at for each in failed)]),
        promo_code=", ".join(codes)[:100],
        promo_value=Decimal(value) / 100 if codes else None,
        failed_payments=failed,
    )


def _words(payment: Mapping[str, Any]) -> str:
    """The processor's; its other metadata may hold anything, and is not ours to keep."""
    metadata = payment["metadata"]
    told = metadata.get("errorMessage") if isinstance(metadata, dict) else None
    return web.text(payment["errorMessage"] or (told if isinstance(told, str) else ""), 300)


def _is_order(order: Mapping[str, Any]) -> bool:
    """Not a cart; nor one that staff cancelled, which was never placed and keeps its quantities."""
    return order["state"] not in CARTS and (order["orderPlacedAt"] is not None or order["state"] != "Cancelled")


def _is_told(order: Mapping[str, Any]) -> bool:
    return bool(order["active"]) or _is_order(order)


def _line(line: Mapping[str, Any], fulfilled: int) -> OrderLine:
    """`quantity` is what is left after cancellations; cancelling what was fulfilled is a return."""
    kept = int(line["quantity"])
    ordered = max(int(line["orderPlacedQuantity"]), kept, fulfilled)
    return OrderLine(
        external_id=web.text(line["id"]),
        variant_id=web.text(line["productVariant"]["id"]),
        sku=web.text(line["productVariant"]["sku"]),
        ordered=ordered,
        open=max(kept - fulfilled, 0),
        fulfilled=fulfilled,
        unit_price=Decimal(int(line["discountedUnitPrice"])) / 100,
        returned=max(fulfilled - kept, 0),
    )


def _open(values: Mapping[str, str]) -> VendureAdapter:
    return VendureAdapter(values.get("url", ""), values.get("api_key", ""), location=values.get("location", ""))


register(
    Kind(
        name="vendure",
        label=_("Vendure"),
        purpose=_("A Vendure shop, over its Admin API."),
        caps=VendureAdapter.caps,
        settings=(
            Setting(
                "url",
                _("Address of the shop server"),
                _("Without /admin-api, like https://shop.example.com"),
                unique=True,
                check=web.check_address,
            ),
            Setting(
                "api_key",
                _("API key"),
                _("Of a role with ReadCatalog, UpdateCatalog and ReadOrder, and nothing else."),
                secret=True,
            ),
            Setting(
                "location",
                _("Stock location id"),
                _("Only needed where the shop has several stock locations."),
                required=False,
            ),
        ),
        open=_open,
    )
)
