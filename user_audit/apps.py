from __future__ import annotations

from datetime import timedelta

from django.apps import AppConfig
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


class UserAuditConfig(AppConfig):
    name = "user_audit"
    verbose_name = _("User audit")

    def ready(self) -> None:
        from inventory_ops.demo import lifecycle
        from inventory_ops.kit.reports import registry
        from inventory_ops.operations import scans
        from inventory_ops.pages import first_steps
        from inventory_ops.registries import guide, menu, topics
        from inventory_ops.registries.permissions import ADMIN, EVERYBODY
        from user_audit import accounts, bulk_actions, reports  # noqa: F401  (registers them)
        from user_audit.demo import APPROVER, seed
        from user_audit.models import IamUser
        from user_audit.operations import reviews  # noqa: F401  (registers its job)
        from user_audit.operations.periodic import scan_users

        scans.register(
            scans.Scan("users", scan_users, timedelta(hours=6), why_not=accounts.why_not_connected, of_data=False)
        )
        first_steps.add(
            "aws",
            first_steps.Step(
                50,
                _("Connect AWS"),
                _("The user audit compares people here with IAM users there."),
                reverse_lazy("user-audit"),
                _("Open the user audit"),
                lambda viewer: IamUser.objects.all(),
                roles=(ADMIN,),
            ),
        )
        report = registry.get("user-audit")
        menu.add(
            "action",
            report.short_title,
            report.route,
            report.icon,
            roles=tuple(report.roles),
            order=50,
            report=report.slug,
        )
        menu.add("system", _("Certifications"), "certifications", "user-check", roles=EVERYBODY, order=60)
        topics.add_report(report)
        lifecycle.add_seeder("user audit", seed)
        lifecycle.LOGINS[APPROVER] = "second administrator: approves what admin@example.com requests"
        guide.add("user-audit", _("User audit"), "user-audit.md", roles=(ADMIN,))
