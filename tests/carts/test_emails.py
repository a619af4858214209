"""E-mails of carts for a mail tool: with consent alone, as a file, to a webhook and by the API, each time logged."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from inventory_ops.models import AuditEvent, CartContact, Delivery, Destination, Job, Order
from inventory_ops.operations import api_tokens, jobs
from inventory_ops.operations.notifications import senders
from inventory_ops.queries.remarketing import sort_out
from tests import make
from tests.carts.support import JANE, REPORT, ago, bought, cart, scan

pytestmark = pytest.mark.django_db


def client(user: Any) -> Client:
    made = Client()
    made.force_login(user)
    return made


@pytest.fixture
def carts() -> dict[str, Order]:
    lamp = make.product("LAMP", name="=Lamp")
    return {
        "yes": cart("YES", lamp, marketing_consent=True, recovery_url="https://shop.example/r/1"),
        "no": cart("NO", lamp, email="no@example.org", marketing_consent=False),
        "unknown": cart("UNKNOWN", lamp, email="unknown@example.org"),
        "nobody": cart("NOBODY", lamp, email=""),
    }


def test_why_nobody_is_written_to(carts: dict[str, Order]) -> None:
    lamp = carts["yes"].items.get().product
    older = cart("OLDER", lamp, at=ago(days=9), email="JANE@example.org", marketing_consent=True)
    changed = cart("CHANGED", lamp, at=ago(days=9), email="changed@example.org", marketing_consent=True)
    later = bought("LATER", make.product(), email="Changed@example.org")
    Order.objects.filter(pk=later.pk).update(marketing_consent=False)
    known = cart("KNOWN", lamp, email="known@example.org")
    before = bought("BEFORE", make.product(), at=ago(days=99), email="known@example.org")
    Order.objects.filter(pk=before.pk).update(marketing_consent=True)
    again = cart("AGAIN", lamp, email="again@example.org", marketing_consent=True, recovered_at=ago(days=1))
    will, left = sort_out(order.pk for order in Order.objects.all())
    assert {order.number for order in will} == {"YES", "KNOWN"}
    words = {Order.objects.get(pk=pk).number: reason for pk, reason in left.items()}
    assert words == {
        "NO": "refused", "UNKNOWN": "unknown", "NOBODY": "no_email", "OLDER": "repeated", "CHANGED": "refused",
        "LATER": "bought", "BEFORE": "bought", "AGAIN": "bought_later",
    }  # fmt: skip
    assert older.pk and changed.pk and known.pk and again.pk


def test_as_a_file(carts: dict[str, Order], settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    scan()
    user = make.user()
    browser = client(user)
    chosen = {"action": "emails", "ids": [str(each.pk) for each in carts.values()]}
    page = browser.post(f"/action-required/{REPORT}/bulk/", chosen).content.decode()
    assert "No consent to mails" in page and "Consent not known" in page and "No e-mail known" in page
    assert "E-mails for a mail tool: 1 cart" in page
    answer = browser.post(f"/action-required/{REPORT}/bulk/", chosen | {"confirm": "1", "to": "csv", "contacted": "on"})
    job = Job.objects.get(kind="cart-emails")
    assert answer["Location"] == f"/jobs/{job.pk}/"
    jobs.run(job.pk)
    got: Any = browser.get(f"/jobs/{job.pk}/file/")
    rows = list(csv.reader(b"".join(got.streaming_content).decode("utf-8-sig").splitlines()))
    assert len(rows) == 2
    assert (rows[1][0], rows[1][2], rows[1][8]) == (JANE, "YES", "https://shop.example/r/1")
    assert "1 × =Lamp (LAMP)" in rows[1][7]
    # another person does not get it
    assert client(make.user()).get(f"/jobs/{job.pk}/file/").status_code == 404
    contact = CartContact.objects.get()
    assert (contact.order_id, contact.how, contact.by) == (carts["yes"].pk, "campaign", user)
    event = AuditEvent.objects.get(action="security.cart_emails_taken")
    assert event.actor == user.email and "1 address" in event.summary and event.data["left_out"]["refused"] == 1
    assert not AuditEvent.objects.filter(summary__contains=JANE).exists()
    assert JANE not in json.dumps(job.params)
    page = client(make.user("admin")).get("/system/security/").content.decode()
    assert "E-mails of abandoned carts taken" in page


def test_who_withdrew_meanwhile_is_left_out(carts: dict[str, Order], settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    from inventory_ops.operations import remarketing

    job, _handed = remarketing.as_file(ids=[carts["yes"].pk], contacted=False, by=make.user(), now=timezone.now())
    Order.objects.update(marketing_consent=False)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert "Left out since: 1 × No consent to mails." in job.message
    assert JANE not in (tmp_path / job.result_file).read_text()


def test_to_a_webhook_of_a_mail_tool(carts: dict[str, Order]) -> None:
    scan()
    user, other = make.user(), make.user()
    hook = Destination.objects.create(user=user, kind="webhook", name="Mail tool", shown_address="mail.example")
    strange = Destination.objects.create(user=other, kind="webhook", name="Not mine", shown_address="x.example")
    browser = client(user)
    chosen = {"action": "emails", "ids": [str(each.pk) for each in carts.values()]}
    page = browser.post(f"/action-required/{REPORT}/bulk/", chosen).content.decode()
    assert "Mail tool" in page and "Not mine" not in page
    done = chosen | {"confirm": "1", "to": str(hook.pk)}
    assert browser.post(f"/action-required/{REPORT}/bulk/", done | {"to": str(strange.pk)}).status_code == 422
    page = browser.post(f"/action-required/{REPORT}/bulk/", done, follow=True).content.decode()
    assert "1 address handed over." in page
    delivery = Delivery.objects.get()
    assert JANE not in json.dumps(delivery.content)
    [letter] = senders.body(delivery)["carts"]
    assert (letter["email"], letter["order_number"], letter["recovery_url"]) == (
        JANE,
        "YES",
        "https://shop.example/r/1",
    )
    assert letter["items"] == [{"sku": "LAMP", "name": "=Lamp", "quantity": 1, "unit_price": "10.0000"}]
    Order.objects.update(marketing_consent=False)  # withdrawn before it was sent
    assert senders.body(delivery)["carts"] == []
    assert CartContact.objects.count() == 0


def test_by_the_api(carts: dict[str, Order]) -> None:
    ids = [each.pk for each in carts.values()]
    for role, status in (("operations", 200), ("finance", 403), ("merchant", 403)):
        user = make.user(role, of=make.merchant() if role == "merchant" else None)
        _token, text = api_tokens.create(user=user, name="CRM", scopes=["read", "findings"], days=1, by=user)
        answer = Client().post(
            "/api/v1/carts/emails/", {"ids": ids, "contacted": True}, content_type="application/json",
            headers={"Authorization": f"Bearer {text}"},
        )  # fmt: skip
        assert answer.status_code == status, role
        if status == 200:
            assert [each["email"] for each in answer.json()["carts"]] == [JANE]
            assert answer.json()["left_out"] == {"refused": 1, "unknown": 1, "no_email": 1}
    assert AuditEvent.objects.filter(action="security.cart_emails_taken").count() == 1
    assert CartContact.objects.get().note == "API"


def test_nobody_at_all(carts: dict[str, Order]) -> None:
    user = make.user()
    _token, text = api_tokens.create(user=user, name="CRM", scopes=["findings"], days=1, by=user)
    answer = Client().post(
        "/api/v1/carts/emails/", {"ids": [carts["no"].pk]}, content_type="application/json",
        headers={"Authorization": f"Bearer {text}"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["errors"]) == (
        400, ["Nobody may be written to: 1 × No consent to mails."]
    )  # fmt: skip
    assert not AuditEvent.objects.filter(action="security.cart_emails_taken").exists()
