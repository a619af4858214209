"""Tries that become rarer the more of them fail. Counted in the cache: while that is away, every try is let through.

After `free` tries each further one has to wait for the one before it: first `first` seconds, then twice as long each
time, up to `most`. A try that is turned away counts for nothing, so nobody can keep a wait up by knocking.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass

from django.core.cache import cache


@dataclass(frozen=True, slots=True)
class Throttle:
    """`kept`: seconds after the last counted try in which everything is forgotten."""

    name: str
    free: int
    first: int
    most: int
    kept: int

    def wait(self, *parts: object) -> int:
        """Count a try. 0 when it may be made; else the seconds until the next one may."""
        count, block = self._keys(parts)
        tries = self._raise(count)
        if tries <= self.free:
            return 0
        delay = min(self.most, self.first * 2 ** min(tries - self.free - 1, 20))
        if cache.add(block, time.time() + delay, delay):
            return 0
        self._lower(count)
        until = cache.get(block) or 0
        return max(1, round(until - time.time()))

    def undo(self, *parts: object) -> None:
        """Take the last try back: it did not fail."""
        count, block = self._keys(parts)
        self._lower(count)
        cache.delete(block)

    def forget(self, *parts: object) -> None:
        """Begin anew."""
        for key in self._keys(parts):
            cache.delete(key)

    def _keys(self, parts: tuple[object, ...]) -> tuple[str, str]:
        digest = hashlib.sha256("\x00".join(map(str, parts)).encode("utf-8", "replace")).hexdigest()[:40]
        return f"throttle.{self.name}.{digest}.tries", f"throttle.{self.name}.{digest}.block"

    def _raise(self, key: str) -> int:
        try:
            cache.add(key, 0, self.kept)
            tries = int(cache.incr(key))
            cache.touch(key, self.kept)
        except ValueError:  # just forgotten, or the cache is away
            return 0
        return tries

    @staticmethod
    def _lower(key: str) -> None:
        try:
            if int(cache.get(key) or 0) > 0:
                cache.decr(key)
        except ValueError:
            return
