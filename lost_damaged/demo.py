"""Sample data: write-offs of the last weeks by API and CSV, a reversal, a closed statement, NAV batches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from inventory_ops.models import Merchant, OrderItem, Product, User
from lost_damaged.items import Item
from lost_damaged.models import Reason, SellerTransaction, Source, Statement, WriteOff
from lost_damaged.operations import claims, nav, rules, settings, statements, write_offs

SEED = 20_107
DAYS = 56


def seed(now: datetime) -> None:
    """Make the sample data once, through the same operations that everybody uses."""
    finance = User.objects.filter(email="finance@example.com").first()
    if finance is None or WriteOff.objects.exists():
        return
    random = Random(SEED)
    sellers = list(Merchant.objects.order_by("vendor_number"))
    begin = now - timedelta(days=DAYS + 1)
    by = finance.email
    rules.set_factor(merchant=None, factor=Decimal(1), set_by=by, valid_from=begin, note="Terms of sale, 12.3")
    for seller, factor in zip(sellers[1:3], (Decimal("0.85"), Decimal("0.9")), strict=False):
        rules.set_factor(merchant=seller, factor=factor, set_by=by, valid_from=begin, note="Individual agreement")
    for seller in sellers[:-1]:  # the last one has no number yet: its journal lines are held
        settings.set_account(merchant=seller, vendor_no=f"V{seller.pk:05}", by=finance)
    items = list(
        OrderItem.objects.placed()
        .filter(ordered_at__gt=now - timedelta(days=DAYS), product__category__isnull=False)
        .select_related("product")
        .order_by("pk")[:4000]
    )
    products = list(Product.objects.filter(category__isnull=False).order_by("pk")[:800])
    for day in range(DAYS, -1, -1):
        _one_day(random, items, products, finance, now - timedelta(days=day), nth=DAYS - day)
        if day == DAYS // 2:
            for number in Statement.objects.filter(state="open").values_list("number", flat=True):
                statements.close(number=number, by=finance, as_of=now - timedelta(days=day) + timedelta(minutes=1))
            nav.export(by=finance)
    for found in SellerTransaction.objects.filter(type="credit", amount__gt=0).order_by("-pk")[5:30:12]:
        write_offs.reverse(number=found.number, note="Found at stock count", by=finance, as_of=now)
    _claims(finance, now)


def _claims(finance: User, now: datetime) -> None:
    """A seller's claims: one accepted, one rejected, two open."""
    seller = User.objects.filter(email="merchant@example.com", merchant__isnull=False).first()
    if seller is None or seller.merchant is None:
        return
    products = Product.objects.filter(merchant=seller.merchant, category__isnull=False).order_by("pk")
    stories = [
        (Reason.LOST_INBOUND, "Twelve cartons handed over at dock 3, eleven booked in. The delivery note has twelve."),
        (Reason.DAMAGED_WAREHOUSE, "Came back to us with a forklift hole through the box."),
        (Reason.LOST_RETURN, "The customer has a receipt for the return parcel; it never reached us."),
        (Reason.LOST_WAREHOUSE, "Missing since the stock count of last week."),
    ]
    made = [
        claims.open_claim(
            details=claims.ClaimDetails(
                sku=product.sku,
                reason=reason,
                happened_on=(now - timedelta(days=3 + 4 * index)).date(),
                text=text,
                uid=f"CLM-{index}-{product.pk}",
            ),
            merchant=seller.merchant,
            by=seller,
        )
        for index, (product, (reason, text)) in enumerate(zip(products[:4], stories, strict=False))
    ]
    if len(made) > 1:
        claims.accept(claim=made[0], uid=made[0].uid, reason=made[0].reason, answer="Seen on the video.", by=finance)
        claims.reject(claim=made[1], answer="The box was damaged before it reached us: see the photograph.", by=finance)


def _one_day(
    random: Random, items: Sequence[OrderItem], products: Sequence[Product], finance: User, at: datetime, *, nth: int
) -> None:
    units = [
        Item(0, each.product.sku, f"{nth:03}-{letter}-{random.randint(100, 999)}", each.shop_item_id)
        for letter, each in zip("ABC", random.sample(items, random.randint(0, min(3, len(items)))), strict=False)
    ]
    loose = random.sample(products, random.randint(0, min(2, len(products))))
    units += [Item(0, each.sku, f"{nth:03}-W-{random.randint(1000, 9999)}") for each in loose]
    reasons = [Reason.LOST_WAREHOUSE, Reason.DAMAGED_WAREHOUSE, Reason.LOST_DELIVERY, Reason.LOST_RETURN]
    for position, each in enumerate(units):
        write_offs.write_off(
            [Item(position, each.sku, each.uid, each.shop_item_id)],
            source=random.choice([Source.API, Source.API, Source.CSV]),
            by=finance,
            reason=random.choice(reasons),
            as_of=at + timedelta(seconds=position),
        )
