"""Claims of sellers: units they miss, with evidence, until finance decides."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.db.fields import MoneyField
from inventory_ops.models.visibility import OfMerchants
from lost_damaged.models.write_offs import Reason, WriteOff


class Side(models.TextChoices):
    SELLER = "seller", _("Seller")
    SHOP = "shop", _("Shop")


class Claim(models.Model):
    """One unit that a seller says was lost or damaged. Accepting it writes the unit off, once and forever.

    `uid_key` is that of WriteOff, '' while nobody knows the UID; of a known one a single claim is open at a time.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    number = models.CharField(_("number"), max_length=20, unique=True)
    merchant = models.ForeignKey("inventory_ops.Merchant", models.PROTECT, related_name="+")
    product = models.ForeignKey("inventory_ops.Product", models.PROTECT, related_name="+")
    order_item = models.ForeignKey(
        "inventory_ops.OrderItemKey", models.PROTECT, null=True, blank=True, related_name="+"
    )
    uid = models.CharField(_("UID"), max_length=64, blank=True, default="")
    uid_key = models.CharField(max_length=64, blank=True, default="")
    reason = models.CharField(_("what happened"), max_length=30, choices=Reason.choices)
    happened_on = models.DateField(_("happened on"))
    text = models.TextField(_("story"), max_length=2000)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("opened by")
    )
    opened_at = models.DateTimeField(_("opened at"), default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    answer = models.TextField(_("answer"), max_length=2000, blank=True, default="")
    # another amount than the credit of the write-off: the difference is an adjustment of the seller's statement
    agreed_amount = MoneyField(_("agreed amount"), null=True)
    agreed_reason = models.CharField(_("why another amount"), max_length=250, blank=True, default="")
    waits_for = models.CharField(_("waits for"), max_length=10, choices=Side.choices, blank=True, default=Side.SHOP)
    due_on = models.DateField(_("answer due on"), null=True, blank=True)
    reminded_on = models.DateField(_("reminded on"), null=True, blank=True)
    appealed_at = models.DateTimeField(_("appealed at"), null=True, blank=True)
    # who decided before the appeal: somebody else decides after it
    appealed_from = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    appeal_is_open = models.BooleanField(default=False)
    write_off = models.OneToOneField(WriteOff, models.PROTECT, null=True, blank=True, related_name="claim")

    objects = OfMerchants["Claim"].as_manager()

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            models.UniqueConstraint(
                fields=["uid_key"], name="claim_one_open_per_uid", condition=Q(state="open") & ~Q(uid_key="")
            ),
            models.CheckConstraint(
                name="claim_accepted_has_its_write_off",
                condition=Q(state="accepted", write_off__isnull=False)
                | (~Q(state="accepted") & Q(write_off__isnull=True)),
            ),
            models.CheckConstraint(
                name="claim_decided_has_its_moment",
                condition=Q(state="open", decided_at__isnull=True) | (~Q(state="open") & Q(decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="claim_decided_by_second_person",
                condition=Q(state__in=["open", "withdrawn"])
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("opened_by"))),
            ),
            models.CheckConstraint(
                name="claim_appeal_decided_by_another_person",
                condition=Q(appealed_from__isnull=True)
                | Q(appeal_is_open=True)
                | Q(state="withdrawn")
                | ~Q(decided_by=F("appealed_from")),
            ),
            models.CheckConstraint(
                name="claim_appeal_has_its_moment",
                condition=Q(appeal_is_open=False) | Q(appealed_at__isnull=False, appealed_from__isnull=False),
            ),
            models.CheckConstraint(
                name="claim_agreed_amount_has_a_reason",
                condition=Q(agreed_amount__isnull=True) | (Q(agreed_amount__gte=0) & ~Q(agreed_reason="")),
            ),
            models.CheckConstraint(name="claim_reason_is_known", condition=Q(reason__in=Reason.values)),
        ]
        indexes = [
            models.Index(fields=["merchant", "-id"], name="claim_of_merchant"),
            models.Index(fields=["id"], name="claim_open", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return self.number


class ClaimStep(models.Model):
    """What was said or done, in order; both sides see it. Append-only."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("Opened")
        MESSAGE = "message", _("Message")
        QUESTION = "question", _("Question to the seller")
        ACCEPTED = "accepted", _("Accepted")
        AMOUNT = "amount", _("Another amount")
        REJECTED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        APPEALED = "appealed", _("Appealed")
        UPHELD = "upheld", _("Decision upheld")
        REMINDED = "reminded", _("Reminded")
        UNANSWERED = "unanswered", _("Not answered in time")

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="steps")
    at = models.DateTimeField(_("at"), default=timezone.now)
    side = models.CharField(_("side"), max_length=10, choices=Side.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    text = models.TextField(_("text"), max_length=2000, blank=True, default="")
    amount = MoneyField(_("amount"), null=True)

    class Meta:
        verbose_name = _("step of a claim")
        verbose_name_plural = _("steps of claims")

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d}"


class ClaimFile(models.Model):
    """Evidence: a picture or PDF, kept under a random name outside the web root."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="files")
    step = models.ForeignKey(ClaimStep, models.PROTECT, related_name="files")
    name = models.CharField(_("name"), max_length=150)
    stored_name = models.CharField(max_length=40, unique=True)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("evidence file")
        verbose_name_plural = _("evidence files")
        constraints = [models.CheckConstraint(name="claim_file_is_named", condition=~Q(name=""))]

    def __str__(self) -> str:
        return self.name
