"""Olist's Brazilian e-commerce layout: orders, their items, products, sellers and customers in five joined files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from inventory_ops.formats.questions import CURRENCY
from inventory_ops.kit.imports.formats import Bundle, Format, LeftOut, Output, Part, Question, Record, Refused, register

CANCELLED = ("canceled", "unavailable")
MOMENTS = (
    *("order_purchase_timestamp", "order_approved_at", "order_delivered_carrier_date"),
    "order_delivered_customer_date",
)


class Order(NamedTuple):
    status: str
    created_at: str
    updated_at: str
    shipped_at: str
    cancelled_by: str


@dataclass
class Sold:
    """What the items say of a product of one seller.

    The first order that is read only says since when the product was sold; each newer one sets the price. So a
    product of one order has no price yet: 0.
    """

    newest: str
    price: str = "0"


@dataclass
class Joined:
    orders: dict[str, Order] = field(default_factory=dict)
    with_items: set[str] = field(default_factory=set)
    sold: dict[str, dict[str, Sold]] = field(default_factory=dict)  # by product and seller
    products: set[str] = field(default_factory=set)


def read(bundle: Bundle, out: Output) -> None:
    joined = Joined()
    for record in bundle.records("items"):
        joined.with_items.add(record["order_id"])
    bundle.each(lambda record: add_order(record, joined), "orders")
    for record in bundle.records("items"):
        add_price(record, joined)
    bundle.each(lambda record: add_seller(record, out), "sellers")
    categories: set[str] = set()
    bundle.each(lambda record: add_product(record, joined, categories, out), "products")
    bundle.each(lambda record: add_item(record, joined, out), "items")
    for _ in bundle.records("customers"):
        pass  # they have no address and are joined by nothing: counted alone


def add_order(record: Record, joined: Joined) -> None:
    status = record["order_status"].lower()
    if record["order_id"] not in joined.with_items:
        raise LeftOut(f"{status}: no items in the file")
    by = record.mapped("cancelled_by", "order_status") if status in CANCELLED else ""
    joined.orders[record["order_id"]] = Order(
        status,
        record.moment("order_purchase_timestamp"),
        record.moment(max(MOMENTS, key=record.__getitem__)),
        record.moment("order_delivered_carrier_date"),
        by,
    )


def add_price(record: Record, joined: Joined) -> None:
    order = joined.orders.get(record["order_id"])
    if order is None:
        return
    sellers = joined.sold.setdefault(record["product_id"], {})
    sold = sellers.get(record["seller_id"])
    if sold is None:
        sellers[record["seller_id"]] = Sold(order.created_at)
    elif order.created_at > sold.newest:
        sold.newest, sold.price = order.created_at, record.number("price")


def add_seller(record: Record, out: Output) -> None:
    key, answers = record["seller_id"], record.file.answers
    out.row(
        "merchants",
        record,
        {
            "vendor_number": key,
            "name": f"{record['seller_city']} {record['seller_state']} ({key[:8]})",  # the files have no names
            "currency": str(answers.get("currency") or ""),
            "timezone": str(answers.get("timezone") or ""),
        },
    )


def add_product(record: Record, joined: Joined, categories: set[str], out: Output) -> None:
    key, category = record["product_id"], record["product_category_name"]
    joined.products.add(key)
    sellers = joined.sold.get(key)
    if not sellers:
        raise LeftOut("never sold: no seller and no price in the files")
    for seller, sold in sellers.items():
        values = {"sku": key, "vendor_number": seller, "name": f"{category or 'product'} {key[:8]}"}
        out.row("products", record, values | {"category": category, "price": sold.price})
    if category and category not in categories:
        categories.add(category)
        out.row("categories", record, {"name": category})


def add_item(record: Record, joined: Joined, out: Output) -> None:
    number, sku = record["order_id"], record["product_id"]
    if sku not in joined.products:
        raise Refused("product_id", "no such product in the products file", "unknown")
    order = joined.orders.get(number)
    if order is None:
        raise Refused("order_id", "no such order in the orders file", "unknown")
    shipped = bool(order.shipped_at)
    cancelled = order.status in CANCELLED and not shipped
    out.row(
        "orders",
        record,
        {
            "order_number": number,
            "item_id": f"{number}-{record['order_item_id']}",
            "status": "3" if shipped or order.status in CANCELLED else "2",
            "created_at": order.created_at,
            "updated_at": order.updated_at,
            "sku": sku,
            "vendor_number": record["seller_id"],
            "quantity": "1",
            "unit_price": record.number("price"),  # freight is not a part of it
            "quantity_shipped": "1" if shipped else "0",
            "shipped_at": order.shipped_at,
            "cancelled_quantity": "1" if cancelled else None,
            "cancelled_by": order.cancelled_by if cancelled else None,
            "ship_by": record.moment("shipping_limit_date"),
        },
    )


BY = Question(
    "cancelled_by",
    "Who cancelled: customer, seller, warehouse or system?",
    True,
    "order_status",
    lambda record: record["order_status"] if record["order_status"].lower() in CANCELLED else "",
)
ZONE = Question("timezone", "Which time zone are the moments in?")

FORMAT = register(
    Format(
        name="olist",
        title="Olist dataset",
        what="orders",
        where="The five olist_*_dataset.csv files, loaded together",
        parts=(
            Part("orders", "orders", ("order_id", "customer_id", "order_status", MOMENTS[0]), questions=(BY, ZONE)),
            Part("items", "orders", ("order_id", "order_item_id", "product_id", "seller_id"), questions=(ZONE,)),
            Part("products", "products", ("product_id", "product_category_name", "product_weight_g")),
            Part("sellers", "merchants", ("seller_id", "seller_city", "seller_state"), questions=(CURRENCY, ZONE)),
            Part("customers", "orders", ("customer_id", "customer_unique_id", "customer_state")),
        ),
        columns={
            "merchants": {"vendor_number": "seller_id", "name": "seller_city"},
            "categories": {"name": "product_category_name"},
            "products": {
                "sku": "product_id",
                "vendor_number": "seller_id",
                "name": "product_category_name",
                "category": "product_category_name",
                "price": "price",
            },
            "orders": {
                "order_number": "order_id",
                "item_id": "order_item_id",
                "status": "order_status",
                "created_at": "order_purchase_timestamp",
                "updated_at": "order_delivered_customer_date",
                "sku": "product_id",
                "vendor_number": "seller_id",
                "unit_price": "price",
                "shipped_at": "order_delivered_carrier_date",
                "ship_by": "shipping_limit_date",
            },
        },
        read=read,
    )
)
