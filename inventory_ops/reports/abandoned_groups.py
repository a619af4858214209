"""Carts that were left, counted by what they share, with how many of them were recovered."""

from __future__ import annotations

from calendar import monthrange
from decimal import Decimal
from typing import Any, ClassVar

import django_filters
from django.db.models import Count, DecimalField, Exists, F, Max, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, TruncMonth
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit import markup
from inventory_ops.kit.db.expressions import in_one_order
from inventory_ops.kit.links import to
from inventory_ops.kit.reports import Kpi, Report, Scope, columns, filters, register
from inventory_ops.models import CartContact, OrderItem
from inventory_ops.models.orders import OrderStatus
from inventory_ops.queries import recovery
from inventory_ops.reports import common
from inventory_ops.reports.abandoned_checkouts import ALL_CARTS, GROUPED, STAFF, selected


def carts(**filters: Any) -> str | None:
    """The list of carts with filters; none of a group that nobody can be led to."""
    if any(value in (None, "") for value in filters.values()):
        return None
    return reverse("report", args=["abandoned-checkouts"], query=filters)


def _rate(value: Any) -> str:
    return "–" if value is None else f"{markup.number(round(value, 1))}%"


class GroupFilters(filters.WindowedFilterSet):
    defaults: ClassVar[dict[str, str]] = {"window": "12m"}


class GroupedReport(Report):
    """Abandoned checkouts counted by something they share.

    A row counts all carts that were left, of which those still in the list of carts, those contacted, and those
    recovered (docs/guide/action-required.md says when that is).
    """

    section = _("Checkout abandoned orders")
    icon = "shopping-cart-x"
    filterset_class: ClassVar[type[filters.ReportFilterSet]] = GroupFilters
    in_menu = False
    currency: ClassVar[str | None] = None
    links = (ALL_CARTS, *GROUPED)
    default_sort = "-carts"


COUNTS = (
    columns.Integer(
        key="left", header="Carts Left", label=_("Left"), expression="n_left", hint=_("All, those bought since, too")
    ),
    columns.Integer(key="contacted", header="Contacted", expression="n_contacted", css="m-hide"),
    columns.Integer(key="recovered", header="Recovered", expression="n_recovered"),
    columns.Percent(key="rate", header="Recovery Rate", label=_("Rate"), expression="rate", places=1),
)
KPIS = (
    Kpi("left", _("Carts left"), Sum("n_left")),
    Kpi("contacted", _("Contacted"), Sum("n_contacted")),
    Kpi("recovered", _("Recovered"), Sum("n_recovered"), _("became an order, or bought later")),
    Kpi("rate", _("Recovery rate"), Sum("n_recovered") * 100.0 / Sum("n_left"), show=_rate),
)


def left(scope: Scope) -> QuerySet[Any]:
    window = scope.window
    return recovery.left(
        viewer=scope.viewer,
        as_of=scope.as_of,
        after=window.start if window else None,
        until=window.end if window else scope.as_of,
    )


def lines(scope: Scope) -> QuerySet[Any]:
    """The lines of the carts, for groups by what is in them."""
    found: QuerySet[Any] = OrderItem.objects.visible_to(scope.viewer).filter(order__in=left(scope).values("pk"))
    return found.alias(was_contacted=Exists(CartContact.objects.filter(order=OuterRef("order"))))


STILL = Q(order__status=OrderStatus.CART)


class ProductFilters(GroupFilters):
    product = django_filters.NumberFilter(field_name="product_id", label=_("Product id"))
    vendor = common.vendor_filter()


@register
class AbandonedByProduct(GroupedReport):
    slug = "abandoned-by-product"
    title = _("Abandoned checkouts by product")
    purpose = _("Which products are left in carts most often.")
    path = "/action-required/abandoned-checkouts/by-product/"
    identity = ("product_id",)
    filterset_class = ProductFilters
    columns = (
        columns.Text(
            key="sku",
            header="Item SKU",
            expression="product__sku",
            sub="name",
            width=160,
            link=to("product", "product_id"),
        ),
        columns.Text(key="name", header="Item Name", expression="product__name", on_page=False),
        columns.Text(
            key="vendor_number",
            header="Vendor Number",
            label=_("Vendor"),
            expression="merchant__vendor_number",
            link=lambda row: reverse("abandoned-by-vendor", query={"vendor": row["c_vendor_number"]}),
        ),
        columns.Integer(
            key="carts",
            header="Carts",
            expression="n_carts",
            link=lambda row: carts(product=row["product_id"]) if row["c_carts"] else None,
        ),
        columns.Integer(key="units", header="Units", expression="n_units", nullable=True),
        *COUNTS,
    )
    kpis = ()

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return recovery.counted(lines(scope).values("product_id"), of="order").annotate(
            n_units=Sum("quantity", filter=STILL)
        )


class VendorFilters(GroupFilters):
    vendor = common.vendor_filter()


@register
class AbandonedByVendor(GroupedReport):
    slug = "abandoned-by-vendor"
    title = _("Abandoned checkouts by vendor")
    purpose = _("Whose goods are left in carts most often, and how many of these carts were recovered.")
    path = "/action-required/abandoned-checkouts/by-vendor/"
    identity = ("merchant_id",)
    currency = "merchant__currency"
    filterset_class = VendorFilters
    columns = (
        columns.Text(
            key="vendor",
            header="Vendor Name",
            label=_("Vendor"),
            expression="merchant__name",
            sub="vendor_number",
            link=lambda row: reverse("abandoned-by-product", query={"vendor": row["c_vendor_number"]}),
        ),
        columns.Text(key="vendor_number", header="Vendor Number", expression="merchant__vendor_number", on_page=False),
        columns.Integer(
            key="carts",
            header="Carts",
            expression="n_carts",
            link=lambda row: carts(vendor=row["c_vendor_number"]) if row["c_carts"] else None,
        ),
        columns.Integer(key="units", header="Units", expression="n_units", nullable=True),
        columns.Money(
            key="total",
            header="Value",
            label=_("Value of its goods"),
            expression="n_total",
            nullable=True,
            sortable=False,
            css="m-right",
        ),
        *COUNTS,
    )
    row_keys = ("vendor_number",)

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return recovery.counted(lines(scope).values("merchant_id"), of="order").annotate(
            n_units=Sum("quantity", filter=STILL), n_total=Sum(F("quantity") * F("unit_price"), filter=STILL)
        )


CART = Q(status=OrderStatus.CART)


def by_currency(found: QuerySet[Any], *shared: str) -> QuerySet[Any]:
    """Carts counted by what they share, each currency apart."""
    groups = recovery.counted(found.values(*shared, "currency"))
    worth = {"n_factor": Max("factor", filter=CART), "n_band": Max("band", filter=CART)}
    return groups.annotate(n_total=Sum("visible_total", filter=CART), **worth)


NOTHING = Decimal("-1e60")  # below every amount: a group of which no cart is left
TOTAL = columns.Money(
    key="total",
    header="Order Total",
    label=_("Order total"),
    expression="n_total",
    order_by=Coalesce(F("n_total") * F("n_factor") + F("n_band"), Value(NOTHING), output_field=DecimalField()),
    currency="currency",
    nullable=True,
    css="m-right",
)
CURRENCY = columns.Text(key="currency", header="Currency", width=70, flexible=False, visible=False)


class PromoFilters(GroupFilters):
    promo = django_filters.CharFilter(
        field_name="promo_code", lookup_expr="iexact", label=_("Promo code"), max_length=100
    )


@register
class AbandonedByPromo(GroupedReport):
    slug = "abandoned-by-promo"
    title = _("Abandoned checkouts by promo code")
    purpose = _("Which promotions end in abandoned carts, and how many of these carts were recovered.")
    path = "/action-required/abandoned-checkouts/by-promo/"
    identity = ("promo_code", "currency")
    currency = "currency"
    filterset_class = PromoFilters
    columns = (
        columns.Text(key="promo", header="Promo Code", expression="promo_code"),
        columns.Integer(
            key="carts",
            header="Carts",
            expression="n_carts",
            link=lambda row: (
                None
                if not row["c_carts"]
                else carts(promo=row["promo_code"], currency=row["currency"])
                if row["promo_code"]
                else carts(with_promo="no", currency=row["currency"])
            ),
        ),
        TOTAL,
        CURRENCY,
        *COUNTS,
    )
    kpis = KPIS

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return by_currency(left(scope), "promo_code")


def _of_month(row: Any) -> str | None:
    first = row["month"].date()
    last = first.replace(day=monthrange(first.year, first.month)[1])
    return (
        carts(date_from=first.isoformat(), date_to=last.isoformat(), currency=row["currency"])
        if row["c_carts"]
        else None
    )


@register
class AbandonedByMonth(GroupedReport):
    slug = "abandoned-by-month"
    title = _("Abandoned checkouts by month")
    purpose = _("How many carts were left in each month, and how many of them were recovered.")
    path = "/action-required/abandoned-checkouts/by-month/"
    identity = ("month", "currency")
    currency = "currency"
    default_sort = "-month"
    columns = (
        columns.Month(key="month", header="Month", expression="month"),
        columns.Integer(key="carts", header="Carts", expression="n_carts", link=_of_month),
        TOTAL,
        CURRENCY,
        *COUNTS,
    )
    kpis = KPIS

    def rows(self, scope: Scope) -> QuerySet[Any]:
        zone = timezone.get_current_timezone()
        return by_currency(left(scope).annotate(month=TruncMonth("left_when", tzinfo=zone)), "month")


class CardFilters(GroupFilters):
    code = django_filters.CharFilter(field_name="card_code", label=_("Code"), max_length=50)


@register
class AbandonedByCardError(GroupedReport):
    slug = "abandoned-by-card-error"
    title = _("Abandoned checkouts by card error")
    purpose = _("Which credit card errors end in abandoned carts (last failed attempt of each).")
    path = "/action-required/abandoned-checkouts/by-card-error/"
    roles = STAFF
    identity = ("card_code", "card_message", "currency")
    currency = "currency"
    filterset_class = CardFilters
    columns = (
        columns.Text(key="code", width=120, header="Code", expression="card_code"),
        columns.Text(key="message", header="Message", expression="card_message"),
        columns.Integer(
            key="carts",
            header="Carts",
            expression="n_carts",
            link=lambda row: carts(
                card_issue="yes",
                currency=row["currency"],
                **{name: row[name] for name in ("card_code", "card_message") if row[name]},
            ),
        ),
        columns.Money(
            key="total",
            header="Order Total",
            expression="n_total",
            order_by=in_one_order("n_total"),
            currency="currency",
            css="m-right",
        ),
        CURRENCY,
    )

    def rows(self, scope: Scope) -> QuerySet[Any]:
        found = selected(scope).filter(has_failed=True)
        groups = found.values("card_code", "card_message", "currency", "factor", "band")
        return groups.annotate(n_carts=Count("pk"), n_total=Sum(F("visible_total")))
