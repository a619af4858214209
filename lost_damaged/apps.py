from __future__ import annotations

from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LostDamagedConfig(AppConfig):
    name = "lost_damaged"
    verbose_name = _("Lost and damaged")

    def ready(self) -> None:
        from inventory_ops.demo import lifecycle
        from inventory_ops.kit.imports import registry as kinds
        from inventory_ops.kit.reports import registry
        from inventory_ops.operations import scans, verify
        from inventory_ops.pages import overview
        from inventory_ops.registries import guide, menu, topics
        from inventory_ops.registries import order_marks as marks
        from inventory_ops.registries.permissions import ADMIN, EVERYBODY, FINANCE, OPERATIONS
        from lost_damaged import cards, demo, imports, order_marks, payments_file, reports  # noqa: F401  (registers kinds of `load`)
        from lost_damaged.operations import adjustments, books, rules, statements  # noqa: F401  (registers proposals, jobs)
        from lost_damaged.operations import imports as finance_import  # noqa: F401  (registers its jobs)
        from lost_damaged.queries import verification

        kinds.also_fills("orders", "lost_damaged_statementline")
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
        scans.register_report_scans({reports.DoublePayments.scan: timedelta(hours=1)})
        topics.add_report(registry.get(reports.DoublePayments.slug))
        overview.add_cards("write-offs", cards.cards)
        overview.add_panels("account", cards.account)
        lifecycle.add_seeder("write-offs", demo.seed)
        verify.add_check("write-offs and their journal", verification.problems)
        guide.add("lost-damaged", _("Lost and damaged"), "lost-damaged.md", roles=EVERYBODY)
        guide.add(
            "update-inventory-status", _("UpdateInventoryStatus API"), "update-inventory-status.md", roles=EVERYBODY
        )
