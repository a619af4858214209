"""Every parameter of every registered list, as page, CSV, XLSX and JSON."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from django import forms

from inventory_ops.kit.reports import Report, registry
from inventory_ops.kit.reports import request as asking
from tests import make
from tests.hostile import judge
from tests.hostile.corpus import CELLS, MOMENTS, NUMBERS, QUERIES, TEXTS, TOKENS
from tests.hostile.marketplace import Attacked, user
from tests.hostile.wire import Answer, Wire

# what every parameter of a kind gets, besides its own share of the corpus
EDGES = {id(MOMENTS): ("0001-01-01", "9999-12-31"), id(NUMBERS): ("9" * 30,), id(TEXTS): ("\x00",)}
SHARE = 2
FACES = ("json", "htmx", "csv", "json", "page", "json", "xlsx")


@dataclass(frozen=True)
class Target:
    report: Report
    name: str
    label: str
    kind: Mapping[str, str]


def targets() -> Iterator[Target]:
    for report in registry:
        for name, field in report.filters({}).form.fields.items():
            yield Target(report, name, str(field.label), _kind(name, field))
        for name, kind in (("sort", TEXTS), ("page", NUMBERS), ("per_page", NUMBERS), ("as_of", MOMENTS)):
            yield Target(report, name, name, kind)


def _kind(name: str, field: forms.Field) -> Mapping[str, str]:
    if isinstance(field, forms.DateField | forms.DateTimeField) or name == "window":
        return MOMENTS
    return NUMBERS if isinstance(field, forms.DecimalField | forms.IntegerField) else TEXTS


def inputs(target: Target, number: int) -> list[str]:
    """A few, others for every parameter: over all lists, every input of a kind meets many parameters of that kind."""
    own, anything = list(target.kind.values()), list(CELLS.values())
    share = [own[(SHARE * number + each) % len(own)] for each in range(SHARE)]
    return [*EDGES[id(target.kind)], *share, anything[number % len(anything)]]


def encoded(value: str) -> str:
    return quote(value.encode("utf-8", "surrogatepass"), safe="")


def ask(wire: Wire, report: Report, query: str, face: str) -> Answer:
    if face == "json":
        return wire.get(f"/api/v1/reports/{report.slug}/?{query}")
    if face == "htmx":
        return wire.send("GET", f"{report.url}?{query}", headers={"HX-Request": "true", "HX-Target": "report-results"})
    return wire.get(f"{report.url}?{query}" + ("" if face == "page" else f"&_export={face}"))


class TestReports(Attacked):
    def test_every_parameter_of_every_report(self) -> None:
        wire = Wire(user("admin"), keeps=True)
        before = judge.fingerprint()
        wrong = []
        turn = 0
        for number, target in enumerate(targets()):
            for value in inputs(target, number):
                turn += 1
                face = FACES[turn % len(FACES)]
                answer = ask(wire, target.report, f"{target.name}={encoded(value)}", face)
                place = f"{target.report.slug} {target.name}={value[:60]!a} as {face}"
                if found := judge.fault(answer):
                    wrong.append(f"{place}: {found}")
                elif answer.status not in (200, 400):
                    wrong.append(f"{place}: {answer.status}")
                elif answer.status == 400 and not judge.names(answer, (target.name, target.label)):
                    wrong.append(f"{place}: the refusal does not say where: {answer.text[-300:]}")
        assert not wrong, f"{len(wrong)} faults\n" + "\n".join(wrong)
        assert judge.changed(before) == []

    def test_a_broken_list_is_found(self) -> None:
        """The control: what this file calls a fault is one."""
        wire, report = Wire(user("admin")), registry.get("events-ledger")
        for face in FACES:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Report, "select", lambda *_, **__: int("broken"))
                assert judge.fault(ask(wire, report, "q=a", face)).startswith("500 ValueError"), face
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(asking, "_", lambda text: "Wrong.")
                answer = ask(wire, report, "sort=nothing", face)
                assert answer.status == 400
                assert not judge.names(answer, ["sort"]), face
        before = judge.fingerprint()
        make.merchant("CHANGED")
        assert judge.changed(before) == ["inventory_ops_merchant"]

    def test_page_tokens_of_every_report(self) -> None:
        """A report is sorted by another column for each token, and gets every sixth token."""
        wire = Wire(user("admin"))
        wrong = []
        for offset, report in enumerate(registry):
            sorts = [column.key for column in report.columns if column.sortable]
            for number, (name, token) in list(enumerate(TOKENS.items()))[offset % 6 :: 6]:
                text = base64.urlsafe_b64encode(token.encode("utf-8", "surrogateescape")).decode().rstrip("=")
                side = ("after", "before")[number % 2]
                sort = sorts[number % len(sorts)]
                answer = ask(wire, report, f"sort={sort}&page=3&{side}={text}", "htmx")
                if found := judge.fault(answer):
                    wrong.append(f"{report.slug} sorted by {sort}, {side} a token of {name}: {found}")
                elif answer.status not in (200, 400) or (answer.status == 400 and "after, before:" not in answer.text):
                    wrong.append(f"{report.slug} {name}: {answer.status}")
        assert not wrong, f"{len(wrong)} faults\n" + "\n".join(wrong)

    def test_queries_that_are_no_queries(self) -> None:
        wire = Wire(user("admin"))
        wrong = []
        for offset, report in enumerate(registry):
            for position, (name, query) in list(enumerate(QUERIES.items()))[offset % 8 :: 8]:
                face = FACES[(offset + position) % len(FACES)]
                if found := judge.fault(ask(wire, report, query, face)):
                    wrong.append(f"{report.slug} {name} as {face}: {found}")
        assert not wrong, f"{len(wrong)} faults\n" + "\n".join(wrong)
