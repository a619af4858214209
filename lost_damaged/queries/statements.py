"""The figures of an account statement: of a closed one as they were frozen, of the open one as they are now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, Case, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, NullIf

from inventory_ops.kit.db.fields import MoneyField
from inventory_ops.models import User
from lost_damaged.models import Statement, StatementLine, StatementTotal

ZERO = Decimal(0)
Kind = StatementLine.Kind
# the columns of a closed statement that hold a kind's amount and count
COLUMNS: Mapping[str, str] = {
    Kind.ORDER: "orders",
    Kind.FEE: "fees",
    Kind.REFUND: "refunds",
    Kind.FEE_REFUND: "fee_refunds",
    Kind.CREDIT: "credits",
    Kind.DEBIT: "debits",
    Kind.ADJUSTMENT: "adjustments",
}


@dataclass(frozen=True, slots=True)
class Total:
    """Lines of one kind on a statement: how many, and their sum."""

    amount: Decimal = ZERO
    count: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """The balance at the begin and what each kind of line adds to it. Fees, refunds and debits are negative."""

    opening: Decimal
    totals: Mapping[str, Total]

    def of(self, *kinds: str) -> Total:
        """Lines of several kinds together."""
        found = [self.totals.get(kind, Total()) for kind in kinds]
        return Total(sum((each.amount for each in found), ZERO), sum(each.count for each in found))

    @property
    def closing(self) -> Decimal:
        return self.opening + self.of(*COLUMNS).amount

    @property
    def payout(self) -> Decimal:
        return max(self.closing, ZERO)

    @property
    def carried_forward(self) -> Decimal:
        return self.closing - self.payout


def figures(statement: Statement, *, until: datetime | None = None) -> Figures:
    """The figures of a statement as they were frozen; of an open one, of all its lines or those before `until`."""
    if statement.state in Statement.FROZEN:
        return Figures(
            statement.opening_amount,
            {
                kind: Total(getattr(statement, f"{name}_amount"), getattr(statement, f"{name}_count"))
                for kind, name in COLUMNS.items()
            },
        )
    found: QuerySet[Any, tuple[Any, ...]] = (
        statement.lines.filter(occurred_at__lt=until)
        .order_by()
        .values_list("kind")
        .annotate(Sum("amount"), Count("pk"))
        if until
        else statement.totals.values_list("kind").annotate(Sum("amount"), Sum("lines"))
    )
    return Figures(statement.opening_amount, {kind: Total(amount, count) for kind, amount, count in found})


@dataclass(frozen=True, slots=True)
class Past:
    """A statement as it was at a moment."""

    moment: datetime
    figures: Figures
    state: str
    paid: Decimal


def at(statement: Statement, moment: datetime) -> Past | None:
    """What a statement said at a moment; None before it was there.

    An open one has the lines that were recorded by then, also those that closing moved to the next one afterwards. A
    closed one has what was frozen, and what was paid by then.
    """
    if statement.previous and statement.previous.closed_at and moment < statement.previous.closed_at:
        return None
    if statement.closed_at and moment >= statement.closed_at:
        paid = statement.payments.filter(created_at__lte=moment).aggregate(sum=Sum("amount"))["sum"] or ZERO
        whole = paid == statement.payout_amount and paid > 0
        return Past(moment, figures(statement), Statement.State.PAID if whole else Statement.State.CLOSED, paid)
    lines = lines_at(statement, moment).order_by().values_list("kind").annotate(Sum("amount"), Count("pk"))
    totals = {kind: Total(amount, count) for kind, amount, count in lines}
    return Past(moment, Figures(statement.opening_amount, totals), Statement.State.OPEN, ZERO)


def lines_at(statement: Statement, moment: datetime) -> QuerySet[StatementLine]:
    """The lines that an open statement had at a moment."""
    return StatementLine.objects.filter(
        merchant=statement.merchant_id,
        currency=statement.currency,
        statement__starts_at__gte=statement.starts_at,
        recorded_at__lte=moment,
    )


def statements(*, viewer: User | None) -> QuerySet[Any]:
    """Statements that `viewer` may see; of open ones the credits and debits so far."""
    return Statement.objects.visible_to(viewer).annotate(
        credits=_so_far(Kind.CREDIT),
        debits=_so_far(Kind.DEBIT),
        due=F("payout_amount") - F("paid_amount"),
        is_unpaid=Case(When(payout_amount__gt=F("paid_amount"), then=True), default=False),
    )


def _so_far(kind: str) -> Case:
    totals = StatementTotal.objects.filter(statement=OuterRef("pk"), kind=kind).order_by().values("statement")
    total = Coalesce(Subquery(totals.annotate(total=Sum("amount")).values("total")), ZERO, output_field=MoneyField())
    return Case(When(state__in=Statement.FROZEN, then=f"{COLUMNS[kind]}_amount"), default=total)


def lines(statement: Statement | None = None, *, viewer: User | None, then: Past | None = None) -> QuerySet[Any]:
    """Lines that `viewer` may see, of one statement (now or as it was `then`) or of all, each with what it is about.

    `mark` is `late` of what happened in a period that was closed, `correction` of a difference to what a closed
    statement has, or ''. `about_number` is that statement: of a late line the one of its time, else the one that the
    item's first line, or the credit that is taken back, is on, where that is another one.
    """
    rows = StatementLine.objects.visible_to(viewer)
    if then is not None and statement is not None and then.state == Statement.State.OPEN:
        rows = rows.filter(pk__in=lines_at(statement, then.moment))
    elif statement is not None:
        rows = rows.filter(statement=statement)
    period = Statement.objects.filter(
        merchant=OuterRef("merchant"),
        currency=OuterRef("currency"),
        starts_at__lte=OuterRef("occurred_at"),
        ends_at__gt=OuterRef("occurred_at"),
    )
    first = StatementLine.objects.filter(order_item=OuterRef("order_item"), kind=Kind.ORDER, sequence=1)
    credit = StatementLine.objects.filter(transaction=OuterRef("transaction__reverses"))
    return rows.annotate(
        is_late=Q(occurred_at__lt=F("statement__starts_at")),
        about=Case(
            When(is_late=True, then=Subquery(period.values("pk")[:1])),
            When(order_item__isnull=False, then=NullIf(Subquery(first.values("statement_id")[:1]), F("statement_id"))),
            When(kind=Kind.DEBIT, then=NullIf(Subquery(credit.values("statement_id")[:1]), F("statement_id"))),
            output_field=BigIntegerField(),
        ),
        about_number=Subquery(Statement.objects.filter(pk=OuterRef("about")).values("number")),
        mark=Case(
            When(is_late=True, then=Value("late")),
            When(kind__in=[Kind.ORDER, Kind.FEE], about__isnull=False, then=Value("correction")),
            default=Value(""),
        ),
    )
