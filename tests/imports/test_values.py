"""What each type of cell takes and refuses."""

from __future__ import annotations

import pytest

from inventory_ops.imports.cells import CardIssue, CurrencyCode, Email, Timezone
from inventory_ops.kit.imports.columns import ValueType
from inventory_ops.kit.imports.values import (
    BadValue,
    Boolean,
    Choice,
    Date,
    Integer,
    Moment,
    Text,
    money,
    percent,
    ratio,
)

TAKEN: list[tuple[ValueType, str, str]] = [
    (Integer(), "12", "12"),
    (Integer(), "+7", "7"),
    (Integer(), "-3", "-3"),
    (Integer(), "007", "7"),
    (money(), "0", "0"),
    (money(), "12.50", "12.50"),
    (money(), ".5", "0.5"),
    (money(), "1.23450000", "1.23450000"),
    (money(), "999999999.9999", "999999999.9999"),
    (percent(), "100", "100"),
    (percent(), "0.0001", "0.0001"),
    (ratio(), "1", "1"),
    (Date(), "2024-02-29", "2024-02-29"),
    (Date(), "1900-01-01", "1900-01-01"),
    (Moment(), "2026-03-31", "2026-03-31T00:00:00"),
    (Moment(), "2026-03-31T14:05", "2026-03-31T14:05:00"),
    (Moment(), "2026-03-31 14:05:09", "2026-03-31T14:05:09"),
    (Moment(), "2026-03-31T14:05:09.25", "2026-03-31T14:05:09.250000"),
    (Moment(), "2026-03-31T14:05:09Z", "2026-03-31T14:05:09Z"),
    (Moment(), "2026-03-31T14:05:09z", "2026-03-31T14:05:09Z"),
    (Moment(), "2026-03-31T14:05:09+02:00", "2026-03-31T12:05:09Z"),
    (Moment(), "2026-03-31T14:05:09-0530", "2026-03-31T19:35:09Z"),
    (Integer(), "5.0", "5"),
    (Integer(), "-12.000", "-12"),
    (Moment(), "2026-04-05 21:06:21 +0400", "2026-04-05T17:06:21Z"),
    (Moment(), "2026-11-20 0:00:00", "2026-11-20T00:00:00"),
    (Text(), "CAFE\u0301", "CAFÉ"),
    (Moment(), "2026-01-01T00:30:00+02", "2025-12-31T22:30:00Z"),
    (Boolean(), "TRUE", "t"),
    (Boolean(), "no", "f"),
    (Boolean(), "0", "f"),
    (Choice(("seller", "customer")), "SELLER", "seller"),
    (Text(5), "Größe", "Größe"),
    (Text(lower=True), "ABC", "abc"),
    (Text(one_line=False), "two\nlines", "two\nlines"),
    (CurrencyCode(), "jpy", "JPY"),
    (Timezone(), "Europe/Berlin", "Europe/Berlin"),
    (Email(), "Jo@Example.com", "jo@example.com"),
    (CardIssue(), "51: insufficient funds", "51: insufficient funds"),
    (CardIssue(), "ends in 1234", "ends in 1234"),
]

REFUSED: list[tuple[ValueType, str]] = [
    *[
        (Integer(), text)
        for text in (
            "1_000",
            "1e5",
            "１２",
            "١٢",
            "१२",
            "1.5",
            "1,000",
            "0x10",
            "--1",
            "+",
            "½",
            "²",
            "inf",
            "1 2",
            "12\u200b",
        )
    ],
    (Integer(), "1000000001"),
    (Integer(), "9" * 400),
    (Integer(1, 3), "0"),
    (Integer(1, 3), "4"),
    *[
        (money(), text)
        for text in (
            "-1",
            "1_0",
            "1e3",
            "NaN",
            "Infinity",
            "-inf",
            "1,50",
            "£5",
            "5 GBP",
            "１.５",
            "1..2",
            ".",
            "1.",
            "0x1p3",
        )
    ],
    (money(), "1000000000"),
    (money(), "0.00001"),
    (money(), "9" * 60),
    (money(positive=True), "0"),
    (percent(), "100.0001"),
    (percent(), "-0.1"),
    (percent(), "50%"),
    (ratio(), "1.1"),
    *[
        (Date(), text)
        for text in ("2026-02-29", "2026-13-01", "31.03.2026", "03/31/2026", "20260331", "2026-W01-1", "1899-12-31")
    ],
    *[
        (Date(), text)
        for text in ("2201-01-01", "0000-00-00", "２０２６-03-31", "2026-3-1", "today", "2026-03-31T00:00")
    ],
    *[
        (Moment(), text)
        for text in ("2026-03-31T24:00:00", "2026-03-31T14:60", "2026-03-31T14:05:60", "20260331T1405", "1774965909")
    ],
    *[
        (Moment(), text)
        for text in (
            "2026-03-31x14:05",
            "2026-03-31T14:05+25:00",
            "2026-03-31T",
            "2026-03-31T14",
            "9999-12-31T23:59:59-14:00",
        )
    ],
    *[
        (Moment(), text)
        for text in ("0001-01-01T00:00:00+14:00", "2026-02-30T10:00", "now", "2026-03-31T14:05 Europe/Berlin")
    ],
    *[(Boolean(), text) for text in ("maybe", "2", "-1", "ja", "on ")],
    (Choice(("seller",)), "nobody"),
    (Text(3), "four"),
    (Text(), "bell\x07"),
    (Text(), "escape\x1b[31m"),
    (Text(), "two\nlines"),
    *[(CurrencyCode(), text) for text in ("XYZ", "£", "GB", "POUND", "ＧＢＰ")],
    *[(Timezone(), text) for text in ("Berlin", "UTC+1", "../../etc/passwd", "europe/nowhere", "")],
    *[
        (Email(), text)
        for text in ("jo", "jo@", "@example.com", "jo smith@example.com", "a@b@c", "jo@example", "x" * 250 + "@a.de")
    ],
    *[
        (CardIssue(), text)
        for text in ("4111111111111111", "51: 4111 1111 1111 1111", "4111-1111-1111-1111", "1234567890123456789")
    ],
]


@pytest.mark.parametrize(("kind", "text", "expected"), TAKEN)
def test_taken(kind: ValueType, text: str, expected: str) -> None:
    assert kind.parse(text) == expected


@pytest.mark.parametrize(("kind", "text"), REFUSED)
def test_refused(kind: ValueType, text: str) -> None:
    with pytest.raises(BadValue) as error:
        kind.parse(text)
    assert "4111" not in str(error.value)
