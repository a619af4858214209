"""Carts that were left."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Aggregate,
    Case,
    CharField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Concat, Upper
from django.db.models.lookups import IsNull

from inventory_ops.kit.db.fields import MoneyField
from inventory_ops.models import Order, OrderItem, PaymentAttempt, Store, User
from inventory_ops.models.orders import OrderStatus
from inventory_ops.queries.search import SHORTEST_FRAGMENT

DEFAULT_ABANDON_AFTER = timedelta(minutes=60)
CARD = ("code", "message")  # of a failed attempt


def abandoned_checkouts(
    *, viewer: User | None, as_of: datetime, after: datetime | None, until: datetime, in_turn: bool = False
) -> QuerySet[Order]:
    """Carts with at least one line whose last customer activity is older than the store's time-out at `as_of`.

    `after` (excluded, None = no bound) and `until` (included) bound the last activity. A merchant sees the carts
    that hold its goods, and of them its own lines' total. Annotates total, has_failed, card issue (last failed
    attempt's code and message with the number of failures; for a merchant only that one failed), units.
    `in_turn`: they are asked for in order and not all of them, so each is looked at by itself (but not for a
    merchant, whose lines say which carts there are).
    """
    # the lines of a cart are in status 1 as it is: an index holds those alone
    lines = OrderItem.objects.visible_to(viewer).filter(order=OuterRef("pk"), status=OrderStatus.CART)
    deadline = ExpressionWrapper(
        Value(as_of) - Coalesce(F("store__abandon_after"), Value(DEFAULT_ABANDON_AFTER)), output_field=DateTimeField()
    )
    restricted = viewer is not None and not viewer.sees_all_merchants
    has_lines: Any = Exists(lines)
    if in_turn and not restricted:
        # Joined, the planner takes most carts to be without lines, since most orders are no carts: for a page of a
        # short window it would read and sort all of it.
        has_lines = IsNull(Subquery(lines.values("order_id")[:1]), rhs=False)
    carts = Order.objects.filter(has_lines, status=OrderStatus.CART, last_activity_at__lte=until)
    if after is not None:
        carts = carts.filter(last_activity_at__gt=after)
    failed = PaymentAttempt.objects.filter(order=OuterRef("pk"), succeeded=False).order_by("-attempted_at", "-pk")
    issue = failed.order_by().values("order").annotate(text=CardIssue("pk")).values("text")
    own_total = lines.order_by().values("order").annotate(total=Sum(F("quantity") * F("unit_price"))).values("total")
    units = lines.order_by().values("order").annotate(n=Sum("quantity")).values("n")
    # why a customer's card failed is between the customer, the bank and the shop: a seller learns that it did
    code, message = (Value("") if restricted else Coalesce(Subquery(failed.values(n)[:1]), Value("")) for n in CARD)
    told: Any = Coalesce(Subquery(issue), Value(""))
    if restricted:
        told = Case(When(has_failed=True, then=Value("Failed")), default=Value(""))
    return (
        # annotated before it is filtered by: inside filter() Django would join the stores so that carts without one
        # are lost
        carts.annotate(deadline=deadline)
        .filter(last_activity_at__lt=F("deadline"))
        .annotate(
            visible_total=Subquery(own_total, output_field=MoneyField()) if restricted else F("total_amount"),
            units=Subquery(units, output_field=IntegerField()),
            has_failed=Exists(failed),
            card_code=code,
            card_message=message,
        )
        .annotate(card_issue=told)
    )


def turned(before: datetime, now: datetime, *, starts: tuple[datetime, datetime]) -> QuerySet[Any, int]:
    """Carts that are in one and not in the other of the lists of two moments, though nobody changed anything: their
    store's time-out passed, or they left the window, which began at `starts`."""
    carts = Order.objects.filter(status=OrderStatus.CART).order_by()
    longest = Store.objects.aggregate(longest=Max("abandon_after"))["longest"] or timedelta(0)
    after = Coalesce(F("store__abandon_after"), Value(DEFAULT_ABANDON_AFTER))
    timed_out = (
        # of no cart that was active earlier, to the index; which of these it is, each store says
        carts.filter(last_activity_at__gte=before - max(longest, DEFAULT_ABANDON_AFTER), last_activity_at__lte=now)
        .annotate(deadline=ExpressionWrapper(F("last_activity_at") + after, output_field=DateTimeField()))
        .filter(deadline__gte=before, deadline__lte=now)
    )
    left = carts.filter(last_activity_at__gte=min(starts), last_activity_at__lte=max(starts))
    return timed_out.values_list("pk", flat=True).union(left.values_list("pk", flat=True), all=True)


def matching(carts: QuerySet[Order], text: str) -> QuerySet[Order]:
    """Carts whose number, promo code and comment hold all words of the text; one of two letters has to begin a word,
    since no shorter part of a word is in an index."""
    carts = carts.alias(
        haystack=Upper(Concat("number", Value(" "), "promo_code", Value(" "), "comment", output_field=TextField()))
    )
    for word in text.upper().split():
        if len(word) < SHORTEST_FRAGMENT:
            carts = carts.filter(Q(haystack__startswith=word) | Q(haystack__contains=f" {word}"))
        else:
            carts = carts.filter(haystack__contains=word)
    return carts


class CardIssue(Aggregate):
    """Of failed attempts: `code: message (n×)` of the last one. One pass over an order's attempts makes the text."""

    template = (
        "(array_agg(code || case when code = '' or message = '' then '' else ': ' end || message"
        " order by attempted_at desc, id desc))[1] || case when count(*) > 1 then ' (' || count(*) || '×)' else '' end"
    )
    output_field = CharField()
