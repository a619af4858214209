"""Products with findings of every state and owner."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from inventory_ops.models import User

STATES = ["open", "acknowledged", "snoozed", "resolved", None]


@pytest.fixture
def viewer(db: None) -> User:
    """Twenty products, a finding of most: each state by everybody's hands and nobody's, old and new."""
    from inventory_ops.kit.reports import registry
    from inventory_ops.models import Finding
    from inventory_ops.operations import findings
    from tests import make

    by = make.user("operations")
    other = make.user("operations")
    for number in range(20):
        make.product(f"P{number:02}", created_at=make.NOW - timedelta(days=100))
    report = registry.get("products-without-orders")
    findings.scan_report(report, as_of=make.NOW - timedelta(days=3))
    for number, found in enumerate(Finding.objects.order_by("key")):
        state = STATES[number % 5]
        if state is None:
            found.delete()
            continue
        found.state = state
        found.resolved_at = make.NOW if state == "resolved" else None
        found.assignee = [by, other, None][number % 3]
        if number % 2:
            found.opened_at = make.NOW - timedelta(hours=1)
        found.save()
    Finding.objects.create(
        report=report.slug, key="1:2", label="of no single row", first_seen_at=make.NOW, opened_at=make.NOW,
        last_seen_at=make.NOW,
    )  # fmt: skip
    return by
