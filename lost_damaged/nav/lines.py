"""General journal lines of what a seller is owed: two an entry, balanced. No clock, no database.

Sizes are those of Business Central's table 81 (Gen. Journal Line). What raises the seller's balance debits a G/L
account and credits the vendor, what lowers it has the sides the other way round. What takes an entry back has the sides
of that entry with negative amounts and Correction set, as Business Central itself does.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from inventory_ops.kit.spreadsheets import plain
from lost_damaged.formula import rounded

COLUMNS = (
    "Journal Template Name",
    "Journal Batch Name",
    "Line No.",
    "Posting Date",
    "Document Date",
    "Document Type",
    "Document No.",
    "External Document No.",
    "Account Type",
    "Account No.",
    "Description",
    "Currency Code",
    "Amount",
    "Debit Amount",
    "Credit Amount",
    "Bal. Account Type",
    "Bal. Account No.",
    "Reason Code",
    "Shortcut Dimension 1 Code",
    "Shortcut Dimension 2 Code",
    "Correction",
    "Batch Id",
)
REASON_CODES = {
    "lost_inbound": "LOST-INB",
    "lost_warehouse": "LOST-WHS",
    "lost_delivery": "LOST-DEL",
    "lost_return": "LOST-RET",
    "damaged_warehouse": "DAM-WHS",
    "damaged_carrier": "DAM-CARR",
    "other": "OTHER",
}
GL_ACCOUNT, VENDOR = "G/L Account", "Vendor"
API_ACCOUNT_TYPES = {GL_ACCOUNT: "G_x002F_L_x0020_Account", VENDOR: "Vendor"}  # how OData writes the names
LINE_STEP = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One amount of a document; above 0 it raises what the vendor is owed.

    `credits_vendor` says on which side amounts of its kind are; with the other sign it is a correction.
    """

    number: str
    external: str
    description: str
    amount: Decimal
    currency: str
    digits: int
    posted_on: date
    document_on: date
    account_no: str
    vendor_no: str
    reason_code: str = ""
    category: str = ""
    credits_vendor: bool = True

    @property
    def is_correction(self) -> bool:
        return (self.amount < 0) == self.credits_vendor


@dataclass(frozen=True, slots=True)
class Journal:
    """Names of the journal, from the finance settings."""

    template: str
    batch: str
    shop_dimension: str
    local_currency: str


@dataclass(frozen=True, slots=True)
class Line:
    """One journal line; `amount` is positive on the debit side."""

    number: int
    entry: Entry
    account_type: str
    account_no: str
    amount: Decimal

    @property
    def is_debit_side(self) -> bool:
        return (self.account_type == GL_ACCOUNT) == self.entry.credits_vendor

    @property
    def debit(self) -> Decimal:
        return self.amount if self.is_debit_side else Decimal(0)

    @property
    def credit(self) -> Decimal:
        return -self.amount if not self.is_debit_side else Decimal(0)


def lines(entries: Iterable[Entry]) -> Iterator[Line]:
    """Two lines an entry, numbered in steps of 10,000."""
    number = 0
    for entry in entries:
        for account_type, account_no, sign in (
            (GL_ACCOUNT, entry.account_no, 1),
            (VENDOR, entry.vendor_no, -1),
        ):
            number += LINE_STEP
            yield Line(number, entry, account_type, account_no, sign * entry.amount)


def text(value: str, size: int) -> str:
    """A text that fits a NAV field: one line, not run by any spreadsheet, at most `size` characters."""
    return plain(re.sub(r"[\x00-\x1f\x7f\u2028\u2029]+", " ", value).strip())[:size]


def external_number(entry: Entry) -> str:
    external = plain(entry.external)
    return external if len(external) <= 35 else entry.number


def as_csv(found: Iterable[Line], journal: Journal, batch_id: str) -> bytes:
    """UTF-8 with `;` and CRLF, dates as ISO, amounts with a point and the currency's digits."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in found:
        entry = line.entry
        writer.writerow(
            [
                text(journal.template, 10),
                text(journal.batch, 10),
                line.number,
                entry.posted_on.isoformat(),
                entry.document_on.isoformat(),
                "",
                entry.number[:20],
                external_number(entry),
                line.account_type,
                text(line.account_no, 20),
                text(entry.description, 100),
                "" if entry.currency == journal.local_currency else entry.currency,
                amount_text(line.amount, entry.digits),
                amount_text(line.debit, entry.digits),
                amount_text(line.credit, entry.digits),
                "",
                "",
                entry.reason_code,
                text(journal.shop_dimension, 20),
                text(entry.category.upper(), 20),
                int(entry.is_correction),
                batch_id,
            ]
        )
    return out.getvalue().encode()


def as_json(found: Iterable[Line], journal: Journal) -> bytes:
    """The lines as `journalLine` objects of API v2.0, one a POST; amounts are exact JSON numbers."""
    objects = []
    for line in found:
        entry = line.entry
        dimensions = [
            {"code": code, "valueCode": value}
            for code, value in (
                ("SHOP", text(journal.shop_dimension, 20)),
                ("CATEGORY", text(entry.category.upper(), 20)),
            )
            if value
        ]
        objects.append(
            {
                "journalDisplayName": text(journal.batch, 10),
                "lineNumber": line.number,
                "accountType": API_ACCOUNT_TYPES[line.account_type],
                "accountNumber": text(line.account_no, 20),
                "postingDate": entry.posted_on.isoformat(),
                "documentNumber": entry.number[:20],
                "externalDocumentNumber": external_number(entry),
                "amount": amount_text(line.amount, entry.digits),
                "description": text(entry.description, 100),
                "comment": entry.reason_code,
                "dimensionSetLines": dimensions,
            }
        )
    written = json.dumps({"journalLines": objects}, indent=1, ensure_ascii=False)
    return re.sub(r'"amount": "(-?[0-9.]+)"', r'"amount": \1', written).encode()


def amount_text(amount: Decimal, digits: int) -> str:
    return format(rounded(amount, digits) + 0, "f")
