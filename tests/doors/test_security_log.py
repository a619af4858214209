"""The security log: what happened to accounts, one line each, for administrators, without secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from inventory_ops.models import AuditEvent, User
from inventory_ops.models.audit import Security
from inventory_ops.operations.verify import audit_chain
from tests import make
from tests.doors.support import PASSWORD, in_front, sign_in
from tests.imports.support import write
from tests.test_second_factor import code

pytestmark = pytest.mark.django_db
LOG = "/system/security/"
NEW = "quite another 22"


def actions(user: User | None = None) -> list[str]:
    events = AuditEvent.objects.order_by("id")
    if user:
        events = events.filter(subject_type="user", subject_id=str(user.pk))
    return [each.removeprefix("security.") for each in events.values_list("action", flat=True)]


@pytest.mark.django_db(transaction=True)
def test_what_a_person_does_at_the_door_is_in_the_log_and_no_secret_is() -> None:
    user = make.user("operations")
    Client().post("/accounts/login/", {"login": user.email, "password": "wrong-password-9"})
    browser = sign_in(user)
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    browser.get("/accounts/2fa/totp/activate/")
    secret = browser.session["mfa.totp.secret"]
    browser.post("/accounts/2fa/totp/activate/", {"code": code(secret)})
    browser.post("/accounts/2fa/recovery-codes/generate/")
    codes = browser.get("/accounts/2fa/recovery-codes/download/").content.decode().split()
    browser.post("/accounts/2fa/totp/deactivate/")
    browser.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    browser.post("/accounts/logout/")
    found = actions(user)
    for each in ("sign_in_failed", "signed_in", "confirmed", "factor_added", "factor_removed", "factor_reset"):
        assert each in found, (each, found)
    assert "password_changed" in found and found[-1] == "signed_out"
    text = str(list(AuditEvent.objects.values()))
    for hidden in (PASSWORD, NEW, "wrong-password-9", secret, *[each for each in codes if len(each) >= 8]):
        assert hidden not in text
    assert "127.0.0.1" in text
    assert audit_chain() == []


def test_a_wrong_second_factor_is_in_the_log() -> None:
    from allauth.mfa.totp.internal.auth import TOTP

    user = make.user("admin")
    TOTP.activate(user, "A" * 32)
    browser = Client()
    browser.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    browser.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert actions(user) == ["second_factor_failed"]


def test_an_import_of_users_writes_one_line_a_user(tmp_path: Path) -> None:
    raised, closed = make.user("operations"), make.user("finance")
    same = make.user("finance")
    rows = (
        f"email,role,is_active\n{raised.email},finance,true\n{closed.email},finance,false\n{same.email},finance,true\n"
        "new@example.com,operations,true\n"
    )
    call_command("load", str(write(tmp_path, "users", rows).path))
    assert actions(raised) == ["role_changed"] and actions(closed) == ["disabled"] and actions(same) == []
    event = AuditEvent.objects.get(action=Security.ROLE_CHANGED)
    assert event.data == {"old": "operations", "new": "finance"} and raised.email in event.summary
    assert actions(User.objects.get(email="new@example.com")) == ["account_made"]
    assert actions().count("users_imported") == 1
    call_command("load", str(write(tmp_path, "users", rows + "\n").path))
    assert actions().count("role_changed") == 1 and actions().count("users_imported") == 1
    assert audit_chain() == []


def test_keys_caps_and_factors_are_on_the_page_which_is_for_administrators() -> None:
    finance = make.user("finance")
    browser = in_front(finance)
    fields = {"part": "key", "key-user": finance.pk, "key-name": "OMS", "key-kind": "signed"}
    browser.post("/accounts/keys/", fields)
    sign_in(finance)
    page = in_front(make.user("admin")).get(LOG)
    text = page.content.decode()
    assert page.status_code == 200 and "API key made" in text and "Signed in" in text and finance.email in text
    for role in ("operations", "finance", "merchant"):
        other = make.user(role, of=make.merchant() if role == "merchant" else None)
        assert in_front(other).get(LOG).status_code == 403


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"event={Security.SIGN_IN_FAILED}", 1),
        ("q=ann@example", 2),
        ("actor=ANN@example.com", 1),
        ("address=127.0.0.1", 2),
        ("address=192.0.2.1", 0),
        ("window=7d", 2),
        ("event=api_key.create", 0),
    ],
)
def test_it_is_filtered_and_exported(query: str, expected: int) -> None:
    user = make.user("operations", email="ann@example.com")
    AuditEvent.objects.create(action="stock.adjust", summary="ann@example.com")  # of no concern here
    Client().post("/accounts/login/", {"login": user.email, "password": "wrong"})
    sign_in(user)
    admin = in_front(make.user("admin"))
    answer: Any = admin.get(f"{LOG}?{query}&_export=csv")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("At,Event,Summary,By,Address")
    assert len(lines) == 1 + expected, lines
    assert admin.get(f"{LOG}?{query}").status_code == 200


@pytest.mark.parametrize("role", ["operations", "finance", "merchant"])
def test_who_signs_in_is_not_on_the_overview_of_others(role: str) -> None:
    somebody = make.user("operations")
    viewer = make.user(role, of=make.merchant() if role == "merchant" else None)
    Client().post("/accounts/login/", {"login": somebody.email, "password": "wrong-password-9"})
    assert "sign_in_failed" in actions(somebody)
    assert somebody.email not in sign_in(viewer).get("/").content.decode()
