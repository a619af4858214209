"""Thirteen months of carts and orders, and the demand that the stock has to follow."""

from __future__ import annotations

import itertools
import math
import zlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from inventory_ops.demo.catalogue import DAYS, Item, iso, text
from inventory_ops.demo.words import (
    CARD_ISSUES,
    COMMENTS,
    FIRST_NAMES,
    LAST_NAMES,
    PROMO_CODES,
    STORES,
)
from inventory_ops.queries.currencies import to_minor_unit

ORDERS_A_DAY = 100
HEADER = (
    "order_number",
    "item_id",
    "status",
    "store_number",
    "customer_email",
    "created_at",
    "updated_at",
    "sku",
    "vendor_number",
    "quantity",
    "unit_price",
    "unit_cost",
    "commission",
    "quantity_shipped",
    "shipped_at",
    "cancelled_quantity",
    "cancelled_by",
    "ship_by",
    "promo_code",
    "promo_value",
    "gift_card_total",
    "gift_card_count",
    "comment",
    "card_issue",
    "marketing_consent",
    "recovery_url",
)
WEEKDAYS = (1.1, 1.0, 0.95, 1.0, 1.1, 0.9, 1.15)
HOURS = tuple(
    math.exp(-((hour - 20) ** 2) / 18) + 0.7 * math.exp(-((hour - 12) ** 2) / 12) + 0.02 for hour in range(24)
)


@dataclass(frozen=True, slots=True)
class Shipment:
    item: Item
    at: datetime
    quantity: int
    order_number: str


@dataclass(slots=True)
class History:
    """Rows for the import of orders, and what was shipped."""

    rows: list[list[str]]
    shipments: list[Shipment]


def season(day: datetime, peak: float) -> float:
    """Demand of a day relative to the year's: up to 1 + peak before Christmas, a dip after it, weekly waves."""
    before_christmas = math.exp(-(((day.timetuple().tm_yday - 342) / 16) ** 2))
    january = 1 - 0.25 * math.exp(-(((day.timetuple().tm_yday - 15) / 14) ** 2))
    return (1 + peak * before_christmas) * january * WEEKDAYS[day.weekday()]


def make(random: Random, items: list[Item], now: datetime) -> History:
    """Orders of `DAYS` days up to now."""
    history = History([], [])
    by_currency: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_currency[item.currency].append(item)
    currencies = list(by_currency)
    sizes = [len(by_currency[currency]) for currency in currencies]
    numbers = itertools.count(1)
    item_ids = itertools.count(9_000_000_001)
    customers = [
        f"{random.choice(FIRST_NAMES)}.{random.choice(LAST_NAMES)}{random.randint(1, 99)}@example.com".lower()
        for _ in range(9000)
    ]
    start = (now - timedelta(days=DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    weights: dict[str, list[float]] = {}
    for day_number in range(DAYS + 1):
        day = start + timedelta(days=day_number)
        if day_number % 7 == 0:
            weights = {currency: _weights(by_currency[currency], day, day_number / DAYS) for currency in currencies}
        growth = 0.8 + 0.45 * day_number / DAYS
        count = round(ORDERS_A_DAY * growth * season(day, 0.7) * random.uniform(0.9, 1.1))
        hours = random.choices(range(24), HOURS, k=count)
        for currency, hour in zip(random.choices(currencies, sizes, k=count), hours, strict=True):
            at = day + timedelta(hours=hour, seconds=random.randint(0, 3599))
            if at > now - timedelta(minutes=5):
                continue
            total = weights[currency][-1]
            size = min(1 + int(random.expovariate(0.85)), 7)
            chosen = random.choices(by_currency[currency], cum_weights=weights[currency], k=size) if total else []
            lines = list({item.sku: item for item in chosen if item.created_at < at}.values())
            if lines:
                _order(random, history, f"SO-{next(numbers) + 100000}", item_ids, currency, lines, at, now, customers)
    return history


def _weights(items: list[Item], day: datetime, progress: float) -> list[float]:
    def weight(item: Item) -> float:
        if item.created_at > day or (item.ends_at and day > item.ends_at - timedelta(days=7)):
            return 0.0
        on_sale = any(sale.starts_at < day + timedelta(days=7) and day < sale.ends_at for sale in item.sales)
        trend = 1 + (item.trend - 1) * progress
        return item.popularity * trend * (4 if on_sale else 1) * (1 + max(item.goods.peak, -0.5) * _peak(day))

    return list(itertools.accumulate(weight(item) for item in items))


def _peak(day: datetime) -> float:
    return math.exp(-(((day.timetuple().tm_yday - 342) / 16) ** 2))


def _order(
    random: Random,
    history: History,
    number: str,
    item_ids: itertools.count[int],
    currency: str,
    lines: list[Item],
    at: datetime,
    now: datetime,
    customers: list[str],
) -> None:
    stores = STORES[currency]
    store = random.choices([name for name, _ in stores], [weight for _, weight in stores])[0]
    age = now - at
    is_cart = random.random() < (0.05 if age > timedelta(hours=12) else 0.25)
    email = random.choice(customers) if not is_cart or random.random() < 0.8 else ""
    promo = random.choice(PROMO_CODES) if random.random() < 0.11 else None
    gift = random.random() < 0.04
    extra = {
        "promo_code": promo[0] if promo else "",
        "promo_value": text(to_minor_unit(lines[0].price * promo[1] / 100, currency)) if promo else "",
        "gift_card_total": text(to_minor_unit(lines[0].price / 2, currency)) if gift else "",
        "gift_card_count": str(random.choice((1, 1, 2))) if gift else "",
        "comment": random.choice(COMMENTS) if random.random() < (0.25 if is_cart else 0.04) else "",
        "card_issue": "",
        "marketing_consent": _consent(email),
        "recovery_url": f"https://shop.example.com/cart/{number}" if is_cart else "",
    }
    ship_by = at + timedelta(days=2 + (at.weekday() >= 4))
    shipped_at = at + timedelta(hours=min(6 + random.expovariate(1 / 20), 90))
    if is_cart:
        status, updated_at = 1, min(at + timedelta(minutes=random.randint(0, 95)), now)
        if random.random() < 0.38:
            extra["card_issue"] = random.choices([i for i, _ in CARD_ISSUES], [w for _, w in CARD_ISSUES])[0]
    elif shipped_at > now or (age < timedelta(days=9) and random.random() < 0.06):
        status, updated_at = 2, at
    else:
        status, updated_at = 3, shipped_at
    for item in lines:
        quantity = random.choices((1, 2, 3, 4, 6, 12), (62, 20, 8, 5, 4, 1))[0]
        shipped, cancelled, by = _fulfil(random, item, status, quantity, late=ship_by < now)
        price = item.price_at(at)
        if status > 1 and shipped:
            history.shipments.append(Shipment(item, shipped_at, shipped, number))
        values = {
            "order_number": number,
            "item_id": str(next(item_ids)),
            "status": str(status),
            "store_number": store,
            "customer_email": email,
            "created_at": iso(at),
            "updated_at": iso(updated_at),
            "sku": item.sku,
            "vendor_number": item.vendor,
            "quantity": str(quantity),
            "unit_price": text(price),
            "unit_cost": text(item.cost),
            "commission": text(to_minor_unit(price * _commission(item) / 100, currency)),
            "quantity_shipped": str(shipped),
            "shipped_at": iso(shipped_at) if shipped else "",
            "cancelled_quantity": str(cancelled),
            "cancelled_by": by,
            "ship_by": iso(ship_by) if status > 1 else "",
            **extra,
        }
        history.rows.append([values[name] for name in HEADER])


def _consent(email: str) -> str:
    """What a customer said to mails: of five, three agreed and one did not; the last was never asked."""
    return ("yes", "yes", "yes", "no", "")[zlib.crc32(email.encode()) % 5] if email else ""


def _commission(item: Item) -> int:
    return int(float(item.goods.commission))


def _fulfil(random: Random, item: Item, status: int, quantity: int, *, late: bool) -> tuple[int, int, str]:
    """Shipped, cancelled, by whom."""
    if status == 1:
        return 0, 0, ""
    chance = random.random()
    if status == 2:
        return (quantity // 2, 0, "") if late and chance < 0.3 else (0, 0, "")
    if item.often_short and chance < 0.22:
        if chance < 0.12:
            return 0, quantity, random.choice(("seller", "warehouse", "system"))
        return quantity - 1 if quantity > 1 else 0, 0, ""
    if chance < 0.02:
        return 0, quantity, "customer"
    if chance < 0.026:
        return 0, quantity, random.choice(("seller", "warehouse", "system"))
    if chance < 0.03:
        return quantity - 1, 1, "warehouse"
    if chance < 0.033:
        return quantity - 1, 0, ""
    return quantity, 0, ""
