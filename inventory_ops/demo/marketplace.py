"""Sample data: a believable marketplace up to this moment, the same for the same day, through the real imports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

import structlog
from django.db import connection, transaction

from inventory_ops.demo import catalogue, orders, sample_rates, stock
from inventory_ops.demo.catalogue import Item, iso, text
from inventory_ops.demo.words import FIRST_NAMES, GOODS, LAST_NAMES, MERCHANTS
from inventory_ops.kit.imports import Rows, registry
from inventory_ops.models import ExchangeRate, Location, Merchant, PriceChange, Product, Shop, User
from inventory_ops.models.ledger import EventSource
from inventory_ops.operations import ledger, rates
from inventory_ops.operations.imports.files import load_rows
from inventory_ops.queries.currencies import to_minor_unit

log = structlog.get_logger(__name__)

SEED = 20_100
PASSWORD = "demo"  # noqa: S105  (public on purpose; refused outside the demo)
PORTAL = "N1002"  # whose portal merchant@example.com sees
LOGINS = (
    ("ops@example.com", "Mara Lindqvist", "operations", "Admin"),
    ("merchant@example.com", "Kaito Mori", "merchant", "Vendor Portal"),
    ("finance@example.com", "Jasleen Kaur", "finance", "Admin"),
    ("admin@example.com", "Aiko Sato", "admin", "Admin"),
)

SHOP = "Sample Marketplace"


@transaction.atomic
def seed(now: datetime) -> None:
    """Make the sample data, all of it or nothing; nothing either when the demo's logins are there already."""
    if User.objects.filter(is_demo=True).exists():
        return
    random = Random(SEED)
    now = now.replace(microsecond=0)
    items = catalogue.make(random, now)
    history = orders.make(random, items, now)
    _load("merchants", "vendor_number name currency timezone factor email", _merchants(), now)
    _load("categories", "name parent commission_percent", _categories(), now)
    _load(
        "products",
        "sku vendor_number vendor_sku name short_description brand_name model_name category price special_price"
        " special_from special_to cost is_live created_at",
        [_product(item) for item in items],
        now,
    )
    _load("flash_sales", "sku vendor_number starts_at ends_at percentage", _flash_sales(items), now)
    _load(
        "users", "email name role platform_type vendor_number is_active last_login created_at", _users(random, now), now
    )
    Shop.objects.get_or_create(pk=1, defaults={"name": SHOP, "timezone": "UTC", "currency": "GBP"})
    rates.load(found=sample_rates.of(now.date()), source=ExchangeRate.Source.SAMPLE, by=None)
    for code, name in stock.LOCATIONS.items():
        Location.objects.get_or_create(code=code, defaults={"name": name})
    ids = {(vendor, sku): pk for vendor, sku, pk in Product.objects.values_list("merchant__vendor_number", "sku", "pk")}
    ledger.book(
        stock.movements(random, items, history.shipments, ids, now), source=EventSource.SYSTEM, actor="sample data"
    )
    _load("orders", " ".join(orders.HEADER), history.rows, now)
    _price_history(random, items, ids, now)
    _logins()
    with connection.cursor() as cursor:
        # by name: without one, PostgreSQL's shared tables are locked for every other database until this commits
        cursor.execute(f"analyze {', '.join(connection.introspection.django_table_names())}")
    log.info("sample_data_made", products=len(items), order_items=len(history.rows))


def _load(kind: str, header: str, rows: Sequence[list[str]], now: datetime) -> None:
    spec = registry.find(kind)
    assert spec is not None
    load_rows(spec, Rows(header.split(), list(rows)), now=now)


def _merchants() -> list[list[str]]:
    return [
        [number, name, currency, zone, factor, f"partners.{number.lower()}@example.com"]
        for number, name, currency, zone, factor in MERCHANTS
    ]


def _categories() -> list[list[str]]:
    parents = dict.fromkeys(goods.parent for goods in GOODS)
    return [
        *([parent, "", "15"] for parent in parents),
        *([goods.category, goods.parent, goods.commission] for goods in GOODS),
    ]


def _product(item: Item) -> list[str]:
    return [
        item.sku,
        item.vendor,
        f"{item.brand[:3].upper()}{item.sku.rsplit('-', 1)[1]}",
        item.name,
        item.description,
        item.brand,
        item.model,
        item.goods.category,
        text(item.price),
        text(item.special_price),
        iso(item.special_from),
        iso(item.special_to),
        text(item.cost),
        "true" if item.is_live else "false",
        iso(item.created_at),
    ]


def _flash_sales(items: Sequence[Item]) -> list[list[str]]:
    return [
        [item.sku, item.vendor, iso(sale.starts_at), iso(sale.ends_at), str(sale.percentage)]
        for item in items
        for sale in item.sales
    ]


def _users(random: Random, now: datetime) -> list[list[str]]:
    """Two people at most merchants, and the marketplace's own staff."""
    rows = []
    names = random.sample([(first, last) for first in FIRST_NAMES for last in LAST_NAMES], 62)
    for number, (first, last) in enumerate(names):
        vendor = MERCHANTS[number % len(MERCHANTS)][0] if number < 44 else ""
        role = "merchant" if vendor else random.choice(("operations", "operations", "finance", "admin", ""))
        created = now - timedelta(days=random.randint(20, 1100))
        last_login = now - timedelta(days=random.choice((0, 1, 2, 5, 12, 40, 120)), minutes=random.randint(1, 1300))
        rows.append(
            [
                f"{first}.{last}@{vendor.lower() or 'marketplace'}.example.com".lower(),
                f"{first} {last}",
                role,
                "Vendor Portal" if vendor else "Admin",
                vendor,
                "false" if random.random() < 0.07 else "true",
                iso(last_login) if last_login > created and random.random() < 0.93 else "",
                iso(created),
            ]
        )
    return rows


def _price_history(random: Random, items: Sequence[Item], ids: dict[tuple[str, str], int], now: datetime) -> None:
    """One to three earlier prices of a third of the products."""
    merchants = dict(Merchant.objects.values_list("vendor_number", "pk"))
    changes = []
    for item in random.sample(list(items), len(items) // 3):
        after = item.price
        for back in sorted(random.sample(range(2, 360), random.choice((1, 1, 2, 3)))):
            if now - timedelta(days=back) < item.created_at:
                break
            before = to_minor_unit(after * Decimal(random.choice((90, 94, 95, 105, 108))) / 100, item.currency)
            if before == after:
                continue
            changes.append(
                PriceChange(
                    merchant_id=merchants[item.vendor],
                    product_id=ids[item.vendor, item.sku],
                    at=now - timedelta(days=back, minutes=random.randint(0, 900)),
                    price_before=before,
                    price_after=after,
                    cost_before=item.cost,
                    cost_after=item.cost,
                    source="import",
                )
            )
            after = before
    PriceChange.objects.bulk_create(changes, batch_size=2000)


def _logins() -> None:
    """Last: their presence says that the sample data is complete."""
    own = Merchant.objects.get(vendor_number=PORTAL)
    for email, name, role, platform_type in LOGINS:
        User.objects.create_user(
            email,
            PASSWORD,
            name=name,
            role=role,
            platform_type=platform_type,
            merchant=own if role == "merchant" else None,
            is_demo=True,
        )
