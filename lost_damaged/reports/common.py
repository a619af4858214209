"""Columns that several lists of lost and damaged share."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from inventory_ops.kit import markup
from inventory_ops.kit.reports import columns

VENDOR = columns.Text(
    key="vendor_number", header="Vendor Number", label=_("Vendor"), expression="merchant__vendor_number", css="m-hide"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(columns.Percent):
    """A plain decimal without needless zeros."""

    def html(self, row: columns.Row) -> str:
        value = row[self.alias]
        return "" if value is None else markup.number(value.normalize() + 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier(columns.Integer):
    """A number that names something: written without separators."""

    numeric = False

    def html(self, row: columns.Row) -> str:
        value = row[self.alias]
        return "" if value is None else str(value)
