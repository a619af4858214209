"""Which AWS accounts there are, and how to reach them: the local endpoint, another one, or AWS itself."""

from __future__ import annotations

import functools
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.embedded import aws
from config.embedded.aws.organisation import MAIN_ACCOUNT, PARTNER_ACCOUNT
from inventory_ops.kit import broker
from user_audit.aws.iam import Iam, connect
from user_audit.aws.sessions import Account, Purpose
from user_audit.connected import why_not_connected
from user_audit.throttle import SharedBucket

WAIT_SECONDS = 60
CALLS_A_SECOND = 8  # AWS publishes no quota for IAM; this is what stays unthrottled in practice
FIELDS = frozenset(Account.__dataclass_fields__) - {"endpoint_url", "access_key_id", "secret_access_key"}


class NotConnected(ImproperlyConfigured):
    """No AWS is named here. The built-in endpoint, with people who do not exist, is the demo's alone."""


def configured() -> list[Account]:
    """The accounts of this installation. Raises ImproperlyConfigured that says what to set."""
    if missing := why_not_connected():
        raise NotConnected(missing)
    if settings.AWS_ACCOUNTS:
        return [_from_settings(entry) for entry in settings.AWS_ACCOUNTS]
    if settings.AWS_REAL:
        raise ImproperlyConfigured(
            'OPS_AWS=real needs AWS_ACCOUNTS, for example [{"account_id": "111111111111", "profile": "audit"}]. '
            "docs/aws-permissions.md describes the fields."
        )
    if settings.AWS_ENDPOINT_URL:
        # Somebody's own emulator: dummy keys, so that stray real credentials are never sent to it.
        return [_local(MAIN_ACCOUNT, settings.AWS_ENDPOINT_URL, "local", "local")]
    handle = _embedded()
    return [
        _local(account_id, handle.url, handle.access_key_id, handle.secret_access_key, roles=True)
        for account_id in (MAIN_ACCOUNT, PARTNER_ACCOUNT)
    ]


def reset_local() -> None:
    """Puts the local endpoint back to its seed: a fresh demo must not find users that an old one disabled."""
    if settings.DEMO and not (settings.AWS_ACCOUNTS or settings.AWS_REAL or settings.AWS_ENDPOINT_URL):
        aws.reset(_embedded())


def get(account_id: str) -> Account:
    """The configured account. Raises ImproperlyConfigured when it is not configured (any more)."""
    for account in configured():
        if account.account_id == account_id:
            return account
    raise ImproperlyConfigured(f"AWS account {account_id} is not configured: nothing can be done in it.")


def open_iam(account_id: str, purpose: Purpose) -> Iam:
    """A port to one account, kept for the life of the process; paced when it is AWS itself."""
    return _port(get(account_id), purpose)


@functools.lru_cache(maxsize=64)
def _port(account: Account, purpose: Purpose) -> Iam:
    return connect(account, purpose, None if account.endpoint_url else _bucket(account.account_id))


@functools.cache
def _bucket(account_id: str) -> SharedBucket:
    return SharedBucket(broker.client(), account_id=account_id, rate=CALLS_A_SECOND)


def _from_settings(entry: dict[str, Any]) -> Account:
    unknown = set(entry) - FIELDS
    if unknown or "account_id" not in entry:
        raise ImproperlyConfigured(
            f"AWS_ACCOUNTS: each entry needs account_id and may have {', '.join(sorted(FIELDS))}; "
            f"found {', '.join(sorted(entry))}."
        )
    endpoint = "" if settings.AWS_REAL else settings.AWS_ENDPOINT_URL
    if not settings.AWS_REAL and not endpoint:
        raise ImproperlyConfigured("AWS_ACCOUNTS describes accounts of AWS itself: set OPS_AWS=real as well.")
    return Account(**entry, endpoint_url=endpoint)


def _local(account_id: str, url: str, key: str, secret: str, *, roles: bool = False) -> Account:
    role = f"arn:aws:iam::{account_id}:role/opsdash-" if roles else ""
    return Account(
        account_id=account_id,
        endpoint_url=url,
        access_key_id=key,
        secret_access_key=secret,
        reader_role=role and f"{role}reader",
        disabler_role=role and f"{role}disabler",
        deleter_role=role and f"{role}deleter",
        settle_seconds=0,
    )


def _embedded() -> aws.Handle:
    """The endpoint of the data folder; it is asked for when it does not run yet."""
    from config.embedded.paths import Paths

    paths = Paths(Path(settings.DATA_DIR))
    if (handle := aws.find(paths.aws_dir)) is not None:
        return handle
    paths.aws_request.touch()
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if (handle := aws.find(paths.aws_dir)) is not None:
            return handle
        time.sleep(0.1)
    raise ImproperlyConfigured("The local IAM endpoint does not run. Start the application with `manage.py demo`.")
