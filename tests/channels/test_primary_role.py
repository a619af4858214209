"""The role of the Primary Marketplace: retired apart from its channel, and moved once it is confirmed who loses it."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from inventory_ops.models import AuditEvent, Channel, User
from inventory_ops.operations.channels import primary
from inventory_ops.operations.channels.primary import ChannelRefused
from tests import make
from tests.channels import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(db: None) -> User:
    return make.user("operations")


def test_the_role_is_retired_apart_from_the_channel(by: User) -> None:
    channel, _shop = world.channel(make.merchant(), state="importing", is_primary=True)
    with pytest.raises(ChannelRefused, match="not imported yet"):
        primary.retire(channel=channel, by=by)
    assert channel.primary_state == "importing"
    Channel.objects.update(state="synced")
    browser = Client()
    browser.force_login(by)
    address = f"/channels/{channel.pk}/"
    assert "Synced: its numbers are here" in browser.get(address).text
    page = browser.post(f"{address}act/", {"action": "retire-role"}, follow=True).text
    assert "stock is kept here now" in page and "Retired: no longer needed" in page
    channel.refresh_from_db()
    assert (channel.state, channel.is_primary, channel.primary_state) == ("synced", False, "retired")
    assert AuditEvent.objects.get().action == "channel.primary_retired"
    assert "not the Primary Marketplace any more" in browser.post(
        f"{address}act/", {"action": "retire-role"}, follow=True
    ).text  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Channel.objects.update(is_primary=True)


def test_the_page_names_who_loses_the_role(by: User) -> None:
    merchant = make.merchant()
    first, _shop = world.channel(merchant, name="Harbour", is_primary=True)
    second, _shop = world.channel(merchant)
    browser = Client()
    browser.force_login(by)
    address = f"/channels/{second.pk}/edit/"
    values = {"name": "Web", "is_primary": "on", "takes_orders": "on", "cancel_minutes": "30"}
    values |= {f"set_{name}": value for name, value in second.options.items()}
    answer = browser.post(address, values)
    assert answer.status_code == 422 and "“Harbour” loses the role of the Primary Marketplace" in answer.text
    asked = values | {"primary_over_from": str(first.pk)}
    assert browser.post(address, asked).status_code == 422  # not ticked
    assert browser.post(address, asked | {"takes_over": "on", "primary_over_from": "0"}).status_code == 422
    assert browser.post(address, asked | {"takes_over": "on"}).status_code == 302
    assert list(Channel.objects.filter(is_primary=True)) == [second]
