"""Many indexes, constraints and columns in one operation of a migration.

Django renders anew what leads to a model with each change of it: 347 indexes and constraints, one operation each, took
half of the time in which a new database is made.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddConstraint, AddField, AddIndex
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

type Addition = AddConstraint | AddField | AddIndex


class AddAll(Operation):
    """Make `additions` to tables that exist, in their order, on one rendering of the models.

    Each addition sees the models as all of them leave them: no other operation may stand among them.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, additions: list[Addition]) -> None:
        for each in additions:
            if type(each) not in {AddConstraint, AddField, AddIndex}:
                raise TypeError(f"{each.describe()}: give it a place of its own among the operations.")
        self.additions = additions

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__qualname__, [self.additions], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        # with rendered models, each change renders all that lead to its model: they are rendered once, afterwards
        vars(state).pop("apps", None)
        for each in self.additions:
            each.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        for each in self.additions:
            each.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        # a constraint is taken away from the models that still have the columns it names
        for each in reversed(self.additions):
            each.database_backwards(app_label, schema_editor, from_state, from_state)

    def describe(self) -> str:
        return f"Add {len(self.additions)} indexes, constraints and fields"
