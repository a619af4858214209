"""From nothing to work: the overview says what to do next, and no figure that no scan has found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from inventory_ops.models import ScanRun
from inventory_ops.operations import scans
from inventory_ops.pages import first_steps, overview
from tests import make

pytestmark = pytest.mark.django_db


def opened(role: str = "admin") -> Client:
    browser = Client()
    browser.force_login(make.user(role, of=make.merchant() if role == "merchant" else None))
    return browser


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The scans that workers were asked for."""
    found: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda _name, args, **_more: found.append(args[0]))
    return found


def state(role: str = "admin") -> dict[str, bool]:
    return {str(each.step.label): each.done for each in first_steps.of(make.user(role))}


def test_before_the_first_scan_there_is_no_figure_and_nothing_is_up_to_date() -> None:
    text = opened("operations").get("/").content.decode()
    page = overview.build(viewer=make.user("operations"), now=timezone.now())
    scanned = [card for card in page.cards if card.freshness]
    assert scanned and all(card.never and card.run_scan_url for card in scanned)
    assert text.count("Not scanned yet") == len(scanned)
    assert "findings need attention" not in text and "up to date" not in text
    assert "lists are not scanned yet" in page.subtitle
    theirs = overview.build(viewer=make.user("finance"), now=timezone.now())
    assert not any(card.run_scan_url for card in theirs.cards)


def test_a_scanned_list_has_its_figure_again() -> None:
    scans.run("costs")
    page = overview.build(viewer=make.user("operations"), now=timezone.now())
    [card] = [card for card in page.cards if card.url == "/action-required/inventory-cost-issues/"]
    assert (card.never, card.count) == (False, "0")
    for name in scans.names_of_data():
        ScanRun.objects.create(name=name, as_of=timezone.now(), state="done", finished_at=timezone.now())
    page = overview.build(viewer=make.user("operations"), now=timezone.now())
    assert page.subtitle == "0 findings need attention."


def test_steps_are_done_by_the_data_in_one_query(django_assert_num_queries: Any) -> None:
    user = make.user("admin")
    with django_assert_num_queries(1):
        first_steps.of(user)
    make.product()
    assert state()["Load data"] and not state()["Run the first scan"]
    scans.run("costs")
    assert state()["Run the first scan"] and not state()["Make trackers"] and not state()["Connect AWS"]
    assert set(state("operations")) == {"Load data", "Run the first scan", "Make trackers", "Connect a channel"}
    assert not state("finance")


def test_the_list_is_put_away_by_each_for_themselves() -> None:
    browser = opened()
    assert "First steps" in browser.get("/").content.decode()
    browser.post("/preferences/first-steps/")
    assert "First steps" not in browser.get("/").content.decode()
    assert "First steps" in opened().get("/").content.decode()
    assert opened("merchant").post("/preferences/first-steps/").status_code == 403


def test_the_button_starts_the_scans_of_data_and_not_that_of_aws(sent: list[str]) -> None:
    assert opened("operations").post("/scans/run/").status_code == 302
    assert {"costs", "checkouts", "shipping", "demand", "health"} <= set(sent) and "users" not in sent
    assert opened("finance").post("/scans/run/").status_code == 403


def test_the_command_says_which_scans_are_stale_or_runs_them(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "merchants.csv"
    file.write_text("vendor_number,name\nV1,One\n")
    call_command("load", str(file))
    assert "manage.py scan" in capsys.readouterr().out
    call_command("load", str(file))  # nothing new
    assert "manage.py scan" not in capsys.readouterr().out
    file.write_text("vendor_number,name\nV1,Two\n")
    call_command("load", str(file), "--scan")
    assert set(ScanRun.objects.filter(state="done").values_list("name", flat=True)) == set(scans.names_of_data())
