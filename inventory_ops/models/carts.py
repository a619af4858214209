"""Who got in touch with the customers of carts that were left."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class CartContact(models.Model):
    """One time that somebody got in touch about a cart. It goes with the cart, and holds nothing of the customer."""

    class How(models.TextChoices):
        EMAIL = "email", _("E-mail")
        CAMPAIGN = "campaign", _("Mail tool")
        PHONE = "phone", _("Telephone")
        CHAT = "chat", _("Chat")
        OTHER = "other", _("Otherwise")

    order = models.ForeignKey("inventory_ops.Order", models.CASCADE, related_name="contacts", db_index=False)
    at = models.DateTimeField(_("contacted at"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    how = models.CharField(_("how"), max_length=10, choices=How.choices)
    note = models.CharField(_("note"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("contact about a cart")
        verbose_name_plural = _("contacts about carts")
        indexes = [models.Index(fields=["order", "-at"], name="cart_contact_of_order")]
        constraints = [
            models.CheckConstraint(
                name="cart_contact_how_is_known",
                condition=models.Q(how__in=["email", "campaign", "phone", "chat", "other"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.how}"
