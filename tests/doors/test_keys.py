"""API keys: for oneself or a service account, told to the owner, and ended permanently with the account."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client

from inventory_ops.models import AuditEvent, Delivery, Notification, User
from inventory_ops.operations import people
from lost_damaged.models import ApiKey
from lost_damaged.operations import api_keys
from tests import make
from tests.doors.support import in_front, is_out, sign_in
from tests.imports.support import write
from tests.lost_damaged.caller import Caller
from user_audit.operations import database

pytestmark = pytest.mark.django_db
KEYS = "/accounts/keys/"


def made(answer: Any) -> str:
    found = re.search(r'id="new-key"\s*>([0-9a-f]{40})<', answer.content.decode())
    return found[1] if found else ""


def make_key(browser: Client, user: User, name: str = "OMS", kind: str = "signed") -> Any:
    return browser.post(KEYS, {"part": "key", "key-user": user.pk, "key-name": name, "key-kind": kind})


def test_one_makes_a_key_of_ones_own_after_signing_in_once_more() -> None:
    user = make.user("finance")
    asked = make_key(sign_in(user), user)
    assert asked["Location"].startswith("/accounts/reauthenticate/") and not ApiKey.objects.exists()
    browser = in_front(user)
    answer = make_key(browser, user)
    text = made(answer)
    assert text and answer["Cache-Control"] == "no-store"
    key = ApiKey.objects.get()
    assert (key.user, key.made_by, key.needs_body_digest) == (user, user, True)  # the recommended choice
    assert Caller(user, text).get("GetTransactions", UpdatedAfter="2020-01-01").status_code == 200
    page = browser.get(KEYS).content.decode()
    assert text not in page and "Never" not in page
    assert "API key was made" in Notification.objects.get(user=user).title
    letter = Delivery.objects.get(user=user)
    assert letter.address == user.email and text not in str(letter.content)
    assert text not in str(list(AuditEvent.objects.values_list("summary", "data")))


@pytest.mark.parametrize("role", ["finance", "admin"])
def test_nobody_makes_a_key_in_another_persons_name(role: str) -> None:
    other, by = make.user("finance"), make.user(role)
    assert make_key(in_front(by), other).status_code == 422
    in_front(by).post("/settings/finance/", {"part": "key", "key-user": other.pk, "key-name": "OMS"})
    with pytest.raises(api_keys.NotYours):
        api_keys.create(user=other, name="OMS", by=by)
    with pytest.raises(DatabaseError, match="for oneself"), transaction.atomic():
        ApiKey.objects.create(user=other, slot=1, name="x", secret=b"x", hint="x", made_by=by)
    assert not ApiKey.objects.exists()


def test_a_service_account_has_its_makers_role_and_nobody_signs_in_with_it() -> None:
    finance, admin = make.user("finance"), make.user("admin")
    browser = in_front(finance)
    browser.post(KEYS, {"part": "service", "service-email": "OMS@example.com", "service-name": "Order system"})
    service = User.objects.get(email="oms@example.com")
    assert (service.is_service, service.role, service.responsible) == (True, "finance", finance)
    text = made(make_key(browser, service, kind="compatible"))
    assert Caller(service, text).get("GetTransactions", UpdatedAfter="2020-01-01").status_code == 200
    assert Notification.objects.filter(user=finance, title__contains="API key was made").exists()
    # what an administrator may not do, no key of finance lets them do
    assert make_key(in_front(admin), service).status_code == 422
    with pytest.raises(IntegrityError), transaction.atomic():
        service.set_password("long enough 1")
        service.save()
    again = browser.post(KEYS, {"part": "service", "service-email": "oms@example.com", "service-name": "Twice"})
    assert again.status_code == 422 and "Another account has the e-mail" in again.content.decode()
    with pytest.raises(people.NotPossible):
        people.create_service(email="x@example.com", name="x", by=service)


def by_row(user: User, _folder: Path) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def by_audit(user: User, _folder: Path) -> None:
    assert database.disable(user_id=user.pk, by=make.user("admin"))


def by_import(user: User, folder: Path) -> None:
    call_command("load", str(write(folder, "users", f"email,is_active\n{user.email},false\n").path))


@pytest.mark.parametrize("disable", [by_row, by_audit, by_import])
def test_disabling_an_account_ends_keys_and_sessions_for_good(disable: Any, tmp_path: Path) -> None:
    user = make.user("finance")
    browser, (_key, text) = sign_in(user), api_keys.create(user=user, name="OMS", by=user)
    caller = Caller(user, text)
    assert caller.get("GetTransactions", UpdatedAfter="2020-01-01").status_code == 200 and not is_out(browser)
    disable(user, tmp_path)
    assert caller.get("GetTransactions", UpdatedAfter="2020-01-01").status_code == 401 and is_out(browser)
    User.objects.filter(pk=user.pk).update(is_active=True)
    assert caller.get("GetTransactions", UpdatedAfter="2020-01-01").status_code == 401, "an old key answers again"
    assert is_out(browser), "an old cookie is let in again"
    assert sign_in(user).get("/").status_code == 200
    with pytest.raises(DatabaseError, match="stays revoked"), transaction.atomic():
        ApiKey.objects.update(revoked_at=None)


def test_a_disabled_account_gets_no_key() -> None:
    user = make.user("finance", is_active=False)
    with pytest.raises(api_keys.NotYours):
        api_keys.create(user=user, name="OMS", by=None)
    with pytest.raises(DatabaseError, match="disabled account"), transaction.atomic():
        ApiKey.objects.create(user=user, slot=1, name="x", secret=b"x", hint="x")


def test_finance_revokes_any_key_and_its_owner_is_told() -> None:
    user, other = make.user("finance"), make.user("finance")
    key, text = api_keys.create(user=user, name="OMS", by=user)
    Notification.objects.all().delete()
    address = f"/settings/finance/keys/{key.pk}/revoke/"
    assert sign_in(other).post(address)["Location"].startswith("/accounts/reauthenticate/")
    assert in_front(other).post(address).status_code == 302
    assert Caller(user, text).get("GetTransactions", UpdatedAfter="2020-01-01").status_code == 401
    assert "revoked" in Notification.objects.get(user=user).title
    # not of others on one's own page
    second, _ = api_keys.create(user=user, name="2", by=user)
    assert in_front(other).post(f"{KEYS}{second.pk}/revoke/").status_code == 404
    assert in_front(user).post(f"{KEYS}{second.pk}/revoke/").status_code == 302
