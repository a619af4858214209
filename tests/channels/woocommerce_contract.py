"""The documented contract of WooCommerce's REST API v3, as a server that holds us to it.

Hand-written after its documentation and source: products, variations, batch, orders, refunds, paging by headers, Basic
authentication. It knows no more than they say, and refuses what they forbid. It is not WooCommerce.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY, SECRET = "ck_test", "cs_test"
STATUSES = {"pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed", "checkout-draft"}


def gmt(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


class Stub:
    """A shop's state and its HTTP server. `fault(method, path)` may answer a status, or "lost": done, no answer."""

    def __init__(self) -> None:
        self.products: dict[int, dict[str, Any]] = {}
        self.variations: dict[int, dict[int, dict[str, Any]]] = {}
        self.orders: dict[int, dict[str, Any]] = {}
        self.refunds: dict[int, list[dict[str, Any]]] = {}
        self.batches: list[tuple[str, int]] = []
        self.fault: Callable[[str, str], int | str | None] = lambda method, path: None
        self.limit = 100  # objects of a batch
        self._last = 10
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(size)) if size else None
                fault = stub.fault(self.command, self.path)
                if isinstance(fault, int):
                    status, answer, headers = fault, {"code": "fault", "message": "Fault", "data": {}}, {}.items()
                else:
                    status, answer, headers = stub.answer(self.command, self.path, dict(self.headers), body)
                if fault == "lost":
                    self.close_connection = True
                    return
                data = json.dumps(answer).encode()
                self.send_response(status)
                for name, value in (("Content-Type", "application/json"), ("Content-Length", len(data)), *headers):
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = _answer

            def log_message(self, *_args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    # -- what people do there -----------------------------------------------------------------------------------------

    def list(self, sku: str, units: int | None, *, variation_of: str = "", **fields: Any) -> str:
        """A product, or a variation of the product of that name; answers the id that we know it by."""
        number = self._next()
        common = {"id": number, "sku": sku, "price": "19.99", "manage_stock": units is not None,
                  "stock_quantity": units, "status": "publish"}  # fmt: skip
        if not variation_of:
            self.products[number] = {**common, "name": f"Product {sku}", "type": "simple", "variations": []} | fields
            return str(number)
        parent = next((each for each in self.products.values() if each["name"] == variation_of), None)
        if parent is None:
            parent = {"id": self._next(), "sku": "", "price": "19.99", "manage_stock": False, "stock_quantity": None,
                      "status": "publish", "name": variation_of, "type": "variable", "variations": []}  # fmt: skip
            self.products[parent["id"]] = parent
        parent["variations"].append(number)
        made = {**common, "attributes": [{"name": "Size", "option": sku}]} | fields
        self.variations.setdefault(parent["id"], {})[number] = made
        return f"{parent['id']}/{number}"

    def found(self, external_id: str) -> dict[str, Any]:
        parent, _slash, number = external_id.rpartition("/")
        return self.variations[int(parent)][int(number)] if parent else self.products[int(number)]

    def order(
        self, item: str, units: int, *, status: str = "processing", at: datetime | None = None, **fields: Any
    ) -> dict[str, Any]:
        assert status in STATUSES
        moment, number = gmt(at or datetime.now(UTC)), self._next()
        parent, _slash, own = item.rpartition("/")
        made = {
            "id": number, "number": str(number), "status": status, "currency": "GBP",
            "date_created_gmt": moment, "date_modified_gmt": moment,
            "date_paid_gmt": moment if status in ("processing", "completed") else None,
            "date_completed_gmt": moment if status == "completed" else None,
            "discount_total": "0.00", "billing": {"email": "jane@example.org"}, "customer_note": "",
            "payment_method_title": "Card", "coupon_lines": [], "refunds": [],
            "line_items": [{"id": self._next(), "product_id": int(parent or own),
                            "variation_id": int(own) if parent else 0, "quantity": units,
                            "sku": self.found(item)["sku"], "total": f"{19.99 * units:.2f}"}],
        } | fields  # fmt: skip
        self.orders[number] = made
        if status in ("processing", "on-hold"):
            self._take(made, -1)
        return made

    def move(self, order: dict[str, Any], status: str, *, at: datetime | None = None) -> None:
        """Stock is taken when an order is placed, and comes back when it is cancelled."""
        held, moment = order["status"] in ("processing", "on-hold", "completed"), at or datetime.now(UTC)
        if status in ("processing", "on-hold") and not held:
            self._take(order, -1)
        if status == "cancelled" and held:
            self._take(order, 1)
        order["status"], order["date_modified_gmt"] = status, gmt(moment)
        if status == "processing":
            order["date_paid_gmt"] = gmt(moment)
        if status == "completed":
            order["date_completed_gmt"] = gmt(moment)

    def refund(self, order: dict[str, Any], units: int, *, at: datetime | None = None) -> None:
        number = self._next()
        about = {"id": 1, "key": "_refunded_item_id", "value": str(order["line_items"][0]["id"])}
        line = {"id": self._next(), "quantity": -units, "meta_data": [about]}
        made = {"id": number, "date_created_gmt": gmt(at or datetime.now(UTC)), "line_items": [line]}
        self.refunds.setdefault(order["id"], []).append(made)
        order["refunds"].append({"id": number, "reason": "", "total": "-1.00"})

    def _take(self, order: dict[str, Any], sign: int) -> None:
        for line in order["line_items"]:
            variation = line["variation_id"]
            found = self.found(f"{line['product_id']}/{variation}" if variation else str(line["product_id"]))
            if found["manage_stock"] is True:
                found["stock_quantity"] += sign * line["quantity"]

    def _next(self) -> int:
        self._last += 1
        return self._last

    # -- what the documents say ---------------------------------------------------------------------------------------

    def answer(self, method: str, address: str, headers: dict[str, str], body: Any) -> tuple[int, Any, Any]:
        parts = urlsplit(address)
        path, query = parts.path, {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if not path.startswith("/wp-json/wc/v3/"):
            return 404, {"code": "rest_no_route", "message": "No route.", "data": {"status": 404}}, {}.items()
        if headers.get("Authorization") != "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode():
            error = {"code": "woocommerce_rest_cannot_view", "message": "Sorry.", "data": {"status": 401}}
            return 401, error, {}.items()
        path = path.removeprefix("/wp-json/wc/v3/")
        if method == "POST":
            return *self._batch(path, body), {}.items()
        if path == "data/currencies/current":
            return 200, {"code": "GBP", "name": "Pound"}, {}.items()
        if path == "products":
            return self._page(list(self.products.values()), query)
        if match := re.fullmatch(r"products/(\d+)/variations", path):
            return self._page(list(self.variations.get(int(match[1]), {}).values()), query)
        if match := re.fullmatch(r"orders/(\d+)/refunds", path):
            return self._page(self.refunds.get(int(match[1]), []), query)
        if path == "orders":
            return self._page(self._orders(query), query)
        return 404, {"code": "rest_no_route", "message": "No route.", "data": {"status": 404}}, {}.items()

    def _orders(self, query: dict[str, str]) -> list[dict[str, Any]]:
        found = list(self.orders.values())
        if "status" in query:
            wanted = set(query["status"].split(","))
            assert wanted <= STATUSES
            found = [each for each in found if each["status"] in wanted]
        if "modified_after" in query:
            assert query["dates_are_gmt"] == "true"  # else it is the shop's own time
            after = query["modified_after"]
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", after)
            found = [each for each in found if each["date_modified_gmt"] > after]
        return found

    @staticmethod
    def _page(rows: list[Any], query: dict[str, str]) -> tuple[int, Any, Any]:
        size, page = int(query.get("per_page", 10)), int(query.get("page", 1))
        assert 1 <= size <= 100
        if "include" in query:
            wanted = {int(each) for each in query["include"].split(",")}
            rows = [each for each in rows if each["id"] in wanted]
        rows = sorted(rows, key=lambda each: each["id"])
        pages = -(-len(rows) // size)
        return 200, rows[(page - 1) * size : page * size], {"X-WP-Total": len(rows), "X-WP-TotalPages": pages}.items()

    def _batch(self, path: str, body: Any) -> tuple[int, Any]:
        match = re.fullmatch(r"products/(?:(\d+)/variations/)?batch", path)
        assert match
        asked = body["update"]
        if len(asked) > self.limit:
            code = "woocommerce_rest_request_entity_too_large"
            return 413, {"code": code, "message": "Unable to accept more than 100 items.", "data": {"status": 413}}
        self.batches.append((path, len(asked)))
        rows = self.variations.get(int(match[1]), {}) if match[1] else self.products
        told = []
        for each in asked:
            row = rows.get(each["id"])
            if row is None:
                kind = "product_variation" if match[1] else "product"
                error = {
                    "code": f"woocommerce_rest_{kind}_invalid_id",
                    "message": "Invalid ID.",
                    "data": {"status": 400},
                }
                told.append({"id": each["id"], "error": error})
                continue
            assert isinstance(each["stock_quantity"], int)
            row["manage_stock"], row["stock_quantity"] = each["manage_stock"], each["stock_quantity"]
            told.append(dict(row))
        return 200, {"update": told}


def ago(**units: float) -> datetime:
    return datetime.now(UTC) - timedelta(**units)
