"""Parts of pages that are kept reach nobody but whom they were drawn for, or who would be shown the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from django.utils.safestring import mark_safe

from inventory_ops.kit import kept, showing
from inventory_ops.models import User
from tests import make

KEPT = re.compile(r"{% kept \"([^\"]+)\"")
PARTS = {name for path in Path("templates").rglob("*.html") for name in KEPT.findall(path.read_text())}


@dataclass(frozen=True)
class Crumb:
    label: str


@dataclass(frozen=True, eq=False)
class Menu:
    """Known by identity."""

    title: str


@dataclass(eq=False)
class Draft:
    """Compared by identity, too, but what it says may change."""

    title: str


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (True, 1),
        (1, 1.0),
        (Decimal("1.0"), Decimal("1.00")),
        ("<b>", mark_safe("<b>")),
        (["a"], ["a", "b"]),
        (Crumb("a"), ("a",)),
        (Crumb("<b>"), Crumb(mark_safe("<b>"))),
        (Menu("a"), Menu("b")),
    ],
)
def test_what_is_drawn_otherwise_is_another_part(one: Any, other: Any) -> None:
    assert kept.exact(one) != kept.exact(other)


def test_what_never_changes_is_known_by_identity_and_what_may_by_what_it_says() -> None:
    menu, draft = Menu("a"), Draft("a")
    assert kept.exact(menu) is menu
    before = kept.exact(draft)
    draft.title = "b"
    assert kept.exact(draft) != before


@pytest.mark.parametrize("value", [object(), User(), {"a": 1}, {1}, lambda: 1])
def test_what_may_change_behind_its_back_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot depend on"):
        kept.draw("components/breadcrumbs.html", breadcrumbs=[("A", value)])


def test_a_text_is_escaped_though_the_same_markup_was_kept() -> None:
    def crumbs(label: str) -> str:
        return kept.draw("components/breadcrumbs.html", breadcrumbs=[(label, None), ("here", None)])

    assert "<b>x</b>" in crumbs(mark_safe("<b>x</b>"))
    assert "<b>x</b>" not in crumbs("<b>x</b>")


def test_each_language_has_its_own() -> None:
    def links() -> str:
        return kept.draw("components/account_links.html")

    drawn = {}
    for language in ("en", "de", "es", "pt-br", "zh-hans", "en"):
        with translation.override(language):
            drawn.setdefault(language, links())
            assert links() == drawn[language]
    assert len(set(drawn.values())) == 5


def test_each_format_of_numbers_has_its_own() -> None:
    with showing.shown(formats=showing.Formats(number="dot")):
        dots = showing.how()
    assert dots != showing.how()


@pytest.mark.parametrize("name", sorted(PARTS))
def test_a_kept_part_asks_neither_request_nor_clock(name: str) -> None:
    seen, waiting = set(), [name]
    while waiting:
        path = waiting.pop()
        seen.add(path)
        text = Path("templates", path).read_text()
        asked = [re.sub(r"'[^']*'|\"[^\"]*\"", "", tag) for tag in re.findall(r"{[{%].*?[}%]}", text)]
        assert not [tag for tag in asked if re.search(r"\b(csrf_token|request|shell|ago|user|perms)\b", tag)], path
        waiting += [each for each in re.findall(r"{% include [\"']([^\"']+)", text) if each not in seen]


@pytest.mark.django_db
def test_who_comes_first_leaves_nothing_for_who_comes_next() -> None:
    admin = User.objects.create_user(email="first@example.com", name="Ada First", role="admin")
    finance = User.objects.create_user(email="next@example.com", name="Fin Next", role="finance", language="de")
    seller = make.user("merchant", of=make.merchant(), email="seller@example.com")
    for _ in range(2):
        pages = {}
        for user in (admin, finance, seller):
            client = Client()
            client.force_login(user)
            pages[user.role] = client.get("/").content.decode()
        assert "People" in pages["admin"]
        assert "People" not in pages["finance"]
        assert "Ada First" not in pages["finance"]
        assert "Abmelden" in pages["finance"]
        assert "Sign out" not in pages["finance"]
        assert "Ada First" not in pages["merchant"] and "Fin Next" not in pages["merchant"]
        assert "People" not in pages["merchant"] and "Abmelden" not in pages["merchant"]
