"""Without AWS nobody is invented: the page says so, and the scan is skipped."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from inventory_ops.models import ScanRun, ScanSchedule
from inventory_ops.operations import scans
from tests import make
from user_audit import accounts, connected
from user_audit.models import IamUser

pytestmark = pytest.mark.django_db


def test_the_scan_is_skipped_with_what_to_do() -> None:
    out = StringIO()
    call_command("scan", "users", stdout=out)
    assert "users: skipped: AWS is not connected. Set OPS_AWS=real and AWS_ACCOUNTS" in out.getvalue()
    assert not IamUser.objects.exists() and not ScanRun.objects.exists()
    with pytest.raises(accounts.NotConnected):
        accounts.configured()


def test_the_schedule_goes_on_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr("config.celery.app.send_task", lambda *_, args, **__: sent.append(args[0]))
    due = scans.start_due(now=timezone.now())
    assert "users" in due and "users" not in sent and "health" in sent
    assert ScanSchedule.objects.get(name="users").next_at > timezone.now()


def test_the_page_says_so_and_offers_no_scan() -> None:
    browser = Client()
    browser.force_login(make.user("admin"), backend="config.accounts.EmailBackend")
    page = browser.get("/action-required/user-audit/").content.decode()
    assert "AWS is not connected. Set OPS_AWS=real" in page
    assert "/scans/users/run/" not in page
    assert "Platform and AWS agree" not in page  # nobody knows
    answer = browser.post("/scans/users/run/", follow=True).content.decode()
    assert "AWS is not connected" in answer


def test_an_endpoint_of_ones_own_is_a_connection(settings: object) -> None:
    settings.AWS_ENDPOINT_URL = "http://localhost:5000"  # type: ignore[attr-defined]
    assert connected.why_not_connected() == ""
    assert [each.endpoint_url for each in accounts.configured()] == ["http://localhost:5000"]
