from __future__ import annotations

from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

GUIDE = {
    "start": _("Getting started"),
    "action-required": _("Action Required"),
    "inventory": _("Manual inventory"),
    "products": _("Prices, flash sales and marks"),
    "channels": _("Channels"),
    "imports": _("Loading data"),
    "notifications": _("Notifications"),
}


class InventoryOpsConfig(AppConfig):
    name = "inventory_ops"
    verbose_name = "Inventory Ops"

    def ready(self) -> None:
        from inventory_ops.kit import money
        from inventory_ops.kit.db import statements
        from inventory_ops.kit.registry import IMPORTS, JOBS, PAGES, REPORTS, SCANS
        from inventory_ops.operations import account_events
        from inventory_ops.queries import rates

        statements.connect()
        account_events.connect()
        money.provide(rates.current)
        REPORTS.by(_reports)
        IMPORTS.by(_imports)
        SCANS.by(_scans)
        JOBS.by(_jobs)
        PAGES.by(_pages)


def _reports() -> None:
    from inventory_ops import reports

    reports.register_all()


def _imports() -> None:
    from inventory_ops import formats, imports

    imports.register_all()
    formats.register_all()


def _scans() -> None:
    from inventory_ops import reports
    from inventory_ops.operations import scans, verify  # noqa: F401  (verify has checks of its own)
    from inventory_ops.registries import topics

    scans.register_report_scans(
        {
            "costs": timedelta(minutes=15),
            "checkouts": timedelta(minutes=5),
            "shipping": timedelta(hours=1),
            "demand": timedelta(hours=1),
        }
    )
    for report in reports.of_menu():
        topics.add_report(report)


def _jobs() -> None:
    from inventory_ops.adapters import kinds
    from inventory_ops.operations import exports, price_rules, remarketing  # noqa: F401  (they register their jobs)
    from inventory_ops.operations.channels import catalogue, drift  # noqa: F401
    from inventory_ops.operations.imports import uploads  # noqa: F401

    kinds.register_all()


def _pages() -> None:
    from inventory_ops import bulk_actions, reports
    from inventory_ops.kit.reports import registry
    from inventory_ops.models import VendorRequest
    from inventory_ops.pages import act_hints, cards, first_steps, overview, shipping_hints
    from inventory_ops.registries import finding_hints, guide, menu
    from inventory_ops.registries.permissions import ADMIN, EVERYBODY, FINANCE, MERCHANT, OPERATIONS

    first_steps.add_own()
    bulk_actions.register_all()
    menu.add("", _("Overview"), "overview", "layout-dashboard", roles=EVERYBODY, order=0, go="h")
    menu.add("action", _("Vendors"), "vendors", "users", roles=(OPERATIONS, FINANCE, ADMIN), order=200, go="v")
    menu.add(
        "action",
        _("Vendor requests"),
        "vendor-requests",
        "mail",
        roles=(MERCHANT,),
        order=200,
        counted=lambda user: VendorRequest.objects.visible_to(user).filter(answer=""),
    )
    for order, (go, slug) in enumerate(
        {"p": "products", "o": "orders", "s": "stock-inquiry", "e": "events-ledger"}.items(), start=20
    ):
        report = registry.get(slug)
        menu.add("inventory", report.short_title, report.route, report.icon, roles=EVERYBODY, order=order, go=go)
    menu.add("inventory", _("Imports"), "imports", "file-upload", roles=(OPERATIONS, FINANCE, ADMIN), order=90, go="i")
    menu.add("system", _("Adjustment reasons"), "adjustment-reasons", "list", roles=(ADMIN,), order=60)
    guards = (OPERATIONS, FINANCE, ADMIN)
    menu.add("system", _("Price guard"), "price-guard", "shield-check", roles=guards, order=65)
    menu.add("system", _("Rules for findings"), "automation", "bolt", roles=(OPERATIONS, ADMIN), order=64)
    menu.add("system", _("Shop"), "shop-settings", "building-store", roles=(ADMIN,), order=50)
    menu.add("system", _("Exchange rates"), "exchange-rates", "coin", roles=(FINANCE, ADMIN), order=52)
    menu.add("system", _("Places"), "places", "building-warehouse", roles=(ADMIN,), order=58)
    menu.add("system", _("People"), "people", "users", roles=(ADMIN,), order=55)
    menu.add("system", _("Security log"), "security-log", "shield", roles=(ADMIN,), order=75)
    menu.add("system", _("Schedules"), "schedules", "clock", roles=(ADMIN,), order=70)
    menu.add("system", _("Status"), "status", "activity", roles=(ADMIN,), order=80)
    menu.add("system", _("Jobs"), "jobs", "history", roles=EVERYBODY, order=10, go="j")
    menu.add("inventory", _("Channels"), "channels", "building-store", roles=(OPERATIONS, ADMIN), order=30, go="c")
    overview.add_cards("oversold stock", cards.oversold)
    finding_hints.add("acts on products", act_hints.of_acts)
    finding_hints.add("shipping cases", shipping_hints.of_cases)
    overview.add_cards("failing channels", cards.failing_channels)
    for name, title in GUIDE.items():
        guide.add(name, title, f"{name}.md")
    guide.add("api", _("JSON API"), "api.md")
    guide.add("system", _("Schedules, status, metrics"), "system.md", roles=(ADMIN,))
    for order, report in enumerate(reports.of_menu()):
        menu.add(
            "action",
            report.short_title,
            report.route,
            report.icon,
            roles=tuple(report.roles),
            order=order,
            report=report.slug,
        )
