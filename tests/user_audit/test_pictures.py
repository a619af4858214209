"""Accounts by state over time: what the scan keeps of each day, and what is drawn of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from inventory_ops.models import User
from tests.reports.test_pictures import bars
from user_audit.models import Identity, IdentityDay
from user_audit.operations import days

pytestmark = pytest.mark.django_db


def kept() -> dict[tuple[str, str], int]:
    rows = IdentityDay.objects.filter(day=timezone.now().date())
    return {(row.aws_status, row.database_status): row.count for row in rows}


def counted() -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for pair in Identity.objects.values_list("aws_status", "database_status"):
        found[pair] = found.get(pair, 0) + 1
    return found


def test_a_day_keeps_how_many_were_in_which_state() -> None:
    User.objects.create_user("a@example.com", None, role="admin")
    User.objects.create_user("b@example.com", None, role="operations", is_active=False)
    today = timezone.now().date()
    days.record(day=today)
    assert kept() == counted() != {}
    User.objects.filter(email="b@example.com").update(is_active=True)
    days.record(day=today)  # a state that nobody has any more is gone
    assert kept() == counted()
    days.record(day=today - timedelta(days=9))
    assert kept() == counted() and IdentityDay.objects.values("day").distinct().count() == 2


def test_bars_open_their_accounts_and_the_weeks_are_drawn() -> None:
    user: Any = User.objects.create_user("a@example.com", None, role="admin")
    User.objects.create_user("b@example.com", None, role="operations", is_active=False)
    days.record(day=timezone.now().date())
    browser = Client()
    browser.force_login(user)
    text = browser.get("/insights/user-audit/?show=all", headers={"HX-Request": "true"}).text
    assert "Accounts by state" in text and "Not in AWS" in text
    assert bars(text)
    for url, shown in bars(text):
        assert browser.get(url).context["page"].figures.count == int(shown), url
    browser.force_login(User.objects.create_user("o@example.com", None, role="operations"))
    assert browser.get("/insights/user-audit/").status_code == 403
