"""Exchange rates, and what they make of each currency in the one that the shop reports in."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

CODE = r"^[A-Z]{3}$"


class ExchangeRate(models.Model):
    """What one unit of `base` was in `currency` on a day. The newest of each pair counts."""

    class Source(models.TextChoices):
        PAGE = "page", _("By hand")
        FILE = "file", _("File")
        ECB = "ecb", _("European Central Bank")
        SAMPLE = "sample", _("Sample data")

    day = models.DateField(_("day"))
    base = models.CharField(_("one unit of"), max_length=3)
    currency = models.CharField(_("is in"), max_length=3)
    rate = models.DecimalField(_("rate"), max_digits=24, decimal_places=10)
    source = models.CharField(_("source"), max_length=10, choices=Source.choices)

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        constraints = [
            models.UniqueConstraint(fields=["base", "currency", "day"], name="exchange_rate_is_one_a_day"),
            models.CheckConstraint(
                name="exchange_rate_of_codes", condition=Q(base__regex=CODE) & Q(currency__regex=CODE)
            ),
            models.CheckConstraint(name="exchange_rate_of_two", condition=~Q(base=F("currency"))),
            models.CheckConstraint(name="exchange_rate_is_positive", condition=Q(rate__gt=0)),
        ]
        indexes = [models.Index(fields=["-day", "base", "currency"], name="exchange_rate_newest")]

    def __str__(self) -> str:
        return f"1 {self.base} = {self.rate.normalize():f} {self.currency}"


class CurrencyFactor(models.Model):
    """What one unit of a currency is in the shop's own, by the newest rates. Only `operations.rates` writes it; a
    currency without a row cannot be converted."""

    currency = models.CharField(max_length=3, primary_key=True)
    factor = models.DecimalField(max_digits=30, decimal_places=15)
    day = models.DateField(null=True)  # of the oldest rate that it comes from; none: the shop's own

    class Meta:
        constraints = [models.CheckConstraint(name="currency_factor_is_positive", condition=Q(factor__gt=0))]

    def __str__(self) -> str:
        return f"{self.currency} {self.factor}"
