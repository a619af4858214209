"""Carts that were started and never completed, and what they have in common."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import django_filters
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Upper
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.db.expressions import in_one_order
from inventory_ops.kit.fields import suggesting
from inventory_ops.kit.reports import Breakdown, Kpi, Link, Scope, Step, View, columns, filters, register
from inventory_ops.kit.reports.scope import parse_window
from inventory_ops.kit.viewer import Viewer
from inventory_ops.models import PaymentAttempt, ReportScan, Store
from inventory_ops.models.orders import order_address
from inventory_ops.queries import checkouts, recovery
from inventory_ops.reports import cart_work, common
from inventory_ops.reports.base import ActionReport, WorkflowFilters

EVERYBODY = frozenset({"operations", "merchant", "finance", "admin"})
STAFF = EVERYBODY - {"merchant"}  # what sellers may know of cards, the list by card error cannot say
ALL_CARTS = Link(_("All carts"), reverse_lazy("report", args=["abandoned-checkouts"]), "shopping-cart-x", EVERYBODY)
GROUPED = (
    Link(_("By product"), reverse_lazy("abandoned-by-product"), "package", EVERYBODY),
    Link(_("By vendor"), reverse_lazy("abandoned-by-vendor"), "users", EVERYBODY),
    Link(_("By promo code"), reverse_lazy("abandoned-by-promo"), "tag", EVERYBODY),
    Link(_("By card error"), reverse_lazy("abandoned-by-card-error"), "alert-circle", STAFF),
    Link(_("By month"), reverse_lazy("abandoned-by-month"), "calendar", EVERYBODY),
)


class Filters(WorkflowFilters, filters.WindowedFilterSet):
    q = django_filters.CharFilter(label=_("Search"), max_length=filters.LONGEST_SEARCH, method="of_text")
    store = common.KeyedFilter(Store, field="store__number", label=_("Store number"))
    promo = django_filters.CharFilter(label=_("Promo code"), max_length=100, method="of_promo")
    card_issue = filters.ScopeFilter(choices=filters.YES_NO, label=_("Credit card issue"), empty_label=_("Any"))
    comment = filters.ScopeFilter(choices=filters.YES_NO, label=_("Customer comment"), empty_label=_("Any"))
    reachable = filters.ScopeFilter(choices=filters.YES_NO, label=_("E-mail known"), empty_label=_("Any"))
    total = common.AmountAtLeast("visible_total", label=_("Total at least"), of_merchants=False)
    recovery = filters.ScopeFilter(
        choices=[
            ("left", _("Nobody contacted, nothing bought")),
            ("contacted", _("Contacted, nothing bought")),
            ("recovered", _("Bought later")),
            ("open", _("Nothing bought")),
        ],
        label=_("Recovery"),
        empty_label=_("Any"),
    )
    currency = django_filters.CharFilter(lookup_expr="iexact", label=_("Currency"), max_length=3)
    with_promo = filters.ScopeFilter(choices=filters.YES_NO, label=_("With promo code"), empty_label=_("Any"))
    product = filters.ScopeNumber(label=_("Product id"))
    vendor = filters.ScopeText(label=_("Vendor number"), max_length=50, widget=suggesting("vendor"))
    card_code = filters.ScopeText(label=_("Card error code"), max_length=50)
    card_message = filters.ScopeText(label=_("Card error message"), max_length=300)
    defaults = {"window": "12m"}

    def of_text(self, qs: Any, name: str, value: str) -> Any:
        return checkouts.matching(qs, value)

    def of_promo(self, qs: Any, name: str, value: str) -> Any:
        # an index holds the carts that have a code
        return qs.exclude(promo_code="").filter(promo_code__iexact=value)


def selected(scope: Scope, *, in_turn: bool = False) -> QuerySet[Any]:
    """The carts of a scope, by the filters that are no plain column."""
    window = scope.window
    carts = checkouts.abandoned_checkouts(
        viewer=scope.viewer,
        as_of=scope.as_of,
        after=window.start if window else None,
        until=window.end if window else scope.as_of,
        in_turn=in_turn,
    )
    for name, has in (
        ("card_issue", Q(has_failed=True)),
        ("comment", ~Q(comment="")),
        ("reachable", ~Q(customer_email="")),
        ("with_promo", ~Q(promo_code="")),
    ):
        if wanted := scope.params.get(name):
            carts = carts.filter(has if wanted == "yes" else ~has)
    carts = recovery.in_state(carts, scope.params.get("recovery"))
    carts = recovery.holding(
        carts, viewer=scope.viewer, product=scope.params.get("product"), vendor=scope.params.get("vendor")
    )
    # of a seller's carts both are '': it finds nothing by them
    for name in ("card_code", "card_message"):
        if text := scope.params.get(name):
            # an index leads to the carts that any attempt said it of; it is the last failed one that counts
            said = PaymentAttempt.objects.filter(succeeded=False, **{name.removeprefix("card_"): text})
            carts = carts.filter(pk__in=said.values("order_id"), **{name: text})
    return carts


@register
class AbandonedCheckouts(ActionReport):
    """Sorted by what a cart is called, what it is worth and when it was left; all else is found by filters."""

    slug = "abandoned-checkouts"
    title = _("Checkout abandoned orders")
    short_title = _("Abandoned")
    icon = "shopping-cart-x"
    not_loaded = common.ORDERS_ARE_LOADED_WHOLE
    purpose = _("Customer carts that were started but never completed.")
    meaning = _("Checkouts left in 12 months")
    links = GROUPED
    steps = (
        Step(_("Filter data to view results from the past 12 months."), query="window=12m"),
        Step(
            _("Look for patterns such as specific products or promotions causing abandonment."),
            url=reverse_lazy("abandoned-by-product"),
        ),
        Step(_("Read customer comments for insight into failed checkout experiences."), query="comment=yes"),
        Step(_("Investigate any credit card-related issues in the logs."), query="card_issue=yes"),
        Step(
            _("Collaborate with UX or dev teams to improve checkout performance."),
            url=reverse_lazy("abandoned-by-card-error"),
            roles=STAFF,
        ),
        Step(
            _("Use email remarketing or retargeting campaigns to recover lost orders."),
            query="recovery=left&reachable=yes",
        ),
    )
    columns = (
        columns.Text(
            key="store",
            width=76,
            flexible=False,
            header="Store Number",
            label=_("Store"),
            expression="store__number",
            sortable=False,
            nullable=True,
            css="m-hide",
        ),
        columns.Integer(key="order_id", sortable=False, header="Order ID", expression="pk", visible=False),
        columns.Text(
            key="number",
            header="Order Number",
            label=_("Order"),
            sub="email",
            link=lambda row: order_address(row["c_number"], row["c_store"]),
        ),
        columns.Text(
            key="email",
            sortable=False,
            header="Customer Email",
            expression="customer_email",
            personal=True,
            on_page=False,
        ),
        columns.Money(
            key="total",
            order_by=in_one_order("visible_total"),
            header="Order Total",
            label=_("Total"),
            expression="visible_total",
            currency="currency",
            css="m-right",
        ),
        columns.Moment(key="last_update", header="Last Update", label=_("Last update"), expression="last_activity_at"),
        columns.Text(
            key="promo_code",
            width=100,
            sortable=False,
            header="Promo Code",
            label=_("Promo code"),
            css="m-hide",
            link=lambda row: (
                reverse("abandoned-by-promo", query={"promo": row["c_promo_code"]}) if row["c_promo_code"] else None
            ),
        ),
        columns.Money(
            key="promo_value",
            sortable=False,
            header="Promo Value",
            label=_("Promo value"),
            currency="currency",
            nullable=True,
            css="m-hide",
        ),
        columns.Money(
            key="gift_card_total",
            sortable=False,
            header="Gift Card Total",
            label=_("Gift cards"),
            currency="currency",
            nullable=True,
            visible=False,
        ),
        columns.Integer(
            key="gift_card_count",
            sortable=False,
            header="Gift Card Count",
            label=_("Gift card count"),
            nullable=True,
            visible=False,
        ),
        columns.Text(
            key="comment", sortable=False, header="Customer Comments", label=_("Comment"), css="m-hide cell-text"
        ),
        columns.Text(
            key="card_issue", sortable=False, header="Credit Card Issues", label=_("Card issue"), css="m-hide"
        ),
        columns.Integer(key="units", sortable=False, header="Units", nullable=True, visible=False),
        *cart_work.COLUMNS,
    )
    page_order = ("number", "last_update", "total", "card_issue", "comment")
    row_keys = ("number",)
    filterset_class = Filters
    currency = "currency"
    search_placeholder = _("Filter by order, promo code or comment")
    default_sort = "-last_update"
    kpis = (
        Kpi("count", _("Carts"), Count("pk")),
        Kpi("total", _("Value"), Sum("visible_total"), _("sum of order totals"), money=True),
        Kpi("cards", _("With card issues"), Count("pk", filter=Q(has_failed=True))),
        Kpi("reach", _("Reachable by e-mail"), Count("pk", filter=~Q(customer_email=""))),
    )
    views = (
        View(_("Open"), "finding=open"),
        View(_("New since yesterday"), "finding=new"),
        View(_("Assigned to me"), "owner=me"),
        View(_("Due by today"), "due=today"),
        View(_("To contact"), "recovery=left&reachable=yes"),
        View(_("Contacted"), "recovery=contacted"),
        View(_("Bought later"), "recovery=recovered"),
        View(_("With card issues"), "card_issue=yes"),
        View(_("With comments"), "comment=yes"),
        View(_("Last 7 days"), "window=7d"),
    )
    scan = "checkouts"
    money_label = _("Value")
    trend = "last_activity_at"
    breakdowns = (
        Breakdown(_("Store"), "store__number", "store", name="store__name", without=_("No store")),
        Breakdown(_("Promo code"), Upper("promo_code"), "promo", without=_("No promo code")),
        Breakdown(
            _("Credit card"),
            "has_failed",
            "card_issue",
            words={"true": _("Payment failed"), "false": _("No payment failed")},
            values={"true": "yes", "false": "no"},
        ),
        Breakdown(_("Currency"), "currency", "currency"),
    )
    value_at_risk = "visible_total"
    about = "order"
    finding_label = "number"
    merchant_path = None

    def before_scan(self, *, as_of: datetime) -> None:
        # loads look for themselves, channels bring new orders within hours; the first scan of a day looks at all
        last = ReportScan.objects.filter(report=self.slug, whole_on=as_of.date()).first()
        from inventory_ops.operations.orders import recovered  # here: scans alone need the life of orders

        recovered.find(as_of=as_of, placed_since=last.as_of - timedelta(days=1) if last else None)

    def turned(self, before: datetime, now: datetime) -> QuerySet[Any]:
        window = self.filterset_class.defaults["window"]
        starts = parse_window(window, as_of=before).start, parse_window(window, as_of=now).start
        return checkouts.turned(before, now, starts=starts)

    def issues(self, scope: Scope) -> QuerySet[Any]:
        return selected(scope, in_turn=scope.viewer is not None)  # the system's scan asks for all

    def look_up(self, rows: Sequence[dict[str, Any]], *, viewer: Viewer | None) -> None:
        super().look_up(rows, viewer=viewer)
        cart_work.look_up(rows, viewer)

    def row_label(self, row: Any) -> str:
        return str(row["c_number"])
