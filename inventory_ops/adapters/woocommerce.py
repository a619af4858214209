"""Kind `woocommerce`: a WooCommerce shop over its REST API (v3), with a key that reads and writes.

Written from the public documentation and source (products and variations, batch, orders, refunds, webhooks) and tried
against a stand-in that holds requests to it, **not yet against a live shop**. An id is a product's, or
`product/variation`: a variation is written under its product. Nothing is compared and no key makes a write count once:
after a lost answer it is read back.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from django.utils.translation import gettext_lazy as _

from inventory_ops.adapters import web
from inventory_ops.adapters.kinds import Kind, Setting, register
from inventory_ops.adapters.protocol import (
    BadRequest,
    Basis,
    Capabilities,
    ChannelError,
    FailedPayment,
    OrderLine,
    OrderSnapshot,
    OrderState,
    Outcome,
    Page,
    StockItem,
    StockWrite,
    Webhook,
    WebhookRefused,
    WriteResult,
)

API = "/wp-json/wc/v3"
CARTS = ("pending", "failed", "checkout-draft")  # not paid, or not yet: no stock is held for them
GONE = ("cancelled", "refunded")
FINEST = Decimal("0.0001")


class WooCommerceAdapter:
    """One shop."""

    caps: ClassVar[Capabilities] = Capabilities(
        basis=Basis.AVAILABLE,
        max_batch=100,  # objects of a batch: more are refused with 413
        page_size=100,
        overlap=timedelta(minutes=2),
        reread_open_orders=True,  # a refund need not touch the order's own time
        tells_carts=True,
        requests_per_second=5,
    )

    def __init__(self, url: str, key: str, secret: str, *, webhook_secret: str = "", per_second: float = 5) -> None:
        token = base64.b64encode(f"{key}:{secret}".encode()).decode()
        self._client = web.Client(url, {"Authorization": f"Basic {token}"}, per_second=per_second)
        self._webhook_secret = webhook_secret

    def check(self) -> str:
        answer = self._get("products", per_page=1)
        self._get("orders", per_page=1)
        with web.understood():
            return f"{urlsplit(self._client.base_url).hostname} ({int(answer.headers['x-wp-total'])} products)"

    # -- stock ------------------------------------------------------------------------------------------------------

    def stock(self, cursor: str | None = None, *, ids: Sequence[str] = ()) -> Page[StockItem]:
        if ids:
            return Page(tuple(self._items_by_id(ids)))
        currency = self._currency()
        page = int(cursor or 1)
        answer = self._get("products", page=page, per_page=self.caps.page_size, orderby="id", order="asc")
        items: list[StockItem] = []
        with web.understood():
            for product in answer.data:
                if product["type"] == "variable":
                    items += self._variations(product, currency)
                elif product["type"] == "simple":
                    items.append(_item(product, str(product["id"]), web.text(product["name"], 300), currency))
            more = page < int(answer.headers["x-wp-totalpages"])
        return Page(tuple(items), str(page + 1) if more else None)

    def _variations(self, product: Mapping[str, Any], currency: str, **only: Any) -> Iterator[StockItem]:
        path = f"products/{int(product['id'])}/variations"
        for answer in self._all(path, orderby="id", order="asc", **only):
            for each in answer:
                options = ", ".join(str(one["option"]) for one in each["attributes"])
                title = web.text(f"{product['name']} – {options}" if options else product["name"], 300)
                yield _item(each, f"{product['id']}/{each['id']}", title, currency)

    def _items_by_id(self, ids: Sequence[str]) -> Iterator[StockItem]:
        currency = self._currency()
        parents = _by_parent(ids)
        products: dict[str, Mapping[str, Any]] = {}
        wanted = {each for each in [*parents.get("", ()), *parents] if each.isdigit()}
        with web.understood():
            for answer in self._all("products", include=",".join(sorted(wanted, key=int))) if wanted else ():
                products |= {str(each["id"]): each for each in answer}
            for number in parents.pop("", ()):
                if number in products:
                    found = products[number]
                    yield _item(found, number, web.text(found["name"], 300), currency)
            for number, variations in parents.items():
                if number in products:
                    yield from self._variations(products[number], currency, include=",".join(variations))

    def write_stock(self, writes: Sequence[StockWrite]) -> list[WriteResult]:
        results: list[WriteResult] = []
        parents: dict[str, list[StockWrite]] = {}
        for each in writes:
            parents.setdefault(each.external_id.rpartition("/")[0], []).append(each)
        for parent, group in parents.items():
            try:
                results += self._write(parent, group)
            except ChannelError:
                if not results:
                    raise
                break  # those without an answer are read back, which meets the error again
        return results

    def _write(self, parent: str, writes: Sequence[StockWrite]) -> list[WriteResult]:
        """One batch of one product's variations, or of products; halved where it is refused as a whole."""
        path = f"products/{parent}/variations/batch" if parent else "products/batch"
        numbers = [each.external_id.rpartition("/")[2] for each in writes]
        if not all(number.isdigit() for number in (*numbers, parent or "0")):
            strange = [
                WriteResult(each.key, Outcome.REJECTED, message="This is not an id of the shop.") for each in writes
            ]
            if len(writes) == 1 or not (parent or "0").isdigit():
                return strange
            return [result for each in writes for result in self._write(parent, [each])]
        content = [
            {"id": int(number), "manage_stock": True, "stock_quantity": each.quantity}
            for number, each in zip(numbers, writes, strict=True)
        ]
        try:
            answer = self._client.call("POST", f"{API}/{path}", {"update": content}, writes=True)
        except BadRequest as error:
            if len(writes) == 1:
                return [WriteResult(writes[0].key, Outcome.REJECTED, message=str(error))]
            middle = len(writes) // 2
            return [*self._write(parent, writes[:middle]), *self._write(parent, writes[middle:])]
        with web.understood(writes=True):
            told = {int(each["id"]): each for each in answer.data["update"]}
            return [_result(each, told.get(int(number))) for number, each in zip(numbers, writes, strict=True)]

    def _currency(self) -> str:
        answer = self._get("data/currencies/current")
        with web.understood():
            return web.text(answer.data["code"], 3)

    # -- orders -----------------------------------------------------------------------------------------------------

    def orders(self, since: datetime, until: datetime, cursor: str | None = None) -> Page[OrderSnapshot]:
        found, more = self._changed(since, cursor)
        with web.understood():
            orders = tuple(self._snapshot(each) for each in found if _was_placed(each))
        return Page(orders, more)

    def orders_by_id(self, ids: Sequence[str]) -> list[OrderSnapshot]:
        """Asked for orders that are known: one that was cancelled unpaid held stock."""
        with web.understood():
            return [self._snapshot(each) for each in self._by_id(ids) if each["status"] not in CARTS]

    def carts(self, since: datetime, cursor: str | None = None) -> Page[OrderSnapshot]:
        found, more = self._changed(since, cursor, status=",".join(CARTS))
        with web.understood():
            return Page(tuple(_cart(each) for each in found), more)

    def carts_by_id(self, ids: Sequence[str]) -> list[OrderSnapshot]:
        with web.understood():
            return [
                _cart(each) if each["status"] in CARTS else self._snapshot(each)
                for each in self._by_id(ids)
                if each["status"] in CARTS or _was_placed(each)
            ]

    def _changed(self, since: datetime, cursor: str | None, **only: Any) -> tuple[list[Any], str | None]:
        page = int(cursor or 1)
        after = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        span = {"modified_after": after, "dates_are_gmt": "true", "orderby": "id", "order": "asc"}
        answer = self._get("orders", page=page, per_page=self.caps.page_size, **span, **only)
        with web.understood():
            more = page < int(answer.headers["x-wp-totalpages"])
            return list(answer.data), str(page + 1) if more else None

    def _by_id(self, ids: Sequence[str]) -> list[Any]:
        numbers = [each for each in ids if each.isdigit()]
        if not numbers:
            return []
        return [each for answer in self._all("orders", include=",".join(numbers)) for each in answer]

    def _snapshot(self, order: Mapping[str, Any]) -> OrderSnapshot:
        refunds = [each for answer in self._refunds(order) for each in answer]
        lines = tuple(_line(each, order, refunds) for each in order["line_items"])
        state: OrderState = "cancelled"
        if any(line.open for line in lines):
            state = "placed"
        elif any(line.fulfilled > line.returned for line in lines):
            state = "shipped"
        return _told(order, state, lines)

    def _refunds(self, order: Mapping[str, Any]) -> Iterator[Any]:
        return self._all(f"orders/{int(order['id'])}/refunds") if order["refunds"] else iter(())

    # -- messages ---------------------------------------------------------------------------------------------------

    def webhook(self, headers: Mapping[str, str], body: bytes) -> Webhook:
        """Signed with the webhook's secret over the raw body. The ping of a new webhook is not, and is refused."""
        web.check_signature(headers.get("X-WC-Webhook-Signature", ""), body, secret=self._webhook_secret)
        try:
            told = json.loads(body)
            order = str(told.get("id") or "")
            delivery = headers["X-WC-Webhook-Delivery-ID"]
            topic = headers.get("X-WC-Webhook-Topic", "")
            # the poll finds the outcome of carts, and the next round the outcome of known orders
            is_order = topic in ("order.created", "order.updated") and order.isdigit() and _was_placed(told)
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
            raise WebhookRefused("The message is not understood.") from error
        return Webhook(web.text(delivery), web.text(topic, 100), web.text(order) if is_order else "")

    # -- requests ---------------------------------------------------------------------------------------------------

    def _get(self, path: str, **query: Any) -> web.Answer:
        return self._client.call("GET", f"{API}/{path}?{urlencode(query)}")

    def _all(self, path: str, **query: Any) -> Iterator[Any]:
        """Every page of a list. What is not a list says nothing of what was asked for."""
        page = 1
        while True:
            answer = self._get(path, page=page, per_page=self.caps.page_size, **query)
            if not isinstance(answer.data, list):
                raise TypeError
            yield answer.data
            if page >= int(answer.headers["x-wp-totalpages"]):
                return
            page += 1


def _by_parent(ids: Sequence[str]) -> dict[str, list[str]]:
    """Variations by their product; products themselves under ''."""
    parents: dict[str, list[str]] = {}
    for each in ids:
        parent, _slash, number = each.rpartition("/")
        if number.isdigit() and (not parent or parent.isdigit()):
            parents.setdefault(parent, []).append(number)
    return parents


def _item(found: Mapping[str, Any], external_id: str, title: str, currency: str) -> StockItem:
    """A variation's `manage_stock` may be "parent": its product's quantity is for all of them, none is its own."""
    own = found["manage_stock"] is True and found["stock_quantity"] is not None
    return StockItem(
        external_id=external_id,
        sku=web.text(found["sku"]),
        title=title,
        available=int(found["stock_quantity"]) if own else None,
        price=Decimal(str(found["price"])) if found["price"] else None,
        currency=currency,
        tracked=own,
        enabled=found["status"] == "publish",
    )


def _result(write: StockWrite, told: Mapping[str, Any] | None) -> WriteResult:
    if told is None:
        return WriteResult(write.key, Outcome.UNKNOWN)
    if error := told.get("error"):
        return WriteResult(write.key, Outcome.REJECTED, message=web.text(error.get("message"), 500))
    return WriteResult(write.key, Outcome.APPLIED, current=int(told["stock_quantity"]))


def _moment(text: str) -> datetime:
    """Its `…_gmt` moments carry no offset."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _was_placed(order: Mapping[str, Any]) -> bool:
    """Not a cart; nor one that was given up, mostly by the shop itself after a while: cancelled and never paid."""
    return order["status"] not in CARTS and (order["status"] not in GONE or bool(order["date_paid_gmt"]))


def _refunded(line: Mapping[str, Any], refunds: Sequence[Mapping[str, Any]], until: datetime | None) -> tuple[int, int]:
    """Units of the line that were refunded by then, and later."""
    early = late = 0
    for refund in refunds:
        for each in refund["line_items"]:
            of = next((one["value"] for one in each["meta_data"] if one["key"] == "_refunded_item_id"), "")
            if str(of) != str(line["id"]):
                continue
            units = abs(int(each["quantity"]))
            if until is None or _moment(refund["date_created_gmt"]) < until:
                early += units
            else:
                late += units
    return early, late


def _line(line: Mapping[str, Any], order: Mapping[str, Any], refunds: Sequence[Mapping[str, Any]] = ()) -> OrderLine:
    """Refunded before it is completed, units are cancelled; after that, they come back. Completed, all else shipped."""
    ordered = max(int(line["quantity"]), 0)
    shipped_at = _moment(order["date_completed_gmt"]) if order["date_completed_gmt"] else None
    cancelled, returned = _refunded(line, refunds, shipped_at)
    kept = max(ordered - cancelled, 0)
    is_gone = order["status"] in GONE
    variation = int(line["variation_id"] or 0)
    total = Decimal(str(line["total"]))
    return OrderLine(
        external_id=web.text(line["id"]),
        variant_id=f"{int(line['product_id'])}/{variation}" if variation else str(int(line["product_id"])),
        sku=web.text(line["sku"]),
        ordered=ordered,
        open=0 if shipped_at or is_gone else kept,
        fulfilled=kept if shipped_at else 0,
        unit_price=(total / ordered).quantize(FINEST) if ordered else Decimal(0),
        returned=(kept if is_gone else min(returned, kept)) if shipped_at else 0,
    )


def _told(order: Mapping[str, Any], state: OrderState, lines: tuple[OrderLine, ...], **more: Any) -> OrderSnapshot:
    return OrderSnapshot(
        external_id=web.text(order["id"]),
        number=web.text(order["number"], 100),
        state=state,
        raw_state=web.text(order["status"], 100),
        placed_at=None if state == "cart" else _moment(order["date_paid_gmt"] or order["date_created_gmt"]),
        updated_at=_moment(order["date_modified_gmt"]),
        currency=web.text(order["currency"], 3),
        lines=lines,
        customer_email=web.text(order["billing"]["email"], 254),
        **more,
    )


def _cart(order: Mapping[str, Any]) -> OrderSnapshot:
    codes = [web.text(each["code"], 100) for each in order["coupon_lines"]]
    failed = FailedPayment(_moment(order["date_created_gmt"]), "failed", web.text(order["payment_method_title"], 300))
    return _told(
        order,
        "cart",
        tuple(_line(each, order) for each in order["line_items"]),
        promo_code=", ".join(codes)[:100],
        promo_value=Decimal(order["discount_total"]) if codes else None,
        comment=web.text(order["customer_note"], 5_000),
        failed_payments=(failed,) if order["status"] == "failed" else (),
    )


def _open(values: Mapping[str, str]) -> WooCommerceAdapter:
    return WooCommerceAdapter(
        values.get("url", ""),
        values.get("consumer_key", ""),
        values.get("consumer_secret", ""),
        webhook_secret=values.get("webhook_secret", ""),
    )


register(
    Kind(
        name="woocommerce",
        label=_("WooCommerce"),
        purpose=_("A WooCommerce shop, over its REST API."),
        caps=WooCommerceAdapter.caps,
        settings=(
            Setting(
                "url",
                _("Address of the shop"),
                _("Without /wp-json, like https://shop.example.com"),
                unique=True,
                check=web.check_address,
            ),
            Setting(
                "consumer_key", _("Consumer key"), _("Of a REST API key with Read/Write permissions."), secret=True
            ),
            Setting("consumer_secret", _("Consumer secret"), secret=True),
            Setting(
                "webhook_secret",
                _("Webhook secret"),
                _("Of webhooks on orders; empty: orders are only polled."),
                secret=True,
                required=False,
            ),
        ),
        open=_open,
        webhooks=True,
        untried=True,
    )
)
