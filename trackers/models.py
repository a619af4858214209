"""Trackers, what is known of their health, and the daily roll-up of sales and shipments that health is read from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.models.visibility import OfMerchants
from trackers.mechanisms import CHOICES, MECHANISMS, PARAMETERS

if TYPE_CHECKING:
    pass


class State(models.TextChoices):
    HEALTHY = "healthy", _("Healthy")
    LOW = "low", _("Low")
    CRITICAL = "critical", _("Critical")
    NO_SALES = "no_sales", _("No sales")
    STOCK_OUT = "stock_out", _("Out of stock")
    NO_DATA = "no_data", _("No data")


# Severity of a rule that says nothing: all that is below target is less.
SILENT = 10_000
# What wants somebody's attention, and is counted in red or amber.
BELOW_TARGET = (State.CRITICAL, State.STOCK_OUT, State.LOW)


def _parameters_of_mechanisms() -> Q:
    """Each mechanism has its own parameters, in their ranges, and no others."""
    condition = Q()
    for mechanism in MECHANISMS.values():
        own = Q(mechanism=mechanism.name)
        for field in mechanism.fields:
            in_range = Q(**{f"{field.name}__range": (field.least, field.most)})
            missing = Q(**{f"{field.name}__isnull": True})
            # a comparison with NULL would not refuse the row
            own &= (in_range & ~missing) if field.required else (in_range | missing)
        for name in PARAMETERS:
            if name not in mechanism.parameters:
                own &= Q(**{f"{name}__isnull": True})
        condition |= own
    return condition


class Tracker(models.Model):
    """One rule about one product and inventory type.

    The parameters that belong to the mechanism are set, all others NULL. `value` is counted stock, or the units
    shipped under stalled days; `health` is value ÷ threshold in hundredths of a percent, floored and not capped.
    """

    merchant = models.ForeignKey(
        "inventory_ops.Merchant", models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    product = models.ForeignKey(
        "inventory_ops.Product", models.PROTECT, related_name="trackers", db_constraint=False, db_index=False
    )
    inventory_type = models.ForeignKey(
        "inventory_ops.InventoryType", models.PROTECT, related_name="+", verbose_name=_("inventory type")
    )
    mechanism = models.CharField(_("mechanism"), max_length=20, choices=CHOICES)
    quantity = models.PositiveIntegerField(_("quantity"), null=True, blank=True)
    lookback_days = models.PositiveSmallIntegerField(_("lookback days"), null=True, blank=True)
    coverage_days = models.PositiveSmallIntegerField(_("coverage days"), null=True, blank=True)
    expiry_days = models.PositiveSmallIntegerField(_("expiry days"), null=True, blank=True)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    value = models.BigIntegerField(_("current stock"), null=True, editable=False)
    threshold = models.DecimalField(_("alert threshold"), max_digits=24, decimal_places=4, null=True, editable=False)
    health = models.BigIntegerField(_("health"), default=0, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.NO_DATA, editable=False)
    severity = models.GeneratedField(
        expression=Case(
            When(state__in=[State.NO_SALES, State.NO_DATA], then=Value(SILENT)),
            default=F("health"),
            output_field=models.BigIntegerField(),
        ),
        output_field=models.BigIntegerField(),
        db_persist=True,
        help_text=_("Health, but rules that say nothing come after those below target."),
    )
    sold = models.BigIntegerField(default=0, editable=False)
    actual_days = models.PositiveSmallIntegerField(default=0, editable=False)
    not_counted = models.BigIntegerField(default=0, editable=False, help_text=_("Units left out by their expiry."))
    evaluated_at = models.DateTimeField(_("checked at"), null=True, editable=False)
    alerted_state = models.CharField(max_length=10, blank=True, default="", editable=False)

    objects = OfMerchants["Tracker"].as_manager()

    class Meta:
        verbose_name = _("tracker")
        verbose_name_plural = _("trackers")
        constraints = [
            models.UniqueConstraint(fields=["product", "inventory_type", "mechanism"], name="tracker_is_one_per_rule"),
            models.CheckConstraint(
                name="tracker_has_the_parameters_of_its_mechanism",
                condition=_parameters_of_mechanisms(),
            ),
        ]
        indexes = [
            models.Index(fields=["severity", "id"], name="tracker_by_severity"),
            models.Index(fields=["merchant", "severity", "id"], name="tracker_of_merchant"),
            models.Index(fields=["mechanism", "severity", "id"], name="tracker_worst_of_mechanism"),
            models.Index(fields=["state", "severity", "id"], name="tracker_worst_of_state"),
            models.Index(Coalesce("value", Value(0)), "id", name="tracker_by_value"),
            models.Index(fields=["severity", "id"], name="tracker_disabled", condition=Q(is_enabled=False)),
            models.Index(fields=["id"], name="tracker_not_evaluated", condition=Q(evaluated_at__isnull=True)),
            models.Index(fields=["snoozed_until"], name="tracker_asleep", condition=Q(snoozed_until__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.product.sku} · {self.inventory_type} · {self.get_mechanism_display()}"

    @property
    def parameters(self) -> str:
        """The rule's numbers in short, like `30 / 14 days`."""
        return MECHANISMS[self.mechanism].summarize(self)


class TrackerEvent(models.Model):
    """What happened to a tracker: its rule was set or changed, or its state changed."""

    tracker = models.ForeignKey(Tracker, models.CASCADE, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=254, blank=True, default="")
    kind = models.CharField(max_length=20)
    text = models.CharField(max_length=300, blank=True, default="")
    health = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tracker", "-at"], name="tracker_event_newest")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


class TrackerDay(models.Model):
    """A tracker's last health of each day (UTC)."""

    tracker = models.ForeignKey(Tracker, models.CASCADE, related_name="days", db_index=False)
    day = models.DateField()
    value = models.BigIntegerField(null=True)
    threshold = models.DecimalField(max_digits=24, decimal_places=4, null=True)
    health = models.BigIntegerField()
    state = models.CharField(max_length=10)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tracker", "day"], name="tracker_day_is_one")]

    def __str__(self) -> str:
        return f"{self.day}: {self.health}"


class KeptRange(models.Model):
    """Trackers, by a range of their ids, that have their history of a day: from then on only changes are written."""

    day = models.DateField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "first", "last"], name="tracker_range_is_kept_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.first} to {self.last}"


class HealthScan(models.Model):
    """The one row says for which moment all trackers are right, but for dirty pairs; `whole_on` is the day (UTC) of the
    last scan that evaluated all of them. Without it the next one does."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    as_of = models.DateTimeField()
    whole_on = models.DateField()

    class Meta:
        constraints = [models.CheckConstraint(name="health_scan_is_one", condition=Q(id=1))]

    def __str__(self) -> str:
        return str(self.as_of)


class ProductDay(models.Model):
    """Units sold and shipped of a product on one day of its merchant's calendar.

    Kept by triggers on the order items (migration 0002), in the transaction that changes them: a late, changed or
    cancelled order corrects the days it touches, a merchant's new time zone rebuilds that merchant's days.
    """

    pk = models.CompositePrimaryKey("product_id", "day")
    product = models.ForeignKey(
        "inventory_ops.Product", models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    merchant = models.ForeignKey(
        "inventory_ops.Merchant", models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    day = models.DateField()
    sold = models.BigIntegerField(default=0)
    shipped = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.day}: {self.sold} sold, {self.shipped} shipped"


class ProductFirst(models.Model):
    """When a product was made or first ordered, whichever came first; kept by triggers."""

    product = models.OneToOneField(
        "inventory_ops.Product", models.CASCADE, primary_key=True, related_name="+", db_constraint=False
    )
    first_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.first_at)


class ProductFirstStock(models.Model):
    """When a product first had stock, if that was before it was made or ordered; kept by triggers.

    Apart from `ProductFirst`: who books stock never waits for who writes orders, and wants that stock's lock.
    """

    product = models.OneToOneField(
        "inventory_ops.Product", models.CASCADE, primary_key=True, related_name="+", db_constraint=False
    )
    first_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.first_at)


class DirtyPair(models.Model):
    """A product and inventory type whose stock or orders changed since its trackers were evaluated; by triggers.

    One row a change, not a pair: two writers of the same pair would wait for each other.
    """

    id = models.BigAutoField(primary_key=True)
    product_id = models.BigIntegerField()
    inventory_type_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.product_id}/{self.inventory_type_id}"
