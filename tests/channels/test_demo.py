"""The sample data's channels are there, told, and have something to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from inventory_ops.demo import channels
from inventory_ops.models import Channel, ChannelListing, ChannelOrder, Order
from inventory_ops.operations import verify
from inventory_ops.queries.channels import waiting_lines
from tests import make
from tests.channels import world

pytestmark = pytest.mark.django_db


def test_channels_of_the_sample_data(tmp_path: Path, settings: Any) -> None:
    settings.CHANNELS_DIR = tmp_path
    merchants = [make.merchant("N1002"), make.merchant("N1001")]
    for merchant in merchants:
        for _ in range(12):
            world.stocked(merchant, 20)
    channels.make(timezone.now())
    assert set(Channel.objects.values_list("state", "last_error")) == {("synced", "")}
    assert Channel.objects.filter(is_primary=True).count() == 2
    assert not ChannelListing.objects.exclude(state="sent").exists()
    assert ChannelOrder.objects.filter(problem="", order__isnull=False).count() == ChannelOrder.objects.count() > 10
    assert Order.objects.filter(status=1).values("store__number").distinct().count() == 3
    assert waiting_lines().count() >= 2
    assert (tmp_path / "harbour" / "quantities.csv").read_text().count("\n") == 13
    assert not any(outcome.differences for outcome in verify.run())
