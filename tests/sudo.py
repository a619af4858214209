"""Clients whose user entered the password a moment ago, or did not, for pages behind re-authentication."""

from __future__ import annotations

from django.test import Client

from inventory_ops.models import User

PASSWORD = "a long one, twice"


def stale(user: User) -> Client:
    """Signed in with a password, a while ago."""
    user.set_password(PASSWORD)
    user.save()
    client = Client()
    client.force_login(user)
    return client


def confirmed(user: User) -> Client:
    """Signed in, and re-authenticated."""
    client = stale(user)
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
    return client
