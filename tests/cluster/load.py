"""Steady load on the cluster from outside, with every answer written down outside the system."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.cluster import seed

LONGEST = 60  # seconds that one request may take before its client gives up
LONGEST_RETRY_AFTER = 30
TIMES = "%Y-%m-%dT%H:%M:%S+00:00"
LIST = "/action-required/products-without-orders/"
PAGES = ("/", "/inventory/", "/jobs/", "/imports/", LIST)
LEDGER = "/inventory/events/"
CSRF = "c" * 32
LONGEST_DELAY = 35  # seconds: a replica that is 30 behind is not asked
MISSING = 599  # no status of HTTP: the page came, and lacks a row


@dataclass(frozen=True, slots=True)
class Sent:
    """One request and its answer; status 0: none came. `done` is when, in seconds of this process's clock."""

    kind: str
    key: str
    status: int
    done: float
    seconds: float
    retry_after: str = ""
    text: str = ""

    @property
    def is_acknowledged(self) -> bool:
        return self.status in {200, 201, 302}


@dataclass
class Journal:
    """What was sent and answered, in a file that is written through."""

    path: Path
    entries: list[Sent] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, sent: Sent) -> None:
        line = json.dumps([sent.kind, sent.key, sent.status, round(sent.done, 3), sent.retry_after])
        with self.lock, self.path.open("a") as file:
            self.entries.append(sent)
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())

    def acknowledged(self, kind: str) -> set[str]:
        return {each.key for each in self.entries if each.kind == kind and each.is_acknowledged}

    def asked(self, kind: str) -> set[str]:
        return {each.key for each in self.entries if each.kind == kind}

    def bad(self) -> list[Sent]:
        """Answers other than done, and than 503 with a short Retry-After."""
        return [each for each in self.entries if not each.is_acknowledged and not _is_a_pause(each)]

    def errors(self) -> Counter[str]:
        return Counter(str(each.status or "none") for each in self.entries if not each.is_acknowledged)

    def longest_pause(self, since: float, until: float) -> float:
        """Seconds without an acknowledged adjustment or write-off within a window."""
        kinds = {"adjustment", "write-off"}
        moments = sorted(
            each.done
            for each in self.entries
            if each.kind in kinds and each.is_acknowledged and since <= each.done <= until
        )
        edges = [since, *moments, until]
        return max(later - earlier for earlier, later in pairwise(edges))


def _is_a_pause(sent: Sent) -> bool:
    return sent.status == 503 and sent.retry_after.isdigit() and 0 < int(sent.retry_after) <= LONGEST_RETRY_AFTER


class Load:
    """People and systems that go on whatever happens: `with Load(...)`, and they end with the block."""

    def __init__(self, host: str, port: int, *, known: dict[str, str], journal: Journal) -> None:
        self.host, self.port, self.known, self.journal = host, port, known, journal
        self.stopped = threading.Event()
        workers: list[Callable[[], None]] = [self.adjust, self.adjust, self.write_off, self.read, self.upload]
        workers += [self.export, self.look]
        self.threads = [threading.Thread(target=self._repeat, args=(work,), daemon=True) for work in workers]

    def __enter__(self) -> Load:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join(LONGEST + 10)

    def _repeat(self, work: Callable[[], None]) -> None:
        while not self.stopped.is_set():
            work()

    # -- what they do -------------------------------------------------------------------------------------------

    def adjust(self) -> None:
        key = uuid.uuid4().hex
        sku = seed.SKU.format(random.randrange(seed.PRODUCTS))
        body = json.dumps({"sku": sku, "quantity": 1, "reason": "correction", "reference": key})
        headers = {
            "Authorization": f"Bearer {self.known['token']}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        self._until_done("adjustment", key, "POST", "/api/v1/stock/adjustments/", body, headers)
        self.stopped.wait(0.1)

    def write_off(self) -> None:
        key = uuid.uuid4().hex
        body = json.dumps({"Request": {"Inventory": [{"sku": "OLD-1", "status": "written-off", "uid": key}]}})

        def address() -> str:
            return f"/api/?{self._signed()}"

        self._until_done("write-off", key, "POST", address, body, {"Content-Type": "application/json"})
        self.stopped.wait(0.2)

    def read(self) -> None:
        self._send("page", uuid.uuid4().hex, "GET", random.choice(PAGES), None, self._person())
        self.stopped.wait(0.3)

    def look(self) -> None:
        """The ledger shows what was acknowledged before the longest delay of a replica; it may come from one."""
        late = time.monotonic() - LONGEST_DELAY
        booked = [
            each.key
            for each in self.journal.entries
            if each.kind == "adjustment" and each.is_acknowledged and each.done < late
        ]
        if booked:
            key = random.choice(booked)
            cell = f'data-label="Reference">{key}<'
            self._send("look", key, "GET", f"{LEDGER}?reference={key}", None, self._person(), shows=cell)
        self.stopped.wait(0.5)

    def upload(self) -> None:
        """A file of adjustments, checked and applied; acknowledged once the product said that it will."""
        key = uuid.uuid4().hex
        now = datetime.now(UTC).strftime(TIMES)
        rows = "".join(f"{seed.IMPORTED},1,correction,{key},{now}\n" for _ in range(5))
        edge = "edge" + key
        parts = [("kind", "", "adjustments"), ("csrfmiddlewaretoken", "", CSRF)]
        parts.append(("file", '; filename="a.csv"', "sku,quantity_delta,reason,reference,occurred_at\n" + rows))
        body = "".join(
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}\r\n'
            for name, more, value in parts
        )
        headers = self._person() | {"Content-Type": f"multipart/form-data; boundary={edge}"}
        sent, place = self._send("upload", key, "POST", "/imports/new/", f"{body}--{edge}--\r\n", headers)
        if not sent.is_acknowledged:
            self.stopped.wait(1)
            return
        form = self._person() | {"Content-Type": "application/x-www-form-urlencoded"}
        self._send("import", key, "POST", f"{place}apply/", f"csrfmiddlewaretoken={CSRF}", form)
        self.stopped.wait(3)

    def export(self) -> None:
        sent, place = self._send(
            "export-asked", uuid.uuid4().hex, "GET", f"{LIST}?_export=csv", None,
            self._person() | {"Accept": "text/html"},
        )  # fmt: skip
        if sent.is_acknowledged and place.startswith("/jobs/"):
            self.journal.write(Sent("export", place.split("/")[2], 200, time.monotonic(), 0))
        self.stopped.wait(8)

    # -- how they speak -----------------------------------------------------------------------------------------

    def _person(self) -> dict[str, str]:
        return {"Cookie": f"sessionid={self.known['session']}; csrftoken={CSRF}", "X-CSRFToken": CSRF}

    def _signed(self) -> str:
        values = {
            "Action": "UpdateInventoryStatus",
            "Format": "JSON",
            "Timestamp": datetime.now(UTC).strftime(TIMES),
            "UserID": self.known["finance"],
            "Version": "1.0",
        }
        text = "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in sorted(values.items()))
        return f"{text}&Signature={hmac.new(self.known['secret'].encode(), text.encode(), hashlib.sha256).hexdigest()}"

    def _until_done(
        self, kind: str, key: str, method: str, address: str | Callable[[], str], body: str, headers: dict[str, str]
    ) -> None:
        """Sent again until it is acknowledged, as a careful client does; one in five gives up."""
        gives_up = random.random() < 0.2
        while not self.stopped.is_set():
            path = address() if callable(address) else address
            sent, _place = self._send(kind, key, method, path, body, headers)
            if sent.is_acknowledged or gives_up:
                return
            self.stopped.wait(0.5)

    def _send(
        self, kind: str, key: str, method: str, path: str, body: str | None, headers: dict[str, str], shows: str = ""
    ) -> tuple[Sent, str]:
        """One request; answers what came of it, and where it leads. A page without what it has to show is an error."""
        started = time.monotonic()
        status, retry_after, text, place = 0, "", "", ""
        link = http.client.HTTPConnection(self.host, self.port, timeout=LONGEST)
        with suppress(OSError, http.client.HTTPException):
            link.request(method, path, body.encode() if body is not None else None, headers)
            answer = link.getresponse()
            content = answer.read()
            status, retry_after = answer.status, answer.headers.get("Retry-After", "")
            place = answer.headers.get("Location", "")
            if status == 200 and kind == "write-off" and b"ErrorResponse" in content:
                status = 422
            if status == 200 and shows.encode() not in content:
                status, text = MISSING, f"{path} does not show it"
            if status >= 400 and not text:
                text = content.decode(errors="replace")[:2000]
        link.close()
        done = time.monotonic()
        sent = Sent(kind, key, status, done, done - started, retry_after, text)
        self.journal.write(sent)
        return sent, place


def known_of(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text.strip().splitlines()[-1])
    return found
