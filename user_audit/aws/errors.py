"""What can go wrong at AWS, told apart by what the caller has to do about it."""

from __future__ import annotations

# Codes after which the same call may well succeed later. botocore retries most of them by itself;
# what arrives here has used up its attempts.
TRANSIENT = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "ServiceFailure",
        "ServiceUnavailable",
        "InternalFailure",
        "InternalError",
        "RequestTimeout",
        "RequestTimeoutException",
        "EntityTemporarilyUnmodifiable",
        "ConcurrentModification",
        "ConnectionError",
        "ExpiredToken",
    }
)
CLOCK = frozenset({"RequestExpired", "SignatureDoesNotMatch", "RequestTimeTooSkewed"})


class AwsError(Exception):
    """A call that AWS refused or did not answer.

    code is AWS's error code ("ConnectionError" when no answer came), request_id may be empty.
    """

    def __init__(self, operation: str, code: str, message: str, request_id: str = "") -> None:
        self.operation = operation
        self.code = code
        self.message = message
        self.request_id = request_id
        hint = " Set this machine's clock (NTP) and try again." if code in CLOCK else ""
        super().__init__(f"{operation}: {code}: {message}{hint}")

    @property
    def transient(self) -> bool:
        """Whether the same call may succeed later."""
        return self.code in TRANSIENT


class NoSuchEntity(AwsError):
    """What the call names is not there (any more)."""


class DeleteConflict(AwsError):
    """The user still holds something; list again."""


class LimitExceeded(AwsError):
    """A quota of AWS is full."""


class WrongAccount(Exception):
    """The credentials lead to another account than the configured one. Nothing was read."""


class IdentityChanged(Exception):
    """The name now belongs to another UserId: the user was deleted and created again."""


class ReportNotReady(Exception):
    """AWS did not finish the credential report in time."""


class ReportMalformed(Exception):
    """A line of the credential report cannot be read without guessing."""


def translate(operation: str, code: str, message: str, request_id: str) -> AwsError:
    """The exception for an error answer of AWS."""
    kinds: dict[str, type[AwsError]] = {
        "NoSuchEntity": NoSuchEntity,
        "DeleteConflict": DeleteConflict,
        "LimitExceeded": LimitExceeded,
    }
    return kinds.get(code, AwsError)(operation, code, message, request_id)
