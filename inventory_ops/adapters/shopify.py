"""Kind `shopify`: a Shopify shop over its GraphQL Admin API.

Written from the public documentation (shopify.dev: inventorySetQuantities with changeFromQuantity, @idempotent,
abandonedCheckouts, webhooks) and tried against a stand-in that holds requests to it, **not yet against the live
service**.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from inventory_ops.adapters import web
from inventory_ops.adapters.kinds import Kind, Setting, register
from inventory_ops.adapters.protocol import (
    AuthFailed,
    BadRequest,
    Basis,
    Capabilities,
    OrderLine,
    OrderSnapshot,
    OrderState,
    Outcome,
    Page,
    RateLimited,
    StockItem,
    StockWrite,
    Unavailable,
    Webhook,
    WebhookRefused,
    WriteResult,
)

VERSION = "2026-04"
MOST_TRIES = 4  # of one batch, each without the items that the try before was refused for

_ITEM = """id sku tracked variant{displayName price} inventoryLevel(locationId:$l){
  quantities(names:["available","on_hand","committed"]){name quantity}}"""
_PAGE = "pageInfo{hasNextPage endCursor}"
_STOCK = (
    "query($l:ID!,$n:Int!,$c:String){shop{currencyCode} "
    f"inventoryItems(first:$n,after:$c){{nodes{{{_ITEM}}} {_PAGE}}}}}"
)
_STOCK_BY_ID = f"query($l:ID!,$ids:[ID!]!){{shop{{currencyCode}} nodes(ids:$ids){{...on InventoryItem{{{_ITEM}}}}}}}"
_SET = """mutation($input:InventorySetQuantitiesInput!,$key:String!){
  inventorySetQuantities(input:$input)@idempotent(key:$key){userErrors{field message code}}}"""
_ORDER = """id name createdAt updatedAt cancelledAt currencyCode email displayFinancialStatus displayFulfillmentStatus
  lineItems(first:250){nodes{id sku quantity currentQuantity discountedUnitPriceSet{shopMoney{amount}}
    variant{inventoryItem{id}}}}
  fulfillments{status fulfillmentLineItems(first:250){nodes{quantity lineItem{id}}}}"""
_ORDERS = (
    "query($q:String!,$n:Int!,$c:String)"
    f"{{orders(first:$n,after:$c,query:$q,sortKey:UPDATED_AT){{nodes{{{_ORDER}}} {_PAGE}}}}}"
)
_CART = """id name updatedAt completedAt abandonedCheckoutUrl discountCodes totalDiscountSet{shopMoney{amount}}
  totalPriceSet{shopMoney{currencyCode}} customer{defaultEmailAddress{emailAddress marketingState}}
  lineItems(first:250){nodes{id sku quantity discountedUnitPriceSet{shopMoney{amount}} variant{inventoryItem{id}}}}"""
_CARTS = (
    f"query($q:String!,$n:Int!,$c:String){{abandonedCheckouts(first:$n,after:$c,query:$q){{nodes{{{_CART}}} {_PAGE}}}}}"
)
_CARTS_BY_ID = f"query($ids:[ID!]!){{nodes(ids:$ids){{...on AbandonedCheckout{{{_CART}}}}}}}"
_ORDERS_BY_ID = f"query($ids:[ID!]!){{nodes(ids:$ids){{...on Order{{{_ORDER}}}}}}}"


class ShopifyAdapter:
    """One location of one shop. Items are known by their inventory item's id."""

    caps: ClassVar[Capabilities] = Capabilities(
        basis=Basis.AVAILABLE,
        max_batch=250,
        page_size=50,
        compare_and_set=True,
        idempotency_key=True,
        overlap=timedelta(minutes=2),
        tells_carts=True,
        requests_per_second=2,
    )

    def __init__(self, url: str, token: str, location: str, *, webhook_secret: str = "", per_second: float = 2) -> None:
        self._client = web.Client(url, {"X-Shopify-Access-Token": token}, per_second=per_second)
        self._location = location
        self._webhook_secret = webhook_secret

    def check(self) -> str:
        data = self._ask("query($l:ID!){shop{name} location(id:$l){name}}", {"l": self._location})
        with web.understood():
            if data["location"] is None:
                raise BadRequest("The shop has no such location.")
            return web.text(f"{data['shop']['name']}, {data['location']['name']}")

    def stock(self, cursor: str | None = None, *, ids: Sequence[str] = ()) -> Page[StockItem]:
        if ids:
            data = self._ask(_STOCK_BY_ID, {"l": self._location, "ids": list(ids)})
            with web.understood():
                currency = web.text(data["shop"]["currencyCode"], 3)
                return Page(tuple(self._item(each, currency) for each in data["nodes"] if each))
        data = self._ask(_STOCK, {"l": self._location, "n": self.caps.page_size, "c": cursor})
        with web.understood():
            currency, found = web.text(data["shop"]["currencyCode"], 3), data["inventoryItems"]
            items = tuple(self._item(each, currency) for each in found["nodes"])
            return Page(items, found["pageInfo"]["endCursor"] if found["pageInfo"]["hasNextPage"] else None)

    def _item(self, item: Mapping[str, Any], currency: str) -> StockItem:
        level = item["inventoryLevel"]
        units = {each["name"]: int(each["quantity"]) for each in level["quantities"]} if level else {}
        return StockItem(
            external_id=web.text(item["id"]),
            sku=web.text(item["sku"]),
            title=web.text(item["variant"]["displayName"], 300),
            location_id=self._location,
            on_hand=units.get("on_hand"),
            committed=units.get("committed"),
            available=units.get("available"),
            price=Decimal(item["variant"]["price"]),
            currency=currency,
            tracked=bool(item["tracked"]) and level is not None,
        )

    def write_stock(self, writes: Sequence[StockWrite]) -> list[WriteResult]:
        left, results = list(writes), []
        for _try in range(MOST_TRIES):
            errors = self._set(left)
            if not errors:
                results += [WriteResult(each.key, Outcome.APPLIED, current=each.quantity) for each in left]
                left = []
                break
            results += [
                WriteResult(left[n].key, outcome, message=message) for n, (outcome, message) in sorted(errors.items())
            ]
            left = [each for n, each in enumerate(left) if n not in errors]
            if not left:
                break
        results += [WriteResult(each.key, Outcome.UNKNOWN) for each in left]
        return self._with_current(writes, results)

    def _set(self, writes: Sequence[StockWrite]) -> dict[int, tuple[Outcome, str]]:
        """One mutation; answers what was refused, by position. Refused means that none of them was written."""
        quantities = [
            {
                "inventoryItemId": each.external_id,
                "locationId": self._location,
                "quantity": each.quantity,
                "changeFromQuantity": each.expected,  # has to be given: null writes without comparing
            }
            for each in writes
        ]
        # the same writes go out again under the same key; other ones, or another comparison, are another operation
        name = json.dumps([str(each.key) for each in writes] + quantities, sort_keys=True)
        key = str(uuid.uuid5(uuid.NAMESPACE_OID, name))
        content = {"name": "available", "reason": "correction", "quantities": quantities}
        data = self._ask(_SET, {"input": content, "key": key}, writes=True)
        with web.understood(writes=True):
            errors = data["inventorySetQuantities"]["userErrors"]
        refused: dict[int, tuple[Outcome, str]] = {}
        for error in errors:
            with web.understood(writes=True):
                place = [part for part in error["field"] or [] if str(part).isdigit()]
                stale = error["code"] == "CHANGE_FROM_QUANTITY_STALE"
                message = web.text(error["message"], 500)
            if not place or int(place[0]) >= len(writes):
                raise BadRequest(f"It refuses the quantities: {message}")
            refused[int(place[0])] = (Outcome.STALE if stale else Outcome.REJECTED, message)
        return refused

    def _with_current(self, writes: Sequence[StockWrite], results: list[WriteResult]) -> list[WriteResult]:
        """Tell what the shop has where it was not what we thought."""
        names = {each.key: each.external_id for each in writes}
        stale = [names[each.key] for each in results if each.outcome is Outcome.STALE]
        if not stale:
            return results
        there = {item.external_id: item.available for item in self.stock(ids=stale).items}
        return [
            WriteResult(each.key, each.outcome, there.get(names[each.key]), each.message)
            if each.outcome is Outcome.STALE
            else each
            for each in results
        ]

    def orders(self, since: datetime, until: datetime, cursor: str | None = None) -> Page[OrderSnapshot]:
        query = f"updated_at:>='{since.isoformat()}'"
        data = self._ask(_ORDERS, {"q": query, "n": self.caps.page_size, "c": cursor})
        with web.understood():
            found = data["orders"]
            orders = tuple(_snapshot(each) for each in found["nodes"])
            return Page(orders, found["pageInfo"]["endCursor"] if found["pageInfo"]["hasNextPage"] else None)

    def orders_by_id(self, ids: Sequence[str]) -> list[OrderSnapshot]:
        data = self._ask(_ORDERS_BY_ID, {"ids": list(ids)})
        with web.understood():
            return [_snapshot(each) for each in data["nodes"] if each]

    def carts(self, since: datetime, cursor: str | None = None) -> Page[OrderSnapshot]:
        query = f"updated_at:>='{since.isoformat()}'"
        data = self._ask(_CARTS, {"q": query, "n": self.caps.page_size, "c": cursor})
        with web.understood():
            found = data["abandonedCheckouts"]
            carts = tuple(_cart(each) for each in found["nodes"])
            return Page(carts, found["pageInfo"]["endCursor"] if found["pageInfo"]["hasNextPage"] else None)

    def carts_by_id(self, ids: Sequence[str]) -> list[OrderSnapshot]:
        data = self._ask(_CARTS_BY_ID, {"ids": list(ids)})
        with web.understood():
            return [_cart(each) for each in data["nodes"] if each]

    def webhook(self, headers: Mapping[str, str], body: bytes) -> Webhook:
        """Signed with the app's secret over the raw body."""
        web.check_signature(headers.get("X-Shopify-Hmac-Sha256", ""), body, secret=self._webhook_secret)
        try:
            order = str(json.loads(body).get("admin_graphql_api_id") or "")
            delivery = headers["X-Shopify-Webhook-Id"]
        except (ValueError, KeyError, AttributeError, RecursionError) as error:
            raise WebhookRefused("The message is not understood.") from error
        topic = headers.get("X-Shopify-Topic", "")
        is_order = topic.startswith("orders/") and order.startswith("gid://shopify/Order/")
        return Webhook(web.text(delivery), web.text(topic, 100), web.text(order) if is_order else "")

    def _ask(self, query: str, variables: Mapping[str, Any], *, writes: bool = False) -> Any:
        body = {"query": query, "variables": variables}
        answer = self._client.call("POST", f"/admin/api/{VERSION}/graphql.json", body, writes=writes).data
        with web.understood(writes=writes):
            errors = answer.get("errors") or []
            codes = {(each.get("extensions") or {}).get("code") for each in errors}
            message = web.text(errors[0].get("message")) if errors else ""
            data = answer.get("data")
            wait = _throttled(answer.get("extensions") or {}) if "THROTTLED" in codes else 0.0
        if "THROTTLED" in codes:
            raise RateLimited("Too many requests.", retry_after=wait)
        if "ACCESS_DENIED" in codes:
            raise AuthFailed("The access token may not read products, inventory and orders and write inventory.")
        if "INTERNAL_SERVER_ERROR" in codes:
            raise Unavailable(f"Its server fails: {message}.", ambiguous=writes)
        if errors:
            raise BadRequest(f"It refuses the request: {message}")
        if data is None:
            raise Unavailable("Answered no data.", ambiguous=writes)
        return data


def _throttled(extensions: Mapping[str, Any]) -> float:
    """Seconds until the bucket holds what the request costs."""
    cost = extensions.get("cost") or {}
    status = cost.get("throttleStatus") or {}
    missing = float(cost.get("requestedQueryCost", 100)) - float(status.get("currentlyAvailable", 0))
    return min(max(missing / float(status.get("restoreRate", 50)), 0.5), web.LONGEST_WAIT)


def _snapshot(order: Mapping[str, Any]) -> OrderSnapshot:
    fulfilled: dict[str, int] = {}
    for fulfilment in order["fulfillments"]:
        if fulfilment["status"] not in ("CANCELLED", "ERROR", "FAILURE"):
            for line in fulfilment["fulfillmentLineItems"]["nodes"]:
                key = str(line["lineItem"]["id"])
                fulfilled[key] = fulfilled.get(key, 0) + int(line["quantity"])
    cancelled = order["cancelledAt"] is not None
    lines = tuple(_line(each, fulfilled.get(str(each["id"]), 0), cancelled) for each in order["lineItems"]["nodes"])
    state: OrderState = "cancelled"
    if any(line.open for line in lines):
        state = "placed"
    elif any(line.fulfilled for line in lines):
        state = "shipped"
    return OrderSnapshot(
        external_id=web.text(order["id"]),
        number=web.text(order["name"], 100).lstrip("#"),
        state=state,
        raw_state=web.text(f"{order['displayFinancialStatus']} {order['displayFulfillmentStatus']}", 100),
        placed_at=datetime.fromisoformat(order["createdAt"]),
        updated_at=datetime.fromisoformat(order["updatedAt"]),
        currency=web.text(order["currencyCode"], 3),
        lines=lines,
        customer_email=web.text(order["email"], 254),
    )


def _line(line: Mapping[str, Any], fulfilled: int, cancelled: bool) -> OrderLine:
    """`currentQuantity` is what is left after refunds and edits."""
    ordered = int(line["quantity"])
    kept = min(int(line["currentQuantity"]), ordered)
    variant = line["variant"] or {}
    return OrderLine(
        external_id=web.text(line["id"]),
        variant_id=web.text((variant.get("inventoryItem") or {}).get("id")),
        sku=web.text(line["sku"]),
        ordered=ordered,
        open=0 if cancelled else max(kept - fulfilled, 0),
        fulfilled=min(fulfilled, ordered),
        unit_price=Decimal(line["discountedUnitPriceSet"]["shopMoney"]["amount"]),
        returned=max(min(fulfilled, ordered) - kept, 0),
    )


def _cart(cart: Mapping[str, Any]) -> OrderSnapshot:
    """A checkout; the order that it becomes is another object, and does not name it. Its note is the shop's own."""
    codes = [web.text(each, 100) for each in cart["discountCodes"]]
    address = (cart["customer"] or {}).get("defaultEmailAddress") or {}
    return OrderSnapshot(
        external_id=web.text(cart["id"]),
        number=f"C{web.text(cart['name'], 99).lstrip('#')}",  # the shop counts checkouts apart from orders
        state="completed" if cart["completedAt"] else "cart",
        raw_state="completed" if cart["completedAt"] else "abandoned",
        placed_at=None,
        updated_at=datetime.fromisoformat(cart["updatedAt"]),
        currency=web.text(cart["totalPriceSet"]["shopMoney"]["currencyCode"], 3),
        lines=tuple(_cart_line(each) for each in cart["lineItems"]["nodes"]),
        customer_email=web.text(address.get("emailAddress"), 254),
        promo_code=", ".join(codes)[:100],
        promo_value=Decimal(cart["totalDiscountSet"]["shopMoney"]["amount"]) if codes else None,
        recovery_url=web.link(cart.get("abandonedCheckoutUrl")),
        marketing_consent=_consents(address.get("marketingState")),
    )


def _consents(state: str | None) -> bool | None:
    """Whoever did not subscribe, or has yet to confirm it, did not agree."""
    return state == "SUBSCRIBED" if state else None


def _cart_line(line: Mapping[str, Any]) -> OrderLine:
    units = int(line["quantity"])
    return OrderLine(
        external_id=web.text(line["id"]),
        variant_id=web.text(((line["variant"] or {}).get("inventoryItem") or {}).get("id")),
        sku=web.text(line["sku"]),
        ordered=units,
        open=units,
        fulfilled=0,
        unit_price=Decimal(line["discountedUnitPriceSet"]["shopMoney"]["amount"]),
    )


def _check_location(text: str) -> None:
    if not text.removeprefix("gid://shopify/Location/").isdigit():
        raise ValueError("Use the location's number, or gid://shopify/Location/ with it.")


def _open(values: Mapping[str, str]) -> ShopifyAdapter:
    number = values.get("location", "").removeprefix("gid://shopify/Location/")
    return ShopifyAdapter(
        values.get("url", ""),
        values.get("access_token", ""),
        f"gid://shopify/Location/{number}",
        webhook_secret=values.get("webhook_secret", ""),
        per_second=ShopifyAdapter.caps.requests_per_second,
    )


register(
    Kind(
        name="shopify",
        label=_("Shopify"),
        purpose=_("A Shopify shop, over its GraphQL Admin API."),
        caps=ShopifyAdapter.caps,
        settings=(
            Setting(
                "url",
                _("Address of the shop"),
                _("Like https://my-shop.myshopify.com"),
                unique=True,
                check=web.check_address,
            ),
            Setting("location", _("Location id"), _("Of the location that is ours."), check=_check_location),
            Setting(
                "access_token",
                _("Access token"),
                _("With read_products, read_inventory, write_inventory, read_orders and, for carts, read_customers."),
                secret=True,
            ),
            Setting(
                "webhook_secret",
                _("Webhook secret"),
                _("The app's API secret; empty: orders are only polled."),
                secret=True,
                required=False,
            ),
        ),
        open=_open,
        webhooks=True,
        untried=True,
    )
)
