"""How an action writes: step by step, each journalled before and after, each safe to repeat."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from .entities import LiveUser, Subject
from .errors import AwsError, NoSuchEntity
from .iam import Iam

# AWS asks to repeat these after a moment; botocore does not retry them by itself.
BUSY = frozenset({"EntityTemporarilyUnmodifiable", "ConcurrentModification"})
BUSY_ATTEMPTS = 5


class Journal(Protocol):
    """Where steps are written down. Each call must be durable when it returns."""

    def before(self, step: str, target: str) -> None:
        """The step is about to be tried."""

    def after(self, step: str, target: str, result: str, request_id: str) -> None:
        """The step ended: result is "done", "already gone" or an error's text."""


@dataclass
class MemoryJournal:
    """A journal in a list, for plans and tests: (step, target, result)."""

    lines: list[tuple[str, str, str]] = field(default_factory=list)

    def before(self, step: str, target: str) -> None:
        self.lines.append((step, target, ""))

    def after(self, step: str, target: str, result: str, request_id: str) -> None:
        self.lines.append((step, target, result))


@dataclass(frozen=True)
class Outcome:
    """How an action ended. partial: closed as far as AWS let us, and somebody has to look.

    notes are sentences for the person who acted.
    """

    changed: bool
    partial: bool = False
    notes: tuple[str, ...] = ()


class Refused(Exception):
    """The action is not legal in the state that AWS shows now. Nothing was changed."""


class Hand:
    """Carries out the steps of one action on one user."""

    def __init__(
        self,
        iam: Iam,
        subject: Subject,
        journal: Journal,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.iam = iam
        self.subject = subject
        self.name = subject.user_name
        self.changed = False
        self.latest: LiveUser | None = None
        self._journal = journal
        self._sleep = sleep

    def read(self) -> LiveUser:
        """The user as it is now; also kept as `latest`."""
        self.latest = self.iam.read(self.subject)
        return self.latest

    def confirm(self) -> None:
        """To be called right before a write that AWS addresses by name alone."""
        self.iam.confirm(self.subject)

    def write(self, step: str, target: str, call: Callable[[], str]) -> None:
        """One journalled write. Raises AwsError."""
        self._journal.before(step, target)
        try:
            request_id = self._patiently(call)
        except AwsError as error:
            self._journal.after(step, target, str(error), error.request_id)
            raise
        self.changed = True
        self._journal.after(step, target, "done", request_id)

    def remove(self, step: str, target: str, call: Callable[[], str]) -> None:
        """One journalled write that takes something away: what is already gone counts as done."""
        self._journal.before(step, target)
        try:
            request_id = self._patiently(call)
        except NoSuchEntity as gone:
            self._journal.after(step, target, "already gone", gone.request_id)
        except AwsError as error:
            self._journal.after(step, target, str(error), error.request_id)
            raise
        else:
            self.changed = True
            self._journal.after(step, target, "done", request_id)

    def _patiently(self, call: Callable[[], str]) -> str:
        for attempt in range(BUSY_ATTEMPTS - 1):
            try:
                return call()
            except AwsError as error:
                if error.code not in BUSY:
                    raise
            self._sleep(min(0.5 * 2**attempt, 8))
        return call()

    def settle(self) -> Iterator[None]:
        """Once, and again after growing pauses while IAM may still be spreading our writes."""
        waited, pause = 0.0, 1.0
        while True:
            yield
            if waited + pause > self.iam.account.settle_seconds:
                return
            self._sleep(pause)
            waited, pause = waited + pause, pause * 2
