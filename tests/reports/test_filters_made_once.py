"""Fields of filters are made once a process and serve every request: nothing of one reaches another."""

from __future__ import annotations

import pytest
from django.utils import translation
from django.utils.functional import Promise

from inventory_ops.kit.reports import Report, registry

REPORTS = {"argvalues": list(registry), "ids": lambda report: report.slug}


@pytest.mark.parametrize("report", **REPORTS)
def test_labels_and_hints_are_looked_up_in_the_language_of_who_looks(report: Report) -> None:
    """A text that was looked up when the first reader came would be in the language of that one for all others."""
    for name, declared in report.filterset_class.base_filters.items():
        assert isinstance(declared.label, Promise), f"{report.slug}: the label of {name} is not lazy"
        hint = declared.extra.get("help_text", "")
        assert hint == "" or isinstance(hint, Promise), f"{report.slug}: the hint of {name} is not lazy"


def test_a_form_that_loses_a_field_takes_it_from_no_other() -> None:
    report = registry.get("events-ledger")
    first, second = report.filters({"q": "lamp"}), report.filters({"q": "sofa"})
    first.form.fields.pop("q")
    assert "q" in second.form.fields
    assert second.clean()["q"] == "sofa"
    assert "q" in report.filters({}).form.fields


def test_a_filter_that_is_a_function_of_its_filters_asks_its_own() -> None:
    report = registry.get("events-ledger")
    for filterset in (report.filters({}), report.filters({"reference": "PO-1"})):
        for each in filterset.filters.values():
            assert each.parent is filterset
            if each.method is not None:
                assert each.filter.f is each


def test_the_same_fields_are_drawn_in_each_language() -> None:
    report = registry.get("inventory-cost-issues")
    labels = {}
    for language in ("en", "de", "en"):
        with translation.override(language):
            labels[language] = str(report.filters({}).form["category"].label)
    assert labels == {"en": "Category", "de": "Kategorie"}
