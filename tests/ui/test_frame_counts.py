"""The numbers of the menu: built once for each person, and always those of now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from inventory_ops.models import User
from inventory_ops.queries import shell
from inventory_ops.registries import menu
from tests import make

pytestmark = pytest.mark.django_db

NOW = timezone.now()

COUNTED = {entry.url: entry.counted for key in menu.GROUPS for entry in menu.entries(key) if entry.counted}


def built_for(user: User) -> Any:
    who = {name: getattr(user, name) for name in ("pk", "role", "merchant_id", "is_superuser", "is_active")}
    return shell._statement.__wrapped__(tuple(who.items()), tuple(COUNTED.values()), "products")


def test_no_number_of_the_menu_depends_on_the_moment_it_was_built() -> None:
    """Else it would stay that of the first page."""
    user = make.user("admin")
    before = built_for(user)
    with patch.object(timezone, "now", lambda: NOW + timedelta(days=400)):
        assert built_for(user) == before


def test_whoever_changes_merchant_or_role_gets_other_numbers() -> None:
    one, other = make.merchant("V1"), make.merchant("V2")
    user = make.user("merchant", of=one)
    first = built_for(user)
    shell.frame_data(viewer=user, others=COUNTED)
    user.merchant = other
    assert built_for(user) != first
    misses = shell._statement.cache_info().misses
    shell.frame_data(viewer=user, others=COUNTED)
    shell.frame_data(viewer=user, others=COUNTED)
    assert shell._statement.cache_info().misses == misses + 1
    user.role, user.merchant = "operations", None
    shell.frame_data(viewer=user, others=COUNTED)
    assert shell._statement.cache_info().misses == misses + 2
