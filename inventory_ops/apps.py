from __future__ import annotations

from django.apps import AppConfig


class InventoryOpsConfig(AppConfig):
    name = "inventory_ops"
    verbose_name = "Inventory Ops"

    def ready(self) -> None:
        from inventory_ops import reports

        reports.register_all()
