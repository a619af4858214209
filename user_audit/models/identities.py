"""One row an identity: a platform user, an IAM user, or both joined. A view of the live tables (migration 0002)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from user_audit.models.iam import IamUser

if TYPE_CHECKING:
    from inventory_ops.models import User


class AwsStatus(models.TextChoices):
    UNKNOWN = "unknown", _("Unknown")
    DELETING = "deleting", _("Deleting")
    NOT_FOUND = "not_found", _("Not found")
    PARTIAL = "partial", _("Partial")
    DISABLED = "disabled", _("Disabled")
    DISABLED_ELSEWHERE = "disabled_elsewhere", _("Disabled elsewhere")
    NO_CREDENTIALS = "no_credentials", _("No credentials")
    ACTIVE = "active", _("Active")


class DatabaseStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    DISABLED = "disabled", _("Disabled")
    NOT_FOUND = "not_found", _("Not found")
    DELETED = "deleted", _("Deleted")


class Finding(models.TextChoices):
    """What is wrong, the gravest first."""

    AWS_OPEN_NOBODY = "aws_open_nobody", _("AWS open, nobody on the platform")
    AWS_OPEN_PLATFORM_DISABLED = "aws_open_platform_disabled", _("AWS open, platform disabled")
    REPAIR = "repair", _("Partly disabled in AWS: repair")
    PLATFORM_OPEN_AWS_DISABLED = "platform_open_aws_disabled", _("Platform open, AWS disabled")
    ORPHAN = "orphan", _("AWS user without an owner")
    NO_CREDENTIALS = "no_credentials", _("Cannot log in to AWS")
    DELETE_CANDIDATE = "delete_candidate", _("Disabled on both sides for 90 days")
    AWS_MISSING = "aws_missing", _("Needs an AWS user, has none")


class Flag(models.TextChoices):
    AMBIGUOUS = "ambiguous", _("Ambiguous match")
    RECREATED = "recreated", _("Deleted and created again")
    SIGN_IN_AFTER_DISABLE = "sign_in_after_disable", _("Signed in after the disable")
    UNUSED = "unused", _("Credentials unused for 45 days")
    OLD_KEY = "old_key", _("Key older than 90 days")
    NO_MFA = "no_mfa", _("Password without MFA")
    TWO_KEYS = "two_keys", _("Two active keys")
    PROTECTED = "protected", _("Protected")
    AWS_ADMIN = "aws_admin", _("AWS admin")
    QUARANTINED = "quarantined", _("Quarantined by AWS")


class Severity(models.IntegerChoices):
    NONE = 0, _("In order")
    INFO = 1, _("Note")
    LOW = 2, _("Low")
    MEDIUM = 3, _("Medium")
    HIGH = 4, _("High")
    CRITICAL = 5, _("Critical")


class IdentityDay(models.Model):
    """How many identities had a pair of states at the end of a day (UTC), as the scan of the day last saw them."""

    day = models.DateField()
    aws_status = models.CharField(max_length=20)
    database_status = models.CharField(max_length=10)
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "aws_status", "database_status"], name="identity_day_is_one")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.aws_status} {self.count}"


class IdentityQuerySet(models.QuerySet["Identity"]):
    def visible_to(self, user: User | None) -> IdentityQuerySet:
        """Administrators (and the command line) see all, everybody else nothing."""
        return self if user is None or user.has_role("admin") else self.none()

    def inconsistent(self) -> IdentityQuerySet:
        return self.filter(severity__gte=Severity.LOW)


class Identity(models.Model):
    """Read-only. `key` is `u<id>` for a platform user without IAM user, else `i<id>` of the IAM user."""

    key = models.CharField(primary_key=True, max_length=25)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    iam_user = models.ForeignKey(IamUser, models.DO_NOTHING, null=True, db_constraint=False, related_name="+")
    email = models.CharField(_("Email Address"), max_length=254)
    name = models.CharField(_("name"), max_length=200)
    role = models.CharField(_("Role"), max_length=20)
    platform_type = models.CharField(_("Platform Type"), max_length=50)
    aws_status = models.CharField(_("AWS Status"), max_length=20, choices=AwsStatus.choices)
    database_status = models.CharField(_("Database Status"), max_length=10, choices=DatabaseStatus.choices)
    last_login = models.DateTimeField(_("Last Login"), null=True)
    aws_last_used_at = models.DateTimeField(_("last used in AWS"), null=True)
    created_at = models.DateTimeField(_("Account Creation Date"), null=True)
    updated_at = models.DateTimeField(_("Last Updated"), null=True)
    account_id = models.CharField(_("AWS account"), max_length=12)
    account_alias = models.CharField(_("AWS account"), max_length=63)
    user_name = models.CharField(_("IAM user"), max_length=64)
    read_at = models.DateTimeField(_("AWS read at"), null=True)
    disabled_at = models.DateTimeField(_("disabled in AWS at"), null=True)
    finding = models.CharField(_("finding"), max_length=30, choices=Finding.choices)
    flags = ArrayField(models.CharField(max_length=30, choices=Flag.choices))
    severity = models.IntegerField(_("severity"), choices=Severity.choices)
    protected_because = models.CharField(max_length=200)
    verdict = models.CharField(_("verdict"), max_length=10)
    verdict_until = models.DateField(null=True)
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.CharField(max_length=254)

    objects = IdentityQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "user_audit_identity"
        verbose_name = _("identity")
        verbose_name_plural = _("identities")

    def __str__(self) -> str:
        return self.email
