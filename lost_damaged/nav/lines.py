"""General journal lines of transactions: two a transaction, balanced. No clock, no database.

Sizes are those of Business Central's table 81 (Gen. Journal Line). A credit debits the expense account and credits
the vendor; a reversal has the same sides with negative amounts and Correction set, as Business Central itself does.
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
    """What is known of one transaction; `amount` has the sign of its type."""

    transaction_id: int
    number: str
    uid: str
    sku: str
    type_name: str
    amount: Decimal
    currency: str
    digits: int
    booked_on: date
    vendor_no: str
    reason: str
    category: str


@dataclass(frozen=True, slots=True)
class Journal:
    """Names and accounts of the journal, from the finance settings."""

    template: str
    batch: str
    expense_account: str
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
        return self.account_type == GL_ACCOUNT

    @property
    def debit(self) -> Decimal:
        return self.amount if self.is_debit_side else Decimal(0)

    @property
    def credit(self) -> Decimal:
        return -self.amount if not self.is_debit_side else Decimal(0)


def lines(entries: Iterable[Entry], journal: Journal) -> Iterator[Line]:
    """Two lines an entry, numbered in steps of 10,000."""
    number = 0
    for entry in entries:
        for account_type, account_no, sign in (
            (GL_ACCOUNT, journal.expense_account, 1),
            (VENDOR, entry.vendor_no, -1),
        ):
            number += LINE_STEP
            yield Line(number, entry, account_type, account_no, sign * entry.amount)


def text(value: str, size: int) -> str:
    """A text that fits a NAV field: one line, not run by any spreadsheet, at most `size` characters."""
    return plain(re.sub(r"[\x00-\x1f\x7f\u2028\u2029]+", " ", value).strip())[:size]


def external_number(entry: Entry) -> str:
    uid = plain(entry.uid)
    return uid if len(uid) <= 35 else entry.number


def as_csv(found: Iterable[Line], journal: Journal, batch_id: str) -> bytes:
    """UTF-8 with `;` and CRLF, dates as ISO, amounts with a point and the currency's digits."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in found:
        entry = line.entry
        day = entry.booked_on.isoformat()
        writer.writerow(
            [
                text(journal.template, 10),
                text(journal.batch, 10),
                line.number,
                day,
                day,
                "",
                entry.number[:20],
                external_number(entry),
                line.account_type,
                text(line.account_no, 20),
                text(f"{entry.type_name} {entry.sku}", 100),
                "" if entry.currency == journal.local_currency else entry.currency,
                amount_text(line.amount, entry.digits),
                amount_text(line.debit, entry.digits),
                amount_text(line.credit, entry.digits),
                "",
                "",
                REASON_CODES.get(entry.reason, "OTHER"),
                text(journal.shop_dimension, 20),
                text(entry.category.upper(), 20),
                int(entry.amount < 0),
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
                "postingDate": entry.booked_on.isoformat(),
                "documentNumber": entry.number[:20],
                "externalDocumentNumber": external_number(entry),
                "amount": amount_text(line.amount, entry.digits),
                "description": text(f"{entry.type_name} {entry.sku}", 100),
                "comment": REASON_CODES.get(entry.reason, "OTHER"),
                "dimensionSetLines": dimensions,
            }
        )
    written = json.dumps({"journalLines": objects}, indent=1, ensure_ascii=False)
    return re.sub(r'"amount": "(-?[0-9.]+)"', r'"amount": \1', written).encode()


def amount_text(amount: Decimal, digits: int) -> str:
    return format(rounded(amount, digits) + 0, "f")
