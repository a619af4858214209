"""The demo's life: is there sample data, make it, drop it. The data itself comes from inventory_ops/demo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import connection

from inventory_ops.kit.registry import Registry
from inventory_ops.models import AuditEvent, User

SEEDED = "demo.seed"
LOGINS = {
    "ops@example.com": "operations",
    "merchant@example.com": "one vendor's own portal",
    "finance@example.com": "finance",
    "admin@example.com": "user audit, settings",
}

_seeders: Registry[Callable[[datetime], None]] = Registry("source of sample data")


def add_seeder(name: str, seeder: Callable[[datetime], None]) -> None:
    """Let another app add its own sample data, after that of the base. Called from AppConfig.ready()."""
    _seeders.add(name, seeder)


def is_seeded() -> bool:
    """Is the sample data there, all of it?"""
    return AuditEvent.objects.filter(action=SEEDED).exists()


def is_half_seeded() -> bool:
    """Was the making of sample data stopped before its end?"""
    return User.objects.filter(is_demo=True).exists() and not is_seeded()


def seed(*, now: datetime) -> None:
    """Make the sample data of the base and of every other app, relative to `now`."""
    from inventory_ops.demo import channels, history, marketplace, notifications
    from inventory_ops.operations import audit, scans

    marketplace.seed(now)
    for seeder in _seeders:
        seeder(now)
    channels.make(now)
    notifications.subscribe(now)
    for name in scans.names():
        scans.run(name, requested_by="demo")
    history.age_findings(now=now)
    audit.record(action=SEEDED, by=None, summary="Sample data made")


def drop_everything() -> None:
    """Empty the database down to its schema. Only ever called for the embedded one."""
    with connection.cursor() as cursor:
        cursor.execute("drop schema public cascade; create schema public")
    connection.close()
