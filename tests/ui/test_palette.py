"""The palette: what is declared elsewhere is found in it, by whom it is for."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from inventory_ops.registries import menu
from tests import make

pytestmark = pytest.mark.django_db


def found(role: str, text: str) -> dict[str, dict[str, str]]:
    browser = Client()
    user = make.user(role, of=make.merchant() if role == "merchant" else None)
    browser.force_login(user)
    groups: Any = browser.get("/search/", {"q": text}, headers={"HX-Request": "true"}).context["groups"]
    return {group.title: {f"{hit.label} {hit.sub}".strip(): hit.url for hit in group.items} for group in groups}


def test_pages_actions_and_views_are_found_by_the_beginnings_of_their_words() -> None:
    assert "/trackers/" in found("operations", "track")["Pages"].values()
    assert "/trackers/new/" in found("operations", "new track")["Actions"].values()
    assert any(url.endswith("/run/") for url in found("operations", "run scan")["Actions"].values())
    assert "In a flash sale Inventory cost issues" in found("operations", "in flash cost")["Views"]
    assert found("operations", "rackers").get("Pages") is None


def test_what_is_called_so_comes_before_what_belongs_to_it() -> None:
    assert next(iter(found("operations", "imports"))) == "Pages"
    assert next(iter(found("operations", "imports")["Pages"].values())) == "/imports/"


def test_without_a_text_the_first_of_each_are_offered() -> None:
    groups = found("operations", "")
    assert set(groups) == {"Actions", "Pages"} and len(groups["Pages"]) == 8


def test_only_what_one_may_do_is_offered() -> None:
    assert "Actions" not in found("finance", "run scan")
    assert "Actions" not in found("merchant", "run scan")
    assert "People System" in found("admin", "people")["Pages"]
    assert "Pages" not in found("operations", "people")


@pytest.mark.parametrize("role", ["operations", "merchant", "finance", "admin"])
def test_every_page_that_it_leads_to_is_open(role: str) -> None:
    browser = Client()
    browser.force_login(make.user(role, of=make.merchant() if role == "merchant" else None))
    for text in ("", *"abcdefghijklmnoprstuvw"):
        for group in browser.get("/search/", {"q": text}, headers={"HX-Request": "true"}).context["groups"]:
            for hit in group.items:
                if not hit.is_post:
                    status = browser.get(hit.url).status_code
                    assert status in (200, 302), f"{role}: {hit.label} {hit.url} {status}"


def test_a_record_is_found_beside_them() -> None:
    make.product("TRACK-1")
    groups = found("operations", "track")
    assert "Products" in groups and "Pages" in groups


def test_keys_that_lead_to_sections_are_each_ones_own() -> None:
    keys = [entry.go for group in menu.GROUPS for entry in menu.entries(group) if entry.go]
    assert len(keys) == len(set(keys)) >= 8
    with pytest.raises(ValueError, match="another page"):
        menu.add("", "x", "palette-test", "x", roles=("admin",), go="t")
