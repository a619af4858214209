"""A browser that is signed in properly, and one that has given its password a moment ago."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from django.test import Client

from inventory_ops.models import User

PASSWORD = "long enough 1"


def sign_in(user: User, password: str = PASSWORD, **extra: Any) -> Client:
    """Through the page, as a person does."""
    browser = Client(**extra)
    answer = browser.post("/accounts/login/", {"login": user.email, "password": password})
    assert answer.status_code == 302, answer.content.decode()
    return browser


def confirmed(browser: Client, user: User) -> Client:
    """The browser as after /accounts/reauthenticate/."""
    session = browser.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    session.save()
    return browser


def in_front(user: User) -> Client:
    """Signed in, and confirmed a moment ago."""
    browser = Client()
    browser.force_login(user)
    return confirmed(browser, user)


def left_open(user: User) -> Client:
    """Signed in, a while ago."""
    user.set_password(PASSWORD)
    user.save()
    browser = Client()
    browser.force_login(user)
    return browser


def is_out(browser: Client) -> bool:
    answer = browser.get("/accounts/password/change/")
    return answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
