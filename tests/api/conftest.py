from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def world(db: Any) -> Any:
    from tests.api.support import small_world  # imports models, which are there only once Django has been set up

    return small_world()
