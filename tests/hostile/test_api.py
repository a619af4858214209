"""The Seller Center API: bodies, values of fields, parameters of every action, all of them rightly signed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from django.test import TestCase

from lost_damaged.api import limits
from lost_damaged.models import WriteOff
from lost_damaged.operations import api_keys
from tests.hostile import corpus, judge
from tests.hostile.wire import Answer, Wire
from tests.lost_damaged.caller import Caller, unit
from tests.lost_damaged.world import make_world

PARAMETERS = ("Action", "Format", "Timestamp", "UserID", "Version", "Uid", "UpdatedAfter", "Limit", "Offset", "DryRun")
ACTIONS = ("GetInventoryStatus", "GetTransactions", "UpdateInventoryStatus")
# what stays: the answer for a call that comes again
KEPT = {"lost_damaged_apireply"}


@dataclass
class Signed(Caller):
    """Calls whose texts no test could sign with the documented rule alone are signed as they stand on the wire."""

    wire: Wire = field(default_factory=Wire)

    def call(self, body: bytes, method: str = "POST", headers: dict[str, str] | None = None, **changes: Any) -> Answer:
        return self.wire.send(method, f"/api/?{self.query(**changes)}", body, headers)


def place(answer: Answer) -> str:
    """What a refusal says; '' when it says nothing."""
    content = json.loads(answer.content)["ErrorResponse"]["Head"]
    return content["ErrorMessage"] if content["ErrorCode"] else ""


class TestApi(TestCase):
    def setUp(self) -> None:
        patch = pytest.MonkeyPatch()
        patch.setattr(limits, "_count", lambda key, seconds: 0)
        patch.setattr(api_keys, "used", lambda key: None)  # that alone would make every refusal a write to look into
        self.addCleanup(patch.undo)
        world = make_world()
        world.product("A")
        _, key = api_keys.create(user=world.finance, name="OMS", by=world.finance)
        self.caller = Signed(world.finance, key)
        before = judge.fingerprint()
        self.caller.wire = Wire(judge=lambda: [name for name in judge.changed(before) if name not in KEPT])

    def test_bodies(self) -> None:
        wrong = []
        for name, body in corpus.BODIES.items():
            answer = self.caller.call(body)
            if (found := judge.fault(answer)) or answer.status not in (400, 413) or not place(answer):
                wrong.append(f"{name}: {found or answer.status}")
        assert not wrong, "\n".join(wrong)

    def test_values(self) -> None:
        """Each value as each field of an item between two good ones, and in the place of what holds the items."""
        wrong = []
        for name, value in corpus.VALUES.items():
            for key in ("sku", "uid", "status", "id_sales_order_item", "surprise"):
                good = [unit("A", f"good-{number}") for number in range(2)]
                bad = json.dumps(unit("A", "u-1") | {key: "VALUE"}).replace('"VALUE"', value)
                body = f'{{"Request": {{"Inventory": [{json.dumps(good[0])}, {bad}, {json.dumps(good[1])}]}}}}'
                answer = self.caller.call(body.encode())
                if not judge.fault(answer) and answer.status == 400 and name == "4,301 digits":
                    continue  # more than Python reads: no JSON, and the whole call is refused
                if (found := judge.fault(answer)) or answer.status != 200:
                    wrong.append(f"{key}={name}: {found or answer.status} {answer.text[:200]}")
                    continue
                failed = json.loads(answer.content).get("ErrorResponse", {}).get("Body", {})
                refused = failed.get("UpdateInventoryStatus", [])
                wrong += [str(each) for each in refused if each["Position"] != 1 or not each["ErrorMessage"]]
            for body in (f'{{"Request": {value}}}', f'{{"Request": {{"Inventory": {value}}}}}', value):
                answer = self.caller.call(body.encode())
                if (found := judge.fault(answer)) or answer.status not in (200, 400):
                    wrong.append(f"{body[:40]}: {found or answer.status}")
        assert not wrong, "\n".join(wrong)

    def test_parameters(self) -> None:
        cells = [value for value in corpus.CELLS.values() if len(value) < 10_000]
        wrong = []
        for number, value in enumerate(cells):
            name = PARAMETERS[number % len(PARAMETERS)]
            action = ACTIONS[number % len(ACTIONS)]
            given = {"Action": action, name: value} if name != "Action" else {name: value}
            given |= {"Uid": "u"} if action == "GetInventoryStatus" and name != "Uid" else {}
            try:
                query = self.caller.query(**given)
            except UnicodeEncodeError:  # half a character: on the wire it is three bytes
                raw = quote(value.encode("utf-8", "surrogatepass"), safe="")
                query = self.caller.query(**given | {name: "VALUE"}).replace("VALUE", raw)
            method = "POST" if action == "UpdateInventoryStatus" else "GET"
            body = json.dumps({"Request": {"Inventory": [unit()]}}).encode() if method == "POST" else b""
            answer = self.caller.wire.send(method, f"/api/?{query}", body)
            shown = f"{action} {name}={value[:40]!a}"
            if found := judge.fault(answer):
                wrong.append(f"{shown}: {found}")
            elif answer.status not in (200, 400, 401):
                wrong.append(f"{shown}: {answer.status}")
            elif answer.status == 400 and b"ErrorMessage" not in answer.content:
                wrong.append(f"{shown}: refused without a word")
        assert not wrong, f"{len(wrong)} faults\n" + "\n".join(wrong)

    def test_headers_and_methods(self) -> None:
        body = json.dumps({"Request": {"Inventory": [unit()]}}).encode()
        wrong = []
        keys = [value for value in corpus.TEXTS.values() if value.isascii()]
        calls = [
            *(("POST", headers) for headers in corpus.HEADERS.values()),
            *(("POST", {"Content-Type": kind}) for kind in corpus.CONTENT_TYPES.values()),
            *(("POST", {"Idempotency-Key": key}) for key in keys),
            *((method, {}) for method in corpus.METHODS),
        ]
        for method, headers in calls:
            if found := judge.fault(self.caller.call(body, method, headers)):
                wrong.append(f"{method} {str(headers)[:60]}: {found}")
        assert not wrong, "\n".join(wrong)

    def test_a_good_call_is_taken_and_a_broken_one_found(self) -> None:
        """The control."""
        body = json.dumps({"Request": {"Inventory": [unit()]}}).encode()
        assert self.caller.call(body).status == 200
        assert not WriteOff.objects.exists()  # undone
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("lost_damaged.items.of_json", lambda *_: 1 / 0)
            assert judge.fault(self.caller.call(body)).startswith("500")
