"""How often a password may be tried.

Three counts, none of which a stranger can hold down for others: the tries for an account from one place, all tries
from one place, and all tries for an account. The last two bind only places from which nobody has signed in to the
account before: its owner, who has, meets the first alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.core.cache import cache
from django.http import HttpRequest

from inventory_ops.kit import clients
from inventory_ops.kit.throttle import Throttle
from inventory_ops.models import User
from inventory_ops.models.audit import Security
from inventory_ops.operations import security

HOUR = 3600
PAIR = Throttle("sign_in.pair", free=5, first=2, most=HOUR // 4, kept=HOUR)
PLACE = Throttle("sign_in.place", free=30, first=2, most=HOUR // 4, kept=HOUR)
ACCOUNT = Throttle("sign_in.account", free=50, first=2, most=HOUR // 12, kept=HOUR)
KNOWN_FOR = 90 * 24 * HOUR


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try with a password."""

    account: str
    place: str

    @classmethod
    def of(cls, request: HttpRequest, account: str) -> Attempt:
        return cls(account.strip().lower(), clients.neighbourhood(clients.address(request)))

    def wait(self) -> int:
        """Count the try. 0 when it may be made, else the seconds to wait; the beginning of a wait is logged."""
        seconds = self._wait()
        if seconds and cache.add(self._key("told"), 1, seconds):
            user = account_of(self.account)
            security.record(Security.LOCKED_OUT, user=user, summary=named(user), data={"seconds": seconds})
        return seconds

    def _wait(self) -> int:
        if seconds := PAIR.wait(self.account, self.place):
            return seconds
        if self._is_known():
            return 0
        if seconds := PLACE.wait(self.place):
            PAIR.undo(self.account, self.place)
            return seconds
        if seconds := ACCOUNT.wait(self.account):
            PAIR.undo(self.account, self.place)
            PLACE.undo(self.place)
            return seconds
        return 0

    def succeeded(self) -> None:
        """The password was right. What others failed at from the same place stays counted."""
        PAIR.forget(self.account, self.place)
        if not self._is_known():
            PLACE.undo(self.place)
            ACCOUNT.undo(self.account)

    def signed_in(self) -> None:
        """All factors were right: the account's owner has been here."""
        cache.set(self._key("known"), 1, KNOWN_FOR)

    def failed(self) -> None:
        """The password was wrong. What was typed as the account is logged only where it is one: it may be a slip."""
        user = account_of(self.account)
        security.record(Security.SIGN_IN_FAILED, user=user, summary=named(user))

    def _is_known(self) -> bool:
        return cache.get(self._key("known")) is not None

    def _key(self, what: str) -> str:
        digest = hashlib.sha256(f"{self.account}\x00{self.place}".encode("utf-8", "replace")).hexdigest()
        return f"sign_in.{what}.{digest[:40]}"


def account_of(email: str) -> User | None:
    return None if "\x00" in email else User.objects.filter(email=email[:254]).first()


def named(user: User | None) -> str:
    return user.email if user else "An account that does not exist"
