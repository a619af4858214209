"""The overview of a shop that was never scanned, in light and on a phone, and the result of an import."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from inventory_ops.models import Import, ScanRun, User
from tests.browser.conftest import shoot
from tests.browser.test_pages import check


@pytest.mark.parametrize("mobile", [False, True])
def test_a_new_shop(visit: Callable[..., Page], world: dict[str, Any], mobile: bool) -> None:
    page = visit("admin", mobile=mobile)
    ScanRun.objects.all().delete()
    by = User.objects.get(role="admin")
    done = Import.objects.create(
        kind="products", file_name="p.csv", state="done", rows_new=3, created_by=by, finished_at=timezone.now()
    )
    found = []
    for name, address in {"overview": "/", "import": f"/imports/{done.pk}/"}.items():
        page.goto(address)
        found += check(page)
        shoot(page, f"first-steps-{name}-{'mobile' if mobile else 'light'}")
    assert not found, "\n".join(found)
