"""Lists by the state and the owner of what a scan found: by id where few match, row by row where many do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from inventory_ops.kit.reports import registry
from inventory_ops.models import Finding, Product, User
from inventory_ops.reports import base
from tests import make

pytestmark = pytest.mark.django_db


def _plainly(wanted: str, owner: str, viewer: User) -> set[int]:
    found = {int(row.key): row for row in Finding.objects.exclude(key="1:2")}

    def matches(pk: int) -> bool:
        row = found.get(pk)
        is_snoozed = row is not None and row.state == "snoozed"
        is_wanted = wanted == "all" or (not wanted and not is_snoozed)  # what is snoozed is out of the way
        is_wanted |= bool(wanted) and (
            row is not None
            and (row.opened_at > make.NOW - timedelta(days=1) if wanted == "new" else row.state == wanted)
        )
        owned = row.assignee_id if row else None
        return is_wanted and (not owner or (owned == viewer.pk if owner == "me" else owned is None))

    return {pk for pk in Product.objects.values_list("pk", flat=True) if matches(pk)}


@pytest.mark.parametrize("few", [0, 2, 1000])
def test_filters_by_finding_give_the_same_rows_either_way(
    viewer: User, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "FEW", few)
    report = registry.get("products-without-orders")
    sizes = set()
    for wanted in ("", "all", "open", "acknowledged", "snoozed", "new"):
        for owner in ("", "me", "nobody"):
            selection = report.select({"finding": wanted, "owner": owner}, viewer=viewer, as_of=make.NOW)
            rows = set(selection.rows.values_list("pk", flat=True))
            assert rows == _plainly(wanted, owner, viewer), (wanted, owner)
            sizes.add(len(rows))
    assert len(sizes) > 4


def test_one_query_more_tells_which_way(viewer: User, django_assert_num_queries: Any) -> None:
    report = registry.get("products-without-orders")
    with django_assert_num_queries(1):
        report.select({"finding": "open", "owner": "me"}, viewer=viewer, as_of=make.NOW)


def test_the_id_of_a_row_is_its_key_as_a_number(viewer: User) -> None:
    for found in Finding.objects.all():
        assert found.row_id == (int(found.key) if found.key.isdigit() else None)
