"""The list of reasons that administrators keep."""

from __future__ import annotations

import pytest
from django.test import Client

from inventory_ops.models import AdjustmentReason, AuditEvent
from inventory_ops.operations import reasons
from tests import make
from tests.together import at_once

PATH = "/settings/reasons/"


@pytest.mark.django_db
def test_a_reason_is_added_retired_and_offered_again() -> None:
    browser = Client()
    browser.force_login(make.user("admin"))
    assert browser.post(PATH, {"add": "1", "name": "Sample for a customer"}).status_code == 302
    added = AdjustmentReason.objects.get(code="sample_for_a_customer")
    shop = Client()
    shop.force_login(make.user("operations"))
    product = make.product("P1")
    form = f"/inventory/adjust/?product={product.pk}"
    assert "Sample for a customer" in shop.get(form).content.decode()
    browser.post(PATH, {"retire": added.code})
    assert "Sample for a customer" not in shop.get(form).content.decode()
    browser.post(PATH, {"offer": added.code})
    assert "Sample for a customer" in shop.get(form).content.decode()
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == [
        "reason.add",
        "reason.retire",
        "reason.offer",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "required"),
        ("  ", "required"),
        ("x" * 101, "at most 100"),
        ("商品", "letters a to z"),
        ("Count", "already"),
    ],
)
def test_bad_names_are_explained(name: str, said: str) -> None:
    browser = Client()
    browser.force_login(make.user("admin"))
    answer = browser.post(PATH, {"add": "1", "name": name})
    assert answer.status_code == 422 and said in answer.content.decode()
    assert browser.post(PATH, {"retire": "no\x00ne"}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_people_cannot_retire_the_last_two() -> None:
    by = make.user("admin")
    AdjustmentReason.objects.exclude(code__in=["count", "found"]).update(is_active=False)
    both = list(AdjustmentReason.objects.filter(is_active=True))

    def work(n: int) -> bool:
        try:
            reasons.offer(reason=both[n], offered=False, by=by)
        except reasons.ReasonRefused:
            return False
        return True

    assert sorted(at_once(2, work)) == [False, True]
    assert AdjustmentReason.objects.filter(is_active=True).count() == 1
