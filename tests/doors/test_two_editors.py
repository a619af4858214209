"""Two people on the same edit form, of every address that has one: neither overwrites the other unseen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from django.test import Client

from config.access import RULES, TABLE, Rule
from inventory_ops.models import SavedView
from tests import make
from tests.doors.objects import make_objects
from tests.doors.support import in_front

pytestmark = pytest.mark.django_db

# what has a form and an object in its address, and edits nothing that is stored
NO_EDITS = {
    "accounts/invitation/<str:token>/": "sets the first password of one's own account",
    "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "sets a password, which nobody is shown",
    "channels/<int:pk>/catalogue/": "decides over what a channel said, each line by its digest",
    "channels/<int:pk>/upload/": "takes a file",
    "imports/<uuid:pk>/answers/": "answers questions about one's own file",
    "notifications/settings/<int:pk>/": "adds subscriptions to one's own destination",
    "notifications/views/<int:pk>/": "has one's own subscription as often as said last",
    "notifications/views/stop/<str:token>/": "asks whether to end one's own subscription",
    "products/<int:pk>/flash-sale/": "plans a new sale",
    "settings/finance/propose/<str:name>/": "proposes; a second person decides",
    "settings/proposals/<int:pk>/": "decides over a proposal that never changes",
    "setup/<str:token>/": "makes the first account",
    "system/people/<int:pk>/email/": "asks for another address, and shows none",
    "finance/statements/<str:number>/close/": "closes with the digest of what was previewed",
    "finance/statements/<str:number>/payments/<int:pk>/return/": "reverses once, with a reason",
    "finance/write-offs/<str:number>/reverse/": "reverses once, with a reason",
    "trackers/<int:pk>/delete/": "deletes",
}
# edit forms that have no object in their address
OF_ONE = ("accounts/profile/", "settings/shop/", "settings/finance/")
SEEN = "seen_"


@dataclass
class Form:
    """A form as a browser holds it: the names of its visible controls, and all that it would send."""

    action: str = ""
    visible: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)


class Reader(HTMLParser):
    """The forms of a page that are sent by POST."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.form: Form | None = None
        self.select = self.area = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form = Form(given.get("action", "")) if given.get("method", "").lower() == "post" else None
            self.forms += [self.form] if self.form else []
        if self.form is None:
            return
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "input" and name:
            self._input(name, kind, given)
        elif tag == "select" and name:
            self.select = name
            self.form.visible.append(name)
        elif tag == "option" and self.select and ("selected" in given or self.select not in self.form.values):
            self.form.values[self.select] = given.get("value", "")
        elif tag == "textarea" and name:
            self.area = name
            self.form.visible.append(name)
            self.form.texts.append(name)
            self.form.values[name] = ""

    def _input(self, name: str, kind: str, given: dict[str, str]) -> None:
        assert self.form is not None
        if kind in ("hidden", "submit"):
            self.form.values.setdefault(name, given.get("value", ""))
            return
        if name not in self.form.visible:
            self.form.visible.append(name)
        if kind in ("checkbox", "radio"):
            if "checked" in given:
                self.form.values[name] = given.get("value", "on")
            return
        self.form.values[name] = given.get("value", "")
        if kind in ("text", "number", "datetime-local", "search"):
            self.form.texts.append(name)

    def handle_data(self, data: str) -> None:
        if self.area and self.form is not None:
            self.form.values[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.area = ""


def edited() -> Iterator[Rule]:
    """Addresses that show a form of something stored and take it."""
    for rule in TABLE:
        is_named = "<" in rule.route and not rule.route.startswith("api/")
        if (is_named and rule.get and rule.post and rule.route not in NO_EDITS) or rule.route in OF_ONE:
            yield rule


def edit_form(browser: Client, address: str) -> Form:
    answer = browser.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    forms = [form for form in Reader(answer.content.decode()).forms if form.action in ("", address)]
    # where a page has several, the one that changes what is stored carries what it saw
    carrying = [form for form in forms if any(SEEN in name for name in form.values)]
    assert carrying, f"{address}: its form does not carry what it shows (forms/seen.py), or it belongs to NO_EDITS"
    return max(carrying, key=lambda form: len(form.visible))


def who(rule: Rule) -> Client:
    role = {"a": "admin", "o": "operations", "f": "finance", "m": "merchant"}
    return in_front(make.user(next(role[letter] for letter in "aofm" if letter in rule.post)))


EDITED = [rule.route for rule in edited()]


def test_there_are_such_addresses() -> None:
    assert {"trackers/<int:pk>/edit/", "channels/<int:pk>/edit/", "products/<int:pk>/prices/"} <= set(EDITED)
    assert set(NO_EDITS) <= set(RULES), "an exception that is no address any more"


def secret(name: str) -> bool:
    return name.startswith("set_") or name in ("merchant", "accept_loss", "csrfmiddlewaretoken")


@pytest.mark.parametrize("route", EDITED)
def test_every_field_is_carried(route: str) -> None:
    rule, objects = RULES[route], make_objects()
    form = edit_form(who(rule), objects.at(route))
    kept = {name.replace(SEEN, "", 1) for name in form.values if SEEN in name}
    missing = [name for name in form.visible if name not in kept and not secret(name)]
    assert not missing, f"{route}: {missing} are not carried"


def typed(form: Form, name: str, number: int) -> str:
    """Another value for a text field, one that fits a number as well."""
    old = form.values[name]
    return str(int(old) + number) if old.isdecimal() else ("12345678"[number] if not old else f"{old}{number}")


@pytest.mark.parametrize("route", EDITED)
def test_two_editors_keep_both_and_see_what_collides(route: str) -> None:
    rule, objects = RULES[route], make_objects()
    address = objects.at(route)
    one, two = who(rule), who(rule)
    if route == "accounts/profile/":
        two = one  # two windows of the same person
    first, second = edit_form(one, address), edit_form(two, address)
    kept = {key.replace(SEEN, "", 1) for key in first.values if SEEN in key}
    free = sorted((name for name in first.texts if name in kept), key=lambda name: not first.values[name])
    name = free[0]  # one that is filled in, if there is one
    sent = one.post(address, first.values | {name: typed(first, name, 1)})
    assert sent.status_code == 302, sent.content.decode()[-3000:]
    # what the second left alone stays as the first made it
    assert two.post(address, second.values).status_code == 302
    assert edit_form(one, address).values[name] == typed(first, name, 1)
    # both changed it: nothing is saved, both values are shown, what was typed stays
    answer = two.post(address, second.values | {name: typed(second, name, 2)})
    page = answer.content.decode()
    assert answer.status_code == 422, page[-3000:]
    assert f"“{typed(first, name, 1)}”" in page and f"“{typed(second, name, 2)}”" in page
    shown = next(form for form in Reader(page).forms if name in form.values)
    assert shown.values[name] == typed(second, name, 2)
    # sent once more, knowing the other's value, it is saved
    assert two.post(address, shown.values).status_code == 302
    assert edit_form(one, address).values[name] == typed(second, name, 2)


def test_a_saved_view_is_not_renamed_over_somebody_elses_name() -> None:
    one, two = make.user("admin"), make.user("admin")
    view = SavedView.objects.create(report="trackers", owner=one, scope="all", name="Low")
    seen = {"seen_name": "Low", "seen_scope": "all"}
    address = f"/preferences/views/{view.pk}/change/"
    in_front(one).post(address, seen | {"name": "Lower", "scope": "all"})
    in_front(two).post(address, seen | {"name": "Lowest", "scope": "all"})
    view.refresh_from_db()
    assert view.name == "Lower"
    in_front(two).post(address, seen | {"name": "Low", "scope": "group"})
    view.refresh_from_db()
    assert (view.name, view.scope) == ("Lower", "group")
