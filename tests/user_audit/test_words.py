"""What is logged of accounts has words in the security log."""

from __future__ import annotations

import ast
from pathlib import Path

import user_audit
from inventory_ops.reports.security_log import WORDS
from user_audit.models.actions import Action


def logged() -> set[str]:
    """The actions that `log.write` is called with as a text."""
    found = set()
    for path in (Path(user_audit.__file__).parent / "operations").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "log.write":
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    found.add(str(first.value))
    return found


def test_every_action_that_is_logged_has_words() -> None:
    actions = logged() | {action.value.replace("-", "_") for action in Action}
    assert len(actions) > 15
    assert {f"user_audit.{action}" for action in actions} <= set(WORDS)
