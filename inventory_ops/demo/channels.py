"""Channels of the sample data: two merchants, each with a Primary Marketplace and one with a web shop beside it."""

from __future__ import annotations

import csv
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from inventory_ops.models import Channel, ChannelListing, Merchant
from inventory_ops.operations.channels import exchange

CHANNELS: tuple[tuple[str, str, str, bool, dict[str, int], int], ...] = (
    # vendor number, code, name, primary, rule, share of the products
    ("N1002", "HARBOUR", "Harbour Market", True, {}, 1),
    ("N1002", "WEBSHOP", "Own web shop", False, {"buffer": 2, "max_quantity": 50}, 2),
    ("N1001", "BAZAAR", "Bazaar Europe", True, {"percent": 80, "end_when": 1}, 1),
)

ORDER_COLUMNS = (
    *("order_id", "sku", "quantity", "cancelled_quantity", "unit_price", "currency", "customer_email"),
    *("placed_at", "updated_at"),
)
CART_COLUMNS = (
    *("cart_id", "sku", "quantity", "unit_price", "currency", "customer_email", "promo_code", "comment"),
    *("card_code", "card_message", "updated_at"),
)
# hours since the customer was there, promo code, comment, the card's code and message
CARTS: tuple[tuple[float, str, str, str, str], ...] = (
    (0.2, "", "", "", ""),
    (2, "", "", "51", "Insufficient funds"),
    (5, "WELCOME10", "", "", ""),
    (26, "", "Delivery takes too long", "", ""),
)


def make(now: datetime) -> None:
    """Connect the channels, with what they list and were told; their files lie in CHANNELS_DIR."""
    for number, code, name, primary, rule, share in CHANNELS:
        merchant = Merchant.objects.filter(vendor_number=number).first()
        if merchant is None:
            continue
        channel = Channel.objects.create(
            merchant=merchant,
            code=code,
            name=name,
            kind="csv",
            is_primary=primary,
            state=Channel.State.SYNCED,
            options={"folder": code.lower()},
            started_at=now - timedelta(days=40),
            created_at=now - timedelta(days=41),
            **rule,
        )
        _list(channel, share, now)
        folder = Path(settings.CHANNELS_DIR) / code.lower()
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "orders").mkdir(parents=True)
        _write_catalogue(channel, folder)
        _write_orders(channel, folder, now)
        _write_carts(channel, folder, now)
        exchange.sync(channel.pk)


def _list(channel: Channel, share: int, now: datetime) -> None:
    """Listings of the merchant's live products, each due: the first round tells the channel its quantities."""
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into inventory_ops_channellisting (channel_id, merchant_id, product_id, external_id, external_sku,
                   location_id, state, is_due, due_at, must_send, error, imported_at)
               select %s, merchant_id, id, sku, sku, '', 'waiting', true, %s, false, '', %s
               from inventory_ops_product where merchant_id = %s and is_live and id %% %s = 0 order by id""",
            [channel.pk, now, now - timedelta(days=40), channel.merchant_id, share],
        )


def _write_catalogue(channel: Channel, folder: Path) -> None:
    rows = ChannelListing.objects.filter(channel=channel).values_list("external_sku", "product__name", "product__price")
    with (folder / "catalogue.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["sku", "title", "quantity", "price", "currency"])
        for sku, title, price in rows.order_by("external_sku"):
            out.writerow([sku, title, 0, f"{price.normalize():f}", channel.merchant.currency])


def _write_orders(channel: Channel, folder: Path, now: datetime) -> None:
    """Today's orders: some open, one cancelled in time, one too late."""
    rows = ChannelListing.objects.filter(channel=channel).values_list("external_sku", "product__price")
    with (folder / "orders" / "today.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(ORDER_COLUMNS)
        for n, (sku, price) in enumerate(rows.order_by("pk")[:6]):
            placed = now - timedelta(hours=9 - n)
            cancelled, minutes = {1: (1, 12), 2: (1, 95)}.get(n, (0, 0))
            changed = placed + timedelta(minutes=minutes)
            name = f"{channel.code[:2]}{4100 + n}"
            email = f"customer{n}@example.org"
            out.writerow(
                [
                    *(name, sku, 1, cancelled, f"{price.normalize():f}", channel.merchant.currency, email),
                    *(placed.isoformat(), changed.isoformat()),
                ]
            )


def _write_carts(channel: Channel, folder: Path, now: datetime) -> None:
    """One customer is still shopping, the others left: why, some of the carts tell."""
    rows = ChannelListing.objects.filter(channel=channel).values_list("external_sku", "product__price")
    with (folder / "carts.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(CART_COLUMNS)
        for n, ((sku, price), (hours, promo, comment, code, message)) in enumerate(
            zip(rows.order_by("-pk"), CARTS, strict=False)
        ):
            out.writerow(
                [
                    *(f"{channel.code[:2]}C{700 + n}", sku, 1 + n % 2, f"{price.normalize():f}"),
                    *(channel.merchant.currency, f"customer{n + 20}@example.org", promo, comment, code, message),
                    (now - timedelta(hours=hours)).isoformat(),
                ]
            )
