"""The demo's life: is there sample data, make it, drop it. The data itself comes from inventory_ops/demo."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from config.embedded.paths import Paths
from inventory_ops.kit import broker
from inventory_ops.kit.registry import DEMO, Registry
from inventory_ops.models import AuditEvent, Import, Merchant, Order, Product, User

SEEDED = "demo.seed"
_LOGINS = {
    "ops@example.com": "operations",
    "merchant@example.com": "one vendor's own portal",
    "finance@example.com": "finance",
    "admin@example.com": "user audit, settings",
}

_seeders: Registry[Callable[[datetime], None]] = Registry("source of sample data", later=DEMO)


def add_seeder(name: str, seeder: Callable[[datetime], None], *, logins: Mapping[str, str] | None = None) -> None:
    """Let another app add its own sample data, after that of the base, and people who sign in."""
    _seeders.add(name, seeder)
    _LOGINS.update(logins or {})


def logins() -> Mapping[str, str]:
    """Who can sign in to the demo, and as what."""
    DEMO.fill()
    return _LOGINS


def is_seeded() -> bool:
    """Is the sample data there, all of it?"""
    return AuditEvent.objects.filter(action=SEEDED).exists()


def is_half_seeded() -> bool:
    """Was the making of sample data stopped before its end?"""
    return User.objects.filter(is_demo=True).exists() and not is_seeded()


def somebodys() -> list[str]:
    """What is here though the sample data are not (all) made, a line each: somebody put it in by a command."""
    counts = {
        "files that were loaded": Import.objects.count(),
        "accounts that were made": User.objects.filter(is_demo=False, is_superuser=True).count(),
    }
    return [f"{number:,} {name}" for name, number in counts.items() if number]


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
    history.contact_customers(now=now)
    history.age_findings(now=now)
    audit.record(action=SEEDED, by=None, summary="Sample data made")


def is_apart() -> bool:
    """Is this the demo's own database, in a folder named for it, and not somebody's data?"""
    folder = Path(settings.DATA_DIR)
    return (
        bool(settings.DEMO)
        and folder.name == "demo"
        and settings.DATABASES["default"]["HOST"] == str(Paths(folder).run_dir)
    )


def contents() -> list[str]:
    """What `start_over` deletes, a line each; empty when there is nothing."""
    counts = {
        "merchants": Merchant.objects.count(),
        "products": Product.objects.count(),
        "orders": Order.objects.count(),
        "accounts": User.objects.count(),
    }
    if not any(counts.values()):
        return []
    rows = ", ".join(f"{number:,} {name}" for name, number in counts.items())
    return [f"its database: {rows}, and all that belongs to them", *(f"the folder {each}" for each in _folders())]


def start_over() -> None:
    """Empty the demo's database, queue and folders. Raises RuntimeError anywhere else."""
    if not is_apart():
        raise RuntimeError("Only the demo's own data can be started over.")
    with connection.cursor() as cursor:
        cursor.execute("drop schema public cascade; create schema public")
    connection.close()
    call_command("migrate", verbosity=0, interactive=False)
    broker.client().flushdb()
    for folder in _folders():
        shutil.rmtree(folder, ignore_errors=True)


def _folders() -> list[Path]:
    folders = (settings.MEDIA_ROOT, settings.CHANNELS_DIR, settings.DATA_DIR / "mail")
    return [folder for folder in folders if folder.exists()]
