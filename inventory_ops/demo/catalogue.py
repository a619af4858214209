"""Merchants, categories, products, special prices and flash sales of the sample data."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from random import Random

from inventory_ops.demo.words import ASSORTMENTS, CURRENCIES, GOODS, MERCHANTS, Goods
from inventory_ops.queries.currencies import DIGITS, to_minor_unit

PRODUCTS = 3200
DAYS = 396  # thirteen months
_GOODS = {goods.category: goods for goods in GOODS}


@dataclass(slots=True)
class Sale:
    starts_at: datetime
    ends_at: datetime
    percentage: int
    price: Decimal


@dataclass(slots=True)
class Item:
    """A product and what drives its demand and supply."""

    sku: str
    vendor: str
    currency: str
    goods: Goods
    name: str
    brand: str
    model: str
    price: Decimal
    cost: Decimal | None
    created_at: datetime
    popularity: float
    trend: float  # factor of demand over the whole period
    is_live: bool = True
    special_price: Decimal | None = None
    special_from: datetime | None = None
    special_to: datetime | None = None
    sales: list[Sale] = field(default_factory=list)
    ends_at: datetime | None = None  # no more demand from here on
    often_short: bool = False
    description: str = ""

    def price_at(self, moment: datetime) -> Decimal:
        for sale in self.sales:
            if sale.starts_at <= moment < sale.ends_at:
                return sale.price
        starts, ends = self.special_from, self.special_to
        if self.special_price and starts and ends and starts <= moment < ends:
            return self.special_price
        return self.price


def iso(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def text(amount: Decimal | None) -> str:
    return "" if amount is None else format(amount, "f")


def make(random: Random, now: datetime) -> list[Item]:
    """All products, deterministic for a seed and a day."""
    items = [_product(random, number, now) for number in range(PRODUCTS)]
    _specials(random, items, now)
    _flash_sales(random, items, now)
    return items


def _product(random: Random, number: int, now: datetime) -> Item:
    vendor, _, currency, _, _ = MERCHANTS[number % len(MERCHANTS)]
    goods = _GOODS[random.choice(ASSORTMENTS[vendor])]
    noun, kind, brand = random.choice(goods.nouns), random.choice(goods.kinds), random.choice(goods.brands)
    series = f"{random.choice('ABCDEFGHKLMNPRSTVX')}{random.randint(1, 9) * 10 + random.choice((0, 0, 5))}"
    price = _ending(random.uniform(math.log(goods.low), math.log(goods.high)), currency)
    margin = random.triangular(0.22, 0.68, 0.48)
    cost: Decimal | None = to_minor_unit(price * Decimal(1 - margin).quantize(Decimal("0.0001")), currency)
    fate = random.random()
    if fate < 0.035:
        cost = None
    elif fate < 0.055:  # the supplier raised the price, ours was forgotten
        cost = to_minor_unit(price * Decimal(str(round(random.uniform(1.02, 1.25), 2))), currency)
    age = random.randint(3, 29) if random.random() < 0.03 else random.randint(60, 900)
    item = Item(
        sku=f"{noun.split()[0][:3].upper()}-{series}-{number + 1000}",
        vendor=vendor,
        currency=currency,
        goods=goods,
        name=f"{brand} {series} {kind} {noun}",
        brand=brand,
        model=series,
        price=price,
        cost=cost,
        created_at=now - timedelta(days=age, minutes=random.randint(0, 1400)),
        popularity=1 / (1 + random.randint(0, PRODUCTS)) ** 0.35,
        trend=random.choice((0.35, 0.6, 0.9, 1.0, 1.0, 1.15, 1.5, 2.2)),
        description=f"{kind} {noun.lower()} by {brand}, series {series}. "
        + random.choice(("Two-year guarantee.", "Made in small batches.", "Best seller.", "New packaging.", "")),
    )
    if random.random() < 0.03:
        item.is_live = False
        item.ends_at = now - timedelta(days=random.randint(40, 300))
    elif random.random() < 0.09:  # still offered, nobody buys it any more
        item.ends_at = now - timedelta(days=random.randint(31, 390))
    elif random.random() < 0.025:
        item.popularity = 0.0
    item.often_short = random.random() < 0.015
    return item


def _ending(log_pounds: float, currency: str) -> Decimal:
    """A price that looks like one: 24.99, 1980 yen, 349 kronor."""
    rate, ending = CURRENCIES[currency]
    amount = math.exp(log_pounds) * rate
    if currency == "JPY":
        return Decimal(int(amount // 100) * 100 + int(ending))
    if currency == "SEK":
        return Decimal(int(amount // 10) * 10 + int(ending))
    return Decimal(int(amount)) + Decimal(ending)


def _specials(random: Random, items: list[Item], now: datetime) -> None:
    for item in random.sample(items, len(items) // 12):
        start = now + timedelta(days=random.choice((-200, -90, -20, -10, -3, -1, 6, 20)), hours=-random.randint(0, 9))
        item.special_from, item.special_to = start, start + timedelta(days=random.choice((7, 14, 30, 45)))
        off = random.choice((10, 15, 20, 25, 30, 40))
        item.special_price = discounted(item.price, off, item.currency)


def _flash_sales(random: Random, items: list[Item], now: datetime) -> None:
    """Each product has at most one sale now or to come, and past ones that end before it starts."""
    chosen = random.sample([item for item in items if item.is_live], len(items) // 10)
    for number, item in enumerate(chosen):
        if number < len(chosen) * 0.18:  # running
            start = now - timedelta(hours=random.randint(2, 60))
            _add(
                random,
                item,
                start,
                start + timedelta(hours=random.choice((72, 96, 120))),
                deep=number < len(chosen) * 0.06,
            )
        elif number < len(chosen) * 0.33:  # to come
            start = now + timedelta(hours=random.randint(12, 480))
            _add(
                random,
                item,
                start,
                start + timedelta(hours=random.choice((24, 48, 72))),
                deep=number < len(chosen) * 0.22,
            )
        else:
            for back in random.sample(range(8, DAYS - 4, 6), random.choice((1, 1, 2, 3))):
                start = now - timedelta(days=back, hours=random.randint(0, 20))
                if start > item.created_at:
                    _add(
                        random,
                        item,
                        start,
                        start + timedelta(hours=random.choice((24, 48, 72))),
                        deep=number < len(chosen) * 0.55,
                    )


def _add(random: Random, item: Item, start: datetime, end: datetime, *, deep: bool) -> None:
    """`deep` sales may go below cost."""
    percentage = random.choice((45, 50, 60, 65) if deep else (10, 15, 20, 25, 30))
    start, end = start.replace(minute=0, second=0), end.replace(minute=0, second=0)
    item.sales.append(Sale(start, end, percentage, discounted(item.price, percentage, item.currency)))


def discounted(price: Decimal, percent: int, currency: str) -> Decimal:
    amount = to_minor_unit(price * (100 - percent) / 100, currency)
    smallest = Decimal(1).scaleb(-DIGITS[currency])
    return max(amount, smallest).quantize(smallest, ROUND_DOWN)
