"""Kind `csv`: files of strangers, read and written."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inventory_ops.adapters import kinds
from inventory_ops.adapters.csv_files import CsvAdapter
from inventory_ops.adapters.csv_folder import OnDisk
from inventory_ops.adapters.protocol import BadRequest, OrderSnapshot, StockWrite, Unavailable
from inventory_ops.kit.imports import FileRefused
from tests.channels.test_contract import csv_sample, uuid, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    csv_sample(tmp_path)
    return tmp_path / "shop"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"sku,quantity\nA,1\nB,many\n", "line 3, quantity: is not a whole number"),
        (b"sku,quantity\nA\n", "line 2: has 1 cells"),
        (b"quantity\n1\n", "line 1, sku: The column is missing"),
        (b"sku,colour\nA,red\n", "colour: Unknown column"),
        (b"", "The file is empty"),
        (b"sku,quantity\n\xff\xfe,1\n", "Not UTF-8"),
        (b'sku,quantity\n"A,1\n', "never closed"),
        (b"sku,quantity\nA\x00,1\n", "NUL"),
    ],
)
def test_a_bad_file_is_named_with_its_line_and_column(folder: Path, content: bytes, problem: str) -> None:
    (folder / "catalogue.csv").write_bytes(content)
    with pytest.raises(BadRequest, match=problem):
        CsvAdapter(OnDisk(folder)).stock()


def test_a_missing_file_is_waited_for(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="not in the folder"):
        CsvAdapter(OnDisk(tmp_path)).stock()


def test_quantities_are_one_whole_list_replaced_at_once(folder: Path) -> None:
    channel = CsvAdapter(OnDisk(folder))
    channel.write_stock([StockWrite(uuid.uuid4(), "b", "SKU-B", 4)])
    channel.write_stock([StockWrite(uuid.uuid4(), "a", "SKU-A", 9)])
    assert (folder / "quantities.csv").read_text().splitlines() == [
        "external_id,sku,quantity",
        "a,SKU-A,9",
        "b,SKU-B,4",
    ]
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_what_the_marketplace_says_last_counts(folder: Path) -> None:
    channel = CsvAdapter(OnDisk(folder))
    [item, *_rest] = channel.stock().items
    channel.write_stock([write(item, 40)])
    assert channel.stock(ids=["a"]).items[0].available == 40
    later = datetime.now(UTC).timestamp() + 5
    os.utime(folder / "catalogue.csv", (later, later))  # a new catalogue: the marketplace says 7 again
    assert channel.stock(ids=["a"]).items[0].available == 7


def test_the_newest_row_of_a_line_counts_across_files(folder: Path) -> None:
    header = "order_id,line_id,sku,quantity,cancelled_quantity,placed_at,updated_at\n"
    newer = datetime.now(UTC) + timedelta(minutes=5)
    row = f"O-1,1,SKU-A,2,2,{newer.isoformat()},{newer.isoformat()}\n"
    (folder / "orders" / "0.csv").write_text(header + row)
    [order] = CsvAdapter(OnDisk(folder)).orders_by_id(["O-1"])
    assert (order.state, order.lines[0].cancelled) == ("cancelled", 2)


def test_a_file_moved_in_with_an_old_date_is_seen(folder: Path) -> None:
    old = (datetime.now(UTC) - timedelta(days=9)).timestamp()
    os.utime(folder / "orders" / "1.csv", (old, old))
    since = datetime.now(UTC) - timedelta(minutes=5)
    assert len(CsvAdapter(OnDisk(folder)).orders(since, datetime.now(UTC)).items) == 2


def test_an_upload_is_checked_before_it_counts(folder: Path) -> None:
    channel = CsvAdapter(OnDisk(folder))
    before = (folder / "catalogue.csv").read_bytes()
    with pytest.raises(FileRefused):
        channel.accept("catalogue", io.BytesIO(b"sku,quantity\nA,x\n"), "new.csv")
    assert (folder / "catalogue.csv").read_bytes() == before
    assert channel.accept("catalogue", io.BytesIO(b"sku,quantity\nA,3\n"), "new.csv") == 1
    assert channel.stock().items[0].available == 3
    name = "../../../etc/cron.d/evil;rm -rf.csv"
    channel.accept("orders", io.BytesIO((folder / "orders" / "1.csv").read_bytes()), name)
    assert len(list((folder / "orders").iterdir())) == 2
    assert not [path for path in folder.iterdir() if path.name.startswith(".upload")]


@pytest.mark.parametrize("name", ["", "..", "/etc", "a/b", "a\\b", ".hidden", "x" * 61, "a\x00b", "ä"])
def test_a_folder_is_one_name(name: str) -> None:
    with pytest.raises(BadRequest, match="one folder's name"):
        kinds.get("csv").open({"folder": name})


def carts(channel: CsvAdapter, since: timedelta = timedelta(hours=1)) -> list[OrderSnapshot]:
    return list(channel.carts(datetime.now(UTC) - since).items)


def test_carts_are_one_whole_list(folder: Path) -> None:
    channel = CsvAdapter(OnDisk(folder))
    [cart] = carts(channel)
    assert (cart.number, cart.promo_code, cart.lines[0].ordered) == ("C-1", "SPRING", 3)
    header = "cart_id,number,sku,quantity,card_code,card_message,card_failed_at,comment,updated_at\n"
    (folder / "carts.csv").write_text(
        header
        + 'C-2,77,SKU-A,1,51,No funds,2026-03-01T10:00:00Z,"Too\nslow",2026-03-01T10:00:00Z\n'
        + "C-2,77,SKU-B,2,,,,,2026-03-01T11:00:00Z\n"
    )
    [cart] = carts(channel)
    assert [line.sku for line in cart.lines] == ["SKU-A", "SKU-B"]
    assert cart.updated_at == datetime(2026, 3, 1, 11, tzinfo=UTC)
    assert (cart.failed_payments[0].code, cart.comment) == ("51", "Too\nslow")
    assert channel.carts_by_id(["C-1"]) == []
    (folder / "carts.csv").write_text(header)
    assert carts(channel) == channel.carts_by_id(["C-2"]) == []


def test_a_file_of_carts_that_is_missing_or_torn_says_nothing_of_them(folder: Path) -> None:
    channel = CsvAdapter(OnDisk(folder))
    (folder / "carts.csv").write_text("cart_id,sku,quantity,updated_at\nC-1,SKU-B,many,2026-03-01\n")
    with pytest.raises(BadRequest, match=r"carts\.csv line 2, quantity"):
        carts(channel)
    (folder / "carts.csv").unlink()
    assert carts(channel) == []  # a marketplace that tells no carts
    with pytest.raises(BadRequest, match="header alone"):
        channel.carts_by_id(["C-1"])
