from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UserAuditConfig(AppConfig):
    name = "user_audit"
    verbose_name = _("User audit")
