from __future__ import annotations

from django.apps import AppConfig


class LostDamagedConfig(AppConfig):
    name = "lost_damaged"
    verbose_name = "Lost and damaged"
