from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.lost_damaged.caller import Caller
    from tests.lost_damaged.world import World


@pytest.fixture
def world(db: None) -> World:
    from tests.lost_damaged.world import make_world  # models can be imported only when the services run

    return make_world()


@pytest.fixture
def caller(world: World) -> Caller:
    """Calls the API with a key of the finance user; there is a product A."""
    from lost_damaged.operations import api_keys
    from tests.lost_damaged.caller import Caller

    world.product("A")
    _, text = api_keys.create(user=world.finance, name="OMS", by=world.finance)
    return Caller(world.finance, text)
