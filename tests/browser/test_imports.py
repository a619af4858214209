"""A new user brings a file of a layout that nobody knows: mapped, saved, and the next month takes two clicks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import shoot

HEADER = "Stock list of V10;;;;;\n;;;;;\nArtikelnummer;Bezeichnung;Lagerort;Bestand;EK-Preis;\n"
FIRST = (
    HEADER
    + "DEAR-V10;Lamp;Quay;57;4,50;\nQUIET-V10;Fjord Mug;Quay;1.250;4,50;\nNONE;Gone;Quay;1;1,00;\nSumme;;;1.308;;\n"
)


def choose(page: Page, name: str, text: str) -> None:
    page.goto("/imports/new/")
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": text.encode()})


def apply_now() -> None:
    """What a worker does, here."""
    from inventory_ops.models import Import
    from inventory_ops.operations.imports import uploads

    uploads.run_apply(Import.objects.get(state="applying"))


def test_a_new_layout_is_mapped_once(visit: Callable[..., Page], world: dict[str, Any]) -> None:
    page = visit("operations")
    choose(page, "Bestand 11.csv", FIRST)
    shoot(page, "imports-new")
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Questions about")
    shoot(page, "imports-mapping")
    expect(page.get_by_label("Artikelnummer")).to_have_value("sku")
    expect(page.get_by_label("Bestand", exact=True)).to_have_value("quantity")
    page.get_by_label("Bezeichnung").select_option("")
    page.get_by_label("EK-Preis").select_option("")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("Which location of ours")).to_be_visible()
    shoot(page, "imports-words")
    page.get_by_label("Quay").fill("QUAY")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("Stock: 4 rows, 3 of 5 columns used")).to_be_visible()
    expect(page.get_by_text("There is no such product")).to_be_visible()
    shoot(page, "imports-check")
    page.get_by_role("button", name="Apply 2 rows").click()
    apply_now()

    choose(page, "Bestand 12.csv", FIRST.replace(";57;", ";60;"))
    page.get_by_role("button", name="Upload and check").click()  # the first click
    expect(page.get_by_role("cell", name="60")).to_be_visible()
    shoot(page, "imports-next-month")
    page.get_by_role("button", name="Apply 1 row", exact=True).click()  # the second
    apply_now()
    page.goto("/imports/formats/")
    expect(page.get_by_role("heading", name="Shopify orders export")).to_be_visible()
    shoot(page, "imports-formats")
