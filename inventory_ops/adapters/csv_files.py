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
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO, ClassVar

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from inventory_ops.adapters.csv_folder import Folder, InStore, OnDisk
from inventory_ops.adapters.csv_rows import CARTS, CATALOGUE, ORDERS, SPECS, cart_of, moment, order_of, rows_of
from inventory_ops.adapters.kinds import Kind, Setting, register
from inventory_ops.adapters.protocol import (
    BadRequest,
    Basis,
    Capabilities,
    OrderSnapshot,
    Outcome,
    Page,
    StockItem,
    StockWrite,
    Unavailable,
    WriteResult,
)
from inventory_ops.kit import files
from inventory_ops.kit.imports import FileRefused, ImportSpec


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
            yield cart_of(cart_id, list(dict(rows).items()))

    def accept(self, what: str, source: IO[bytes], name: str) -> int:
        """Check an uploaded `catalogue`, `orders` or `carts` file and put it into the folder; answers its rows.

        Raises FileRefused with every reason; nothing is kept then.
        """
        spec = SPECS[what]
        target = f"{what}.csv"
        if what == "orders":
            stem = re.sub(r"[^A-Za-z0-9_-]+", "-", Path(name).stem)[:60].strip("-") or "orders"
            target = f"orders/{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{stem}.csv"
        with self.folder.write(target) as path:
            with path.open("wb") as kept:
                shutil.copyfileobj(source, kept)
            return sum(1 for _row in rows_of(path, spec))

    def _orders(self, since: datetime | None) -> Iterator[OrderSnapshot]:
        """Orders of the files that came since, each line as its newest row says."""
        lines: dict[tuple[str, str], dict[str, str]] = {}
        for name, times in self.folder.orders():
            if since is not None and times.came < _nanoseconds(since):
                continue
            for row in self._rows(name, ORDERS):
                key = row["order_id"], row.get("line_id") or row["sku"]
                known = lines.get(key)
                if known is None or moment(row["updated_at"]) >= moment(known["updated_at"]):
                    lines[key] = row
        orders: dict[str, list[tuple[str, dict[str, str]]]] = {}
        for (order_id, line_id), row in lines.items():
            orders.setdefault(order_id, []).append((line_id, row))
        for order_id, rows in orders.items():
            yield order_of(order_id, rows)

    def _rows(self, name: str, spec: ImportSpec) -> Iterator[dict[str, str]]:
        try:
            with self.folder.read(name) as path:
                yield from rows_of(path, spec)
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
            with self.folder.read("quantities.csv") as path, path.open(newline="", encoding="utf-8") as file:
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


def _nanoseconds(moment: datetime) -> float:
    return moment.timestamp() * 1_000_000_000


def _said(error: OSError) -> str:
    return error.strerror or str(error)


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
