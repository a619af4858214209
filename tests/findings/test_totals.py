"""The kept numbers of findings equal what they count, whatever scans and people do."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connections

from inventory_ops.kit.reports import registry
from inventory_ops.models import Finding, FindingTotal, Product
from inventory_ops.operations import findings
from inventory_ops.operations.finding_days import add_up_totals
from inventory_ops.queries.findings import COUNTED, totals
from tests import make

SLUG = "inventory-cost-issues"


def assert_right() -> None:
    counted: Counter[tuple[int | None, str]] = Counter()
    for merchant, state in Finding.objects.values_list("merchant_id", "state"):
        counted[merchant, state] += 1
        counted[None, state] += 1
    kept: Counter[tuple[int | None, str]] = Counter()
    for merchant, state, count in FindingTotal.objects.values_list("merchant_id", "state", "count"):
        kept[merchant, state] += count
    assert {key: n for key, n in kept.items() if n} == counted
    found = totals(viewer=None).get(SLUG)
    waiting = list(Finding.objects.filter(state__in=COUNTED).values_list("value", flat=True))
    assert (found.count, sum(found.values.values())) == (len(waiting), sum(waiting)) if found else not waiting


@pytest.mark.django_db
def test_scans_and_people_keep_them_right() -> None:
    dice = random.Random(7)
    own, other = make.merchant(), make.merchant()
    products = [make.product(of=dice.choice([own, other])) for _ in range(8)]
    by = make.user()
    report = registry.get(SLUG)
    for step in range(40):
        Product.objects.filter(pk=dice.choice(products).pk).update(cost=Decimal(dice.randint(5, 15)))
        findings.scan_report(report, as_of=make.NOW)
        if found := Finding.objects.filter(state="open").order_by("?").first():
            findings.acknowledge(
                finding=found, reason="Known", until=make.NOW + timedelta(days=1), by=by, as_of=make.NOW
            )
        if step % 5 == 0:
            add_up_totals([SLUG])
            groups = FindingTotal.objects.values_list("merchant_id", "state")
            assert len(groups) == len(set(groups))
        assert_right()
    assert totals(viewer=make.user("merchant", of=own))[SLUG].count == (
        Finding.objects.filter(merchant=own, state__in=COUNTED).count()
    )
    Finding.objects.all().delete()
    assert_right()


@pytest.mark.django_db(transaction=True)
def test_adding_up_at_once_loses_nothing() -> None:
    own = make.merchant()
    rows = [
        Finding(
            report=SLUG, key=str(n), merchant=own, first_seen_at=make.NOW, opened_at=make.NOW, last_seen_at=make.NOW
        )
        for n in range(40)
    ]

    def work(n: int) -> None:
        try:
            for row in rows[n * 10 : n * 10 + 10]:
                row.save()
                add_up_totals([SLUG])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert_right()
    add_up_totals([SLUG])
    assert_right()
