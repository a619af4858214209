"""Every kind of import: files that are none, good files bent in many ways, and every cell of every column."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.db import transaction

from inventory_ops.kit.imports import ImportSpec, registry
from inventory_ops.models import Category, Merchant, Product
from inventory_ops.operations.imports.files import load_files
from inventory_ops.operations.imports.outcomes import Outcome
from tests.hostile import corpus, judge
from tests.hostile.marketplace import Attacked, user
from tests.hostile.wire import Wire
from tests.imports.support import NOW, write
from tests.lost_damaged.test_closing_pages import closed
from tests.lost_damaged.world import make_world

# how a row of a kind gets a name of its own, so that one file can hold hundreds
OWN: dict[str, Callable[[int], dict[str, str]]] = {
    "merchants": lambda number: {"vendor_number": f"W{number}"},
    "locations": lambda number: {"location": f"EAST-{number}"},
    "inventory_types": lambda number: {"inventory_type": f"used-{number}"},
    "exchange_rates": lambda number: {
        "day": f"20{number // 365 % 20:02}-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}",
        "base": "EUR",
        "currency": "USD",
        "rate": "1.25",
    },
    "categories": lambda number: {"name": f"Category {number}"},
    "products": lambda number: {"sku": f"KET-{number}"},
    "flash_sales": lambda number: (
        {"starts_at": f"{1950 + number}-03-01", "ends_at": f"{1950 + number}-03-04"} if number < 240 else {}
    ),
    "users": lambda number: {"email": f"jo{number}@example.com"},
    "orders": lambda number: {"item_id": str(900_000 + number), "order_number": f"H{number}"},
    "stock": lambda number: {"lot": f"L{number}"},
    "write_offs": lambda number: {"UID": f"U-{number}"},
    "payments": lambda number: {"reference": f"B-{number}"},
}
PAID: dict[str, str] = {}  # the closed statement that good payments are of
# what no file can hold beside other rows: NUL and half characters end the reading, so do endless cells
CELLS = {
    name: value
    for name, value in corpus.CELLS.items()
    if "\x00" not in value and len(value) <= 5000 and not any("\ud800" <= character <= "\udfff" for character in value)
}


def good(spec: ImportSpec) -> dict[str, str]:
    """A row that is taken."""
    row = {column.name: column.example for column in spec.columns if column.example or column.required}
    if spec.name == "payments":
        return row | PAID
    return row | ({"Order Item Shop ID": ""} if "Order Item Shop ID" in row else {})


def text_of(rows: list[dict[str, str]]) -> bytes:
    target = io.StringIO()
    writer = csv.DictWriter(target, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return target.getvalue().encode()


class TestImports(Attacked):
    @classmethod
    def setUpTestData(cls) -> None:
        """What the examples of the templates speak of."""
        super().setUpTestData()
        merchant = Merchant.objects.create(vendor_number="V10", name="Northwind")
        category = Category.objects.get_or_create(name="Kettles", defaults={"commission_percent": 10})[0]
        for sku in ("KET-100", "example-sku-123"):
            Product.objects.create(merchant=merchant, sku=sku, name="Kettle", price=10, cost=5, category=category)
        PAID.update(statement=closed(make_world()).number, amount="0.01")

    @contextmanager
    def loaded(self, spec: ImportSpec, content: bytes, *, all_or_nothing: bool = True) -> Iterator[Outcome]:
        with TemporaryDirectory() as folder, transaction.atomic():
            file = write(Path(folder), spec.name, content)
            yield load_files([file], now=NOW, all_or_nothing=all_or_nothing)[0]
            transaction.set_rollback(True)

    def test_the_rows_that_are_bent_are_good(self) -> None:
        """The control: a refusal below is one of the attack, not of the row around it."""
        for spec in registry:
            with self.loaded(spec, text_of([good(spec)])) as outcome:
                assert outcome.errors == [], spec.name
                assert outcome.counts.new + outcome.counts.changed == 1, spec.name

    def test_files(self) -> None:
        before = judge.fingerprint()
        wrong = []
        for offset, spec in enumerate(registry):
            # a kind gets every fourth of the files: what reads them is the same for all kinds
            files = [*corpus.RAW.items(), *corpus.around(good(spec)).items()]
            for name, content in files[offset % 4 :: 4]:
                place = f"{spec.name}, {name}"
                try:
                    with self.loaded(spec, content) as outcome:
                        wrong += self.judged(outcome, place)
                        if outcome.errors and (tables := judge.changed(before)):
                            wrong.append(f"{place}: refused, but changed {tables}")
                except Exception as error:
                    wrong.append(f"{place}: {type(error).__name__}: {str(error)[:200]}")
        assert not wrong, f"{len(wrong)} faults\n" + "\n".join(wrong)

    @staticmethod
    def judged(outcome: Outcome, place: str) -> list[str]:
        """Faults of what was said about a file."""
        found = [f"{place}: {error.message}" for error in outcome.errors if error.code == "not_applied"]
        found += [f"{place}: an error without words" for error in outcome.errors if not error.message.strip()]
        if any(error.line < 1 and error.code not in {"gzip", "too_large"} for error in outcome.errors):
            found.append(f"{place}: an error without a line: {outcome.errors[0]}")
        return found

    def test_every_cell_of_every_column(self) -> None:
        """A file a column, each of its rows with another attack in that cell; the rest of the row is good."""
        wrong = []
        turn = 0
        for spec in registry:
            own = OWN.get(spec.name, lambda number: {})
            for column in spec.columns:
                turn += 1
                rows = [
                    {column.name: ""} | good(spec) | own(number) | {column.name: value}
                    for number, value in enumerate(list(CELLS.values())[turn % 3 :: 3])
                ]
                place = f"{spec.name} {column.name}"
                try:
                    with self.loaded(spec, text_of(rows), all_or_nothing=False) as outcome:
                        wrong += self.judged(outcome, place)
                        wrong += [
                            f"{place}: refused in {error.column or 'no column'}: {error.message}"
                            for error in outcome.errors
                            if error.column not in spec.fields
                        ]
                        if outcome.rows != len(rows):
                            wrong.append(f"{place}: {outcome.rows} of {len(rows)} rows were read")
                except Exception as error:
                    wrong.append(f"{place}: {type(error).__name__}: {str(error)[:300]}")
        assert not wrong, f"{len(wrong)} faults\n" + "\n".join(wrong)

    def test_a_broken_import_is_found(self) -> None:
        """The control: what the database refuses is a fault here, though the product words it."""
        spec = registry.get("products")
        assert spec
        column = next(each for each in spec.columns if each.name == "price")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(column.type), "parse", lambda *_: "1e30")
            with self.loaded(spec, text_of([good(spec)])) as outcome:
                assert self.judged(outcome, "products")

    def test_uploads(self) -> None:
        """Every upload name and every raw file, at both places that take files; checked only, never applied."""
        wrong = []
        uploads = [(name, b"sku,quantity\nA,1\n") for name in corpus.UPLOAD_NAMES.values()]
        uploads += [("stock.csv", content) for content in corpus.RAW.values()]
        for role, address, fields in (
            ("admin", "/imports/new/", {"kind": "stock"}),
            ("finance", "/finance/import/", {"kind": "write_offs", "reason": "lost_warehouse"}),
        ):
            wire = Wire(user(role), keeps=True)
            for number, (name, content) in enumerate(uploads):
                if role == "finance" and number % 3:
                    continue
                body, kind = multipart(fields, name, content)
                answer = wire.send("POST", address, body, kind=kind)
                place = f"{address} {name[:40]!a} ({content[:20]!r})"
                if found := judge.fault(answer):
                    wrong.append(f"{place}: {found}")
                elif answer.status == 302:
                    shown = wire.get(answer.headers["Location"])
                    if found := judge.fault(shown):
                        wrong.append(f"{place}, its page: {found}")
                    rejected = wire.get(answer.headers["Location"] + "errors/")
                    if (found := judge.fault(rejected)) or rejected.status not in (200, 404):
                        wrong.append(f"{place}, its error file: {found or rejected.status}")
                elif answer.status != 400 and (answer.status != 422 or "field-error" not in answer.text):
                    wrong.append(f"{place}: {answer.status} without a message at the field")
        assert not wrong, f"{len(wrong)} faults\n" + "\n".join(wrong)


def multipart(fields: dict[str, str], name: str, content: bytes) -> tuple[bytes, str]:
    """A form with a file, its name as it is: no client in between corrects it."""
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in fields.items()
    ]
    shown = name.encode("utf-8", "surrogatepass")
    parts.append(b'--x\r\nContent-Disposition: form-data; name="file"; filename="' + shown + b'"\r\n\r\n')
    return b"".join([*parts, content, b"\r\n--x--\r\n"]), "multipart/form-data; boundary=x"
