"""Migrations that add much do it at once: the time in which a new database is made hangs on it."""

from __future__ import annotations

from itertools import groupby

import pytest
from django.apps import apps
from django.db import models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddConstraint, AddField, AddIndex, RemoveField
from django.db.migrations.state import ModelState, ProjectState

from inventory_ops.kit.db.additions import AddAll

OWN = {"inventory_ops", "trackers", "lost_damaged", "user_audit"}
MOST_IN_A_ROW = 6


def in_a_row(operations: list[object]) -> int:
    """The longest run of single additions."""
    runs = groupby(operations, key=lambda each: isinstance(each, AddConstraint | AddField | AddIndex))
    return max((len(list(run)) for adds, run in runs if adds), default=0)


def test_what_is_long_is_added_at_once() -> None:
    known = MigrationLoader(None).disk_migrations
    assert {config.label for config in apps.get_app_configs()} >= OWN
    long = {key: in_a_row(each.operations) for key, each in known.items() if key[0] in OWN}
    assert {key: length for key, length in long.items() if length > MOST_IN_A_ROW} == {}
    assert in_a_row([AddIndex("a", models.Index(fields=["x"], name="i"))] * 7) == 7


def test_other_operations_need_a_place_of_their_own() -> None:
    with pytest.raises(TypeError, match="a place of its own"):
        AddAll([RemoveField("product", "name")])  # type: ignore[list-item]


def test_the_models_are_rendered_once() -> None:
    state = ProjectState()
    state.add_model(ModelState("trackers", "Thing", [("id", models.AutoField(primary_key=True))]))
    before = state.apps
    AddAll([AddField("thing", name, models.IntegerField(default=0)) for name in "abc"]).state_forwards(
        "trackers", state
    )
    assert "apps" not in vars(state)
    assert state.apps is not before
    assert {field.name for field in state.apps.get_model("trackers", "thing")._meta.fields} == {"id", "a", "b", "c"}
