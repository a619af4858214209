"""Findings are sent to their vendors, who answer in their own portal, and are reminded until they do."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from inventory_ops.kit import showing
from inventory_ops.kit.reports import registry
from inventory_ops.models import Delivery, Finding, Merchant, Notification, User, VendorRequest
from inventory_ops.operations import findings, vendor_requests
from inventory_ops.operations.findings import InvalidChange
from inventory_ops.operations.vendor_requests import Reply
from tests import make

pytestmark = pytest.mark.django_db
SLUG = "inventory-cost-issues"
LIST = f"/action-required/{SLUG}/"


def browser(user: User) -> Client:
    made = Client()
    made.force_login(user)
    return made


@pytest.fixture
def vendors() -> tuple[Merchant, Merchant]:
    one, two = make.merchant("V1"), make.merchant("V2")
    for sku, seller in (("A", one), ("B", one), ("C", two)):
        make.stock(make.product(sku, of=seller, price=Decimal(10), cost=Decimal(12)), 10)
    findings.scan_report(registry.get(SLUG), as_of=timezone.now())
    return one, two


def of(sku: str) -> Finding:
    return Finding.objects.get(label__startswith=f"{sku} ")


def ask_all(by: User) -> Client:
    page = browser(by)
    ids = [found.key for found in Finding.objects.all()]
    sent = {"ids": ids, "action": "ask", "next": LIST, "confirm": "1", "note": "Please look"}
    assert page.post(f"{LIST}bulk/", sent).status_code == 302
    return page


def test_each_vendor_gets_one_mail_with_its_findings_alone(vendors: tuple[Merchant, Merchant]) -> None:
    one, _two = vendors
    seller = make.user("merchant", of=one)
    page = ask_all(make.user("operations"))
    assert VendorRequest.objects.filter(answer="").count() == 3
    [letter] = Delivery.objects.all()
    text = str(letter.content)
    assert "A · Lamp" in text and "B · Lamp" in text and "Please look" in text and "C · Lamp" not in text
    [bell] = Notification.objects.filter(user=seller)
    assert bell.title == "2 findings wait for you"
    assert "nobody here who could be notified" in page.get(LIST).content.decode()  # V2 has no account
    # asked once: the second time each is skipped
    ask_all(make.user("operations"))
    assert VendorRequest.objects.count() == 3


def test_the_vendor_answers_in_its_portal_and_whoever_asked_is_notified(vendors: tuple[Merchant, Merchant]) -> None:
    one, two = vendors
    by, seller = make.user("operations"), make.user("merchant", of=one)
    ask_all(by)
    portal = browser(seller)
    shown = portal.get("/action-required/vendors/requests/").content.decode()
    assert "A · Lamp" in shown and "C · Lamp" not in shown
    address = f"{LIST}findings/{of('A').key}/answer/"
    day = showing.today() + timedelta(days=5)
    assert portal.post(address, {"answer": "will_fix", "fix_by": ""}).status_code == 422
    assert portal.post(address, {"answer": "not_ours", "text": " "}).status_code == 422
    assert portal.post(address, {"answer": "will_fix", "fix_by": f"{day}"}).status_code == 302
    found = VendorRequest.objects.get(finding=of("A"))
    assert (found.answer, found.fix_by, found.answered_by) == ("will_fix", day, seller)
    assert Notification.objects.filter(user=by, title__contains="answered: A").exists()
    assert "Will be fixed" in browser(by).get(f"{LIST}findings/{of('A').key}/").content.decode()
    # another vendor's is not there
    theirs = browser(make.user("merchant", of=two))
    assert theirs.post(f"{LIST}findings/{of('B').key}/answer/", {"answer": "not_ours", "text": "x"}).status_code == 404
    assert portal.post(f"{LIST}findings/{of('B').key}/ask/", {"note": ""}).status_code == 403


def test_an_answer_is_given_once(vendors: tuple[Merchant, Merchant]) -> None:
    by, now = make.user("operations"), timezone.now()
    vendor_requests.ask(finding=of("A"), note="", by=by, now=now)
    with pytest.raises(InvalidChange, match="waits for its vendor already"):
        vendor_requests.ask(finding=of("A"), note="", by=by, now=now)
    vendor_requests.reply(finding=of("A"), reply=Reply("not_ours", text="Bundle of the shop"), by=by, now=now)
    with pytest.raises(InvalidChange, match="any more"):
        vendor_requests.reply(finding=of("A"), reply=Reply("not_ours", text="Again"), by=by, now=now)
    kinds = of("A").events.exclude(actor="").order_by("pk").values_list("kind", "text")
    assert list(kinds) == [("asked", ""), ("answered", "Not ours · Bundle of the shop")]


def test_reminders_come_after_three_days_until_it_is_answered_or_gone(vendors: tuple[Merchant, Merchant]) -> None:
    one, _two = vendors
    by, now = make.user("operations"), timezone.now()
    make.user("merchant", of=one)
    vendor_requests.ask(finding=of("A"), note="", by=by, now=now)
    vendor_requests.ask(finding=of("B"), note="", by=by, now=now)
    assert vendor_requests.remind(now=now + timedelta(days=2)) == 0
    assert vendor_requests.remind(now=now + timedelta(days=3)) == 2
    assert vendor_requests.remind(now=now + timedelta(days=4)) == 0
    promised = Reply("will_fix", fix_by=showing.today())
    vendor_requests.reply(finding=of("A"), reply=promised, by=by, now=now)
    Finding.objects.filter(pk=of("B").pk).update(state="resolved", resolved_at=now)
    assert vendor_requests.remind(now=now + timedelta(days=7)) == 1  # the promised day passed
    assert ["A · Lamp" in str(each.content) for each in Delivery.objects.order_by("created_at")].count(True) == 2


def test_vendors_are_listed_with_their_findings_and_how_fast_they_answer(vendors: tuple[Merchant, Merchant]) -> None:
    by, now = make.user("operations"), timezone.now()
    for sku in "AB":
        vendor_requests.ask(finding=of(sku), note="", by=by, now=now - timedelta(hours=10))
    vendor_requests.reply(finding=of("A"), reply=Reply("not_ours", text="No"), by=by, now=now - timedelta(hours=4))
    rows = browser(by).get("/api/v1/reports/vendors/").json()["results"]
    found = {row["Vendor Number"]: row for row in rows}
    names = ("inventory-cost-issues", "Findings", "Asked", "Waiting", "Overdue", "Hours to Answer")
    assert [found["V1"][name] for name in names] == [2, 2, 2, 1, 0, 6]
    assert [found["V2"][name] for name in names] == [1, 1, 0, 0, 0, None]
    page = browser(by).get("/action-required/vendors/").content.decode()
    assert f"{LIST}?vendor=V1" in page
