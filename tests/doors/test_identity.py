"""The e-mail is the identity: only user administration changes it, everybody concerned is told, the audit sees it."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client

from inventory_ops.models import AuditEvent, Delivery, User
from inventory_ops.operations import people
from inventory_ops.operations.notifications import deliveries
from tests import make
from tests.doors.support import PASSWORD, is_out, sign_in
from tests.together import at_once

GONE = ("email/", "signup/", "confirm-email/", "confirm-email/abc/", "password/set/", "3rdparty/", "social/signup/")


@pytest.mark.django_db
def test_nobody_changes_their_own_email_on_a_page() -> None:
    user = make.user("merchant", of=make.merchant(), email="mo@example.com")
    browser = sign_in(user)
    for path in GONE:
        for answer in (browser.get(f"/accounts/{path}"), Client().get(f"/accounts/{path}")):
            assert answer.status_code == 404, path
        assert browser.post(f"/accounts/{path}", {"email": "new@example.com", "action_add": "1"}).status_code == 404
    user.refresh_from_db()
    assert user.email == "mo@example.com"


@pytest.mark.django_db
def test_a_second_address_is_refused_by_the_database_and_signs_nobody_in() -> None:
    user = make.user("finance", email="fin@example.com")
    with pytest.raises(DatabaseError, match="one e-mail"), transaction.atomic():
        EmailAddress.objects.create(user=user, email="other@example.com", verified=True, primary=True)
    EmailAddress.objects.create(user=user, email="fin@example.com", verified=True, primary=True)
    with pytest.raises(DatabaseError, match="one e-mail"), transaction.atomic():
        EmailAddress.objects.update(email="other@example.com")
    answer = Client().post("/accounts/login/", {"login": "other@example.com", "password": PASSWORD})
    assert answer.status_code == 200


@pytest.mark.django_db
def test_an_email_is_one_account_in_any_case() -> None:
    make.user("finance", email="fin@example.com")
    for email in ("FIN@example.com", "Fin@Example.COM"):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.bulk_create([User(email=email, role="finance", password="!x")])
    assert sign_in(User(email="FIN@EXAMPLE.com")).get("/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_change_is_told_to_both_addresses_logged_and_ends_the_sessions() -> None:
    admin, user = make.user("admin"), make.user("operations", email="old@example.com")
    browser = sign_in(user)
    people.change_email(user_id=user.pk, email=" New@Example.com ", by=admin)
    assert is_out(browser)
    assert sign_in(User(email="new@example.com")).get("/").status_code == 200
    old = Client().post("/accounts/login/", {"login": "old@example.com", "password": PASSWORD})
    assert old.status_code == 200  # the page again: it is nobody's
    mail.outbox.clear()
    for each in Delivery.objects.filter(address__gt=""):
        deliveries.deliver(each.pk)
    assert sorted(to for each in mail.outbox for to in each.to) == ["new@example.com", "old@example.com"]
    assert all("old@example.com" in each.body and "new@example.com" in each.body for each in mail.outbox)
    event = AuditEvent.objects.get(action="security.email_changed")
    assert (event.actor_id, event.subject_id) == (admin.pk, str(user.pk))
    assert (event.data["old"], event.data["new"]) == ("old@example.com", "new@example.com")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "email", ["", "nobody", "a b@example.com", "x@", "a" * 250 + "@example.com", "a\x00@b.example"]
)
def test_what_is_not_an_address_is_refused_in_words(email: str) -> None:
    user = make.user("operations")
    with pytest.raises(people.NotPossible, match="valid e-mail"):
        people.change_email(user_id=user.pk, email=email, by=make.user("admin"))


@pytest.mark.django_db
def test_only_another_administrator_may_and_a_taken_address_is_told() -> None:
    admin, user = make.user("admin"), make.user("operations")
    make.user("merchant", of=make.merchant(), email="taken@example.com")
    with pytest.raises(people.EmailTaken, match="taken@example"):
        people.change_email(user_id=user.pk, email="TAKEN@example.com", by=admin)
    for by, of in ((make.user("finance"), user), (user, user), (admin, admin)):
        with pytest.raises(people.NotPossible):
            people.change_email(user_id=of.pk, email="free@example.com", by=by)
    with pytest.raises(people.NotPossible):
        people.change_email(user_id=0, email="free@example.com", by=admin)
    assert not AuditEvent.objects.filter(action="security.email_changed").exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_want_the_same_address_at_once_get_it_once() -> None:
    admin = make.user("admin")
    users = [make.user("operations") for _ in range(4)]

    def change(n: int) -> bool:
        try:
            people.change_email(user_id=users[n].pk, email="wanted@example.com", by=admin)
        except people.EmailTaken:
            return False
        return True

    assert sorted(at_once(4, change)) == [False, False, False, True]


@pytest.mark.django_db
def test_a_link_to_set_a_password_ends_with_the_sessions() -> None:
    from config.accounts import ResetTokens

    user = make.user("operations")
    token = ResetTokens().make_token(user)
    assert ResetTokens().check_token(user, token)
    User.objects.filter(pk=user.pk).update(is_active=False)
    User.objects.filter(pk=user.pk).update(is_active=True)
    user.refresh_from_db()
    assert not ResetTokens().check_token(user, token)


@pytest.mark.django_db
def test_the_user_audit_is_not_fooled_by_a_changed_email() -> None:
    from user_audit.models import IamAccount, IamUser
    from user_audit.operations import reconcile

    account = IamAccount.objects.create(account_id="111111111111", alias="main")
    now = make.NOW
    orphan = IamUser.objects.create(
        account=account, iam_id="AIDA1", user_name="orphan", arn="arn:aws:iam::111111111111:user/orphan",
        path="/", created_at=now, read_at=now, changed_at=now, email="orphan@example.com",
    )  # fmt: skip
    reconcile.link()
    orphan.refresh_from_db()
    assert orphan.link == ""
    seller = make.user("merchant", of=make.merchant())
    people.change_email(user_id=seller.pk, email="orphan@example.com", by=make.user("admin"))
    reconcile.link()
    orphan.refresh_from_db()
    assert orphan.link == "ambiguous"


@pytest.mark.django_db
def test_mails_carry_the_name_of_the_product_and_offer_no_sign_up() -> None:
    user = make.user("operations", email="ann@example.com")
    Client().post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert not mail.outbox
    Client().post("/accounts/password/reset/", {"email": "ann@example.com"})
    browser = sign_in(user)
    browser.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "quite another 22", "password2": "quite another 22"},
    )
    assert len(mail.outbox) == 2
    for each in mail.outbox:
        text = f"{each.subject}\n{each.body}"
        assert each.subject.startswith("[Inventory Ops] ") and "Inventory Ops" in each.body
        assert "testserver!" not in text and "sign up" not in text.lower() and "signup" not in text.lower()
