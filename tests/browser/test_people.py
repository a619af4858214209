"""The page of a person and an invitation's link: by machine in light and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from inventory_ops.models import User
from inventory_ops.operations import invitations
from inventory_ops.operations.person import Details
from tests.browser.conftest import shoot
from tests.browser.test_pages import check


@pytest.mark.parametrize("mobile", [False, True])
def test_a_person_and_an_invitation(visit: Callable[..., Page], world: dict[str, Any], mobile: bool) -> None:
    page = visit("admin", mobile=mobile)
    user = invitations.invite(email="ann@example.com", details=Details("Ann", "finance"), by=None)
    other = User.objects.filter(role="operations").first()
    assert other is not None
    found = []
    addresses = {
        "list": "/system/people/",
        "invited": f"/system/people/{user.pk}/",
        "person": f"/system/people/{other.pk}/",
        "email": f"/system/people/{other.pk}/email/",
        "invitation": f"/accounts/invitation/{invitations.token_of(user)}/",
        "ended": "/accounts/invitation/nothing/",
    }
    for name, address in addresses.items():
        page.goto(address)
        found += check(page)
        shoot(page, f"people-{name}-{'mobile' if mobile else 'light'}")
    assert not found, "\n".join(found)
