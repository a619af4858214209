"""Sessions: which credentials, which role, which endpoint, how fast."""

from __future__ import annotations

import functools
import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from .errors import AwsError, WrongAccount, translate

# boto3 is imported where it is used: it is the slowest import of all, and most processes never reach AWS.
if TYPE_CHECKING:
    import boto3
    from botocore.config import Config
    from mypy_boto3_iam import IAMClient


class Purpose(StrEnum):
    """What a session may do; each purpose has a role of its own (docs/aws-permissions.md)."""

    READ = "reader"
    DISABLE = "disabler"
    DELETE = "deleter"


class Throttle(Protocol):
    def take(self) -> None:
        """Waits until one more call may be made."""


class TokenBucket:
    """A token bucket for the threads of this process; `rate` calls a second, bursts of as many."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._tokens = rate
        self._filled_at = time.monotonic()
        self._lock = threading.Lock()

    def take(self) -> None:
        with self._lock:
            now = time.monotonic()
            self._tokens = min(self.rate, self._tokens + (now - self._filled_at) * self.rate)
            self._filled_at = now
            self._tokens -= 1
            wait = -self._tokens / self.rate
        if wait > 0:
            time.sleep(wait)


@dataclass(frozen=True)
class Account:
    """How to reach one AWS account. Empty strings leave the choice to boto3's own chain.

    roles: ARN by purpose; a purpose without a role uses the base credentials.
    settle_seconds: how long a verification may wait for IAM to show a write (0: it is immediate).
    """

    account_id: str
    alias: str = ""
    endpoint_url: str = ""
    region: str = "us-east-1"
    profile: str = ""
    access_key_id: str = ""
    secret_access_key: str = ""
    reader_role: str = ""
    disabler_role: str = ""
    deleter_role: str = ""
    external_id: str = ""
    settle_seconds: int = 60

    def role(self, purpose: Purpose) -> str:
        return {
            Purpose.READ: self.reader_role,
            Purpose.DISABLE: self.disabler_role,
            Purpose.DELETE: self.deleter_role,
        }[purpose]


@dataclass(frozen=True)
class Session:
    """An IAM client in the right account. `own_arns` are the identities that sign our calls."""

    client: IAMClient
    own_arns: tuple[str, ...]


def open_session(account: Account, purpose: Purpose, throttle: Throttle | None = None) -> Session:
    """A session in `account` under the role for `purpose`; credentials renew themselves.

    Raises WrongAccount when the credentials lead elsewhere, AwsError when AWS refuses.
    """
    session, own_arns = _session(account, purpose)
    client = session.client("iam", endpoint_url=account.endpoint_url or None, config=_config())
    if throttle is not None:
        bucket = throttle

        def wait(**_: Any) -> None:
            bucket.take()

        # Once for every attempt, so that retries are paid for as well.
        client.meta.events.register("before-send.iam", wait)
    return Session(client, own_arns)


@functools.lru_cache(maxsize=64)
def _session(account: Account, purpose: Purpose) -> tuple[boto3.Session, tuple[str, ...]]:
    import boto3

    base = boto3.Session(
        profile_name=account.profile or None,
        aws_access_key_id=account.access_key_id or None,
        aws_secret_access_key=account.secret_access_key or None,
        region_name=account.region,
    )
    base_arn, base_account = _caller(base, account)
    role = account.role(purpose)
    if not role:
        _check(account, base_account, base_arn)
        return base, (base_arn,)
    assumed = _assume(base, account, role)
    arn, reached = _caller(assumed, account)
    _check(account, reached, arn)
    return assumed, (base_arn, arn)


def _config() -> Config:
    from botocore.config import Config

    return Config(
        retries={"mode": "standard", "total_max_attempts": 8},
        connect_timeout=5,
        read_timeout=60,
        max_pool_connections=16,
    )


def _assume(base: boto3.Session, account: Account, role: str) -> boto3.Session:
    import boto3
    import botocore.session
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

    def create(service: str, **options: Any) -> Any:
        options.setdefault("endpoint_url", account.endpoint_url or None)
        return base.client(service, **options)  # type: ignore[call-overload]

    extra = {"RoleSessionName": "inventory-ops"}
    if account.external_id:
        extra["ExternalId"] = account.external_id
    fetcher = AssumeRoleCredentialFetcher(create, base.get_credentials(), role, extra_args=extra)
    raw = botocore.session.get_session()
    raw._credentials = DeferredRefreshableCredentials(  # type: ignore[attr-defined]
        method="assume-role", refresh_using=fetcher.fetch_credentials
    )
    return boto3.Session(botocore_session=raw, region_name=account.region)


def _caller(session: boto3.Session, account: Account) -> tuple[str, str]:
    sts = session.client("sts", endpoint_url=account.endpoint_url or None, config=_config())
    try:
        answer = sts.get_caller_identity()
    except ClientError as error:
        raise from_client_error(error) from error
    except BotoCoreError as error:
        raise AwsError("GetCallerIdentity", "ConnectionError", str(error)) from error
    return answer["Arn"], answer["Account"]


def _check(account: Account, reached: str, arn: str) -> None:
    if reached != account.account_id:
        raise WrongAccount(
            f"Account {account.account_id} is configured, but the credentials lead to account "
            f"{reached} ({arn}). Correct the profile or the role in the account's settings."
        )


def from_client_error(error: ClientError) -> AwsError:
    details = error.response.get("Error", {})
    metadata = error.response.get("ResponseMetadata", {})
    return translate(
        error.operation_name,
        str(details.get("Code", "Unknown")),
        str(details.get("Message", error)),
        str(metadata.get("RequestId", "")),
    )
