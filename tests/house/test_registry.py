"""The registry of what apps declare: keys are unique, and it is closed when all apps are ready."""

from __future__ import annotations

import pytest

from inventory_ops.kit.registry import Frozen, Registry


def test_values_come_in_the_order_in_which_they_were_added() -> None:
    registry: Registry[int] = Registry("number")
    with registry.opened():
        registry.add("two", 2)
        registry.add("one", 1)
        assert list(registry) == [2, 1]
        assert registry.keys() == ["two", "one"]
        assert registry.get("one") == 1
        assert registry.find("three") is None
        assert "one" in registry
        assert len(registry) == 2


def test_a_key_is_taken_once() -> None:
    registry: Registry[int] = Registry("number")
    with registry.opened():
        registry.add("one", 1)
        with pytest.raises(ValueError, match="two of the number 'one'"):
            registry.add("one", 2)


def test_it_is_frozen_when_the_apps_are_ready() -> None:
    registry: Registry[int] = Registry("number")
    with pytest.raises(Frozen, match="comes too late"):
        registry.add("one", 1)


def test_what_a_test_adds_is_gone_afterwards() -> None:
    registry: Registry[int] = Registry("number")
    with registry.opened():
        registry.add("one", 1)
    assert "one" not in registry


def test_what_was_patched_around_it_can_be_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    registry: Registry[int] = Registry("number")
    with monkeypatch.context() as patch:
        patch.setitem(registry._values, "one", 1)
        with registry.opened():
            registry.add("two", 2)
    assert registry.keys() == []
