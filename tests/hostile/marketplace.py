"""A small marketplace with every kind of row, which is attacked."""

from __future__ import annotations

import pytest
from django.test import TestCase
from django.utils import timezone

from inventory_ops.demo import catalogue, orders
from inventory_ops.demo import marketplace as demo
from inventory_ops.models import User
from inventory_ops.operations import scans
from lost_damaged import demo as write_offs
from trackers import demo as trackers

LOGINS = {"operations": "ops", "merchant": "merchant", "finance": "finance", "admin": "admin"}


class Attacked(TestCase):
    """Tests on one marketplace, made once; what a test does is undone."""

    @classmethod
    def setUpTestData(cls) -> None:
        make()

    def setUp(self) -> None:
        # nobody is called: AWS has tests of its own
        patch = pytest.MonkeyPatch()
        patch.setattr("user_audit.accounts.configured", list)
        self.addCleanup(patch.undo)


def make() -> None:
    """The sample data of the demo, a fraction of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "PRODUCTS", 60)
        patch.setattr(orders, "ORDERS_A_DAY", 1)
        patch.setattr(write_offs, "DAYS", 6)
        now = timezone.now()
        demo.seed(now)
        write_offs.seed(now)
        trackers.seed(now)
    for name in scans.names():
        if name != "users":  # reads AWS
            scans.run(name)
    User.objects.filter(is_demo=True).update(is_demo=False)  # those of the demo are refused outside it


def user(role: str) -> User:
    return User.objects.get(email=f"{LOGINS[role]}@example.com")
