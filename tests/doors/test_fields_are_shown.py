"""What people write into a form is shown somewhere that a person with their role gets to by links.

The forms are found by links, as each role sees them. Each text and date field gets a value of its own, the form is
sent, and the values are looked for in the text of the pages (what stands in a field of a form does not count) that
links lead to from where the answer leads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib.messages import get_messages
from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.html import strip_tags

from config.access import PERSONAS, RULES
from inventory_ops.kit import showing
from inventory_ops.models import User
from tests.doors.support import in_front
from tests.test_reachable import objects  # noqa: F401  (the world that it crawls)

pytestmark = pytest.mark.django_db

A_ROUTE = 3  # pages of a route that are opened to find forms
DEPTH, MOST = 2, 80  # links that are followed from where an answer leads, and pages that are opened
TEXTS = ("text", "email", "url", "textarea")
TODAY = timezone.localdate().isoformat()

# what a form needs besides the values that are looked for
GIVEN: dict[str, dict[str, str]] = {
    "finance/claims/new/": {"sku": "OTHERS", "shop_item_id": "", "happened_on": TODAY, "reason": "other"},
    "finance/write-offs/new/": {"sku": "OTHERS", "shop_item_id": ""},
    "inventory/adjust/": {"quantity": "1", "lot": "", "expires_on": ""},
    "settings/exchange-rates/": {"base": "GBP", "currency": "USD", "rate": "1.5", "add": "1", "day": TODAY},
    "finance/claims/<str:number>/<str:verb>/": {"accept-amount": "1"},
    "finance/statements/begin/": {"day": TODAY},
    "settings/finance/propose/<str:name>/": {
        "merchant": "",
        "factor": "0.4",
        "currency": "GBP",
        "unit_cap": "10",
        "import_cap": "20",
        "daily_cap": "30",
    },
    "settings/places/": {"type-code": "zq-type"},
    "settings/price-guard/": {"vendor": "B"},
    "settings/rules/<int:pk>/": {"vendor": "B"},
    "settings/rules/new/": {"vendor": "B"},
    "system/people/<int:pk>/": {"vendor_number": ""},
    "system/people/new/": {"vendor_number": ""},
}
# fields that are shown nowhere, with the reason
NOT_SHOWN = {
    ("accounts/password/reset/", "email"): "nobody is told whether the account exists",
    ("channels/<int:pk>/act/", "code"): "it is compared, and not kept",
    ("finance/nav/<str:number>/decide/", "posted_number"): "a second person confirms; the page of the batch shows it",
    ("notifications/settings/", "address"): "it is a secret: the part without secrets is shown",
}
# forms that are not sent here, with the reason
NOT_SENT = {
    "accounts/2fa/totp/activate/": "wants a code of the device",
    "accounts/password/change/": "passwords",
    "action-required/user-audit/emails/": "looks for accounts by pasted addresses and changes nothing",
    "channels/new/": "wants the keys of a shop; what it keeps, its edit form keeps, too",
    "finance/reconciliation/": "compares a file with the books and keeps nothing",
    "finance/import/": "takes a file",
    "preferences/steps/<slug:slug>/": "which step is done, a button says",
    "imports/new/": "takes a file",
    "inventory/adjust/return/": "needs a shipped item",
    "inventory/adjust/type/": "needs stock of another type",
    "inventory/count/": "is confirmed line by line",
    "notifications/settings/<int:pk>/": "chooses topics",
    "settings/finance/": "codes of another system: their form is the page that shows them",
}


@dataclass
class Control:
    kind: str
    value: str


@dataclass
class Form:
    action: str
    controls: dict[str, Control] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    pressed: dict[str, str] | None = None  # what the button that is pressed sends: the plain one, where there is one

    def written(self) -> dict[str, str]:
        """The fields that a person writes into, with their kinds."""
        return {name: each.kind for name, each in self.controls.items() if each.kind in (*TEXTS, "date")}


class Reader(HTMLParser):
    """Links, POST forms and the text of a page."""

    def __init__(self, address: str, page: str) -> None:
        super().__init__()
        self.address, self.links, self.forms = address, list[str](), list[Form]()
        self.words: list[str] = []
        self._form: Form | None = None
        self._select = self._area = ""
        self._silent = 0
        self.feed(page)
        self.text = " ".join(self.words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href", "").startswith(("/", "?")):
            self.links.append(urljoin(self.address, given["href"]))
        if tag == "form":
            posts = given.get("method", "").lower() == "post"
            self._form = Form(urljoin(self.address, given.get("action") or self.address)) if posts else None
            self.forms += [self._form] if self._form else []
        if tag in ("script", "style", "select", "textarea"):
            self._silent += 1
        if self._form is not None:
            self._control(tag, given)

    def _control(self, tag: str, given: dict[str, str]) -> None:
        form, name = self._form, given.get("name", "")
        assert form is not None
        if tag == "select" and name:
            self._select = name
            form.controls[name] = Control("select", "")
        elif tag == "option" and self._select:
            if "selected" in given or not form.values.get(self._select):
                form.values[self._select] = given.get("value", "")
        elif tag == "textarea" and name:
            self._area = name
            form.controls[name], form.values[name] = Control("textarea", ""), ""
        elif tag == "button" and given.get("type", "submit") == "submit":
            if not name:
                form.pressed = {}
            elif form.pressed is None:
                form.pressed = {name: given.get("value", "")}
        elif tag == "input" and name:
            kind = given.get("type", "text")
            if kind in ("checkbox", "radio"):
                if "checked" in given or (kind == "radio" and name not in form.values):
                    form.values[name] = given.get("value", "on")
                return
            form.values[name] = given.get("value", "")
            if kind != "hidden" and "readonly" not in given and "disabled" not in given:
                form.controls[name] = Control(kind, form.values[name])

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            self._form.values[self._area] += data
        if not self._silent:
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""
        if tag in ("script", "style", "select", "textarea"):
            self._silent -= 1


def route(address: str) -> str | None:
    try:
        return str(resolve(urlsplit(address).path).route)
    except Resolver404:
        return None


def page(browser: Client, address: str) -> Reader | None:
    answer = browser.get(address, follow=True)
    if answer.streaming:
        b"".join(answer)  # read to its end, a file is closed
    html = "text/html" in answer.get("Content-Type", "") and not answer.streaming
    return Reader(answer.request["PATH_INFO"], answer.content.decode()) if answer.status_code == 200 and html else None


def forms(browser: Client) -> dict[tuple[str, str], Form]:
    """The forms of each address, one for each set of fields, found by links from home."""
    todo, opened, found = ["/"], dict[str, int](), dict[tuple[str, str], Form]()
    seen = {"/"}
    while todo:
        address = todo.pop(0)
        where = route(address)
        if where is None or opened.get(where, 0) >= A_ROUTE or where == "accounts/logout/" or "_export" in address:
            continue
        opened[where] = opened.get(where, 0) + 1
        read = page(browser, address)
        if read is None:
            continue
        for form in read.forms:
            to = route(form.action)
            if to is not None and form.written():
                found.setdefault((to, " ".join(sorted(form.written()))), form)
        fresh = [link for link in dict.fromkeys(read.links) if link not in seen]
        seen |= set(fresh)
        todo += fresh
    return found


def filled(form: Form, given: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What is sent, and what of it has to be shown, by field."""
    marks = {}
    for number, (name, kind) in enumerate(sorted(form.written().items())):
        if name in given:
            continue
        day = timezone.localdate() + timedelta(days=40 + number)
        marks[name] = {"email": f"zq{number}x@example.org", "date": day.isoformat()}.get(kind, f"Zq{number}x")
    return form.values | (form.pressed or {}) | marks | given, marks


def shows(read: Reader, name: str, mark: str, kinds: dict[str, str]) -> bool:
    if kinds.get(name) != "date":
        return mark.lower() in read.text.lower()
    day = date.fromisoformat(mark)
    return any(text in read.text for text in (mark, showing.day(day), showing.short_day(day)))


def missing(browser: Client, start: str, marks: dict[str, str], kinds: dict[str, str]) -> dict[str, str]:
    """The marks that no page shows which links lead to from `start`."""
    todo, seen, left, opened = [(start, 0)], {start}, dict(marks), 0
    while todo and left and opened < MOST:
        address, depth = todo.pop(0)
        if route(address) in ("accounts/logout/", None) or "_export" in address:
            continue
        read = page(browser, address)
        opened += 1
        if read is None:
            continue
        left = {name: mark for name, mark in left.items() if not shows(read, name, mark, kinds)}
        if depth < DEPTH:
            fresh = [link for link in read.links if link not in seen]
            seen |= set(fresh)
            todo += [(link, depth + 1) for link in fresh]
    return left


def errors(page: str) -> str:
    """What a refused form says."""
    found = re.findall(r"error-summary.*?</div>", page, re.S)
    return " ".join(strip_tags(found[0].partition(">")[2]).split()) if found else ""


@pytest.mark.parametrize("persona", "omfa")
def test_what_is_written_is_shown(persona: str, objects: Any) -> None:  # noqa: F811
    browser = in_front(User.objects.filter(role=PERSONAS[persona]).earliest("pk"))
    wrong, sent = [], 0
    for (where, _names), form in sorted(forms(browser).items()):
        if where in NOT_SENT:
            continue
        with transaction.atomic():
            values, marks = filled(form, GIVEN.get(where, {}))
            answer = browser.post(form.action, values)
            said = " ".join(str(each) for each in get_messages(answer.wsgi_request))
            refused = errors(answer.content.decode()) if answer.status_code == 200 else ""
            if answer.status_code not in (200, 302) or refused:
                wrong.append(f"{where} refuses {sorted(marks)}: {errors(answer.content.decode())} (GIVEN, NOT_SENT)")
            else:
                sent += 1
                marks = {name: mark for name, mark in marks.items() if (where, name) not in NOT_SHOWN}
                left = missing(browser, answer.get("Location", form.action), marks, form.written())
                wrong += [f"{where}: {name} is shown nowhere ({said})" for name in left]
            transaction.set_rollback(True)
    assert not wrong, "\n".join(wrong)
    assert sent > 5


def test_the_exceptions_are_addresses() -> None:
    named = {*GIVEN, *NOT_SENT, *(where for where, _name in NOT_SHOWN)}
    assert not named - set(RULES), "an exception that is no address any more"
