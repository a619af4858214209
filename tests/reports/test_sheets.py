"""What stands in a sheet: the texts as they are, numbers as numbers, and a header in any case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from inventory_ops.kit.reports import Report, exports, registry
from inventory_ops.kit.reports.exports import LONGEST_XLSX_TEXT
from inventory_ops.models import Product
from tests import make

pytestmark = pytest.mark.django_db


def sheet_of(slug: str, target: Path) -> Any:
    exports.write_xlsx(registry.get(slug).select({}, viewer=None), target)
    return openpyxl.load_workbook(target).active


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "'=x", "https://example.org/", "1", " a & <b> ", "é 😀"])
def test_a_text_stays_a_text(name: str, tmp_path: Path) -> None:
    product = make.product(sku="KET-100", price="12.50")
    Product.objects.filter(pk=product.pk).update(name=name)
    head, row = sheet_of("products", tmp_path / "products.xlsx").iter_rows()
    cells = {title.value: cell for title, cell in zip(head, row, strict=True)}
    assert (cells["Item Name"].value, cells["Item Name"].data_type) == (name, "s")
    assert cells["Item Name"].hyperlink is None
    assert (cells["Price"].value, cells["Price"].data_type) == (12.5, "n")


def test_a_sheet_of_no_rows_has_its_header_which_stays_in_sight(tmp_path: Path) -> None:
    sheet = sheet_of("products", tmp_path / "products.xlsx")
    assert [cell.value for cell in sheet[1]] == [column.header for column in registry.get("products").exported_columns]
    assert (sheet.freeze_panes, sheet.title, sheet["A1"].font.bold) == ("A2", "products", True)
    assert sheet["A1"].border.bottom.style == "thin"
    assert sheet.auto_filter.ref.startswith("A1:")


def test_a_text_beyond_what_a_cell_holds_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make.product(sku="KET-100")
    width = len(registry.get("products").exported_columns)
    monkeypatch.setattr(exports, "are_numbers", lambda _: [False] * width)
    monkeypatch.setattr(exports, "text_rows", lambda *_, **__: iter([["x" * (LONGEST_XLSX_TEXT + 1)] * width]))
    assert len(sheet_of("products", tmp_path / "products.xlsx")["A2"].value) == LONGEST_XLSX_TEXT


@pytest.mark.parametrize("report", list(registry), ids=lambda report: report.slug)
def test_no_two_columns_have_the_same_header(report: Report) -> None:
    headers = [column.header for column in report.exported_columns]
    assert len(set(headers)) == len(headers)
