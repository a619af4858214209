"""Certification: every some months each account is confirmed by its manager, or goes to a list."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Manager(models.Model):
    """Who confirms that an account is still needed. Accounts without one are for administrators."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="certified_by")
    manager = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="certifies")

    class Meta:
        verbose_name = _("manager of an account")
        verbose_name_plural = _("managers of accounts")
        constraints = [
            models.CheckConstraint(name="nobody_is_their_own_manager", condition=~Q(user=F("manager"))),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.manager_id}"


class CertificationPlan(models.Model):
    """How often campaigns begin and how long they last: one row. Read it with `queries.certification.plan()`."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    months = models.PositiveSmallIntegerField(
        _("every … months"),
        default=0,
        validators=[MaxValueValidator(60)],
        help_text=_("0: campaigns begin only when an administrator starts one."),
    )
    days = models.PositiveSmallIntegerField(
        _("days to answer"), default=14, validators=[MinValueValidator(1), MaxValueValidator(90)]
    )
    remind_every = models.PositiveSmallIntegerField(
        _("days between reminders"), default=3, validators=[MinValueValidator(1), MaxValueValidator(30)]
    )
    next_on = models.DateField(
        _("next campaign"), null=True, blank=True, help_text=_("Empty: one interval after the last one began.")
    )

    class Meta:
        verbose_name = _("plan of certifications")
        verbose_name_plural = _("plans of certifications")
        constraints = [
            models.CheckConstraint(name="certification_plan_is_one_row", condition=Q(id=1)),
            models.CheckConstraint(
                name="certification_plan_is_possible",
                condition=Q(months__lte=60) & Q(days__range=(1, 90)) & Q(remind_every__range=(1, 30)),
            ),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class Campaign(models.Model):
    """One round of certifications; one is open at a time. When it ends, what was not answered lapses."""

    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    started_by = models.CharField(_("started by"), max_length=254, blank=True, default="")
    due_on = models.DateField(_("due on"), help_text=_("The last day to answer (UTC)."))
    is_open = models.BooleanField(_("open"), default=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("certification campaign")
        verbose_name_plural = _("certification campaigns")
        constraints = [
            models.UniqueConstraint("is_open", name="certification_one_campaign_is_open", condition=Q(is_open=True)),
            models.CheckConstraint(
                name="certification_campaign_closed_has_a_time",
                condition=Q(is_open=True, closed_at__isnull=True) | Q(is_open=False, closed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d}"


class Certification(models.Model):
    """The question about one account. It names the account in text: it outlives the user."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        CONFIRMED = "confirmed", _("Confirmed")
        REFUSED = "refused", _("No longer needed")
        LAPSED = "lapsed", _("Not answered")

    TO_ACT_ON = (State.REFUSED, State.LAPSED)

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="certifications")
    subject = models.CharField(_("identity"), max_length=25)
    label = models.CharField(_("account"), max_length=254)
    role = models.CharField(_("role"), max_length=20, blank=True, default="")
    user_id = models.BigIntegerField(null=True, blank=True)
    iam_user_id = models.BigIntegerField(null=True, blank=True)
    # without one, administrators answer
    manager = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(_("answer"), max_length=10, choices=State.choices, default=State.WAITING)
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    answered_by = models.CharField(_("answered by"), max_length=254, blank=True, default="")
    answered_by_id = models.BigIntegerField(null=True, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    reminders = models.PositiveSmallIntegerField(_("reminders"), default=0)
    reminded_at = models.DateTimeField(_("last reminded at"), null=True, blank=True)

    class Meta:
        verbose_name = _("certification")
        verbose_name_plural = _("certifications")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "subject"], name="certification_once_a_campaign"),
            models.CheckConstraint(
                name="certification_is_answered_by_somebody",
                condition=Q(state__in=["waiting", "lapsed"], answered_by_id__isnull=True)
                | Q(state__in=["confirmed", "refused"], answered_by_id__isnull=False, answered_at__isnull=False),
            ),
            models.CheckConstraint(
                name="nobody_certifies_their_own_account",
                condition=Q(answered_by_id__isnull=True) | Q(user_id__isnull=True) | ~Q(answered_by_id=F("user_id")),
            ),
            models.CheckConstraint(name="certification_refused_says_why", condition=~Q(state="refused") | ~Q(note="")),
        ]
        indexes = [
            models.Index(fields=["manager", "state"], name="certification_of_manager"),
            models.Index(fields=["user_id"], name="certification_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.state}"
