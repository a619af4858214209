"""Orders, their items, and attempts to pay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.db.expressions import in_one_order
from inventory_ops.kit.db.fields import MoneyField, PercentField
from inventory_ops.models.visibility import OfMerchants

if TYPE_CHECKING:
    from inventory_ops.models.users import User


class OrderStatus(models.IntegerChoices):
    CART = 1, _("Cart")
    OPEN = 2, _("Open")
    CLOSED = 3, _("Closed")


class CancelledBy(models.TextChoices):
    CUSTOMER = "customer", _("Customer")
    SELLER = "seller", _("Seller")
    WAREHOUSE = "warehouse", _("Warehouse")
    SYSTEM = "system", _("System")


NO_STORE = "-"


def order_address(number: str, store: str | None = None) -> str:
    """The page of an order: /orders/STORE/NUMBER/, or by its number alone where the store is not at hand."""
    return reverse("order", args=[f"{store}/{number}" if store else number])


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, user: User | None) -> OrderQuerySet:
        """Orders with at least one item of a merchant that `user` may see; None is the system, which sees all."""
        if user is None or user.sees_all_merchants:
            return self
        return self.filter(
            models.Exists(OrderItem.objects.filter(order=models.OuterRef("pk"), merchant_id=user.own_merchant_id))
        )


class Order(models.Model):
    """A cart (status 1), an open order (2) or a closed one (3). It may hold items of several merchants."""

    number = models.CharField(_("order number"), max_length=50, help_text=_("Unique in its store."))
    store = models.ForeignKey(
        "inventory_ops.Store",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
    )
    status = models.PositiveSmallIntegerField(_("status"), choices=OrderStatus.choices)
    customer_email = models.CharField(_("customer e-mail"), max_length=254, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="GBP")
    total_amount = MoneyField(
        _("order total"),
        default=0,
        help_text=_("Sum of quantity × unit price of its items."),
    )
    # of a cart's currency: what totals are ordered by (sql/currency_order.sql); a trigger writes them
    factor = models.DecimalField(null=True, editable=False)
    band = models.DecimalField(null=True, editable=False)
    promo_code = models.CharField(_("promo code"), max_length=100, blank=True)
    promo_value = MoneyField(_("promo value"), null=True, blank=True)
    gift_card_total = MoneyField(_("gift card total"), null=True, blank=True)
    gift_card_count = models.PositiveIntegerField(_("gift card count"), null=True, blank=True)
    comment = models.TextField(_("customer comments"), blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    last_activity_at = models.DateTimeField(_("last update"), help_text=_("The customer's last activity."))
    placed_at = models.DateTimeField(_("placed at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    recovered_at = models.DateTimeField(
        _("recovered at"),
        null=True,
        blank=True,
        help_text=_("When a cart that counted as abandoned became an order, or its customer bought its goods later."),
    )
    # of a cart that stays a cart: the order that its customer placed instead (operations/orders/recovered.py)
    recovered_by = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", db_constraint=False, db_index=False
    )
    left_at = models.DateTimeField(
        _("left at"), null=True, blank=True, help_text=_("Of a cart that was bought: the last activity before.")
    )
    marketing_consent = models.BooleanField(
        _("consent to mails"), null=True, blank=True, help_text=_("Did the customer agree to marketing mails?")
    )
    recovery_url = models.CharField(
        _("recovery link"), max_length=500, blank=True, default="", db_default="", help_text=_("Leads to the cart.")
    )

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            # begins with the number: orders are looked up by it, and shops that count from 1 share it
            models.UniqueConstraint(
                fields=["number", "store"], nulls_distinct=False, name="order_number_is_unique_in_its_store"
            ),
            models.CheckConstraint(name="order_status_is_known", condition=Q(status__in=OrderStatus.values)),
            models.CheckConstraint(
                name="order_is_placed_unless_cart",
                condition=Q(status=OrderStatus.CART, placed_at__isnull=True)
                | Q(
                    status__in=[OrderStatus.OPEN, OrderStatus.CLOSED],
                    placed_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="order_gift_card_total_is_not_negative",
                condition=Q(gift_card_total__isnull=True) | Q(gift_card_total__gte=0),
            ),
            models.CheckConstraint(
                name="order_recovered_by_another_is_a_cart",
                condition=Q(recovered_by__isnull=True) | Q(status=OrderStatus.CART, recovered_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["last_activity_at", "id"],
                include=["store"],  # counted by the index alone
                name="order_cart_activity",
                condition=Q(status=1),
            ),
            # what the search and links ask for: numbers that begin so
            models.Index(OpClass("number", "varchar_pattern_ops"), name="order_number_prefix"),
            models.Index(in_one_order("total_amount"), "id", name="order_cart_worth", condition=Q(status=1)),
            models.Index(fields=["number", "id"], name="order_cart_number", condition=Q(status=1)),
            # newest first of what a filter asks for, and few carts have
            models.Index(
                Upper("promo_code"),
                "last_activity_at",
                "id",
                name="order_cart_of_promo",
                condition=Q(status=1) & ~Q(promo_code=""),
            ),
            models.Index(
                fields=["last_activity_at", "id"],
                name="order_cart_comment",
                condition=Q(status=1) & ~Q(comment=""),
            ),
            models.Index(
                fields=["last_activity_at", "id"],
                name="order_cart_unreachable",
                condition=Q(status=1, customer_email=""),
            ),
            GinIndex(
                OpClass(
                    Upper(
                        Concat(
                            "number", Value(" "), "promo_code", Value(" "), "comment", output_field=models.TextField()
                        )
                    ),
                    "gin_trgm_ops",
                ),
                name="order_cart_search",
                condition=Q(status=1),
            ),
            models.Index(fields=["placed_at"], name="order_placed"),
            # what a customer ordered, and what was said about mails to them
            models.Index(
                Upper("customer_email"),
                "last_activity_at",
                name="order_of_customer",
                condition=~Q(customer_email=""),
            ),
            models.Index(fields=["left_at"], name="order_recovered", condition=Q(left_at__isnull=False)),
            models.Index(fields=["recovered_by"], name="order_recovered_by", condition=Q(recovered_by__isnull=False)),
            # carts that an order recovered which is gone
            models.Index(
                fields=["id"],
                name="order_recovered_by_none",
                condition=Q(status=1, recovered_at__isnull=False, recovered_by__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return order_address(self.number, self.store.number if self.store else NO_STORE)


class OrderItemQuerySet(OfMerchants["OrderItem"]):
    def placed(self) -> OrderItemQuerySet:
        """Items of open and closed orders."""
        return self.filter(status__in=[OrderStatus.OPEN, OrderStatus.CLOSED])


class OrderItem(models.Model):
    """One line of an order.

    Price and cost are those at the time of order: copied when the line is added, refreshed while the order is a
    cart, frozen when it leaves status 1. `status` and `ordered_at` repeat the order's, so that reports over
    millions of lines need no join, and `store`, in which the shop's id is unique; operations write both together.

    The table is partitioned: carts by themselves, placed items by month of `ordered_at`. Its real primary key is (id,
    status, ordered_at); OrderItemKey keeps id and shop id unique over all months, and is what other tables refer to.
    Say the status and a span of time where they are known: then only those months are looked into.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="items")
    merchant = models.ForeignKey("inventory_ops.Merchant", models.PROTECT, related_name="+", db_constraint=False)
    # the index order_item_of_product begins with it
    product = models.ForeignKey(
        "inventory_ops.Product", models.PROTECT, related_name="order_items", db_constraint=False, db_index=False
    )
    # the shop's id is unique in it by OrderItemKey; nobody looks for items by store
    store = models.ForeignKey(
        "inventory_ops.Store", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    shop_item_id = models.CharField(_("order item shop id"), max_length=100)
    status = models.PositiveSmallIntegerField(_("order status"), choices=OrderStatus.choices)
    ordered_at = models.DateTimeField(
        _("ordered at"),
        help_text=_("When the order was placed; of a cart, when the line was added."),
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    unit_price = MoneyField(_("unit price"))
    unit_cost = MoneyField(_("unit cost"), null=True, blank=True)
    commission = MoneyField(_("commission a unit"), null=True, blank=True)
    quantity_shipped = models.PositiveIntegerField(_("quantity shipped"), default=0)
    shipped_at = models.DateTimeField(_("shipped at"), null=True, blank=True)
    returned_quantity = models.PositiveIntegerField(
        _("returned quantity"),
        default=0,
        db_default=0,
        help_text=_("Of the shipped units: what came back, or was refunded."),
    )
    returned_at = models.DateTimeField(_("returned at"), null=True, blank=True)
    cancelled_quantity = models.PositiveIntegerField(_("cancelled quantity"), default=0)
    cancelled_by = models.CharField(_("cancelled by"), max_length=10, choices=CancelledBy.choices, blank=True)
    ship_by = models.DateTimeField(_("ship by"), null=True, blank=True)
    issue_at = models.DateTimeField(
        _("issue time"),
        null=True,
        blank=True,
        help_text=_("When the cost first was above the price for this line."),
    )
    issue_sale_starts_at = models.DateTimeField(null=True, blank=True)
    issue_sale_ends_at = models.DateTimeField(null=True, blank=True)
    issue_sale_snapshot_price = MoneyField(null=True, blank=True)
    issue_sale_percentage = PercentField(null=True, blank=True)

    objects = OrderItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("order item")
        verbose_name_plural = _("order items")
        constraints = [
            models.CheckConstraint(name="order_item_shop_id_is_given", condition=~Q(shop_item_id="")),
            models.CheckConstraint(
                name="order_item_status_is_known",
                condition=Q(status__in=OrderStatus.values),
            ),
            models.CheckConstraint(name="order_item_quantity_is_positive", condition=Q(quantity__gte=1)),
            models.CheckConstraint(name="order_item_price_is_not_negative", condition=Q(unit_price__gte=0)),
            models.CheckConstraint(
                name="order_item_cost_is_not_negative",
                condition=Q(unit_cost__isnull=True) | Q(unit_cost__gte=0),
            ),
            models.CheckConstraint(
                name="order_item_shipped_and_cancelled_fit",
                condition=Q(quantity__gte=F("quantity_shipped") + F("cancelled_quantity")),
            ),
            models.CheckConstraint(
                name="order_item_cancellation_has_an_author",
                condition=Q(cancelled_quantity=0, cancelled_by="")
                | (Q(cancelled_quantity__gt=0) & ~Q(cancelled_by="")),
            ),
            models.CheckConstraint(
                name="order_item_shipment_has_a_time",
                condition=Q(quantity_shipped=0) | Q(shipped_at__isnull=False),
            ),
            models.CheckConstraint(
                name="order_item_returned_was_shipped", condition=Q(quantity_shipped__gte=F("returned_quantity"))
            ),
            models.CheckConstraint(
                name="order_item_return_has_a_time",
                condition=Q(returned_quantity=0) | Q(returned_at__isnull=False),
            ),
            models.CheckConstraint(
                name="order_item_cart_ships_nothing",
                condition=~Q(status=1) | Q(quantity_shipped=0),
            ),
            models.CheckConstraint(
                name="order_item_issue_has_a_time",
                condition=Q(issue_at__isnull=False) | Q(unit_cost__isnull=True) | Q(unit_cost__lte=F("unit_price")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["product", "ordered_at"],
                include=["status", "quantity", "cancelled_quantity"],
                name="order_item_of_product",
            ),
            models.Index(
                fields=["product", "shipped_at"],
                include=["quantity_shipped"],
                name="order_item_shipped",
                condition=Q(quantity_shipped__gt=0),
            ),
            # carts with goods, and with a merchant's
            models.Index(fields=["order"], name="order_item_in_cart", condition=Q(status=1)),
            models.Index(fields=["merchant", "order"], name="order_item_of_cart", condition=Q(status=1)),
            models.Index(
                fields=["ordered_at", "product"],
                name="order_item_by_time",
                condition=Q(status__in=[2, 3]),
            ),
            models.Index(
                fields=["issue_at", "id"],
                name="order_item_cost_issue",
                condition=Q(unit_cost__gt=F("unit_price")),
            ),
            # open lines whose ship-by date passes in a span of time
            models.Index(
                fields=["ship_by"],
                name="order_item_ship_by",
                condition=Q(status=2) & Q(quantity_shipped__lt=F("quantity")),
            ),
            # holds all that the shipping report reads: it never looks at the lines themselves
            models.Index(
                fields=["merchant", "product", "ordered_at"],
                include=[
                    "order",
                    "status",
                    "quantity",
                    "quantity_shipped",
                    "cancelled_quantity",
                    "cancelled_by",
                    "ship_by",
                    "unit_price",
                ],
                name="order_item_not_shipped",
                condition=Q(status__in=[2, 3]) & Q(quantity_shipped__lt=F("quantity")),
            ),
        ]

    def __str__(self) -> str:
        return self.shop_item_id


class PaymentAttempt(models.Model):
    """One attempt to pay for an order. Only the processor's code and message are kept, never a card number."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="payment_attempts")
    attempted_at = models.DateTimeField(_("attempted at"))
    succeeded = models.BooleanField(_("succeeded"), default=False)
    code = models.CharField(_("code"), max_length=50, blank=True)
    message = models.CharField(_("message"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("payment attempt")
        verbose_name_plural = _("payment attempts")
        constraints = [
            models.UniqueConstraint(fields=["order", "attempted_at", "code"], name="payment_attempt_once"),
            models.CheckConstraint(
                name="payment_attempt_has_no_card_number",
                condition=~Q(message__regex=r"\d([ -]?\d){12,18}") & ~Q(code__regex=r"\d([ -]?\d){12,18}"),
            ),
        ]
        indexes = [
            # carts by what their card said
            models.Index(fields=["code"], name="payment_failed_by_code", condition=Q(succeeded=False)),
            models.Index(fields=["message"], name="payment_failed_by_message", condition=Q(succeeded=False)),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.message}".strip()
