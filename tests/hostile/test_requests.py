"""Paths, headers, methods and bodies that no browser sends."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from config.charset import guard_asgi
from inventory_ops.operations import preferences
from tests.doors.objects import NOBODY, nowhere
from tests.hostile import corpus, judge
from tests.hostile.marketplace import LOGINS, Attacked, user
from tests.hostile.wire import Wire
from tests.test_access import ROUTES

TARGETS = ("/", "/trackers/", "/api/v1/reports/trackers/", "/accounts/login/", "/healthz", "/no/such/page/")


class TestRequests(Attacked):
    def test_paths(self) -> None:
        wrong = []
        wires = [Wire(), *(judge.watch(user(role)) for role in LOGINS)]
        for (name, path), method in product(corpus.PATHS.items(), ("GET", "POST")):
            for wire in wires:
                answer = wire.send(method, path)
                if (found := judge.fault(answer)) or "\n" in "".join(answer.headers.values()):
                    wrong.append(f"{method} {name}: {found}")
        assert not wrong, "\n".join(wrong)

    def test_a_nul_in_every_address(self) -> None:
        """Where an address holds a text, half of it is a NUL; where a number, it is beyond the database's."""
        wire = judge.watch(user("admin"))
        finance = judge.watch(user("finance"))
        wrong = []
        for where, each, method in product(ROUTES, (wire, finance), ("GET", "POST")):
            target = nowhere(where)
            for sample, bad in ((NOBODY["str"], "%00"), (NOBODY["int"], "9" * 30), (NOBODY["str"], "%ed%a0%80")):
                if sample in target and (found := judge.fault(each.send(method, target.replace(sample, bad)))):
                    wrong.append(f"{method} {where}: {found}")
        assert not wrong, "\n".join(sorted(set(wrong)))

    def test_headers_and_methods(self) -> None:
        wrong = []
        wire = judge.watch(user("operations"))
        for number, (name, headers) in enumerate(corpus.HEADERS.items()):
            target = TARGETS[number % len(TARGETS)]
            for each in (target, "/"):
                found = judge.fault(wire.send("GET", each, headers=headers))
                wrong += [f"{each} {name}: {found}"] if found else []
        for method, target in product(corpus.METHODS, TARGETS):
            if found := judge.fault(wire.send(method, target)):
                wrong.append(f"{method[:20]} {target}: {found}")
        assert not wrong, "\n".join(wrong)

    def test_bodies_of_forms(self) -> None:
        wrong = []
        wire = judge.watch(user("operations"))
        targets = ("/imports/new/", "/inventory/adjust/", "/trackers/new/")
        bodies = [*corpus.MULTIPARTS.items(), ("form", b"sku=%ff%00&q=%zz&=&;&kind"), ("many", b"a=1&" * 1100)]
        for number, (name, body) in enumerate(bodies):
            kinds = [*list(corpus.CONTENT_TYPES.values())[number % 2 :: 2], "multipart/form-data; boundary=x"]
            for kind in kinds:
                target = targets[number % len(targets)]
                if found := judge.fault(wire.send("POST", target, body, kind=kind)):
                    wrong.append(f"{target} {name} as {kind[:60]}: {found}")
        assert not wrong, "\n".join(wrong)

    def test_a_charset_that_is_not_read_is_refused(self) -> None:
        for charset in ("base64", "unicode_escape", "utf-16", "idna", "utf-8\x00"):
            kind = f"application/x-www-form-urlencoded; charset={charset}"
            for target in (*TARGETS, "/trackers/?q=a"):
                assert Wire().send("POST", target, b"a=1", kind=kind).status == 415, (charset, target)
        assert Wire().send("GET", "/healthz", kind="text/plain; charset=latin-1").status == 200

    def test_the_other_entry_point_refuses_it_too(self) -> None:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def answer(*_: Any) -> None:
            sent.append("answered")

        for kind in (b"text/plain; charset=base64", b"text/plain"):
            scope = {"type": "http", "headers": [(b"content-type", kind)]}
            async_to_sync(guard_asgi(answer))(scope, None, send)
        assert [sent[0]["status"], sent[2]] == [415, "answered"]

    def test_a_broken_page_is_found(self) -> None:
        """The control."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(preferences, "save_density", lambda **_: int("broken"))
            assert judge.fault(Wire(user("operations")).send("POST", "/preferences/density/")) != ""
