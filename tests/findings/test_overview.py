"""The overview says what to do first, and what people did, in words."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory_ops.kit import showing
from inventory_ops.kit.reports import registry
from inventory_ops.models import AuditEvent, Channel, Finding, Import, Merchant, Product
from inventory_ops.operations import audit, findings, price_rules, proposals
from inventory_ops.pages import activity, do_first
from inventory_ops.queries import worklist
from tests import make

pytestmark = pytest.mark.django_db
SLUG = "inventory-cost-issues"


def dear(sku: str, cost: int, of: Merchant) -> None:
    make.stock(make.product(sku, of=of, price=Decimal(10), cost=Decimal(cost)), 10)


def of(sku: str) -> Finding:
    return Finding.objects.get(label__startswith=f"{sku} ")


def test_what_to_do_first_names_each_finding_once_and_compares_no_currencies() -> None:
    by, now = make.user("operations"), timezone.now()
    pounds, yen = make.merchant("P", currency="GBP"), make.merchant("Y", currency="JPY")
    for sku, cost, seller in (("DUE", 11, pounds), ("MINE", 12, pounds), ("LARGE", 90, pounds), ("YEN", 13, yen)):
        dear(sku, cost, seller)
    findings.scan_report(registry.get(SLUG), as_of=now - timedelta(days=2))
    findings.set_due(finding=of("DUE"), on=showing.today(), by=by, as_of=now)
    findings.assign(finding=of("MINE"), to=by, by=by)
    found = worklist.tasks([SLUG], viewer=by, today=showing.today())
    assert [(task.why, task.label.split()[0]) for task in found] == [
        ("due", "DUE"),
        ("mine", "MINE"),
        ("largest", "LARGE"),
        ("largest", "YEN"),
    ]
    rows = do_first.rows(by, now)
    assert [row.amount for row in rows] == ["GBP 10.00", "GBP 20.00", "GBP 800.00", "JPY 30"]
    assert rows[0].url == f"/action-required/{SLUG}/findings/{of('DUE').key}/"
    seller = make.user("merchant", of=yen)
    assert [row.label.split()[0] for row in do_first.rows(seller, now)] == ["YEN"]


def test_what_to_do_first_is_read_in_the_order_of_indexes() -> None:
    """Of six hundred thousand findings all were read and sorted: the overview took three seconds."""
    by = make.user("operations")
    dear("A", 12, make.merchant("V"))
    findings.scan_report(registry.get(SLUG), as_of=timezone.now())
    with CaptureQueriesContext(connection) as captured:
        worklist.tasks([SLUG], viewer=by, today=showing.today())
    [statement] = [each["sql"] for each in captured if "'largest'" in each["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off; set local enable_bitmapscan = off")
        cursor.execute(f"explain {statement}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "finding_by_value" in plan  # the largest of a report and currency
    assert "finding_by_age" in plan  # the oldest of a report


@pytest.mark.parametrize(
    ("action", "summary", "said"),
    [
        ("import.apply", "orders: 0 new, 0 changed, 12 unchanged, 0 refused", "Imported orders: 12 unchanged"),
        ("import.apply", "orders: 0 new, 0 changed", "Imported orders: nothing was new"),
        ("finding.snooze", "A · Lamp: until 2026-12-12", "Snoozed A · Lamp: until 2026-12-12"),
        ("product.price", "A: price 10 → 12", "Changed prices of A: price 10 → 12"),
        ("product.mark", "A: promotion, spring", "Marked A: promotion, spring"),
    ],
)
def test_activity_is_said_in_words(action: str, summary: str, said: str) -> None:
    assert activity.sentence(action, summary) == said


def test_a_rule_of_the_price_guard_is_said_in_words() -> None:
    by = make.user("operations")
    proposals.propose(kind=price_rules.GUARD, merchant=make.merchant("N9101"), values={"mode": "block"}, by=by)
    event = AuditEvent.objects.get(action="price_guard.propose")
    said = activity.sentence(event.action, event.summary)
    assert said == "Proposed: Price guard of N9101: the rule for all vendors → block"


def test_activity_leads_to_what_it_is_about_and_can_be_filtered() -> None:
    by = make.user("operations")
    dear("A", 12, make.merchant("V"))
    findings.scan_report(registry.get(SLUG), as_of=timezone.now())
    findings.comment(finding=of("A"), text="Ask the vendor", by=by)
    browser = Client()
    browser.force_login(by)
    page = browser.get("/").content.decode()
    assert "Commented on A" in page and f"/findings/{of('A').key}/" in page
    assert "Commented on A" in browser.get("/?activity=findings").content.decode()
    assert "Commented on A" not in browser.get("/?activity=stock").content.decode()


@pytest.mark.parametrize("role", ["operations", "finance", "admin", "merchant"])
def test_activity_links_to_what_the_reader_may_open(role: str) -> None:
    by, seller = make.user("operations"), make.merchant("V")
    dear("A", 12, seller)
    findings.scan_report(registry.get(SLUG), as_of=timezone.now())
    findings.comment(finding=of("A"), text="Ask the vendor", by=by)
    subjects = [
        Product.objects.get(),
        Channel.objects.create(merchant=seller, code="x", name="X", kind="csv", state="synced"),
        *(
            Import.objects.create(kind=kind, state=Import.State.DONE, finished_at=make.NOW, created_by=by)
            for kind in ("orders", "users")
        ),
    ]
    for subject in subjects:
        audit.record(action="thing.change", by=by, subject=subject, summary="Something", merchant_id=seller.pk)
    viewer = make.user(role, of=seller if role == "merchant" else None)
    browser = Client()
    browser.force_login(viewer)
    addresses = [line.url for line in activity.lines(viewer, timezone.now()) if line.url]
    assert [browser.get(address).status_code for address in addresses] == [200] * len(addresses)
    # a finding, a product and a channel; of the files the admin's has people, and that of orders is for operations too
    assert len(addresses) == {"operations": 4, "finance": 2, "admin": 5, "merchant": 2}[role]
