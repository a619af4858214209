from __future__ import annotations

from datetime import timedelta

from django.apps import AppConfig
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class TrackersConfig(AppConfig):
    name = "trackers"
    verbose_name = "Trackers"

    def ready(self) -> None:
        from inventory_ops.kit.registry import DEMO, IMPORTS, PAGES, REPORTS, SCANS

        REPORTS.by(_reports)
        IMPORTS.by(_imports)
        SCANS.by(_scans)
        PAGES.by(_pages)
        DEMO.by(_demo)


def _reports() -> None:
    from trackers import reports  # noqa: F401  (importing registers it)


def _imports() -> None:
    from trackers import imports  # noqa: F401  (importing registers it)


def _scans() -> None:
    from inventory_ops.operations import scans, verify
    from inventory_ops.registries import topics
    from inventory_ops.registries.permissions import ADMIN, MERCHANT, OPERATIONS
    from trackers import queries
    from trackers.operations import scanning

    roles = frozenset((OPERATIONS, MERCHANT, ADMIN))
    topics.add(topics.Topic("trackers", _("Trackers below target"), reverse_lazy("trackers"), roles))
    scans.register(scans.Scan("health", scanning.scan, timedelta(minutes=15), title=_("Trackers")))
    verify.add_check(
        "trackers' roll-up",
        lambda: [
            f"product {product}, {day:%Y-%m-%d}: kept {kept}, the orders say {raw}"
            for product, day, kept, raw in queries.rollup_differences()
        ],
    )
    verify.add_check("health of trackers", lambda: scanning.differences(as_of=timezone.now(), most=verify.MOST_LISTED))


def _pages() -> None:
    from inventory_ops.pages import first_steps, overview, product
    from inventory_ops.registries import finding_hints, guide, menu
    from inventory_ops.registries.permissions import ADMIN, MERCHANT, OPERATIONS
    from trackers import bulk_actions, cards, hints
    from trackers.models import Tracker

    bulk_actions.register_all()
    roles = (OPERATIONS, MERCHANT, ADMIN)
    menu.add(
        "inventory",
        _("Trackers"),
        "trackers",
        "device-desktop-analytics",
        roles=roles,
        order=10,
        counted=cards.below_target,
        go="t",
    )
    guide.add("trackers", _("Inventory trackers"), "trackers.md", roles=roles)
    guide.add("trackers-faq", _("Trackers: questions"), "trackers-faq.md", roles=roles)
    first_steps.add(
        "trackers",
        first_steps.Step(
            30,
            _("Make trackers"),
            _("They say when stock runs low. Some are suggested from what was sold."),
            reverse_lazy("tracker-suggest"),
            _("See the suggestions"),
            lambda viewer: Tracker.objects.all(),
        ),
    )
    overview.add_panels("trackers", cards.panels)
    product.add_panels("trackers", cards.of_product)
    finding_hints.add("trackers", hints.after_shortages)


def _demo() -> None:
    from inventory_ops.demo import lifecycle
    from trackers.demo import seed

    lifecycle.add_seeder("trackers", seed)
