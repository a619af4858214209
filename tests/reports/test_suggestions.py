"""Filters offer what fits, of what one may see."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from inventory_ops.kit.reports import registry
from inventory_ops.models import Merchant
from tests import make

pytestmark = pytest.mark.django_db


def signed_in(role: str, of: Merchant | None = None) -> Client:
    browser = Client()
    browser.force_login(make.user(role, of=of))
    return browser


def offered(browser: Client, kind: str, text: str) -> list[str]:
    answer = browser.get(f"/suggest/{kind}/", {"q": text})
    assert answer.status_code == 200
    return [each["value"] for each in answer.json()["results"]]


def test_vendors_by_the_begin_of_their_number_or_by_name() -> None:
    make.merchant("N100", name="Hartwell")
    make.merchant("N200", name="Calder")
    browser = signed_in("operations")
    assert offered(browser, "vendor", "n1") == ["N100"]
    assert offered(browser, "vendor", "n") == ["N200", "N100"]  # Calder, Hartwell
    assert offered(browser, "vendor", "ALD") == ["N200"]
    assert offered(browser, "vendor", "") == []
    assert offered(browser, "vendor", "a\0ld") == ["N200"]


def test_brands_that_begin_so_come_first() -> None:
    for name in ("Varmo", "Old Varmo", "Quill"):
        make.product(brand_name=name)
    browser = signed_in("operations")
    assert offered(browser, "brand", "var") == ["Varmo", "Old Varmo"]
    assert offered(browser, "brand", "va") == []


def test_a_seller_is_offered_nothing_of_others() -> None:
    own, other = make.merchant("N100", name="Hartwell"), make.merchant("N200", name="Harbor")
    make.product(of=own, brand_name="Varmo")
    make.product(of=other, brand_name="Varmo Secret")
    browser = signed_in("merchant", of=own)
    assert offered(browser, "vendor", "har") == ["N100"]
    assert offered(browser, "brand", "var") == ["Varmo"]


def test_what_is_not_suggested_is_not_there() -> None:
    assert signed_in("operations").get("/suggest/customer/?q=a").status_code == 404


@pytest.mark.parametrize("name", ["vendor", "brand"])
def test_each_filter_by_vendor_or_brand_suggests(name: str) -> None:
    filters: list[Any] = [
        report.filterset_class.base_filters[name] for report in registry if name in report.filterset_class.base_filters
    ]
    assert len(filters) >= 3
    without = [each for each in filters if not str(each.extra.get("widget").attrs.get("data-suggest", ""))]
    assert not without
