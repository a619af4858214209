"""Sessions end by time, by a changed password or role, and by their owner."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.test import Client

from inventory_ops.models import AuditEvent, User
from tests import make
from tests.doors.support import PASSWORD, is_out, sign_in

pytestmark = pytest.mark.django_db
MINUTE, HOUR = 60, 3600


@pytest.fixture
def later(monkeypatch: Any) -> Any:
    real, ahead = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + ahead[0])

    def move(seconds: float) -> None:
        ahead[0] += seconds

    return move


@pytest.mark.parametrize(
    ("role", "kept", "ended"),
    [
        ("admin", 29 * MINUTE, 31 * MINUTE),
        ("finance", 29 * MINUTE, 31 * MINUTE),
        ("operations", 7 * HOUR, 8 * HOUR + MINUTE),
        ("merchant", 7 * HOUR, 8 * HOUR + MINUTE),
    ],
)
def test_a_session_ends_when_it_is_not_used(later: Any, role: str, kept: int, ended: int) -> None:
    user = make.user(role, of=make.merchant() if role == "merchant" else None)
    browser = sign_in(user)
    later(kept)
    assert not is_out(browser)
    later(ended)
    assert is_out(browser)
    assert AuditEvent.objects.filter(action="security.session_expired", subject_id=str(user.pk)).count() == 1


def test_a_session_that_is_used_all_day_ends_after_twelve_hours(later: Any) -> None:
    browser = sign_in(make.user("operations"))
    for _ in range(11):
        later(HOUR)
        assert not is_out(browser)
    later(HOUR + MINUTE)
    assert is_out(browser)


def test_a_page_that_asks_for_progress_is_no_use_of_the_session(later: Any) -> None:
    from inventory_ops.models import Job

    user = make.user("admin")
    job = Job.objects.create(kind="export", title="Export", created_by=user)
    browser = sign_in(user)
    for _ in range(4):
        later(9 * MINUTE)
        answer = browser.get(f"/jobs/{job.pk}/progress/", headers={"HX-Request": "true"})
    assert answer.status_code == 302 and is_out(browser)


def test_the_limits_are_settings(settings: Any, later: Any) -> None:
    from datetime import timedelta

    settings.SESSION_IDLE = timedelta(minutes=2)
    browser = sign_in(make.user("operations"))
    later(3 * MINUTE)
    assert is_out(browser)


def test_a_changed_password_ends_the_other_sessions() -> None:
    user = make.user("operations")
    here, there = sign_in(user), sign_in(user)
    new = "quite another 22"
    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert not is_out(here) and is_out(there)


@pytest.mark.parametrize("change", [{"role": "finance"}, {"is_superuser": True}, {"email": "new@example.com"}])
def test_a_changed_role_ends_all_sessions(change: dict[str, Any]) -> None:
    user = make.user("operations")
    browser = sign_in(user)
    User.objects.filter(pk=user.pk).update(**change)
    assert is_out(browser)
    User.objects.filter(pk=user.pk).update(session_epoch=0)  # nothing lowers it again
    assert is_out(browser)


def test_ones_sessions_are_listed_and_can_be_ended() -> None:
    user, other = make.user("operations"), make.user("operations")
    here = sign_in(user, HTTP_USER_AGENT="Here/1")
    there = sign_in(user, HTTP_USER_AGENT="<b>There/2")
    elsewhere = sign_in(other, HTTP_USER_AGENT="Elsewhere/3")
    page = here.get("/accounts/sessions/").content.decode()
    assert "Here/1" in page and "&lt;b&gt;There/2" in page and "Elsewhere/3" not in page
    from allauth.usersessions.models import UserSession

    ids = {each.user_agent: each.pk for each in UserSession.objects.all()}
    here.post("/accounts/sessions/", {"end": ids["Elsewhere/3"]})
    assert not is_out(elsewhere)
    here.post("/accounts/sessions/", {"end": ids["<b>There/2"]})
    assert is_out(there) and not is_out(here)
    assert here.post("/accounts/sessions/", {"end": ["x", "9" * 30]}).status_code == 302


def test_sign_out_everywhere() -> None:
    user = make.user("operations")
    here, there = sign_in(user), sign_in(user)
    assert here.post("/accounts/sessions/", {"everywhere": "1"})["Location"] == "/accounts/login/"
    assert is_out(here) and is_out(there)
    assert AuditEvent.objects.filter(action="security.sessions_ended").count() == 1


def test_strangers_see_no_sessions() -> None:
    assert Client().get("/accounts/sessions/")["Location"].startswith("/accounts/login/")
