"""Signing up with the Primary Marketplace, and every page of channels, as people see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import shoot
from tests.browser.test_pages import MODES, check


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.CHANNELS_DIR = tmp_path
    return tmp_path / "harbour"


@pytest.fixture
def jobs_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that takes every job at once."""
    from inventory_ops.operations import jobs

    monkeypatch.setattr(jobs, "send", lambda job_id, queue: jobs.run(job_id))


def test_signing_up_with_the_primary_marketplace(
    visit: Callable[..., Page], world: dict[str, Any], folder: Path, jobs_run: None
) -> None:
    from inventory_ops.models import Channel, InventoryEvent
    from inventory_ops.operations.channels import exchange
    from tests.channels.world import stocked

    stocked(world["own"], 5, sku="LAMP-1", name="Desk lamp")
    page = visit("operations")
    page.goto("/channels/")
    page.get_by_role("link", name="Connect a channel").first.click()
    page.wait_for_url("**/channels/new/")
    page.get_by_role("link", name="CSV files").click()
    page.wait_for_url("**/channels/new/?kind=csv")  # the pages before it have a choice of merchants, too
    page.get_by_label("Merchant", exact=False).first.select_option(str(world["own"].pk))
    page.get_by_label("Name").fill("Harbour Market")
    page.get_by_label("Code").fill("HM")
    page.get_by_label("Folder").fill("../etc")
    page.get_by_label("Primary Marketplace").check()
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("alert")).to_contain_text("one folder's name")
    assert page.title().startswith("Error:")
    page.get_by_label("Folder").fill("harbour")
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_text("Make sure its inventory is right")).to_be_visible()
    page.get_by_role("link", name="Upload a file").click()
    page.get_by_label("CSV file").set_input_files(
        {"name": "catalogue.csv", "mimeType": "text/csv", "buffer": b"sku,quantity,price\nLAMP-1,many,9\n"}
    )
    page.get_by_role("button", name="Check and take").click()
    expect(page.get_by_role("alert")).to_contain_text("line 2 · quantity · many")
    rows = (
        b"sku,title,quantity,price\nLAMP-1,Desk lamp,8,9.99\nCUP-1,Cup,3,4\nMUG-1,Mug,1,5\nMUG-1,Mug too,2,5\n"
        b"PEN-1,Pen,0,1\n"
    )
    page.get_by_label("CSV file").set_input_files({"name": "catalogue.csv", "mimeType": "text/csv", "buffer": rows})
    page.get_by_role("button", name="Check and take").click()
    page.get_by_role("button", name="Read its catalogue").click()
    expect(page.get_by_text("1 product has another quantity here.")).to_be_visible()
    expect(page.get_by_text("2 things share a SKU.")).to_be_visible()
    assert not check(page)
    shoot(page, "channels-preview")
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("Applied.")).to_be_visible()
    channel = Channel.objects.get()
    assert (channel.state, channel.is_primary) == ("synced", True)
    assert InventoryEvent.objects.filter(kind="imported", product__sku="LAMP-1").get().quantity == 3
    exchange.sync(channel.pk, force=True)
    page.goto(f"/channels/{channel.pk}/")
    expect(page.get_by_text("In sync").first).to_be_visible()
    page.get_by_role("button", name="Send all again").click()
    expect(page.get_by_text("quantities are sent again")).to_be_visible()
    exchange.sync(channel.pk, force=True)
    assert "LAMP-1,LAMP-1,8" in (folder / "quantities.csv").read_text()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()


def busy(world: dict[str, Any]) -> Any:
    """Channels in every condition that a page can show."""
    from django.utils import timezone

    from inventory_ops.models import Channel, ChannelListing
    from tests.channels import world as channels

    now = timezone.now()
    one = channels.channel(world["own"], name="Harbour Market", code="HM", is_primary=True, max_quantity=50, buffer=2)
    pairs = [one]
    pairs.append(channels.channel(world["own"], name="Web shop", code="WEB"))
    channels.channel(world["other"], name="Paused shop", is_paused=True, pause_reason="Paused by Mara Lindqvist.")
    channels.channel(
        world["other"],
        name="Silent shop",
        failures=7,
        last_error="No whole answer within 20 s.",
        blocked_until=now + timedelta(minutes=9),
    )
    channels.channel(world["other"], name="New shop", state=Channel.State.IMPORTING, started_at=None)
    for _ in range(6):
        product = channels.listed(world["own"], 9, *pairs)
    external_id = f"x-{product.sku}"
    for channel, _shop in pairs:
        channels.sync(channel)
    one[1].order("1001", now, **{external_id: 2})
    one[1].order("1002", now, x_strange=1)
    channels.sync(one[0])
    one[1].cancel("1001", now + timedelta(hours=2))
    channels.sync(one[0])
    ChannelListing.objects.filter(channel=pairs[1][0]).update(there_quantity=4)
    ChannelListing.objects.filter(channel=one[0], external_id=external_id).update(
        state="rejected", error="The item was deleted there."
    )
    return one[0]


@pytest.mark.parametrize("mode", MODES)
def test_the_pages_are_clean(visit: Callable[..., Page], world: dict[str, Any], folder: Path, mode: str) -> None:
    channel = busy(world)
    page = visit("operations", **MODES[mode])
    found = []
    for path in (
        "/channels/",
        "/channels/new/",
        "/channels/new/?kind=csv",
        f"/channels/{channel.pk}/",
        f"/channels/{channel.pk}/edit/",
        f"/channels/{channel.pk}/upload/",
        "/channels/listings/",
        "/channels/listings/?drift=yes",
        f"/channels/listings/{channel.listings.first().pk}/",
        "/docs/channels/",
    ):
        response = page.goto(path)
        assert response is not None
        assert response.status == 200, path
        found += check(page)
        shoot(page, f"{mode}-{path.strip('/').replace('/', '_').replace('?', '_')}")
    assert not found, "\n".join(found)
