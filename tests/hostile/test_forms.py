"""Every form that a page of the product shows, found by walking its links with every role, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import quote, urlencode, urljoin, urlsplit

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import Resolver404, resolve

from tests import make
from tests.doors.objects import nowhere
from tests.hostile import judge
from tests.hostile.corpus import CELLS
from tests.hostile.marketplace import LOGINS, Attacked, user
from tests.hostile.wire import Wire
from tests.test_access import ROUTES

SHARE = 2  # inputs a field, others for every field
LEAVES = ("/accounts/logout/",)
EDGES = ("\x00", "9" * 30)


@dataclass
class Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    """Links and POST forms of a page."""

    def __init__(self, address: str, text: str) -> None:
        super().__init__()
        self.address = address
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        attrs = {name: value or "" for name, value in given}
        if tag == "a" and attrs.get("href", "").startswith(("/", "?")):
            self.links.append(urljoin(self.address, attrs["href"]))
        elif tag == "form":
            self._form = None
            if attrs.get("method", "").lower() == "post":
                self._form = Form(urljoin(self.address, attrs.get("action") or self.address))
                self.forms.append(self._form)
        if target := attrs.get("hx-post"):
            self.forms.append(Form(urljoin(self.address, target)))
        if target := attrs.get("formaction"):
            self.forms.append(Form(urljoin(self.address, target), self._form.fields if self._form else {}))
        if self._form is None:
            return
        name = attrs.get("name", "")
        if tag in ("input", "textarea", "button") and name and name != "csrfmiddlewaretoken":
            if attrs.get("type") in ("checkbox", "radio") and "checked" not in attrs:
                self._form.fields.setdefault(name, attrs.get("value", "on"))
            else:
                self._form.fields[name] = attrs.get("value", "")
        elif tag == "select":
            self._select = name
            self._form.fields.setdefault(name, "")
        elif tag == "option" and self._select and (attrs.get("value") and not self._form.fields.get(self._select)):
            self._form.fields[self._select] = attrs["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""


def route(target: str) -> str | None:
    try:
        return resolve(urlsplit(target).path).route
    except Resolver404:
        return None


def walk(wire: Wire) -> tuple[dict[str, Form], list[str]]:
    """The first form of every route, and what broke on the way; one page of a route is read."""
    forms: dict[str, Form] = {}
    wrong = []
    todo, seen = ["/"], set()
    while todo:
        target = todo.pop(0)
        where = route(target)
        if where is None or where in seen or target.startswith(LEAVES) or "_export" in target:
            continue
        answer = wire.get(target)
        if answer.status in (301, 302) and answer.headers["Location"].startswith("/"):
            todo.append(answer.headers["Location"])
            seen.add(where)
            continue
        if found := judge.fault(answer):
            wrong.append(f"{target}: {found}")
        if answer.status != 200:
            continue
        seen.add(where)
        page = Page(target, answer.text)
        todo += page.links
        for form in page.forms:
            if (to := route(form.action)) is None:
                continue
            known = forms.setdefault(to, form)
            known.fields.update({name: value for name, value in form.fields.items() if name not in known.fields})
    return forms, wrong


def encoded(fields: dict[str, str]) -> bytes:
    return urlencode(
        {name: value.encode("utf-8", "surrogatepass") for name, value in fields.items()}, quote_via=quote
    ).encode()


class TestForms(Attacked):
    def attacks(self, form: Form, turn: int) -> Iterator[tuple[str, dict[str, str]]]:
        values = list(CELLS.values())
        for position, name in enumerate(form.fields):
            for each in range(SHARE):
                value = values[(turn * 7 + position * SHARE + each) % len(values)]
                yield f"{name}={value[:40]!a}", form.fields | {name: value}
        for value in (*EDGES, values[turn % len(values)]):
            yield f"all fields {value[:40]!a}", dict.fromkeys(form.fields, value)

    def test_every_form(self) -> None:
        wrong, reached = [], set()
        for role in LOGINS:
            wire = judge.watch(user(role))
            forms, broken = walk(wire)
            wrong += broken
            new = {where: form for where, form in forms.items() if where not in reached}
            reached |= set(new)
            for turn, (where, form) in enumerate(sorted(new.items())):
                if where.startswith("accounts/"):
                    continue  # with limits of their own: test_accounts.py
                for what, fields in self.attacks(form, turn):
                    answer = wire.send("POST", form.action, encoded(fields), kind="application/x-www-form-urlencoded")
                    if found := judge.fault(answer):
                        wrong.append(f"{role} {form.action} {what}: {found}")
        assert not wrong, f"{len(wrong)} faults\n" + "\n".join(wrong)
        assert len(reached) > 25, sorted(reached)

    def test_every_address_without_its_form(self) -> None:
        """Names that no form has, to every address of the table, about objects that are not there."""
        wire = judge.watch(user("admin"))
        values = list(CELLS.values())
        wrong = []
        for number, where in enumerate(ROUTES):
            if where.startswith("accounts/"):
                continue
            fields = {name: values[(number * 5 + n) % len(values)] for n, name in enumerate(("id", "ids", "next", "q"))}
            answer = wire.send("POST", nowhere(where), encoded(fields), kind="application/x-www-form-urlencoded")
            if found := judge.fault(answer):
                wrong.append(f"{where}: {found}")
        assert not wrong, "\n".join(wrong)

    def test_a_partial_write_is_found(self) -> None:
        """The control: a form that is refused after something was written, and one that breaks."""
        wire = judge.watch(user("admin"))

        def half(**_: object) -> None:
            make.merchant("HALF")
            raise PermissionDenied

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("inventory_ops.operations.preferences.save_density", half)
            answer = wire.send("POST", "/preferences/density/", b"")
            assert judge.fault(answer) == "403, but changed inventory_ops_merchant"
            patch.setattr("inventory_ops.operations.preferences.save_density", lambda **_: int("broken"))
            assert judge.fault(wire.send("POST", "/preferences/density/", b"")).startswith("500 ValueError")
