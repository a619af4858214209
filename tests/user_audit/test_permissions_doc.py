"""The shipped policies cover the calls that the code makes, and no more."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import boto3
import botocore.session

from user_audit.aws import disable, enable, iam, scan

ROOT = Path(__file__).resolve().parents[2]
WRITES = ("Attach", "Detach", "Update", "Tag", "Untag", "Delete", "Put", "Create", "Deactivate", "Remove", "Add")


def policies() -> dict[str, list[dict[str, Any]]]:
    text = (ROOT / "docs" / "aws-permissions.md").read_text()
    found = {}
    for section in re.split(r"^## ", text, flags=re.M):
        blocks = re.findall(r"```json\n(\{.*?)```", section, flags=re.S)
        if section.startswith("opsdash-"):
            found[section.split("\n")[0]] = [s for block in blocks for s in json.loads(block)["Statement"]]
    return found


def allowed(statements: list[dict[str, Any]]) -> set[str]:
    actions = {a for s in statements if s["Effect"] == "Allow" for a in s["Action"]}
    return {action.removeprefix("iam:") for action in actions}


def called(*modules: Any) -> set[str]:
    """The operations named as strings in our modules, by botocore's own names."""
    client = boto3.client("iam", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    names = client.meta.method_to_api_mapping
    source = "".join(Path(module.__file__).read_text() for module in modules)
    return {names[word] for word in re.findall(r'"([a-z_]+)"', source) if word in names}


def test_every_call_is_allowed_and_every_allowed_write_is_called() -> None:
    shipped = policies()
    assert list(shipped) == ["opsdash-reader", "opsdash-disabler", "opsdash-deleter"]
    used = called(iam, scan, disable, enable)
    everything = set().union(*(allowed(statements) for statements in shipped.values()))
    assert used <= everything, used - everything
    writes = {action for action in everything if action.startswith(WRITES)}
    assert writes <= used, writes - used
    assert not {action for action in allowed(shipped["opsdash-reader"]) if action.startswith(WRITES)}


def test_the_actions_exist_and_the_guards_are_there() -> None:
    shipped = policies()
    known = set(botocore.session.get_session().get_service_model("iam").operation_names)
    assert set().union(*(allowed(statements) for statements in shipped.values())) <= known
    [attach] = [
        s for s in shipped["opsdash-disabler"] if "iam:AttachUserPolicy" in s["Action"] and s["Effect"] == "Allow"
    ]
    assert attach["Condition"] == {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AWSDenyAll"}}
    denied = [s for s in shipped["opsdash-disabler"] if s["Effect"] == "Deny"]
    assert {s["Sid"] for s in denied} == {"NeverProtectedTag", "NeverProtectedPath"}
    [delete] = [s for s in shipped["opsdash-deleter"] if "iam:DeleteUser" in s["Action"]]
    assert "aws:ResourceTag/opsdash-disable-id" in delete["Condition"]["StringLike"]
