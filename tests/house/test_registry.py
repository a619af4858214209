"""The registry of what apps declare: keys are unique, and it is closed when all apps are ready."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from inventory_ops.kit.registry import Frozen, Later, Registry


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


def numbers_of(later: Later) -> Registry[int]:
    return Registry("number", later=later)


def test_what_is_added_later_comes_in_the_order_of_the_apps_when_somebody_reads() -> None:
    asked: list[str] = []
    later = Later()
    registry, other = numbers_of(later), numbers_of(later)

    def base() -> None:
        asked.append("base")
        registry.add("one", 1)
        other.add("three", 3)
        assert registry.keys() == ["one"]  # who reads meanwhile sees what is there, and does not wait

    def app() -> None:
        asked.append("app")
        registry.add("two", 2)

    later.by(base)
    later.by(app)
    assert asked == []
    assert list(registry) == [1, 2]
    assert other.keys() == ["three"]
    assert asked == ["base", "app"]


def test_what_came_later_is_frozen_when_all_apps_have_added_theirs() -> None:
    later = Later()
    registry = numbers_of(later)
    later.by(lambda: None)
    registry.add("early", 1)  # a module that was imported before anybody asked
    assert registry.keys() == ["early"]
    with pytest.raises(Frozen, match="comes too late"):
        registry.add("late", 2)


def test_threads_that_ask_at_once_find_everything() -> None:
    later = Later()
    registry = numbers_of(later)

    def slowly() -> None:
        time.sleep(0.05)
        registry.add("one", 1)

    later.by(slowly)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: registry.keys(), range(8))) == [["one"]] * 8
