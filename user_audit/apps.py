from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from inventory_ops.operations.findings import ScanCounts


class UserAuditConfig(AppConfig):
    name = "user_audit"
    verbose_name = _("User audit")

    def ready(self) -> None:
        from inventory_ops.kit.registry import DEMO, JOBS, PAGES, REPORTS, SCANS

        REPORTS.by(_reports)
        SCANS.by(_scans)
        JOBS.by(_jobs)
        PAGES.by(_pages)
        DEMO.by(_demo)


def _reports() -> None:
    from user_audit import reports  # noqa: F401  (importing registers them)


def _scans() -> None:
    from inventory_ops.kit.reports import registry
    from inventory_ops.operations import scans
    from inventory_ops.registries import topics
    from user_audit.connected import why_not_connected

    scans.register(scans.Scan("users", _scan_users, timedelta(hours=6), why_not=why_not_connected, of_data=False))
    topics.add_report(registry.get("user-audit"))


def _scan_users(as_of: datetime, whole: bool) -> ScanCounts:
    from user_audit.operations.periodic import scan_users

    return scan_users(as_of, whole)


def _jobs() -> None:
    from user_audit.operations import reviews  # noqa: F401  (registers its job)


def _pages() -> None:
    from inventory_ops.kit.reports import registry
    from inventory_ops.pages import first_steps
    from inventory_ops.registries import guide, menu
    from inventory_ops.registries.permissions import ADMIN, EVERYBODY
    from user_audit import bulk_actions  # noqa: F401  (registers them)
    from user_audit.models import IamUser

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
    guide.add("user-audit", _("User audit"), "user-audit.md", roles=(ADMIN,))


def _demo() -> None:
    from inventory_ops.demo import lifecycle
    from user_audit.demo import APPROVER, seed

    logins = {APPROVER: "second administrator: approves what admin@example.com requests"}
    lifecycle.add_seeder("user audit", seed, logins=logins)
