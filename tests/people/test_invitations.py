"""Invitations: by mail, once, for a time, for the account as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from inventory_ops.models import AuditEvent, User
from inventory_ops.operations import invitations, people, person
from inventory_ops.operations.person import Details
from tests import make
from tests.doors.support import in_front, sign_in
from tests.together import at_once

NEW = {"name": "Ann", "password1": "quite another 22", "password2": "quite another 22"}


def invited(role: str = "operations") -> tuple[User, str]:
    user = invitations.invite(email="ann@example.com", details=Details("", role), by=make.user("admin"))
    return user, f"/accounts/invitation/{invitations.token_of(user)}/"


@pytest.mark.django_db
def test_an_administrator_invites_and_the_person_signs_in() -> None:
    admin = make.user("admin")
    make.merchant("B")
    values = {"email": " Ann@Example.com", "name": "", "role": "merchant", "vendor_number": "B"}
    answer = in_front(admin).post("/system/people/new/", values)
    user = User.objects.get(email="ann@example.com")
    assert answer.status_code == 302 and answer["Location"] == f"/system/people/{user.pk}/"
    [letter] = mail.outbox
    assert letter.to == ["ann@example.com"]
    [link] = [line for line in letter.body.splitlines() if "/accounts/invitation/" in line]
    path = "/" + link.split("/", 3)[3]
    stranger = Client()
    assert stranger.get(path).status_code == 200
    assert stranger.post(path, NEW)["Location"] == "/accounts/login/"
    assert sign_in(user, "quite another 22").get("/").status_code == 200
    user.refresh_from_db()
    assert (user.name, user.merchant.vendor_number if user.merchant else "") == ("Ann", "B")
    assert stranger.get(path).status_code == 404 and stranger.post(path, NEW).status_code == 404
    actions = set(AuditEvent.objects.filter(subject_id=str(user.pk)).values_list("action", flat=True))
    assert {"security.invited", "security.invitation_accepted"} <= actions
    token = path.split("/")[3]
    assert not any(token in f"{event.summary}{event.data}" for event in AuditEvent.objects.all())


@pytest.mark.django_db
def test_a_link_ends_with_time_and_with_every_change_of_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    user, path = invited()
    browser = Client()
    assert browser.get(path[:-3] + "x/").status_code == 404
    with monkeypatch.context() as patch:
        patch.setattr(invitations, "LIFETIME", timedelta(0))
        assert browser.get(path).status_code == 404
    assert browser.get(path).status_code == 200
    person.edit(user_id=user.pk, to=Details("", "finance"), seen=Details("", "operations"), by=None)
    assert browser.get(path).status_code == 404
    user.refresh_from_db()
    token = invitations.token_of(user)
    again = invitations.invite_again(user_id=user.pk, by=None)
    assert invitations.find(token) is None
    token = invitations.token_of(again)
    people.change_email(user_id=user.pk, email="other@example.com", by=None)
    assert invitations.find(token) is None
    user.refresh_from_db()
    token = invitations.token_of(user)
    person.deactivate(user_id=user.pk, by=None)
    person.activate(user_id=user.pk, by=None)
    assert invitations.find(token) is None


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_the_link_at_once_one_sets_the_password() -> None:
    token = invitations.token_of(invited()[0])

    def work(n: int) -> bool:
        try:
            invitations.accept(token=token, name="Ann", password=f"quite another {n}")
        except people.NotPossible:
            return False
        return True

    assert sorted(at_once(2, work)) == [False, True]


@pytest.mark.django_db
def test_a_weak_or_mistyped_password_is_refused_and_the_link_stays() -> None:
    user, path = invited()
    for first, second in (("short", "short"), ("quite another 22", "quite another 23"), ("", "")):
        answer = Client().post(path, {"name": "Ann", "password1": first, "password2": second})
        assert answer.status_code == 422
    user.refresh_from_db()
    assert not user.has_usable_password()


@pytest.mark.django_db
def test_an_address_that_has_an_account_and_an_account_with_a_password_are_not_invited() -> None:
    admin, there = make.user("admin"), make.user("finance", email="ann@example.com")
    answer = in_front(admin).post("/system/people/new/", {"email": "ANN@example.com", "role": "finance"})
    assert answer.status_code == 422 and "Another account" in answer.content.decode()
    with pytest.raises(people.NotPossible, match="without a password"):
        invitations.invite_again(user_id=there.pk, by=admin)
    assert not mail.outbox


@pytest.mark.django_db
def test_a_mail_that_cannot_be_sent_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(invitations, "send_mail", fail)
    browser = in_front(make.user("admin"))
    answer = browser.post("/system/people/new/", {"email": "ann@example.com", "role": "finance"}, follow=True)
    assert "could not be sent" in answer.content.decode()
