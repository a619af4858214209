"""Every bulk action: offered by its list, confirmed on a page, refused to who may not, and careful with other rows."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from inventory_ops.kit.bulk.action import BulkAction, offered_on
from inventory_ops.kit.reports import Report, registry
from tests import make

pytestmark = pytest.mark.django_db

LISTS = [report for report in registry if offered_on(report.bulk_group)]
ACTIONS = [(report, action) for report in LISTS for action in offered_on(report.bulk_group)]
IDS = [f"{report.slug}-{action.name}" for report, action in ACTIONS]


def test_all_lists_with_boxes_offer_something() -> None:
    assert {report.slug for report in LISTS} == {
        "inventory-cost-issues",
        "shipping-issues",
        "order-cost-issues",
        "products-without-orders",
        "abandoned-checkouts",
        "trackers",
        "channels-listings",
        "user-audit",
        "certifications",
        "products",
        "flash-sales",
        "price-changes",
    }


@pytest.mark.parametrize(("report", "action"), ACTIONS, ids=IDS)
def test_who_may_not_act_is_refused(report: Report, action: BulkAction[Any]) -> None:
    browser = Client()
    browser.force_login(make.user("" if report.slug == "certifications" else "finance"))  # every role answers there
    answer = browser.post(str(report.bulk_url), {"action": action.name, "ids": "1"})
    assert answer.status_code == 403


@pytest.mark.parametrize(("report", "action"), ACTIONS, ids=IDS)
def test_a_row_that_is_not_there_is_none(report: Report, action: BulkAction[Any]) -> None:
    """Also a key that is not a number, and one of somebody else."""
    browser = Client()
    browser.force_login(make.user("admin"))
    answer = browser.post(str(report.bulk_url), {"action": action.name, "ids": ["99999999", "x", "\x00"]})
    assert answer.status_code in {200, 302}
    if answer.status_code == 200:
        assert not answer.context["page"].rows


@pytest.mark.parametrize("report", LISTS, ids=lambda report: report.slug)
def test_an_action_of_another_list_is_unknown(report: Report) -> None:
    browser = Client()
    browser.force_login(make.user("admin"))
    answer = browser.post(str(report.bulk_url), {"action": "no-such-action", "ids": "1"})
    assert answer.status_code in {302, 404}
