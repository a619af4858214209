"""Platform users: log in by e-mail, have one of four roles; a merchant's own users see that merchant alone."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.showing import DATES, NUMBERS
from inventory_ops.models.zones import validate_timezone


class Role(models.TextChoices):
    OPERATIONS = "operations", _("Operations")
    MERCHANT = "merchant", _("Merchant")
    FINANCE = "finance", _("Finance")
    ADMIN = "admin", _("Admin")
    NONE = "", _("No role")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create and save a user. Without a password the account cannot log in until one is set."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """`createsuperuser`: an administrator."""
        return self.create_user(email, password, **({"role": Role.ADMIN, "is_superuser": True} | fields))

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """A platform account."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, blank=True, default=Role.NONE)
    platform_type = models.CharField(
        _("platform type"),
        max_length=50,
        blank=True,
        help_text=_("Admin, Vendor Portal, …"),
    )
    merchant = models.ForeignKey(
        "inventory_ops.Merchant",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="users",
        verbose_name=_("merchant"),
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_superuser = models.BooleanField(_("superuser"), default=False)
    is_demo = models.BooleanField(_("demo login"), default=False, editable=False)
    is_service = models.BooleanField(
        _("service account"),
        default=False,
        db_default=False,
        editable=False,
        help_text=_("A program's account: it signs API calls, and nobody can sign in with it."),
    )
    responsible = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="services"
    )
    email_changed_at = models.DateTimeField(_("e-mail changed at"), null=True, editable=False)
    session_epoch = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text=_("Raised to end every session of the account for good."),
    )
    preferences = models.JSONField(default=dict, blank=True, editable=False)
    # '' is the shop's zone, the product's language, the plain format
    time_zone = models.CharField(
        _("time zone"), max_length=64, blank=True, default="", db_default="", validators=[validate_timezone]
    )
    language = models.CharField(_("language"), max_length=10, blank=True, default="", db_default="")
    date_format = models.CharField(_("date format"), max_length=10, blank=True, default="", db_default="")
    number_format = models.CharField(_("number format"), max_length=10, blank=True, default="", db_default="")
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_is_unique_ignoring_case"),
            models.CheckConstraint(name="user_email_is_in_lower_case", condition=Q(email=Lower("email"))),
            # its maker answers for it, and no password opens it
            models.CheckConstraint(
                name="user_service_has_no_password",
                condition=Q(is_service=False, responsible__isnull=True)
                | Q(is_service=True, responsible__isnull=False, password__startswith="!"),  # noqa: S106  (no password has this hash)
            ),
            models.CheckConstraint(name="user_role_is_known", condition=Q(role__in=Role.values)),
            models.CheckConstraint(name="user_date_format_is_known", condition=Q(date_format__in=["", *DATES])),
            models.CheckConstraint(name="user_number_format_is_known", condition=Q(number_format__in=["", *NUMBERS])),
            models.CheckConstraint(
                name="user_merchant_goes_with_role",
                condition=Q(role=Role.MERCHANT, merchant__isnull=False)
                | (~Q(role=Role.MERCHANT) & Q(merchant__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def sees_all_merchants(self) -> bool:
        """May the user see rows of every merchant? Else only those of `merchant`."""
        return self.role in {Role.OPERATIONS, Role.FINANCE, Role.ADMIN} or self.is_superuser

    @property
    def own_merchant_id(self) -> int:
        """The one merchant of a merchant's user; 0, which no merchant has, when there is none."""
        return self.merchant_id or 0

    def has_role(self, *roles: str) -> bool:
        return self.is_active and (self.is_superuser or self.role in roles)

    def get_session_auth_hash(self) -> str:
        return self._get_session_auth_hash()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Password and epoch. The database raises the epoch whenever sessions have to end, and never lowers it."""
        return salted_hmac(
            "inventory_ops.User.session",
            f"{self.password}:{self.session_epoch}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name or self.email.split("@")[0]
