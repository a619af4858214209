"""How to work through a list: a checklist that each person ticks off, with steps that open the right filters."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from inventory_ops.kit.reports import Report, registry
from inventory_ops.models import User
from tests import make

pytestmark = pytest.mark.django_db

WITH_STEPS = [report for report in registry if report.steps]
ROLES = ("operations", "merchant", "finance", "admin")


def signed_in(role: str) -> tuple[Client, User]:
    user, browser = make.user(role, of=make.merchant() if role == "merchant" else None), Client()
    browser.force_login(user)
    return browser, user


def head(browser: Client, report: Report) -> Any:
    return browser.get(report.url).context["page"].head


@pytest.mark.parametrize("report", WITH_STEPS, ids=lambda report: report.slug)
@pytest.mark.parametrize("role", ROLES)
def test_each_step_opens_a_page_and_its_filters_are_known(report: Report, role: str) -> None:
    if role not in report.roles:
        pytest.skip("not for this role")
    browser, _user = signed_in(role)
    steps = head(browser, report).steps
    assert [step.text for step in steps] == [str(step.text) for step in report.steps]
    for step, declared in zip(steps, report.steps, strict=True):
        if step.url:
            answer = browser.get(step.url)
            assert answer.status_code == 200, step
        if declared.query:
            known = {*report.filterset_class.base_filters, "sort"}
            assert {pair.partition("=")[0] for pair in declared.query.split("&")} <= known


def test_progress_is_ones_own() -> None:
    report = registry.get("inventory-cost-issues")
    (mine, me), (others, _other) = signed_in("operations"), signed_in("operations")
    ticks = f"/preferences/steps/{report.slug}/"
    answer = mine.post(ticks, {"done": "2", "next": f"{report.url}?sort=vendor"})
    assert answer["Location"] == f"{report.url}?sort=vendor#steps"
    mine.post(ticks, {"done": "1"})
    assert [step.number for step in head(mine, report).steps if step.is_done] == [1, 2]
    assert head(mine, report).steps_left == f"2 of {len(report.steps)} done"
    assert not any(step.is_done for step in head(others, report).steps)
    mine.post(ticks, {"undone": "2"})
    assert [step.number for step in head(mine, report).steps if step.is_done] == [1]
    me.refresh_from_db()
    assert me.preferences["reports"][report.slug] == {"steps": [1]}
    mine.post(ticks, {"clear": "1"})
    assert head(mine, report).steps_left == ""


@pytest.mark.parametrize("sent", [{"done": "0"}, {"done": "99"}, {"done": "x"}, {"undone": "-1"}, {}])
def test_a_step_that_is_not_there(sent: dict[str, str]) -> None:
    browser, user = signed_in("operations")
    assert browser.post("/preferences/steps/inventory-cost-issues/", sent).status_code == 404
    user.refresh_from_db()
    assert not (user.preferences or {}).get("reports")


def test_no_list_of_others() -> None:
    browser, _user = signed_in("merchant")
    [report, *_others] = [each for each in WITH_STEPS if "merchant" not in each.roles]
    assert browser.post(f"/preferences/steps/{report.slug}/", {"done": "1"}).status_code == 403
