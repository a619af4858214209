"""Keeps the backend's state in one file, so that a restart does not bring disabled users back.

The file is written and read by this process only, in the data folder (mode 0700) of the user who
runs it; that is why a pickle is good enough here.
"""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

from moto.iam.models import AWSManagedPolicy, IAMBackend, iam_backends
from moto.utilities.tagging_service import TaggingService

from . import strict

# What an account holds; AWS's own policies are left out and referred to by ARN.
KEPT = (
    "users",
    "groups",
    "roles",
    "virtual_mfa_devices",
    "account_aliases",
    "access_keys",
)


class _Pickler(pickle.Pickler):
    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, AWSManagedPolicy):
            return ("policy", obj.account_id, obj.arn)
        return None


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, pid: Any) -> Any:
        _, account_id, arn = pid
        return backend(account_id).managed_policies[arn]


def backend(account_id: str) -> IAMBackend:
    found: IAMBackend = iam_backends[account_id]["aws"]
    return found


class Store:
    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> bool:
        """Puts the saved state into the backends; False when there is none."""
        try:
            stored = self.path.read_bytes()
        except FileNotFoundError:
            return False
        try:
            accounts: dict[str, dict[str, Any]] = _Unpickler(io.BytesIO(stored)).load()
        except Exception as error:  # another version of moto or of ours wrote it
            print(f"State in {self.path} is not readable ({error!r}); starting from the seed.")
            return False
        for account_id, kept in accounts.items():
            account = backend(account_id)
            for name in KEPT:
                setattr(account, name, kept[name])
            account.tagger = kept["tagger"]
            account.managed_policies.update(kept["own_policies"])
            strict.reports[account_id] = kept["report"]
        return True

    def empty(self) -> None:
        """Drops everything but AWS's own policies."""
        for account_id, account in list(iam_backends.items()):
            kept = account["aws"]
            for name in KEPT:
                setattr(kept, name, type(getattr(kept, name))())
            kept.tagger = TaggingService()
            kept.managed_policies = {p.arn: p for p in kept.aws_managed_policies}
            for policy in kept.aws_managed_policies:
                policy.attachment_count = 0
            strict.reports[account_id] = None

    def save(self) -> None:
        with strict.lock:
            strict.changed.clear()
            accounts = {
                account_id: {
                    **{name: getattr(account["aws"], name) for name in KEPT},
                    "tagger": account["aws"].tagger,
                    "own_policies": {
                        arn: policy
                        for arn, policy in account["aws"].managed_policies.items()
                        if not isinstance(policy, AWSManagedPolicy)
                    },
                    "report": strict.reports.get(account_id),
                }
                for account_id, account in list(iam_backends.items())
            }
            buffer = io.BytesIO()
            _Pickler(buffer).dump(accounts)
        temporary = self.path.with_suffix(".new")
        temporary.touch(mode=0o600)
        temporary.write_bytes(buffer.getvalue())
        temporary.replace(self.path)
