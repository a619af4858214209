"""Rules for findings: applied by the scan to what it opens, in their order; tried, changed by two, and by the API."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from inventory_ops.kit.reports import registry
from inventory_ops.models import (
    AuditEvent,
    AutomationRule,
    Finding,
    FindingEvent,
    Merchant,
    Notice,
    Notification,
    Product,
    User,
    VendorRequest,
)
from inventory_ops.operations import automation, findings
from inventory_ops.operations.automation import RuleChanged, RuleRefused, RuleValues
from inventory_ops.queries.automation import dry_run, overlapping
from tests import make
from tests.api.support import program
from tests.together import at_once

pytestmark = pytest.mark.django_db
SLUG = "inventory-cost-issues"


def client(role: str = "operations", **fields: Any) -> Client:
    made = Client()
    made.force_login(make.user(role, **fields))
    return made


def dear(sku: str, of: Merchant, brand: str = "") -> Product:
    product = make.product(sku, of=of, price=Decimal(10), cost=Decimal(12), brand_name=brand)
    make.stock(product, 10)
    return product


def scan() -> None:
    findings.scan_report(registry.get(SLUG), as_of=timezone.now())


def found(sku: str) -> Finding:
    return Finding.objects.get(label__startswith=f"{sku} ")


def rule(name: str, **fields: Any) -> AutomationRule:
    return automation.create(values=RuleValues(name=name, report=SLUG, **fields), by=make.user("admin"))


@pytest.fixture
def boss() -> User:
    return make.user("operations", name="Boss")


def test_the_first_rule_decides_over_the_owner_and_over_snoozing(boss: User) -> None:
    one, two = make.merchant("V1"), make.merchant("V2")
    other, now = make.user("admin"), timezone.now()
    rule("of V1", merchant=one, assign_to=boss)
    rule("all", assign_to=other, snooze_days=7, notify=other)
    dear("A", one)
    dear("B", two)
    scan()
    a, b = found("A"), found("B")
    assert (a.assignee, b.assignee) == (boss, other)
    assert a.state == b.state == "snoozed"
    assert a.until and timedelta(days=6) < a.until - now < timedelta(days=8)
    words = dict(FindingEvent.objects.filter(finding=a).exclude(kind="opened").values_list("kind", "text"))
    assert words["rule_assign"] == "to Boss (of V1)" and words["rule_snooze"].endswith("(all)")
    [applied, of_all] = AuditEvent.objects.filter(action="automation.apply").order_by("id")
    assert (applied.data, of_all.data) == (
        {"met": 1, "assigned": 1, "snoozed": 0}, {"met": 2, "assigned": 1, "snoozed": 2},
    )  # fmt: skip
    [bell] = Notification.objects.filter(user=other, topic="account")
    assert "2 findings opened" in bell.title and bell.url == f"/action-required/{SLUG}/?finding=all"
    assert not Notice.objects.exists()  # what sleeps is no news
    scan()
    assert AuditEvent.objects.filter(action="automation.apply").count() == 2  # only what a scan opened


def test_a_brand_is_compared_in_any_case_and_an_owner_stays(boss: User) -> None:
    vendor = make.merchant("V1")
    rule("brand", brand="lumen", assign_to=boss)
    product = dear("A", vendor, "Lumen")
    dear("B", vendor, "Other")
    scan()
    assert (found("A").assignee, found("B").assignee) == (boss, None)
    other = make.user("admin")
    findings.assign(finding=found("A"), to=other, by=other)
    for price in (50, 10):  # resolved, and opened again
        Product.objects.filter(pk=product.pk).update(price=price)
        scan()
    assert (found("A").times_opened, found("A").assignee) == (2, other)


def test_who_can_be_given_findings_no_more_is_given_none(boss: User) -> None:
    rule("all", assign_to=boss, notify=boss)
    User.objects.filter(pk=boss.pk).update(is_active=False)
    dear("A", make.merchant("V1"))
    scan()
    assert found("A").assignee is None and found("A").state == "open"
    assert not Notification.objects.filter(user=boss).exists()


def test_a_disabled_rule_and_one_of_another_report_do_nothing(boss: User) -> None:
    rule("off", assign_to=boss, is_enabled=False)
    automation.create(values=RuleValues("other", "shipping-issues", assign_to=boss), by=boss)
    dear("A", make.merchant("V1"))
    scan()
    assert found("A").assignee is None


def test_it_is_tried_on_what_opened_in_the_last_30_days(boss: User) -> None:
    vendor = make.merchant("V1")
    for number in range(23):
        dear(f"A{number:02}", vendor, "Lumen")
    dear("OTHER", make.merchant("V2"))
    scan()
    old = found("A00")
    FindingEvent.objects.filter(finding=old).update(at=timezone.now() - timedelta(days=31))
    first = rule("first", assign_to=boss)
    second = rule("second", merchant=vendor, brand="LUMEN", assign_to=boss)
    tried = dry_run(second, about="product", now=timezone.now())
    assert (tried.count, len(tried.rows)) == (22, 20)
    assert {row.first for row in tried.rows} == {"first"} and {row.vendor for row in tried.rows} == {"V1"}
    assert {row.first for row in dry_run(first, about="product", now=timezone.now()).rows} == {""}
    assert overlapping([first, second]) == {first.pk: [], second.pk: ["first"]}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "Say what the rule does"),
        ({"report": "products", "snooze_days": 7}, "There is no report products"),
        ({"snooze_days": 400}, "1 to 365"),
        ({"report": "abandoned-checkouts", "brand": "Lumen", "snooze_days": 7}, "Carts have no brand"),
    ],
)
def test_what_makes_no_rule_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(RuleRefused, match=said):
        automation.create(values=RuleValues(**{"name": "R", "report": SLUG} | values), by=make.user("admin"))
    with pytest.raises(IntegrityError), transaction.atomic():  # the database knows it as well
        AutomationRule.objects.create(name="R", position=1, report=SLUG)


def test_by_the_pages(boss: User) -> None:
    dear("A", make.merchant("V1"))
    scan()
    browser = client()
    values = {"name": "Cost of V1", "report": SLUG, "vendor": "v1", "assign_to": str(boss.pk), "is_enabled": "on"}
    page = browser.post("/settings/rules/new/", values | {"try": "1"}).text
    assert "1 finding opened that it is about." in page and "A · Lamp" in page
    assert not AutomationRule.objects.exists()
    assert "in force from the next scan on" in browser.post("/settings/rules/new/", values, follow=True).text
    browser.post("/settings/rules/new/", values | {"name": "Second"})
    again = browser.post("/settings/rules/new/", values)
    assert again.status_code == 422 and "Another rule is called" in again.text
    page = browser.get("/settings/rules/").text
    assert "Decided first by:" in page
    second = AutomationRule.objects.get(name="Second")
    assert "1 finding opened" in browser.get(f"/settings/rules/{second.pk}/").text
    browser.post(f"/settings/rules/{second.pk}/act/", {"verb": "up"})
    assert list(AutomationRule.objects.order_by("position").values_list("name", flat=True)) == ["Second", "Cost of V1"]
    browser.post(f"/settings/rules/{second.pk}/act/", {"verb": "delete"})
    assert AutomationRule.objects.count() == 1
    actions = set(AuditEvent.objects.filter(action__startswith="automation.").values_list("action", flat=True))
    assert actions == {"automation.create", "automation.move", "automation.delete"}
    assert client("finance").get("/settings/rules/").status_code == 403


def test_by_the_api(boss: User) -> None:
    api = program(make.user("operations"), "read", "findings")
    dear("A", make.merchant("V1"))
    scan()
    made = api.post("rules/", {"name": "R", "report": SLUG, "vendor_number": "V1", "assign_to": boss.email})
    assert made.status_code == 201 and made.json()["position"] == 1
    address = f"rules/{made.json()['id']}/"
    assert api.get("rules/").json()["results"] == [made.json()]
    tried = api.get(f"{address}dry-run/").json()
    assert (tried["count"], tried["rows"][0]["label"]) == (1, "A · Lamp")
    changed = api.send("patch", address, {"assign_to": None, "snooze_days": 3}).json()
    assert (changed["assign_to"], changed["snooze_days"], changed["vendor_number"]) == (None, 3, "V1")
    assert api.send("patch", address, {"snooze_days": None}).status_code == 400
    assert api.post("rules/", {"name": "S", "report": SLUG, "notify": "no@example.com"}).status_code == 400
    assert api.send("delete", address).status_code == 204
    assert api.get(address).status_code == 404


def test_vendors_are_asked_and_answer_by_the_api() -> None:
    vendor = make.merchant("V1")
    seller = make.user("merchant", of=vendor)
    dear("A", vendor)
    scan()
    staff, theirs = program(make.user("operations"), "read", "findings"), program(seller, "read", "findings")
    address = f"findings/{found('A').pk}/"
    assert theirs.post(f"{address}ask/", {}).status_code == 403
    assert staff.post(f"{address}ask/", {"note": "Please look"}).status_code == 200
    assert "waits for its vendor" in staff.post(f"{address}ask/", {}).json()["errors"][0]
    assert Notification.objects.filter(user=seller, title="1 finding waits for you").count() == 1
    assert "Say why" in theirs.post(f"{address}answer/", {"answer": "not_ours"}).json()["errors"][0]
    day = (timezone.localdate() + timedelta(days=3)).isoformat()
    assert theirs.post(f"{address}answer/", {"answer": "will_fix", "fix_by": day}).status_code == 200
    assert VendorRequest.objects.get().answered_by == seller


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once(boss: User) -> None:
    people = [make.user("operations"), make.user("admin")]
    at_once(2, lambda n: automation.create(values=RuleValues(f"R{n}", SLUG, snooze_days=7), by=people[n]))
    rules = list(AutomationRule.objects.order_by("position"))
    assert [each.position for each in rules] == [1, 2]
    seen = RuleValues.of(rules[0])

    def change(n: int) -> str:
        values = RuleValues(seen.name, SLUG, snooze_days=10 + n)
        try:
            automation.change(rule=rules[0], values=values, seen=seen, by=people[n])
        except RuleChanged:
            return "refused"
        return "done"

    assert sorted(at_once(2, change)) == ["done", "refused"]
    at_once(2, lambda n: automation.move(rule=rules[n], up=n == 1, by=people[n]))
    assert sorted(AutomationRule.objects.values_list("position", flat=True)) == [1, 2]
