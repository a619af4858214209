"""Which columns a list shows at which width."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inventory_ops.kit.reports import columns, layout, registry
from inventory_ops.kit.reports.request import shown_columns

COLUMNS = [
    columns.Text(key="sku", header="Item SKU", width=160),
    columns.Text(key="vendor", header="Vendor", width=120),
    columns.Money(key="price", header="Price"),
    columns.Moment(key="at", header="At"),
    columns.Choice(key="state", header="State", css="m-right"),
]
STYLES = (Path(__file__).parents[2] / "static/css/list-widths.css").read_text()


def test_what_names_orders_and_decides_a_row_comes_first() -> None:
    found = [column.key for column in layout.by_importance(COLUMNS, sort="price")]
    assert found == ["sku", "price", "state", "vendor", "at"]


def test_what_does_not_fit_waits_for_room() -> None:
    found = layout.classes(COLUMNS, sort="-price", selectable=True, picked=False)
    assert "from-" not in " ".join(found[key] for key in ("sku", "price", "state", "vendor"))
    assert found["at"] == "from-720"


def test_columns_that_were_picked_are_all_shown() -> None:
    found = layout.classes(COLUMNS, sort="-price", selectable=True, picked=True)
    assert "from-" not in " ".join(found.values())


def test_the_stylesheet_knows_every_width_that_can_be_set() -> None:
    for width in range(layout.LEAST, layout.MOST + 1, layout.GRAIN):
        assert f".has-{width} " in STYLES
    found = layout.classes(COLUMNS, sort="-price", selectable=True, picked=False, widths={"vendor": 600})
    assert found["vendor"] == "is-set has-600 from-1080"


@pytest.mark.parametrize("report", registry, ids=lambda report: report.slug)
def test_the_stylesheet_knows_every_class(report: object) -> None:
    shown = shown_columns(report, None)  # type: ignore[arg-type]
    for text in layout.classes(shown, sort="", selectable=True, picked=False).values():
        for name in text.split():
            assert re.search(rf"\.{name}\b", STYLES), f"{report.slug}: {name}"  # type: ignore[attr-defined]
