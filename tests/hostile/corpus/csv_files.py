"""Files for an import. `RAW` are whole files; `around` bends a good file of any kind, header and row."""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
from collections.abc import Mapping


def _zip(name: str, data: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return target.getvalue()


RAW: dict[str, bytes] = {
    "empty": b"",
    "one line break": b"\n",
    "only line breaks": b"\r\n" * 1000,
    "byte order mark alone": codecs.BOM_UTF8,
    "NUL bytes": b"\x00" * 1000,
    "every byte": bytes(range(256)) * 4,
    "one field of a megabyte": b"x" * 1_000_000,
    "commas": b"," * 100_000,
    "quotes": b'"' * 9_999,
    "a header of 10,000 columns": ",".join(f"c{number}" for number in range(10_000)).encode(),
    "header never closed": b'"sku,quantity\nA,1\n',
    "JSON": b'[{"sku": "A", "quantity": 1}]',
    "HTML": b"<html><body><table><tr><td>A</td></tr></table></body></html>",
    "XML": b'<?xml version="1.0"?><rows><row sku="A"/></rows>',
    "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
    "PNG": b"\x89PNG\r\n\x1a\n" + bytes(50),
    "old spreadsheet": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
    "ELF": b"\x7fELF" + bytes(60),
    "zip": _zip("stock.csv", b"sku,quantity\nA,1\n"),
    "zip with a path": _zip("../../../../tmp/evil.csv", b"sku,quantity\n"),
    "zip bomb": _zip("stock.csv", b"\x00" * 5_000_000),
    "spreadsheet with a DTD": _zip(
        "xl/workbook.xml", b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><workbook>&a;</workbook>'
    ),
    "gzip of nothing": gzip.compress(b"", mtime=0),
    "gzip of NULs": gzip.compress(b"\x00" * 1000, mtime=0),
    "gzip bomb": gzip.compress(b"sku," * 25_000_000, mtime=0),
    "gzip header alone": b"\x1f\x8b",
    "gzip, unknown method": b"\x1f\x8b\x09" + bytes(30),
    "gzip in gzip": gzip.compress(gzip.compress(b"sku\nA\n", mtime=0), mtime=0),
    "bzip2": b"BZh91AY&SY" + bytes(30),
    "zstandard": b"\x28\xb5\x2f\xfd" + bytes(30),
    "separator line of a spreadsheet": b"sep=;\nsku;quantity\nA;1\n",
}


def around(header: Mapping[str, str]) -> dict[str, bytes]:
    """Files made of a good one, whose columns and cells are `header`; each is wrong in another way."""
    names, cells = list(header), list(header.values())
    head, row = ",".join(names), ",".join(f'"{cell}"' if "," in cell else cell for cell in cells)
    good = f"{head}\n{row}\n"
    first = names[0]
    return {
        "UTF-16": good.encode("utf-16"),
        "UTF-16 without a mark": good.encode("utf-16-le"),
        "UTF-32": good.encode("utf-32"),
        "latin-1": f"{head}\n{row}é\n".encode("latin-1"),
        "windows-1252": f"{head}\n{row}€\n".encode("cp1252"),
        "shift-jis": f"{head}\n{row}テスト\n".encode("shift-jis"),
        "overlong UTF-8": good.encode() + b"\xc0\xaf" + row[1:].encode() + b"\n",
        "surrogate in UTF-8": good.encode() + b"\xed\xa0\x80\n",
        "cut off in a character": good.encode() + "€".encode()[:-1],
        "byte order mark twice": codecs.BOM_UTF8 * 2 + good.encode(),
        "byte order mark in the middle": f"{head}\n\ufeff{row}\n".encode(),
        "NUL in a cell": good.encode() + row.encode() + b"\x00\n",
        "NUL in the header": f"{head}\x00\n{row}\n".encode(),
        "header alone": f"{head}\n".encode(),
        "header twice": f"{head}\n{head}\n{row}\n".encode(),
        "header missing": f"{row}\n".encode(),
        "header in another line": f"\n\n{good}".encode(),
        "column twice": f"{head},{first}\n{row},{cells[0]}\n".encode(),
        "column twice in another case": f"{head},{first.upper()}\n{row},{cells[0]}\n".encode(),
        "unknown column": f"{head},surprise\n{row},1\n".encode(),
        "unknown column of HTML": f"{head},<script>hostile-mark()</script>\n{row},1\n".encode(),
        "column without a name": f"{head},\n{row},1\n".encode(),
        "column named like a formula": f"{head},=1+1\n{row},1\n".encode(),
        "fullwidth column": good.replace(first, "".join(chr(ord(each) + 0xFEE0) for each in first), 1).encode(),
        "zero width space in the header": f"\u200b{good}".encode(),
        "first column left out": "\n".join(",".join(part.split(",")[1:]) for part in (head, row)).encode(),
        "semicolons": good.replace(",", ";").encode(),
        "tabs": good.replace(",", "\t").encode(),
        "bars": good.replace(",", "|").encode(),
        "too few cells": f"{head}\n{cells[0]}\n".encode() if len(cells) > 1 else b"\n",
        "too many cells": f"{head}\n{row},1,2,3\n".encode(),
        "quote never closed": f'{head}\n"{row}\n{row}\n'.encode(),
        "quote in the middle": f'{head}\n{row[:1]}"{row[1:]}\n'.encode(),
        "text behind a quote": f'{head}\n"{cells[0]}"x,{",".join(cells[1:])}\n'.encode(),
        "quote by a backslash": f'{head}\n"\\"{cells[0]}",{",".join(cells[1:])}\n'.encode(),
        "curly quotes": f"{head}\n“{cells[0]}”,{','.join(cells[1:])}\n".encode(),
        "huge cell": f"{head}\n{'x' * 200_000},{','.join(cells[1:])}\n".encode(),
        "every cell blank": f"{head}\n{','.join(' ' for _ in cells)}\n".encode(),
        "every cell of a no-break space": f"{head}\n{','.join(chr(160) for _ in cells)}\n".encode(),
        "every cell NULL": f"{head}\n{','.join('NULL' for _ in cells)}\n".encode(),
        "comment": f"# made by hand\n{good}".encode(),
        "total in the last row": f"{good}Total{',' * (len(cells) - 1)}\n".encode(),
        "line breaks of old computers": good.replace("\n", "\r").encode(),
        "mixed line breaks": f"{head}\r\n{row}\n{row}\r".encode(),
        "end of file character": good.encode() + b"\x1a",
        "gzip, cut off": gzip.compress(good.encode() * 50, mtime=0)[:-10],
        "gzip with rubbish behind": gzip.compress(good.encode(), mtime=0) + b"rubbish",
        "gzip with a wrong checksum": gzip.compress(good.encode(), mtime=0)[:-8] + b"\x00" * 8,
    }
