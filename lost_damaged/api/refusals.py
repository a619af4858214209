"""Refusals of a whole call, with the HTTP status and the code of each."""

from __future__ import annotations


class Refusal(Exception):
    """Nothing was done. `code` is the ErrorCode of the answer's head."""

    def __init__(self, status: int, code: str, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.retry_after = status, code, message, retry_after


def missing(name: str) -> Refusal:
    return Refusal(400, "1", f"Parameter {name} is missing.")


def bad_version() -> Refusal:
    return Refusal(400, "2", "Version must be 1.0.")


def late() -> Refusal:
    return Refusal(401, "3", "Timestamp is more than 15 minutes from now. Check the clock, then sign the call anew.")


def bad_timestamp() -> Refusal:
    return Refusal(400, "4", "Timestamp must be ISO 8601 with an offset, like 2026-11-22T09:30:00+00:00.")


def bad_body(message: str) -> Refusal:
    return Refusal(400, "5", message)


def not_post() -> Refusal:
    return Refusal(405, "5", "Use POST for this action.")


def platform(status: int, message: str) -> Refusal:
    return Refusal(status, "6", message, retry_after=30)


def login_failed() -> Refusal:
    # one sentence for an unknown user, a wrong key and a wrong signature
    return Refusal(401, "7", "Login failed: check UserID, API key and signature.")


def unknown_action() -> Refusal:
    return Refusal(400, "8", "Action is not known. Use UpdateInventoryStatus, GetInventoryStatus or GetTransactions.")


def not_allowed() -> Refusal:
    return Refusal(403, "9", "Your role may not do this. Writing off needs a finance account.")


def too_big(message: str) -> Refusal:
    return Refusal(413, "11", message)


def too_many(seconds: int) -> Refusal:
    return Refusal(429, "429", "Too many calls. Wait, then send again.", retry_after=seconds)


def other_body() -> Refusal:
    return Refusal(422, "5", "This Idempotency-Key came with another body before. Use a new key for a new call.")


def in_flight() -> Refusal:
    return Refusal(409, "5", "The call with this Idempotency-Key is being carried out. Send it again.", retry_after=2)
