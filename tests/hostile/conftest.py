from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)  # before xdist looks for groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and item.cls is not None:  # type: ignore[attr-defined]
            # the tests of a class in one process, so that its marketplace is made once
            item.add_marker(pytest.mark.xdist_group(f"hostile {item.cls.__name__}"))  # type: ignore[attr-defined]
