"""Kind `csv`: a folder of files, for marketplaces that have no API, or none that we speak.

catalogue.csv    put there by the marketplace: what it lists, with quantities that can be sold
orders/*.csv     put there by the marketplace: a row a line, with totals up to now; the newest row of a line counts
carts.csv        put there by the marketplace, if it tells them: the whole list of carts, a row a line, replaced at once
quantities.csv   written here: what every listing is to offer, always the whole list, replaced at once
"""

from __future__ import annotations

import csv
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO, ClassVar

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from inventory_ops.adapters.csv_folder import Folder, InStore, OnDisk
from inventory_ops.adapters.kinds import Kind, Setting, register
from inventory_ops.adapters.protocol import (
    BadRequest,
    Basis,
    Capabilities,
    FailedPayment,
    OrderLine,
    OrderSnapshot,
    OrderState,
    Outcome,
    Page,
    StockItem,
    StockWrite,
    Unavailable,
    WriteResult,
)
from inventory_ops.kit import files
from inventory_ops.kit.imports import Column, Counts, FileRefused, ImportSpec, Limits, Reader, RowError, open_source
from inventory_ops.kit.imports.values import BadValue, Integer, Moment, Text, money

LIMITS = Limits(max_bytes=100 * 1024 * 1024, max_rows=1_000_000)
LARGEST = 2_147_483_647


def _spec(name: str, *columns: Column) -> ImportSpec:
    """The columns alone: these files are read row by row, never staged."""
    return ImportSpec(
        name=name, title=name, order=0, columns=columns, check=lambda staging: None, apply=lambda staging: Counts()
    )


_UNITS = Integer(0, LARGEST)
CATALOGUE = _spec(
    "catalogue",
    Column("sku", Text(200), required=True),
    Column("external_id", Text(200)),
    Column("title", Text(300)),
    Column("location", Text(200)),
    Column("quantity", Integer(-LARGEST, LARGEST)),
    Column("price", money()),
    Column("currency", Text(3)),
)
ORDERS = _spec(
    "orders",
    Column("order_id", Text(200), required=True),
    Column("line_id", Text(200)),
    Column("number", Text(100)),
    Column("sku", Text(200), required=True),
    Column("quantity", _UNITS, required=True),
    Column("shipped_quantity", _UNITS),
    Column("cancelled_quantity", _UNITS),
    Column("returned_quantity", _UNITS),
    Column("unit_price", money()),
    Column("currency", Text(3)),
    Column("customer_email", Text(254)),
    Column("placed_at", Moment(), required=True),
    Column("updated_at", Moment(), required=True),
)
CARTS = _spec(
    "carts",
    Column("cart_id", Text(200), required=True),
    Column("line_id", Text(200)),
    Column("number", Text(100)),
    Column("sku", Text(200), required=True),
    Column("quantity", _UNITS, required=True),
    Column("unit_price", money()),
    Column("currency", Text(3)),
    Column("customer_email", Text(254)),
    Column("promo_code", Text(100)),
    Column("promo_value", money()),
    Column("comment", Text(5_000, one_line=False)),
    Column("card_code", Text(50)),
    Column("card_message", Text(300)),
    Column("card_failed_at", Moment()),
    Column("updated_at", Moment(), required=True),
)
SPECS = {"catalogue": CATALOGUE, "orders": ORDERS, "carts": CARTS}


class CsvAdapter:
    """Files of a folder that the marketplace and we share."""

    caps: ClassVar[Capabilities] = Capabilities(
        basis=Basis.AVAILABLE,
        max_batch=100_000,
        page_size=5_000,
        atomic_batch=True,
        overlap=timedelta(minutes=5),
        tells_carts=True,
        requests_per_second=100,
    )

    def __init__(self, folder: Folder) -> None:
        self.folder = folder

    def check(self) -> str:
        try:
            self.folder.make()
        except OSError as error:
            raise Unavailable(f"The folder {self.folder.name} cannot be made: {_said(error)}.") from error
        return self.folder.name

    def stock(self, cursor: str | None = None, *, ids: Sequence[str] = ()) -> Page[StockItem]:
        wanted = set(ids)
        told = self._told_since_the_catalogue()
        found = self._items(told)
        if ids:
            return Page(tuple(item for item in found if item.external_id in wanted))
        start = int(cursor or 0)
        items = list(found)  # the file is in memory once a page; the marketplace may replace it in between
        part = tuple(items[start : start + self.caps.page_size])
        more = start + len(part) < len(items)
        return Page(part, str(start + len(part)) if more else None, len(items))

    def _items(self, told: Mapping[str, int]) -> Iterator[StockItem]:
        """What the catalogue lists. An id that is there again gets a number: nobody knows which of them is meant."""
        times: Counter[str] = Counter()
        for row in self._rows("catalogue.csv", CATALOGUE):
            external_id = row.get("external_id") or row["sku"]
            times[external_id] += 1
            again = f"#{times[external_id]}" if times[external_id] > 1 else ""
            yield self._item(row, f"{external_id}{again}", told)

    @staticmethod
    def _item(row: Mapping[str, str], external_id: str, told: Mapping[str, int]) -> StockItem:
        quantity = int(row["quantity"]) if row.get("quantity") else None
        return StockItem(
            external_id=external_id,
            sku=row["sku"],
            title=row.get("title", ""),
            location_id=row.get("location", ""),
            available=told.get(external_id, quantity),
            price=Decimal(row["price"]) if row.get("price") else None,
            currency=row.get("currency", "").upper(),
            tracked=quantity is not None or external_id in told,
        )

    def write_stock(self, writes: Sequence[StockWrite]) -> list[WriteResult]:
        quantities = self._quantities()
        for write in writes:
            quantities[write.external_id] = (write.sku, write.quantity)
        try:
            with self.folder.write("quantities.csv") as path, path.open("w", newline="", encoding="utf-8") as file:
                out = csv.writer(file)
                out.writerow(["external_id", "sku", "quantity"])
                out.writerows([external_id, *row] for external_id, row in sorted(quantities.items()))
        except OSError as error:
            raise Unavailable(f"quantities.csv cannot be written: {_said(error)}.") from error
        return [WriteResult(write.key, Outcome.APPLIED, current=write.quantity) for write in writes]

    def orders(self, since: datetime, until: datetime, cursor: str | None = None) -> Page[OrderSnapshot]:
        return Page(tuple(self._orders(since)))

    def orders_by_id(self, ids: Sequence[str]) -> list[OrderSnapshot]:
        wanted = set(ids)
        return [order for order in self._orders(None) if order.external_id in wanted]

    def carts(self, since: datetime, cursor: str | None = None) -> Page[OrderSnapshot]:
        times = self.folder.times("carts.csv")
        if times is None or times.came < _nanoseconds(since):
            return Page(())
        return Page(tuple(self._carts()))

    def carts_by_id(self, ids: Sequence[str]) -> list[OrderSnapshot]:
        wanted = set(ids)
        return [cart for cart in self._carts() if cart.external_id in wanted]

    def _carts(self) -> Iterator[OrderSnapshot]:
        if self.folder.times("carts.csv") is None:  # nobody says that the carts are gone
            raise BadRequest("carts.csv is not in the folder any more. One with a header alone says: no carts.")
        carts: dict[str, list[tuple[str, dict[str, str]]]] = {}
        for row in self._rows("carts.csv", CARTS):
            carts.setdefault(row["cart_id"], []).append((row.get("line_id") or row["sku"], row))
        for cart_id, rows in carts.items():
            yield _cart(cart_id, list(dict(rows).items()))

    def accept(self, what: str, source: IO[bytes], name: str) -> int:
        """Check an uploaded `catalogue`, `orders` or `carts` file and put it into the folder; answers its rows.

        Raises FileRefused with every reason; nothing is kept then.
        """
        spec = SPECS[what]
        target = f"{what}.csv"
        if what == "orders":
            stem = re.sub(r"[^A-Za-z0-9_-]+", "-", Path(name).stem)[:60].strip("-") or "orders"
            target = f"orders/{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{stem}.csv"
        with tempfile.TemporaryDirectory() as place:
            upload = Path(place) / "upload.csv"
            with upload.open("wb") as kept:
                shutil.copyfileobj(source, kept)
            rows = sum(1 for _row in _parsed(upload, spec))
            with self.folder.write(target) as path:
                shutil.copyfile(upload, path)
        return rows

    def _orders(self, since: datetime | None) -> Iterator[OrderSnapshot]:
        """Orders of the files that came since, each line as its newest row says."""
        lines: dict[tuple[str, str], dict[str, str]] = {}
        for name in self.folder.orders():
            times = self.folder.times(name)
            if times is None or (since is not None and times.came < _nanoseconds(since)):
                continue
            for row in self._rows(name, ORDERS):
                key = row["order_id"], row.get("line_id") or row["sku"]
                known = lines.get(key)
                if known is None or _moment(row["updated_at"]) >= _moment(known["updated_at"]):
                    lines[key] = row
        orders: dict[str, list[tuple[str, dict[str, str]]]] = {}
        for (order_id, line_id), row in lines.items():
            orders.setdefault(order_id, []).append((line_id, row))
        for order_id, rows in orders.items():
            yield _snapshot(order_id, rows)

    def _rows(self, name: str, spec: ImportSpec) -> Iterator[dict[str, str]]:
        try:
            with self.folder.read(name) as path:
                yield from _parsed(path, spec)
        except FileRefused as refused:
            name = name.rpartition("/")[2]
            if self.folder.times(name) is None:
                raise Unavailable(f"{name} is not in the folder {self.folder.name} yet.") from refused
            first = refused.errors[0]
            where = f" line {first.line}" if first.line else ""
            column = f", {first.column}" if first.column else ""
            raise BadRequest(f"{name}{where}{column}: {first.message}") from refused

    def _quantities(self) -> dict[str, tuple[str, int]]:
        try:
            with (
                self.folder.read("quantities.csv") as path,
                path.open(newline="", encoding="utf-8") as file,
            ):
                return {row["external_id"]: (row["sku"], int(row["quantity"])) for row in csv.DictReader(file)}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, csv.Error):
            return {}  # torn or edited: it is written as a whole again, and a comparison shows what differs

    def _told_since_the_catalogue(self) -> dict[str, int]:
        """What was written after the marketplace last said what it has: until it says anew, that is what it has."""
        told, catalogue = self.folder.times("quantities.csv"), self.folder.times("catalogue.csv")
        if told is None or catalogue is None or told.changed < catalogue.changed:
            return {}
        return {key: quantity for key, (_sku, quantity) in self._quantities().items()}


def _parsed(path: Path, spec: ImportSpec) -> Iterator[dict[str, str]]:
    """Rows by column name, every cell checked. Raises FileRefused at the first bad one."""
    with open_source(path) as source:
        reader = Reader(source, spec, LIMITS)
        for numbers, rows in reader.batches():
            if reader.errors:
                raise FileRefused(*reader.errors)
            for line, cells in zip(numbers, rows, strict=True):
                yield _checked(line, dict(zip(reader.header, cells, strict=True)), spec)
        if reader.errors:
            raise FileRefused(*reader.errors)


def _checked(line: int, row: dict[str, str], spec: ImportSpec) -> dict[str, str]:
    for name, cell in row.items():
        text = cell.strip()
        if name not in spec.fields:
            continue
        if not text:
            if spec.fields[name].required:
                raise FileRefused(RowError(line, name, "", "required", "is required"))
            row[name] = ""
            continue
        try:
            row[name] = spec.fields[name].type.parse(text)
        except BadValue as error:
            raise FileRefused(RowError(line, name, text[:200], error.code, str(error))) from error
    return row


def _nanoseconds(moment: datetime) -> float:
    return moment.timestamp() * 1_000_000_000


def _said(error: OSError) -> str:
    return error.strerror or str(error)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _snapshot(order_id: str, rows: Sequence[tuple[str, dict[str, str]]]) -> OrderSnapshot:
    first = rows[0][1]
    lines = []
    for line_id, row in rows:
        ordered, shipped = int(row["quantity"]), int(row.get("shipped_quantity") or 0)
        cancelled = int(row.get("cancelled_quantity") or 0)
        lines.append(
            OrderLine(
                external_id=line_id,
                variant_id=row["sku"],
                sku=row["sku"],
                ordered=ordered,
                open=max(ordered - shipped - cancelled, 0),
                fulfilled=min(shipped, ordered),
                unit_price=Decimal(row.get("unit_price") or 0),
                returned=int(row.get("returned_quantity") or 0),
            )
        )
    state: OrderState = "cancelled"
    if any(line.open for line in lines):
        state = "placed"
    elif any(line.fulfilled for line in lines):
        state = "shipped"
    return OrderSnapshot(
        external_id=order_id,
        number=first.get("number") or order_id,
        state=state,
        raw_state=state,
        placed_at=min(_moment(row["placed_at"]) for _id, row in rows),
        updated_at=max(_moment(row["updated_at"]) for _id, row in rows),
        currency=(first.get("currency") or "").upper(),
        lines=tuple(lines),
        customer_email=first.get("customer_email") or "",
    )


def _cart(cart_id: str, rows: Sequence[tuple[str, dict[str, str]]]) -> OrderSnapshot:
    """What is said of the cart itself is taken from the first row that says it."""

    def said(name: str) -> str:
        return next((row[name] for _id, row in rows if row.get(name)), "")

    updated_at = max(_moment(row["updated_at"]) for _id, row in rows)
    code, message = said("card_code"), said("card_message")
    failed_at = _moment(said("card_failed_at")) if said("card_failed_at") else updated_at
    return OrderSnapshot(
        external_id=cart_id,
        number=said("number") or cart_id,
        state="cart",
        raw_state="cart",
        placed_at=None,
        updated_at=updated_at,
        currency=said("currency").upper(),
        lines=tuple(
            OrderLine(
                external_id=line_id,
                variant_id=row["sku"],
                sku=row["sku"],
                ordered=int(row["quantity"]),
                open=int(row["quantity"]),
                fulfilled=0,
                unit_price=Decimal(row.get("unit_price") or 0),
            )
            for line_id, row in rows
        ),
        customer_email=said("customer_email"),
        promo_code=said("promo_code"),
        promo_value=Decimal(said("promo_value")) if said("promo_value") else None,
        comment=said("comment"),
        failed_payments=(FailedPayment(failed_at, code, message),) if code or message else (),
    )


def _check_folder(name: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}", name):
        raise ValueError("Use letters, digits, - and _ only: it is one folder's name, not a path.")


def _open(values: Mapping[str, str]) -> CsvAdapter:
    name = values.get("folder", "")
    try:
        _check_folder(name)
    except ValueError as error:
        raise BadRequest(str(error)) from error
    return CsvAdapter(OnDisk(Path(settings.CHANNELS_DIR) / name) if files.is_folder() else InStore(name))


register(
    Kind(
        name="csv",
        label=_("CSV files"),
        purpose=_("A folder that the marketplace puts its catalogue and orders into, and takes quantities from."),
        caps=CsvAdapter.caps,
        settings=(
            Setting(
                "folder",
                _("Folder"),
                _("A name. The folder lies in “channels” of the data folder, or of the bucket of files."),
                check=_check_folder,
                unique=True,
            ),
        ),
        open=_open,
        uploads=True,
    )
)
