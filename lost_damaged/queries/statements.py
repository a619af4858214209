"""The figures of an account statement: of a closed one as they were frozen, of the open one as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from inventory_ops.kit.db.fields import MoneyField
from inventory_ops.models import OrderItem, User
from lost_damaged import formula
from lost_damaged.models import Statement

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Figures:
    """Lines of a statement, in its currency. Fees, refunds and debits are negative."""

    opening: Decimal
    orders: Decimal
    credits: Decimal
    credits_count: int
    debits: Decimal
    debits_count: int
    fees: Decimal
    refunds: Decimal

    @property
    def other_revenues(self) -> Decimal:
        return self.credits + self.debits

    @property
    def closing(self) -> Decimal:
        return self.opening + self.orders + self.other_revenues + self.fees + self.refunds

    @property
    def payout(self) -> Decimal:
        return max(self.closing, ZERO)

    @property
    def carried_forward(self) -> Decimal:
        return self.closing - self.payout


def figures(statement: Statement, *, until: datetime) -> Figures:
    """The figures of a statement; of an open one, of what happened before `until`."""
    if statement.state == Statement.State.CLOSED:
        return Figures(
            opening=statement.opening_amount,
            orders=statement.orders_amount or ZERO,
            credits=statement.credits_amount or ZERO,
            credits_count=statement.credits_count or 0,
            debits=statement.debits_amount or ZERO,
            debits_count=statement.debits_count or 0,
            fees=statement.fees_amount or ZERO,
            refunds=statement.refunds_amount or ZERO,
        )
    booked = statement.transactions.aggregate(
        credits=Coalesce(Sum("amount", filter=Q(type="credit")), ZERO, output_field=MoneyField()),
        credits_count=Count("pk", filter=Q(type="credit")),
        debits=Coalesce(Sum("amount", filter=Q(type="debit")), ZERO, output_field=MoneyField()),
        debits_count=Count("pk", filter=Q(type="debit")),
    )
    sold = OrderItem.objects.filter(
        product__merchant_id=statement.merchant_id,
        order__currency=statement.currency,
        quantity_shipped__gt=0,
        shipped_at__gte=statement.starts_at,
        shipped_at__lt=until,
    ).aggregate(
        orders=Coalesce(Sum(F("unit_price") * F("quantity_shipped")), ZERO, output_field=MoneyField()),
        fees=Coalesce(Sum(F("commission") * F("quantity_shipped")), ZERO, output_field=MoneyField()),
    )
    digits = formula.minor_units(statement.currency)
    return Figures(
        opening=statement.opening_amount,
        orders=formula.rounded(sold["orders"], digits),
        credits=booked["credits"],
        credits_count=booked["credits_count"],
        debits=booked["debits"],
        debits_count=booked["debits_count"],
        fees=-formula.rounded(sold["fees"], digits),
        refunds=ZERO,
    )


def statements(*, viewer: User | None) -> QuerySet[Any]:
    """Statements that `viewer` may see; of open ones the credits and debits so far."""
    return Statement.objects.visible_to(viewer).annotate(
        credits=Coalesce("credits_amount", Sum("transactions__amount", filter=Q(transactions__type="credit")), ZERO),
        debits=Coalesce("debits_amount", Sum("transactions__amount", filter=Q(transactions__type="debit")), ZERO),
    )
