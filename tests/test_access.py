"""Every address that the product answers, with every persona, real objects of others, and a valid token.

What has to come of it says the table of config/access.py, which `manage.py access_table` prints.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client

from config import access
from config.access import PERSONAS, RULES, TABLE, Rule
from tests import make
from tests.doors.objects import NOBODY, Objects, make_objects
from tests.doors.support import confirmed

pytestmark = pytest.mark.django_db
ROUTES = sorted(set(access.routes()))
OUTSIDE = ("/accounts/login/", "/accounts/reauthenticate/")
# calls of programs, which sign them, or whose address is signed
NO_TOKEN = ("api", "api/", "channels/webhooks/<uuid:token>/", "notifications/views/stop/<str:token>/")
# of these addresses the answer says nothing of the right to be there: signing in and out itself
DOORS = ("accounts/login/", "accounts/logout/", "accounts/2fa/authenticate/", "accounts/2fa/reauthenticate/")
# an object that is there, and a part of it that may not be
PART_MISSING = {"jobs/<uuid:pk>/file/", "accounts/2fa/recovery-codes/", "accounts/2fa/recovery-codes/download/"}


@pytest.fixture
def objects(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Objects:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr("user_audit.accounts.configured", list)  # nobody asks AWS
    return make_objects()


def visit(persona: str, *, again: bool = True) -> tuple[Client, str]:
    """A browser of one persona that checks tokens, and a token. Merchants are of a vendor with nothing."""
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    if persona != "-":
        role = "" if persona == "n" else PERSONAS[persona]
        user = make.user(role, of=make.merchant() if persona == "m" else None)
        browser.force_login(user)
        if again:
            confirmed(browser, user)
    browser.get("/accounts/password/change/" if persona != "-" else "/accounts/login/")
    return browser, browser.cookies[settings.CSRF_COOKIE_NAME].value


def answer(browser: Client, token: str, method: str, address: str, data: Any = None) -> Any:
    """The answer; what it did is undone."""
    with transaction.atomic():
        if method == "get":
            found = browser.get(address)
        else:
            form: dict[str, Any] = {"content_type": "application/json"} if address.startswith("/api/v1/") else {}
            found = browser.post(address, data or {}, headers={"X-CSRFToken": token}, **form)
        found.status = found.status_code
        if hasattr(found, "streaming_content"):
            b"".join(found.streaming_content)
        transaction.set_rollback(True)
    return found


def is_shut(found: Any) -> bool:
    if found.status_code == 302:
        return str(found["Location"]).startswith(OUTSIDE[0])
    return found.status_code in (401, 403)


def problem(rule: Rule, persona: str, method: str, found: Any, *, real: bool) -> str:
    status = found.status_code
    may = rule.may(persona, method)
    said = f"{method.upper()} /{rule.route} as {PERSONAS[persona]}: {status} {found.headers.get('Location', '')}"
    if status >= 500:
        return f"{said}, breaks"
    if status in (405, 415):  # the method, or its kind of body, is not offered
        return "" if not may else f"{said}, but the table lets it"
    if is_shut(found) != (not may):
        return f"{said}, but the table {'lets' if may else 'does not let'} them"
    if not may or not real or rule.route in PART_MISSING or rule.others is None:
        return ""
    if (status == 404) != (persona not in rule.others):
        return f"{said}, but the table {'gives' if persona in rule.others else 'does not give'} them objects of others"
    return ""


@pytest.mark.parametrize("persona", PERSONAS, ids=PERSONAS.get)
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_address_with_real_objects_of_others(objects: Objects, persona: str, method: str) -> None:
    browser, token = visit(persona)
    wrong = []
    for route in ROUTES:
        if route in DOORS or route == "api/":
            continue
        if route == "accounts/sessions/" and method == "post":
            continue  # ends sessions: tests/doors/test_sessions.py
        found = answer(browser, token, method, objects.at(route), objects.data.get(route))
        wrong.append(problem(RULES[route], persona, method, found, real=objects.names(route)))
    wrong = [each for each in wrong if each]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("persona", PERSONAS, ids=PERSONAS.get)
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_address_with_objects_that_are_not_there(persona: str, method: str) -> None:
    browser, token = visit(persona)
    nothing = Objects()
    wrong = []
    for route in ROUTES:
        if route in DOORS or route in ("api", "api/", "accounts/sessions/"):
            continue
        found = answer(browser, token, method, nothing.at(route))
        wrong.append(problem(RULES[route], persona, method, found, real=False))
    wrong = [each for each in wrong if each]
    assert not wrong, "\n".join(wrong)


def test_the_table_has_every_address_and_no_other() -> None:
    assert sorted(RULES) == ROUTES, "say in config/access.py who may reach each address"
    assert len(TABLE) == len(RULES)


def test_every_address_that_names_an_object_is_tried_with_a_real_one(objects: Objects) -> None:
    named = {rule.route for rule in TABLE if rule.others is not None}
    assert named == set(objects.addresses)
    free = (
        "docs/",
        "setup/",
        "sections/",
        "scans/",
        "imports/template/",
        "insights/",
        "action-required/<slug",
        "api/v1/reports/",
        "preferences/",
        "suggest/",
    )
    for route in ROUTES:
        assert "<" not in route or route in named or route.startswith((*free, "accounts/^password")), route
    assert not set(objects.at("jobs/<uuid:pk>/").split("/")) & set(NOBODY.values())


def test_nothing_is_sent_without_a_token(objects: Objects) -> None:
    browser, _token = visit("a")
    wrong = []
    for rule in TABLE:
        if rule.post and rule.route not in NO_TOKEN:
            found = answer(browser, "", "post", objects.at(rule.route), objects.data.get(rule.route))
            if found.status_code != 403:
                wrong.append(f"{rule.route}: {found.status_code}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("persona", "omfan")
def test_the_password_is_asked_for_once_more_where_the_table_says_so(objects: Objects, persona: str) -> None:
    """And only after the right to be there was looked at."""
    browser, token = visit(persona, again=False)
    wrong = []
    for route in ROUTES:
        rule = RULES[route]
        if route in DOORS or route in ("api", "api/", "accounts/sessions/"):
            continue
        found = answer(browser, token, "post", objects.at(route), objects.data.get(route))
        asked = found.status_code == 302 and found["Location"].startswith(OUTSIDE[1])
        if asked and not (rule.again and rule.may(persona, "post")):
            wrong.append(f"{route}: asked, but the table does not say so")
        if rule.again and rule.may(persona, "post") and not asked and found.status_code != 404:
            wrong.append(f"{route}: {found.status_code}, not asked")
    assert not wrong, "\n".join(wrong)


def test_the_table_is_printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("access_table")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + len(TABLE)
    [line] = [each for each in lines if each.startswith("/settings/finance/ ")]
    assert line.split()[1:] == ["rw", "rw", "yes"]
    call_command("access_table", "--csv", "--persona", "merchant")
    out = capsys.readouterr().out
    assert "/trackers/<int:pk>/,r," in out and "/settings/finance/" not in out
    monkeypatch.delitem(RULES, "jobs/")
    with pytest.raises(CommandError, match="jobs/"):
        call_command("access_table")
