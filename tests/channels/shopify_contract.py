"""The documented contract of Shopify's GraphQL Admin API, as a server that holds us to it.

Hand-written after shopify.dev (version 2026-04): inventorySetQuantities, inventoryItems, orders, abandonedCheckouts,
cost and throttling.
It knows no more than the documents say, and refuses what they forbid. It is not Shopify.
"""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOCATION = "gid://shopify/Location/1"
TOKEN = "shpat_test"


class Stub:
    """A shop's state and its HTTP server."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.orders: list[dict[str, Any]] = []
        self.checkouts: list[dict[str, Any]] = []
        self.keys: dict[str, tuple[str, Any]] = {}
        self.throttled = 0
        self.hides_customers = False  # the token lacks read_customers
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, answer = stub.answer(self.path, dict(self.headers), body)
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def list(self, number: int, sku: str, available: int) -> str:
        key = f"gid://shopify/InventoryItem/{number}"
        self.items[key] = {
            "id": key,
            "sku": sku,
            "tracked": True,
            "variant": {"displayName": f"Product {sku}", "price": "19.99"},
            "available": available,
        }
        return key

    def order(self, number: int, item: str, units: int, *, fulfilled: int = 0, **fields: Any) -> dict[str, Any]:
        line = f"gid://shopify/LineItem/{number}"
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        made = {
            "id": f"gid://shopify/Order/{number}",
            "name": f"#{number}",
            "createdAt": now,
            "updatedAt": now,
            "cancelledAt": None,
            "currencyCode": "GBP",
            "email": "jane@example.org",
            "displayFinancialStatus": "PAID",
            "displayFulfillmentStatus": "FULFILLED" if fulfilled else "UNFULFILLED",
            "lineItems": {"nodes": [{
                "id": line, "sku": self.items[item]["sku"], "quantity": units, "currentQuantity": units,
                "discountedUnitPriceSet": {"shopMoney": {"amount": "19.99"}},
                "variant": {"inventoryItem": {"id": item}},
            }]},
            "fulfillments": [{"status": "SUCCESS", "fulfillmentLineItems": {"nodes": [
                {"quantity": fulfilled, "lineItem": {"id": line}}]}}] if fulfilled else [],
        } | fields  # fmt: skip
        self.orders.append(made)
        return made

    def cart(self, number: int, item: str, units: int, **fields: Any) -> dict[str, Any]:
        made = {
            "id": f"gid://shopify/AbandonedCheckout/{number}",
            "name": f"#{number}",
            "updatedAt": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "completedAt": None,
            "abandonedCheckoutUrl": f"https://shop.example/checkouts/{number}/recover",
            "discountCodes": [],
            "totalDiscountSet": {"shopMoney": {"amount": "0.0"}},
            "totalPriceSet": {"shopMoney": {"currencyCode": "GBP"}},
            "customer": {"defaultEmailAddress": {"emailAddress": "jane@example.org", "marketingState": "SUBSCRIBED"}},
            "lineItems": {"nodes": [{
                "id": f"gid://shopify/AbandonedCheckoutLineItem/{number}",
                "sku": self.items[item]["sku"], "quantity": units,
                "discountedUnitPriceSet": {"shopMoney": {"amount": "19.99"}},
                "variant": {"inventoryItem": {"id": item}},
            }]},
        } | fields  # fmt: skip
        self.checkouts.append(made)
        return made

    # -- what the documents say ----------------------------------------------------------------------------------------

    def answer(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        if path != "/admin/api/2026-04/graphql.json":
            return 404, {"errors": "Not Found"}
        if headers.get("X-Shopify-Access-Token") != TOKEN:
            return 401, {"errors": "[API] Invalid API key or access token"}
        if self.throttled:
            self.throttled -= 1
            cost = {"requestedQueryCost": 152, "actualQueryCost": None, "throttleStatus": {
                "maximumAvailable": 2000.0, "currentlyAvailable": 2, "restoreRate": 100.0}}  # fmt: skip
            error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            return 200, {"errors": [error], "extensions": {"cost": cost}}
        query, given = body["query"], body["variables"]
        if "inventorySetQuantities" in query:
            return 200, {"data": self._set(query, given)}
        if "inventoryItems(" in query:
            page, info = self._page(list(self.items.values()), given)
            nodes = [self._item(each) for each in page]
            return 200, {"data": {"shop": {"currencyCode": "GBP"}, "inventoryItems": {"nodes": nodes, **info}}}
        if "on InventoryItem" in query:
            nodes = [self._item(self.items[key]) if key in self.items else None for key in given["ids"]]
            return 200, {"data": {"shop": {"currencyCode": "GBP"}, "nodes": nodes}}
        if "orders(" in query:
            assert "sortKey:UPDATED_AT" in query
            page, info = self._page(self.orders, given)
            return 200, {"data": {"orders": {"nodes": page, **info}}}
        if "abandonedCheckouts(" in query:
            if self.hides_customers:
                error = {"message": "Access denied for customer field.", "extensions": {"code": "ACCESS_DENIED"}}
                return 200, {"errors": [error], "data": {"abandonedCheckouts": None}}
            assert "sortKey" not in query  # none of its sort keys is the time of change
            since = datetime.fromisoformat(given["q"].removeprefix("updated_at:>='").rstrip("'"))
            changed = [each for each in self.checkouts if datetime.fromisoformat(each["updatedAt"]) >= since]
            page, info = self._page(changed, given)
            return 200, {"data": {"abandonedCheckouts": {"nodes": page, **info}}}
        if "on AbandonedCheckout" in query:
            known = {each["id"]: each for each in self.checkouts}
            return 200, {"data": {"nodes": [known.get(key) for key in given["ids"]]}}
        if "on Order" in query:
            known = {each["id"]: each for each in self.orders}
            return 200, {"data": {"nodes": [known.get(key) for key in given["ids"]]}}
        if "location(" in query:
            return 200, {"data": {"shop": {"name": "Stub"}, "location": {"name": "Main"}}}
        return 200, {"errors": [{"message": "undefinedField", "extensions": {"code": "undefinedField"}}]}

    @staticmethod
    def _page(rows: list[Any], given: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        assert given["n"] <= 250
        start = int(given["c"] or 0)
        end = start + given["n"]
        return rows[start:end], {"pageInfo": {"hasNextPage": end < len(rows), "endCursor": str(end)}}

    @staticmethod
    def _item(item: dict[str, Any]) -> dict[str, Any]:
        quantities = [{"name": name, "quantity": item["available"]} for name in ("available", "on_hand")]
        level = {"quantities": [*quantities, {"name": "committed", "quantity": 0}]}
        return {**{key: item[key] for key in ("id", "sku", "tracked", "variant")}, "inventoryLevel": level}

    def _set(self, query: str, given: dict[str, Any]) -> dict[str, Any]:
        assert "@idempotent(key:$key)" in query  # required at run time from 2026-04
        content, key = given["input"], given["key"]
        assert content["name"] in ("available", "on_hand")
        assert content["reason"]
        assert 1 <= len(content["quantities"]) <= 250
        assert all("changeFromQuantity" in each for each in content["quantities"])  # null has to be said
        text = json.dumps(content, sort_keys=True)
        if key in self.keys:
            assert self.keys[key][0] == text, "the same key for another operation"
            return dict(self.keys[key][1])
        errors = []
        for n, each in enumerate(content["quantities"]):
            field = ["input", "quantities", str(n)]
            item = self.items.get(each["inventoryItemId"])
            if item is None:
                code, message = "INVALID_INVENTORY_ITEM", "The specified inventory item could not be found."
                errors.append({"field": [*field, "inventoryItemId"], "message": message, "code": code})
            elif each["changeFromQuantity"] not in (None, item["available"]):
                code, message = "CHANGE_FROM_QUANTITY_STALE", "The changeFromQuantity argument no longer matches."
                errors.append({"field": [*field, "changeFromQuantity"], "message": message, "code": code})
        if not errors:
            for each in content["quantities"]:
                self.items[each["inventoryItemId"]]["available"] = each["quantity"]
        answer = {"inventorySetQuantities": {"userErrors": errors}}
        self.keys[key] = (text, answer)
        return answer
