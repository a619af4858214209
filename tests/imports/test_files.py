"""Files that cannot be taken: what is said, about which line, and that nothing is left of them."""

from __future__ import annotations

import gzip

import pytest

from inventory_ops.models import Import, Merchant
from tests.imports.support import Load, messages

HEAD = "vendor_number,name\n"

REFUSED_FILES: list[tuple[str, bytes, int, str]] = [
    ("empty", b"", 1, "empty"),
    ("utf-32", "vendor_number,name\n".encode("utf-32"), 1, "encoding"),
    ("latin-1", HEAD.encode() + b"V1,Gr\xf6\xdfe\n", 1, "encoding"),
    ("windows-1252 far down", HEAD.encode() + b"V1,x\n" * 3 + b"V2,\x80\n", 1, "encoding"),
    ("overlong utf-8", HEAD.encode() + b"V1,\xc0\xaf\n", 1, "encoding"),
    ("surrogate", HEAD.encode() + b"V1,\xed\xa0\x80\n", 1, "encoding"),
    ("nul byte", HEAD.encode() + b"V1,a\nV2,b\x00c\n", 3, "nul"),
    ("nul in header", b"vendor_number,na\x00me\n", 1, "nul"),
    ("binary", bytes(range(256)) * 10, 1, "nul"),
    ("zip", b"PK\x03\x04\x14\x00\x00\x00", 1, "nul"),
    ("gzip cut off", gzip.compress(HEAD.encode() + b"V1,x\n" * 5000, mtime=0)[:-20], 0, "gzip"),
    ("gzip damaged", gzip.compress(HEAD.encode() + b"V1,x\n", mtime=0)[:12] + b"\xff" * 20, 0, "gzip"),
    ("gzip with garbage behind", gzip.compress(HEAD.encode(), mtime=0) + b"garbage", 0, "gzip"),
    ("unknown column", b"vendor_number,name,colour\nV1,x,red\n", 1, "unknown_column"),
    ("column without a name", b"vendor_number,,name\nV1,,x\n", 1, "unknown_column"),
    ("duplicate column", b"vendor_number,name,name\nV1,x,y\n", 1, "duplicate_column"),
    ("duplicate column in another case", b"vendor_number,name,NAME\nV1,x,y\n", 1, "duplicate_column"),
    ("missing column", b"vendor_number\nV1\n", 1, "missing_column"),
    ("no header", b"V1,Northwind\n", 1, "unknown_column"),
    ("header of formulas", b"=cmd|'/c calc'!A1,name\n", 1, "unknown_column"),
    ("quote never closed", HEAD.encode() + b'V1,x\nV2,"open\nV3,z\n', 3, "quote"),
    ("quote never closed after a quoted break", HEAD.encode() + b'"V\n1",x\n"V\n2","open\nV3,z\n', 5, "quote"),
    ("text behind a quote", HEAD.encode() + b'V1,"a"b\n', 2, "quote"),
    ("quote opened in the header", b'"vendor_number,name\nV1,x\n', 1, "quote"),
    ("huge field", HEAD.encode() + b"V1," + b"x" * 200_000 + b"\n", 2, "quote"),
    ("huge line without a comma", b"x" * 3_000_000, 1, "too_long"),
    ("json", b'{"vendor_number": "V1"}', 1, "unknown_column"),
    ("html", b"<html><body>404</body></html>", 1, "unknown_column"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "line", "code"), [row[1:] for row in REFUSED_FILES], ids=[r[0] for r in REFUSED_FILES]
)
def test_refused(load: Load, content: bytes, line: int, code: str) -> None:
    outcome = load("merchants", content)
    assert outcome.refused
    assert (line, code) in [(error.line, error.code) for error in outcome.errors]
    assert all(error.message for error in outcome.errors)
    assert not Merchant.objects.exists()
    kept = Import.objects.get()
    assert kept.state == Import.State.FAILED
    assert kept.errors.count() == len(outcome.errors)


TAKEN_FILES: list[tuple[str, bytes, list[str]]] = [
    ("byte order mark", b"\xef\xbb\xbfvendor_number,name\nV1,x\n", ["x"]),
    ("utf-16 with mark", "vendor_number,name\nV1,x\n".encode("utf-16"), ["x"]),
    ("utf-16 without mark", "vendor_number,name\nV1,x\nV2,yy\n".encode("utf-16-le"), ["x", "yy"]),
    ("semicolons", b"vendor_number;name\nV1;x\n", ["x"]),
    ("tabs", b"vendor_number\tname\nV1\tx\n", ["x"]),
    ("bars", b"vendor_number|name\nV1|x\n", ["x"]),
    ("delimiter said", b"sep=;\nvendor_number;name\nV1;x, y\n", ["x, y"]),
    ("empty columns at the end", b"vendor_number,name,,\nV1,x,,\nV2,y\n", ["x", "y"]),
    ("title lines above", b"Vendors,\n27.11.2026,\n,\nvendor_number,name\nV1,x\n", ["x"]),
    ("header with blanks and dashes", b"Vendor Number,NAME\nV1,x\n", ["x"]),
    ("windows line ends", b"vendor_number,name\r\nV1,x\r\nV2,y\r\n", ["x", "y"]),
    ("old mac line ends", b"vendor_number,name\rV1,x\rV2,y", ["x", "y"]),
    ("no last line end", b"vendor_number,name\nV1,x", ["x"]),
    ("blank lines", b"vendor_number,name\n\nV1,x\n\n\nV2,y\n\n", ["x", "y"]),
    ("rows of empty cells", b"vendor_number,name\nV1,x\n,\n,\n", ["x"]),
    ("other column order", b"name,vendor_number\nx,V1\n", ["x"]),
    ("header in capitals with blanks", b" Vendor_Number , NAME \nV1,x\n", ["x"]),
    ("quoted", b'"vendor_number","name"\n"V1","a ""b"", c"\n', ['a "b", c']),
    ("blanks around values", b"vendor_number,name\n V1 ,  x  \n", ["x"]),
    ("header alone", b"vendor_number,name\n", []),
    ("formula", b"vendor_number,name\nV1,=1+1\n", ["=1+1"]),
    ("html", b"vendor_number,name\nV1,<script>alert(1)</script>\n", ["<script>alert(1)</script>"]),
    (
        "sql",
        b"vendor_number,name\nV1,'; drop table inventory_ops_merchant; --\n",
        ["'; drop table inventory_ops_merchant; --"],
    ),
    ("backslashes", rb"vendor_number,name" + b"\n" + rb"V1,a\N\t\\b" + b"\n", [r"a\N\t\\b"]),
    ("null word", rb"vendor_number,name" + b"\n" + rb"V1,\N" + b"\n", [r"\N"]),
    ("end of copy", b"vendor_number,name\nV1,x\n\\.,y\n", ["x", "y"]),
    ("percent signs", b"vendor_number,name\nV1,100%s %(x)s\n", ["100%s %(x)s"]),
    ("right to left, emoji, combining", "vendor_number,name\nV1,שלום 👩‍👩‍👧 é\n".encode(), ["שלום 👩‍👩‍👧 é"]),
    ("four-byte characters at the limit", ("vendor_number,name\nV1," + "𝒳" * 200 + "\n").encode(), ["𝒳" * 200]),
    ("path name", b"vendor_number,name\nV1,../../etc/passwd\n", ["../../etc/passwd"]),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("content", "names"), [row[1:] for row in TAKEN_FILES], ids=[r[0] for r in TAKEN_FILES])
@pytest.mark.parametrize("packed", [False, True])
def test_taken(load: Load, content: bytes, names: list[str], packed: bool) -> None:
    outcome = load("merchants", content, packed=packed)
    assert outcome.errors == []
    assert sorted(Merchant.objects.values_list("name", flat=True)) == sorted(names)


@pytest.mark.django_db
def test_all_errors_come_at_once_with_their_physical_lines(load: Load) -> None:
    outcome = load(
        "merchants",
        "vendor_number,name,currency,timezone,factor\n"
        'V1,"two\nlines",GBP,UTC,1\n'  # lines 2 and 3
        "V2,,XXZ,Nowhere,2\n"  # line 4
        "V3,Three\n"  # line 5
        "V4,Four,GBP,UTC,0.5\n"  # line 6
        "V4,Again,GBP,UTC,0.5\n",  # line 7
    )
    assert messages(outcome) == [
        (2, "name", "control"),
        (4, "currency", "currency"),
        (4, "factor", "range"),
        (4, "name", "required"),
        (4, "timezone", "timezone"),
        (5, "", "ragged"),
        (7, "vendor_number", "duplicate"),
    ]
    assert list(Merchant.objects.values_list("vendor_number", flat=True)) == ["V4"]
    assert (outcome.rows, outcome.failed, outcome.counts.new) == (5, 4, 1)


@pytest.mark.django_db
def test_encoding_error_names_the_line_and_the_byte(load: Load) -> None:
    outcome = load("merchants", HEAD.encode() + b"V1,Gr\xf6\xdfe\n")
    assert "0xf6" in outcome.errors[0].message
    assert "UTF-8" in outcome.errors[0].message
