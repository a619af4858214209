"""The actions on identities as buttons of the list."""

from __future__ import annotations

from inventory_ops.kit.reports import BulkButton
from user_audit.models.actions import Action
from user_audit.queries.decisions import DELETES

ICONS = {
    Action.DISABLE_AWS: "ban",
    Action.ENABLE_AWS: "circle-check",
    Action.DELETE_AWS: "trash",
    Action.DISABLE_DB: "user-off",
    Action.ENABLE_DB: "user-check",
    Action.DELETE_DB: "trash",
    Action.DELETE_BOTH: "trash",
}


def bulk_buttons() -> list[BulkButton]:
    """One for each action; what is not allowed for a row is said when it was asked for."""
    return [
        BulkButton(name=action.value, label=action.label, icon=ICONS[action], danger=action in DELETES)
        for action in Action
    ]
