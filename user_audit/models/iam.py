"""What is known of AWS: accounts, scans, IAM users as last seen, and what we disabled."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class IamAccount(models.Model):
    """An AWS account that is, or was, configured."""

    account_id = models.CharField(_("account id"), max_length=12, primary_key=True)
    alias = models.CharField(_("alias"), max_length=63, blank=True, default="")
    is_enabled = models.BooleanField(_("enabled"), default=True)
    own_arns = ArrayField(models.TextField(), default=list, help_text=_("The identities that sign our calls."))

    class Meta:
        verbose_name = _("AWS account")
        verbose_name_plural = _("AWS accounts")

    def __str__(self) -> str:
        return self.alias or self.account_id


class IamScan(models.Model):
    """One bulk read of one account."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        COMPLETE = "complete", _("Complete")
        HELD = "held", _("Held")
        FAILED = "failed", _("Failed")

    account = models.ForeignKey(IamAccount, models.PROTECT, related_name="scans")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.RUNNING)
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    report_generated_at = models.DateTimeField(_("credential report of"), null=True, blank=True)
    user_count = models.PositiveIntegerField(_("users"), null=True, blank=True)
    message = models.TextField(_("message"), blank=True, default="")

    class Meta:
        verbose_name = _("IAM scan")
        verbose_name_plural = _("IAM scans")
        indexes = [models.Index(fields=["account", "-finished_at"], name="scan_of_account")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.started_at:%Y-%m-%d %H:%M}"


class IamUser(models.Model):
    """An IAM user as last seen. Its identity is the UserId: names are given again."""

    class Link(models.TextChoices):
        NONE = "", _("No platform user")
        MATCHED = "matched", _("Matched by e-mail")
        CONFIRMED = "confirmed", _("Confirmed")
        AMBIGUOUS = "ambiguous", _("Ambiguous")

    class Deny(models.TextChoices):
        NONE = "", _("None")
        MANAGED = "managed", _("AWSDenyAll")
        GROUP = "group", _("AWSDenyAll through a group")
        INLINE = "inline", _("Inline policy")

    account = models.ForeignKey(IamAccount, models.PROTECT, related_name="users")
    iam_id = models.CharField(_("UserId"), max_length=128)
    user_name = models.CharField(_("user name"), max_length=64)
    arn = models.CharField(_("ARN"), max_length=2048)
    path = models.CharField(_("path"), max_length=512, default="/")
    created_at = models.DateTimeField(_("created in AWS at"))
    email = models.CharField(
        _("e-mail"), max_length=254, blank=True, default="", help_text=_("From the tag `email`, else the user name.")
    )
    email_digest = models.CharField(max_length=64, blank=True, default="", editable=False)
    tags = models.JSONField(default=dict)
    groups = ArrayField(models.TextField(), default=list)
    policies = ArrayField(models.TextField(), default=list)
    inline_policies = ArrayField(models.TextField(), default=list)
    boundary = models.CharField(max_length=2048, blank=True, default="")
    deny = models.CharField(_("deny"), max_length=10, choices=Deny.choices, blank=True, default=Deny.NONE)
    is_admin = models.BooleanField(_("AWS admin"), default=False)
    is_quarantined = models.BooleanField(_("quarantined"), default=False)
    protected_because = models.CharField(_("protected because"), max_length=200, blank=True, default="")

    # what the credential report or a live read tells
    credentials_known = models.BooleanField(default=False)
    credentials_at = models.DateTimeField(null=True, blank=True, help_text=_("The moment these facts are of."))
    has_password = models.BooleanField(_("console password"), default=False)
    has_mfa = models.BooleanField(_("MFA"), default=False)
    password_last_used_at = models.DateTimeField(_("password last used"), null=True, blank=True)
    active_key_count = models.PositiveSmallIntegerField(default=0)
    active_other_count = models.PositiveSmallIntegerField(
        default=0, help_text=_("SSH keys, certificates and service credentials that are active.")
    )
    oldest_key_at = models.DateTimeField(null=True, blank=True, help_text=_("Of the active keys."))
    key_last_used_at = models.DateTimeField(null=True, blank=True)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="iam_users")
    link = models.CharField(_("link"), max_length=10, choices=Link.choices, blank=True, default=Link.NONE)
    recreated = models.BooleanField(default=False, help_text=_("The name belonged to another UserId before."))
    read_at = models.DateTimeField(_("read at"))
    changed_at = models.DateTimeField(_("changed at"))
    gone_at = models.DateTimeField(_("gone since"), null=True, blank=True)

    class Meta:
        verbose_name = _("IAM user")
        verbose_name_plural = _("IAM users")
        constraints = [
            models.UniqueConstraint(fields=["account", "iam_id"], name="iam_user_id_is_unique"),
            models.CheckConstraint(
                name="iam_user_link_has_a_user", condition=Q(link="", user__isnull=True) | ~Q(link="")
            ),
        ]
        indexes = [
            models.Index(Lower("email"), name="iam_user_email"),
            models.Index("account", Lower("user_name"), name="iam_user_name"),
            models.Index(fields=["user"], name="iam_user_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user_name} ({self.account_id})"


class DisableRecord(models.Model):
    """What was active when we disabled an IAM user: the promise of what Enable gives back."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ENABLED = "enabled", _("Enabled again")
        VOID = "void", _("Void: AWS refused before anything changed")
        DELETED = "deleted", _("User deleted")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    iam_user = models.ForeignKey(IamUser, models.PROTECT, related_name="records")
    taken_at = models.DateTimeField(_("taken at"), default=timezone.now)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    active = models.JSONField(default=list)
    inactive = models.JSONField(default=list)
    had_password = models.BooleanField(default=False)
    deny_preexisting = models.BooleanField(default=False)
    enabling = models.BooleanField(default=False)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("disable record")
        verbose_name_plural = _("disable records")
        constraints = [
            models.UniqueConstraint(fields=["iam_user"], condition=Q(state="open"), name="one_open_disable_record"),
            models.CheckConstraint(
                name="disable_record_closed_has_a_time", condition=Q(state="open") | Q(closed_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class IamArchive(models.Model):
    """What a deleted IAM user was: names, ids and policies, no secrets. Written before the first removal."""

    iam_user = models.OneToOneField(IamUser, models.PROTECT, related_name="archive")
    data = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("archive of an IAM user")
        verbose_name_plural = _("archives of IAM users")

    def __str__(self) -> str:
        return str(self.iam_user)
