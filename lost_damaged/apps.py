from __future__ import annotations

from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LostDamagedConfig(AppConfig):
    name = "lost_damaged"
    verbose_name = _("Lost and damaged")

    def ready(self) -> None:
        from inventory_ops.kit.registry import DEMO, IMPORTS, JOBS, PAGES, REPORTS, SCANS

        REPORTS.by(_reports)
        IMPORTS.by(_imports)
        SCANS.by(_scans)
        JOBS.by(_jobs)
        PAGES.by(_pages)
        DEMO.by(_demo)


def _reports() -> None:
    from lost_damaged import reports  # noqa: F401  (importing registers them)


def _imports() -> None:
    from inventory_ops.kit.imports import registry
    from lost_damaged import imports, payments_file  # noqa: F401  (importing registers them)

    registry.also_fills("orders", "lost_damaged_statementline")


def _scans() -> None:
    from inventory_ops.kit.reports import registry
    from inventory_ops.operations import scans, verify
    from inventory_ops.registries import topics
    from lost_damaged.queries import verification
    from lost_damaged.reports import DoublePayments

    scans.register_report_scans({DoublePayments.scan: timedelta(hours=1)})
    topics.add_report(registry.get(DoublePayments.slug))
    verify.add_check("write-offs and their journal", verification.problems)


def _jobs() -> None:
    from lost_damaged.operations import adjustments, books, imports, rules, statements  # noqa: F401  (proposals, jobs)


def _pages() -> None:
    from inventory_ops.pages import overview
    from inventory_ops.registries import guide, menu
    from inventory_ops.registries import order_marks as marks
    from inventory_ops.registries.permissions import ADMIN, EVERYBODY, FINANCE, OPERATIONS
    from lost_damaged import cards, order_marks, reports

    counted = {reports.Claims.slug: cards.open_claims}
    for order, report in enumerate(reports.LISTS):
        menu.add(
            "finance",
            report.short_title,
            report.slug,
            report.icon,
            roles=tuple(report.roles),
            order=20 + order,
            counted=counted.get(report.slug),
        )
    menu.add(
        "finance",
        _("Finance import"),
        "finance-import",
        "file-import",
        roles=(OPERATIONS, FINANCE, ADMIN),
        order=15,
    )
    menu.add(
        "finance",
        _("Reconciliation"),
        "finance-reconciliation",
        "scale",
        roles=(OPERATIONS, FINANCE, ADMIN),
        order=40,
    )
    menu.add(
        "finance",
        _("Waiting units"),
        "waiting-units",
        "clock",
        roles=(FINANCE, ADMIN),
        order=16,
        counted=cards.waiting_units,
    )
    menu.add("system", _("Finance settings"), "finance-settings", "settings", roles=(FINANCE, ADMIN), order=50)
    marks.add_marker("write-offs", order_marks.marks)
    overview.add_cards("write-offs", cards.cards)
    overview.add_panels("account", cards.account)
    guide.add("lost-damaged", _("Lost and damaged"), "lost-damaged.md", roles=EVERYBODY)
    guide.add("update-inventory-status", _("UpdateInventoryStatus API"), "update-inventory-status.md", roles=EVERYBODY)


def _demo() -> None:
    from inventory_ops.demo import lifecycle
    from lost_damaged import demo

    lifecycle.add_seeder("write-offs", demo.seed)
