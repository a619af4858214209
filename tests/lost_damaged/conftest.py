from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.lost_damaged.world import World


@pytest.fixture
def world(db: None) -> World:
    from tests.lost_damaged.world import make_world  # models can be imported only when the services run

    return make_world()
