"""One local IAM endpoint for all tests here; each test makes users of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from config.embedded import aws
from config.embedded.aws import Handle
from tests.user_audit import aws_world
from user_audit.aws.iam import Iam

if TYPE_CHECKING:
    from tests.user_audit.platform_world import World


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handle]:
    handle = aws.start(tmp_path_factory.mktemp("aws"), organisation=False)
    yield handle
    handle.stop()


@pytest.fixture
def iam_judge(endpoint: Handle) -> Any:
    return aws_world.judge(endpoint)


@pytest.fixture
def iam(endpoint: Handle) -> Iam:
    return aws_world.new_iam(endpoint)


@pytest.fixture
def world(endpoint: Handle, iam_judge: Any, monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[World]:
    """The local endpoint as the configured account, and its helpers."""
    from tests.user_audit.platform_world import World

    monkeypatch.setattr("user_audit.accounts.configured", lambda: [aws_world.account(endpoint)])
    monkeypatch.setattr("user_audit.operations.jobs.send", lambda job_id: None)
    yield World(endpoint, iam_judge)
