"""Certification campaigns: asked of managers, answered, reminded, ended, and what is left for administrators."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from inventory_ops.models import AuditEvent, Delivery, Notification, User
from tests import make
from tests.together import at_once
from user_audit.models import Campaign, Certification, CertificationPlan, Identity, Manager
from user_audit.operations import certification
from user_audit.operations.certification import NotPossible
from user_audit.queries import certification as queries

pytestmark = pytest.mark.django_db
BULK = "/certifications/bulk/"
PLAN = "/action-required/user-audit/certification/"


@pytest.fixture
def boss(db: None) -> User:
    return make.user("operations", email="boss@example.com")


@pytest.fixture
def admin(db: None) -> User:
    return make.user("admin", email="admin@example.com")


def employee(name: str, manager: User | None, by: User) -> User:
    user = make.user("finance", email=f"{name}@example.com")
    if manager:
        certification.set_manager(user=user, manager=manager, by=by)
    return user


def of(user: User) -> Certification:
    return Certification.objects.get(user_id=user.pk)


def client(user: User) -> Client:
    browser = Client()
    browser.force_login(user, backend="config.accounts.EmailBackend")
    return browser


def test_a_campaign_from_its_start_to_its_report(boss: User, admin: User) -> None:
    ann, ben, carl = (employee(name, boss, admin) for name in ("ann", "ben", "carl"))
    dora = employee("dora", None, admin)
    left = make.user("finance", email="left@example.com", is_active=False)
    CertificationPlan.objects.create(days=10, remind_every=3)
    now = datetime(2026, 3, 31, 9, tzinfo=UTC)
    campaign = certification.start(by=admin, now=now)
    assert {row.label for row in campaign.certifications.all()} == {
        each.email for each in (ann, ben, carl, dora, boss, admin)
    } and not Certification.objects.filter(user_id=left.pk).exists()
    assert (of(ann).manager, of(dora).manager, campaign.due_on) == (boss, None, date(2026, 4, 10))
    # one message for each who answers, in the bell and by mail
    assert Notification.objects.get(user=boss).title == "Confirm 3 accounts by 2026-04-10"
    assert Delivery.objects.filter(user=boss).count() == 1
    assert Notification.objects.get(user=admin).title == "Confirm 3 accounts by 2026-04-10"  # those without a manager

    assert certification.answer(keys=[of(ann).pk], confirm=True, by=boss) == 1
    assert certification.answer(keys=[of(ben).pk], confirm=False, note="changed departments", by=boss) == 1
    with pytest.raises(NotPossible, match="Say why"):
        certification.answer(keys=[of(carl).pk], confirm=False, note=" ", by=boss)

    for day, reminders in ((1, 1), (3, 2), (4, 2), (6, 3), (10, 4)):  # every three days, and not twice
        certification.run_due(now=now + timedelta(days=day))
        certification.run_due(now=now + timedelta(days=day))
        assert of(carl).reminders == reminders, day
    assert Notification.objects.filter(user=boss).count() == 4
    assert of(ann).reminders == 1

    certification.run_due(now=now + timedelta(days=11))
    campaign.refresh_from_db()
    assert not campaign.is_open
    assert {row.label.split("@")[0]: row.state for row in campaign.certifications.all()} == {
        "ann": "confirmed", "ben": "refused", "carl": "lapsed", "dora": "lapsed", "boss": "lapsed", "admin": "lapsed"
    }  # fmt: skip
    assert "4 not answered, 1 no longer needed" in Notification.objects.filter(user=admin).latest("pk").title
    page = client(admin).get("/action-required/user-audit/?certification=open&show=all").text
    assert "ben@example.com" in page and "carl@example.com" in page and "ann@example.com" not in page
    assert Identity.objects.filter(user=ben).get().key in page
    report = b"".join(client(admin).get("/certifications/?_export=csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert "ben@example.com" in report and "changed departments" in report and "boss@example.com" in report
    assert AuditEvent.objects.filter(action="user_audit.certify").count() == 2


def test_campaigns_begin_by_the_plan(admin: User) -> None:
    day = datetime(2026, 1, 31, 9, tzinfo=UTC)
    CertificationPlan.objects.create(months=1, days=5, next_on=day.date())
    certification.run_due(now=day - timedelta(days=1))
    assert not Campaign.objects.exists()
    for _ in range(2):
        certification.run_due(now=day)
    assert Campaign.objects.count() == 1
    assert queries.plan().next_on == date(2026, 2, 28)  # the last day of a shorter month
    certification.run_due(now=day + timedelta(days=6))  # over
    certification.run_due(now=datetime(2026, 2, 28, tzinfo=UTC))
    assert Campaign.objects.count() == 2 and Campaign.objects.filter(is_open=True).count() == 1
    with pytest.raises(NotPossible, match="is open"):
        certification.start(by=admin)
    CertificationPlan.objects.update(months=0)
    Campaign.objects.update(is_open=False, closed_at=day)
    certification.run_due(now=datetime(2027, 1, 1, tzinfo=UTC))
    assert Campaign.objects.count() == 2


def test_only_the_manager_answers_and_nobody_for_themselves(boss: User, admin: User) -> None:
    ann, dora = employee("ann", boss, admin), employee("dora", None, admin)
    certification.start(by=admin)
    other = make.user("admin", email="other@example.com")
    for who, row, may in (
        (admin, of(ann), False),  # the manager does
        (ann, of(ann), False),
        (dora, of(dora), False),
        (admin, of(admin), False),
        (boss, of(dora), False),
        (other, of(admin), True),
        (admin, of(dora), True),
        (boss, of(ann), True),
        (boss, of(ann), False),  # answered
    ):
        assert certification.answer(keys=[row.pk], confirm=True, by=who) == may, (who, row)
    for sql in ({"state": "refused", "note": "x"}, {"answered_by": "me"}, {"state": "waiting"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Certification.objects.filter(pk=of(ann).pk).update(**sql)
    with pytest.raises(DatabaseError), transaction.atomic():
        Certification.objects.all().delete()


def test_another_manager_is_asked_about_what_waits(boss: User, admin: User) -> None:
    ann = employee("ann", boss, admin)
    certification.start(by=admin)
    new = make.user("finance", email="new@example.com")
    certification.set_manager(user=ann, manager=new, by=admin)
    assert of(ann).manager == new and Notification.objects.filter(user=new).count() == 1
    certification.set_manager(user=ann, manager=None, by=admin)
    assert of(ann).manager is None and not Manager.objects.exists()
    for bad in (ann, make.user("finance", is_active=False)):
        with pytest.raises(NotPossible):
            certification.set_manager(user=ann, manager=bad, by=admin)


def test_the_pages(boss: User, admin: User) -> None:
    ann = employee("ann", None, admin)
    key = Identity.objects.get(user=ann).key
    asked = client(admin)
    page = asked.post(f"/action-required/user-audit/{key}/manager/", {"manager": "BOSS@example.com"}, follow=True).text
    assert "Manager saved." in page and 'value="boss@example.com"' in page
    refused = asked.post(f"/action-required/user-audit/{key}/manager/", {"manager": "x@example.com"}, follow=True)
    assert "no active person" in refused.text
    for bad in ({"months": "61"}, {"days": "0"}, {"next_on": "2000-01-01"}):
        fields = {"months": "6", "days": "14", "remind_every": "3", "next_on": ""} | bad
        assert asked.post(PLAN, fields).status_code == 422, bad
    assert asked.post(PLAN, {"months": "6", "days": "14", "remind_every": "3", "next_on": ""}).status_code == 302
    assert queries.plan().next_on is not None
    assert "is open until" in asked.post(f"{PLAN}start/", follow=True).text
    assert "A campaign is open" in asked.post(f"{PLAN}start/", follow=True).text
    manager = client(boss)
    page = manager.get("/certifications/").text
    assert "ann@example.com" in page and "admin@example.com" not in page and "Confirm access" in page
    theirs: dict[str, Any] = {"action": "refuse", "ids": [of(ann).pk, of(admin).pk], "note": "gone", "confirm": "1"}
    assert manager.post(BULK, theirs | {"note": ""}).status_code == 422
    assert "1 account answered." in manager.post(BULK, theirs, follow=True).text
    assert (of(ann).state, of(admin).state, of(ann).note) == ("refused", "waiting", "gone")
    skipped = asked.post(BULK, {"action": "confirm", "ids": [of(admin).pk, of(ann).pk]}).text
    assert "That is your own account." in skipped and "Answered already" in skipped
    assert client(ann).get("/certifications/").status_code == 200
    assert client(ann).get(PLAN).status_code == 403
    assert "gone" in asked.get(f"/action-required/user-audit/{key}/").text


@pytest.mark.django_db(transaction=True)
def test_two_who_start_or_answer_at_once(transactional_db: None) -> None:
    admins = [make.user("admin", email=f"a{n}@example.com") for n in range(4)]
    ann = make.user("finance", email="ann@example.com")

    def begin(n: int) -> bool:
        try:
            return bool(certification.start(by=admins[n]))
        except NotPossible:
            return False

    assert sorted(at_once(4, begin)) == [False, False, False, True]
    row = of(ann).pk
    answers = at_once(4, lambda n: certification.answer(keys=[row], confirm=n % 2 == 0, note="x", by=admins[n]))
    assert sorted(answers) == [0, 0, 0, 1]
