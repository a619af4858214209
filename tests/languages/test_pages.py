"""Pages are in the language of the profile, else of the browser; what programs read is always the same."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template
from django.test import Client
from django.utils import translation

from inventory_ops.kit import showing
from inventory_ops.kit.reports import Report, registry
from inventory_ops.models import User
from inventory_ops.queries import shop
from tests import make
from tests.doors.support import sign_in

pytestmark = pytest.mark.django_db
PRODUCTS = "/action-required/inventory-cost-issues/"
REPORTS = ("inventory-cost-issues", "order-cost-issues", "products-without-orders", "orders", "products")
GERMAN = {"HTTP_ACCEPT_LANGUAGE": "de-CH,de;q=0.9,en;q=0.5"}


def text(browser: Client, address: str, **headers: str) -> str:
    answer = browser.get(address, **headers)  # type: ignore[arg-type]
    assert answer.status_code == 200
    return answer.content.decode()


def speaks(user: User, language: str) -> Client:
    User.objects.filter(pk=user.pk).update(language=language)
    return sign_in(user)


def exported(browser: Client, report: Report) -> str:
    answer: Any = browser.get(f"{report.url}?_export=csv")
    return b"".join(answer.streaming_content).decode()


def word(language: str, message: str) -> str:
    with translation.override(language):
        return translation.gettext(message)


def test_who_has_chosen_none_reads_the_browsers_language() -> None:
    browser = sign_in(make.user("operations"))
    answer = browser.get(PRODUCTS, **GERMAN)  # type: ignore[arg-type]
    assert '<html lang="de"' in " ".join(answer.content.decode().split())
    assert answer.headers["Content-Language"] == "de" and "Accept-Language" in answer.headers["Vary"]
    assert 'lang="en"' in text(browser, PRODUCTS, HTTP_ACCEPT_LANGUAGE="fi")


def test_the_profile_goes_before_the_browser() -> None:
    browser = speaks(make.user("operations"), "es")
    page = text(browser, PRODUCTS, **GERMAN)
    assert 'lang="es"' in page and word("es", "Product") in page


def test_the_page_of_who_is_not_signed_in_is_in_the_browsers_language() -> None:
    page = text(Client(), "/accounts/login/", **GERMAN)
    assert 'lang="de"' in page and word("de", "Password") in page


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_exports_are_the_same_in_each_language(language: str) -> None:
    product = make.product(cost=Decimal(12))
    make.item(product)
    user = make.user("operations")
    usual = {report.slug: exported(sign_in(user), report) for report in registry if report.slug in REPORTS}
    assert product.sku in usual["inventory-cost-issues"]
    browser = speaks(user, language)
    assert {slug: exported(browser, registry.get(slug)) for slug in usual} == usual


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_answers_of_the_api_are_the_same_in_each_language(language: str) -> None:
    browser = speaks(make.user("operations"), language)
    answer = browser.get("/api/v1/reports/inventory-cost-issues/?price_min=x", HTTP_ACCEPT_LANGUAGE=language)
    usual = speaks(make.user("operations"), "").get("/api/v1/reports/inventory-cost-issues/?price_min=x")
    assert answer.content == usual.content and answer.status_code == usual.status_code


def test_days_and_numbers_are_written_as_the_language_does_unless_the_profile_says_otherwise() -> None:
    user = make.user("operations")
    day = date(2026, 3, 31)
    written = {}
    for language in ("", "de", "es", "pt-br", "zh-hans"):
        user.language = language
        with shop.shown_to(user):
            written[language] = (showing.day(day), showing.plain_number("1,234.50"))
    assert written == {
        "": ("31 Mar 2026", "1,234.50"),
        "de": ("31.03.2026", "1.234,50"),
        "es": ("31/03/2026", "1.234,50"),
        "pt-br": ("31/03/2026", "1.234,50"),
        "zh-hans": ("2026-03-31", "1,234.50"),
    }
    user.language, user.date_format, user.number_format = "de", "d_mon_y", "apostrophe"
    with shop.shown_to(user):
        assert showing.day(day) == "31 Mär 2026"
        assert showing.plain_number("1,234.50") == "1’234.50"


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_what_stands_in_inputs_and_drawings_is_plain(language: str) -> None:
    shown = Template("{{ number }}").render
    with translation.override(language):
        assert shown(Context({"number": 1234.5})) == "1234.5" and shown(Context({"number": 1234567})) == "1234567"
        typed = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
        assert 'value="2026-03-31"' in typed.widget.render("day", date(2026, 3, 31))
        assert typed.clean("2026-03-31") == date(2026, 3, 31)
        assert forms.DecimalField().clean("1234.5") == Decimal("1234.5")
