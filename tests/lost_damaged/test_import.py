"""Finance Import: files of every shape, check, confirm, booking that survives, error file."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from inventory_ops.models import Import, Job, User
from inventory_ops.operations import jobs
from lost_damaged import csv_files
from lost_damaged.csv_files import FileRefused
from lost_damaged.models import SellerTransaction, WriteOff, WriteOffRow
from lost_damaged.operations import imports
from tests.lost_damaged.uploads import confirm, finance, lines, problems, upload
from tests.lost_damaged.world import World

pytestmark = pytest.mark.django_db


def test_a_file_is_checked_confirmed_and_booked_as_estimated(world: World) -> None:
    item = world.order_item(world.product("A"))
    world.product("B", "40.00", merchant=world.other)
    record = upload(
        world,
        lines("A,u-1,written-off,", f"A,u-2,written-off,{item.shop_item_id}", "B,u-3,written-off,", "X,u,written-off,"),
    )
    assert (record.state, record.rows_total, record.rows_new, record.rows_failed) == ("checked", 4, 3, 1)
    assert not WriteOff.objects.exists()
    estimates = dict(WriteOffRow.objects.filter(state="ready").values_list("uid", "estimate"))
    assert estimates == {"u-1": Decimal("87.5"), "u-2": Decimal("85"), "u-3": Decimal("35")}
    confirm(world, record)
    assert (record.state, record.rows_new, record.rows_unchanged, record.rows_failed) == ("done", 3, 0, 1)
    booked = dict(WriteOffRow.objects.filter(state="booked").values_list("uid", "amount"))
    assert booked == estimates
    found = WriteOff.objects.get(uid="u-2")
    assert (found.source, found.reason, found.import_id, found.actor) == (
        "csv",
        "lost_warehouse",
        record.pk,
        world.finance.email,
    )


def test_the_whole_way_through_the_pages(world: World) -> None:
    world.product("A")
    client = finance(world)
    assert client.get("/finance/import/").status_code == 200
    file = SimpleUploadedFile("=cmd <b>.csv", lines("A,u-1,written-off,", "A,u 2,written-off,").encode())
    answer = client.post("/finance/import/", {"kind": "write_offs", "file": file, "reason": "other"})
    assert answer.status_code == 302
    page = client.get(answer["Location"]).content.decode()
    assert "Check before you write off" in page and "Write off 1 item" in page and "87.50 GBP" in page
    assert "&lt;b&gt;" in page and "<b>.csv" not in page
    client.post(f"{answer['Location']}confirm/")
    under_way = client.get(answer["Location"]).content.decode()
    job = Job.objects.get()
    poll = f"/jobs/{job.pk}/progress/?then=reload"
    assert f'hx-get="{poll}"' in under_way and "HX-Refresh" not in client.get(poll).headers
    jobs.run(job.pk)
    assert client.get(poll).headers["HX-Refresh"] == "true"  # the page shows the result by itself
    page = client.get(answer["Location"]).content.decode()
    assert "Credited to sellers" in page and "87.50 GBP" in page
    client.post(f"{answer['Location']}confirm/")  # again: no second booking
    client.post(f"{answer['Location']}discard/")
    assert WriteOff.objects.count() == 1
    assert "=cmd" in client.get("/finance/import/").content.decode()


def test_who_may_do_what(world: World) -> None:
    world.product("A")
    record = upload(world, lines("A,u-1,written-off,"))
    address = f"/finance/import/{record.pk}/"
    for role, sees, acts in (("operations", 200, 403), ("admin", 200, 403), ("merchant", 403, 403)):
        merchant = world.seller if role == "merchant" else None
        client = Client()
        client.force_login(User.objects.create_user(f"{role}@x.example", None, role=role, merchant=merchant))
        for path in ("/finance/import/", address, f"{address}errors/"):
            assert client.get(path).status_code == sees
        for path in ("/finance/import/", f"{address}confirm/", f"{address}discard/", f"{address}resume/"):
            assert client.post(path).status_code == acts, (role, path)
    assert Client().get(address).status_code == 302
    assert finance(world).get("/finance/import/00000000-0000-0000-0000-000000000000/").status_code == 404


# -- shapes of files ------------------------------------------------------------------------------------------------
GOOD_FILES: list[tuple[str, bytes]] = [
    ("plain", b"SKU,UID,Status\nA,u-1,written-off\n"),
    ("no final newline", b"SKU,UID,Status\nA,u-1,written-off"),
    ("crlf", b"SKU,UID,Status\r\nA,u-1,written-off\r\n"),
    ("cr", b"SKU,UID,Status\rA,u-1,written-off\r"),
    ("bom", b"\xef\xbb\xbfSKU,UID,Status\nA,u-1,written-off\n"),
    ("utf-16 le", "SKU,UID,Status\nA,u-1,written-off\n".encode("utf-16")),
    ("utf-16 be", b"\xfe\xff" + "SKU;UID;Status\nA;u-1;written-off\n".encode("utf-16-be")),
    ("semicolons", b"SKU;UID;Status;Order Item Shop ID\nA;u-1;written-off;\n"),
    ("tabs", b"SKU\tUID\tStatus\nA\tu-1\twritten-off\n"),
    ("bars", b"SKU|UID|Status\nA|u-1|written-off\n"),
    ("api names", b"sku,uid,status,id_sales_order_item\nA,u-1,written-off,\n"),
    ("other case and order", b"STATUS,order_item_shop_id, Uid ,sku\nwritten-off,,u-1,A\n"),
    ("quotes", b'"SKU","UID","Status"\n"A","u-1","written-off"\n'),
    ("blank lines", b"SKU,UID,Status\n\n,,\nA,u-1,written-off\n\n\n"),
    ("trailing delimiters", b"SKU,UID,Status,,\nA,u-1,written-off,,\n"),
    ("blanks around", b"SKU,UID,Status\nA, u-1 , written-off \n"),
    ("error columns", b"SKU,UID,Status,Line,Error Code,Error Column,Error Message\nA,u-1,written-off,7,2003,SKU,x\n"),
    ("title lines", b"Lost in November,,\n\nSKU,UID,Status\nA,u-1,written-off\n"),
    ("apostrophe", b"SKU,UID,Status\nA,u-1,written-off\n'=B,u-2,written-off\n"),
]


@pytest.mark.parametrize("data", [data for _, data in GOOD_FILES], ids=[name for name, _ in GOOD_FILES])
def test_good_files_of_every_shape(world: World, data: bytes) -> None:
    world.product("A")
    world.product("=B")
    record = upload(world, data)
    assert problems(record) == []
    confirm(world, record)
    assert "u-1" in WriteOff.objects.values_list("uid", flat=True)


BAD_FILES: list[tuple[str, bytes, str]] = [
    ("empty", b"", "empty"),
    ("bom only", b"\xef\xbb\xbf", "empty"),
    ("no known column", b"name,price\n1,2\n", "names none"),
    ("unknown column", b"SKU,UID,Status,Colour\nA,u,written-off,red\n", "unknown column “Colour”"),
    ("duplicate column", b"SKU,UID,Status,sku\nA,u,written-off,B\n", "SKU is there twice"),
    ("alias twice", b"SKU,UID,Status,id_sales_order_item,Order Item Shop ID\n", "is there twice"),
    ("missing columns", b"SKU,UID\nA,u\n", "Status is missing"),
    ("html in the header", b"SKU,UID,Status,<script>\n", "unknown column"),
    ("latin-1", b"SKU,UID,Status\nA\xe9,u-1,written-off\n", "Not UTF-8"),
    ("latin-1 header", b"SKU,UID,Status,Gr\xf6\xdfe\n", "Not UTF-8"),
    ("xlsx", b"PK\x03\x04" + bytes(100), "workbook cannot be read"),
    ("xls", b"\xd0\xcf\x11\xe0" + bytes(100), "old Excel file"),
    ("exe", b"MZ\x90\x00" + bytes(100), "Not UTF-8"),
    ("noise", bytes(range(250, 0, -1)), "Not UTF-8"),
    ("ff noise", b"\xff" * 1000, "Not UTF-8"),
    ("utf-16 cut off", "SKU,UID,Status\nA,u".encode("utf-16")[:-1], "Not UTF-16"),
    ("utf-16 without mark", "SKU,UID,Status\nA,u-1,written-off".encode("utf-16-le"), "no text"),
    ("unclosed quote", b'SKU,UID,Status\nA,u-1,written-off\n"A,u-2,written-off\nA,u-3,written-off\n', "Line 3"),
    ("bad quote", b'SKU,UID,Status\n"A"x,u-1,written-off\n', "Line 2"),
    ("huge field", b"SKU,UID,Status\nA," + b"u" * 200_000 + b",written-off\n", "Line 2"),
    ("huge header", b"SKU," + b"x" * 200_000 + b",UID,Status\n", "Line 1"),
]


@pytest.mark.parametrize(("data", "message"), [row[1:] for row in BAD_FILES], ids=[row[0] for row in BAD_FILES])
def test_bad_files_are_refused_with_the_place(world: World, data: bytes, message: str) -> None:
    world.product("A")
    with pytest.raises(FileRefused, match=message):
        upload(world, data)
    response = finance(world).post("/finance/import/", {"file": SimpleUploadedFile("x.csv", data), "reason": "other"})
    assert response.status_code == 422
    assert not Import.objects.exists() and not WriteOff.objects.exists()


BAD_ROWS: list[tuple[str, str, str]] = [
    ("A,,written-off,", "UID", "2001"),
    (",u-1,written-off,", "SKU", "2001"),
    ("A,u-1,,", "Status", "2001"),
    ("A,u-1,lost,", "Status", "2002"),
    ("A,u-1,Written off,", "Status", "2002"),
    ("A,u-1,written_off,", "Status", "2002"),
    ("nope,u-1,written-off,", "SKU", "2003"),
    ("a,u-1,written-off,", "SKU", "2003"),
    (f"{'A' * 101},u-1,written-off,", "SKU", "2003"),
    ("A,u-1,written-off,7", "Order Item Shop ID", "2003"),
    ("A,u-1,written-off,0", "Order Item Shop ID", "2003"),
    ("A,u-1,written-off,-5", "Order Item Shop ID", "2003"),
    ("A,u-1,written-off,1.0", "Order Item Shop ID", "2003"),
    ("A,u-1,written-off,1e5", "Order Item Shop ID", "2001"),
    ("A,u-1,written-off,１２", "Order Item Shop ID", "2003"),
    ("A,u-1,written-off,1_0", "Order Item Shop ID", "2003"),
    ("A,u-1,written-off,9223372036854775808", "Order Item Shop ID", "2003"),
    ("A,1.23457E+11,written-off,", "UID", "2009"),
    ('A,"1,2E+5",written-off,', "UID", "2009"),
    (f"A,{'u' * 65},written-off,", "UID", "2009"),
    (f"A,{'u' * 2000},written-off,", "UID", "2009"),
    ("A,u 1,written-off,", "UID", "2009"),
    ('A,"u\n1",written-off,', "UID", "2009"),
    ("A,u\u200b,written-off,", "UID", "2009"),
    ("A,u\x00,written-off,", "UID", "2009"),
    ("A\x00,u-1,written-off,", "SKU", "2001"),
    ('"A\tB",u-1,written-off,', "SKU", "2001"),
    ("A,\u202eabc,written-off,", "UID", "2009"),
    ("A,Ａ\u0410,written-off,", "UID", "2009"),
    ("A,u-1", "", "2001"),
    ("A,u-1,written-off,,extra", "", "2001"),
    ("'; drop table x --,u-1,written-off,", "SKU", "2003"),
    ("<script>,u-1,written-off,", "SKU", "2003"),
    ("=HYPERLINK(),u-1,written-off,", "SKU", "2003"),
    ("G,u-1,written-off,", "SKU", "2007"),
]


@pytest.mark.parametrize(("row", "column", "code"), BAD_ROWS, ids=[str(n) for n in range(len(BAD_ROWS))])
def test_a_bad_row_fails_alone_with_its_line_and_column(world: World, row: str, column: str, code: str) -> None:
    world.product("A")
    world.product("G", category=None)
    record = upload(world, lines("A,ok-1,written-off,", '"A",ok-2,"written-off",', row, "A,ok-3,written-off,"))
    assert problems(record) == [(4, column, code)]
    assert record.rows_new == 3
    page = finance(world).get(f"/finance/import/{record.pk}/")
    assert page.status_code == 200 and b"<script>" not in page.content.split(b"<main")[1]
    assert finance(world).get(f"/finance/import/{record.pk}/errors/").status_code == 200
    confirm(world, record)
    assert WriteOff.objects.count() == 3


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ("A,u-1,lost,", "lost"),
        ("nope,u-1,written-off,", "nope"),
        ("A,u-1,written-off,7", "7"),
        ("A,u-1,written-off,1e5", "1e5"),
        ("A,1.23457E+11,written-off,", "1.23457E+11"),
    ],
)
def test_a_bad_cell_is_shown_as_it_was_written(world: World, row: str, value: str) -> None:
    world.product("A")
    record = upload(world, lines(row))
    assert list(WriteOffRow.objects.values_list("error_value", flat=True)) == [value]
    assert f"{value}</" in finance(world).get(f"/finance/import/{record.pk}/").content.decode()


def test_lines_are_those_of_the_file_also_after_breaks_in_quotes(world: World) -> None:
    world.product("A")
    record = upload(world, 'SKU,UID,Status\n\n"A\nB",x,written-off\nA,u 1,written-off\nA,u-2,lost\n')
    assert [line for line, _, _ in problems(record)] == [3, 5, 6]


def test_another_encoding_is_taken_when_it_is_chosen(world: World) -> None:
    world.product("Café")
    data = lines("Café,u-1,written-off,").encode("cp1252")
    record = upload(world, data, encoding="cp1252")
    assert problems(record) == []
    with pytest.raises(FileRefused, match="one of the encodings"):
        upload(world, data, encoding="rot13")
    with pytest.raises(FileRefused, match=r"no text|Not UTF-16|names none"):
        upload(world, data, encoding="utf-16-le")


def test_too_many_rows(world: World, settings: Any) -> None:
    settings.IMPORT_MAX_ROWS = 2
    world.product("A")
    upload(world, lines("A,1,written-off,", "A,2,written-off,"))
    with pytest.raises(FileRefused, match="more than 2 rows"):
        upload(world, lines("A,1,written-off,", "A,2,written-off,", "A,3,written-off,"))
    settings.IMPORT_MAX_BYTES = 10
    file = SimpleUploadedFile("x.csv", lines("A,1,written-off,").encode())
    answer = finance(world).post("/finance/import/", {"file": file, "reason": "other"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "name", ["../../etc/x.csv", "a" * 4000 + ".csv", "x\u202ecsv.exe", "con\x07.csv", "..\\..\\x", ""]
)
def test_file_names_are_shown_and_never_used(world: World, name: str) -> None:
    world.product("A")
    shown = imports.shown_name(name)
    assert "/" not in shown and "\\" not in shown and len(shown) <= 255 and shown.isprintable()
    file = SimpleUploadedFile("x.csv", lines("A,u,written-off,").encode())
    file._name = name
    record = imports.receive(upload=file, by=world.finance, reason="other")
    assert record.file_name == shown


# -- error file -----------------------------------------------------------------------------------------------------
def test_the_error_file_can_be_corrected_and_uploaded_as_it_is(world: World) -> None:
    world.product("A")
    world.product("=1+1")
    world.product("'-x")
    text = "Status;SKU;UID\nwritten-off;A;ok\nlost;=1+1;u-1\nlost;'-x;u-2\nlost;A;u;3\n"
    record = upload(world, text)
    confirm(world, record)
    answer: Any = finance(world).get(f"/finance/import/{record.pk}/errors/")
    data = b"".join(answer.streaming_content)
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["Status", "SKU", "UID", "Line", "Error Code", "Error Column", "Error Message"]
    assert rows[1][:6] == ["lost", "'=1+1", "u-1", "3", "2002", "Status"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    fixed = data.decode("utf-8-sig").replace("lost;", "written-off;").replace("A;u;3", "A;u-3").encode()
    again = upload(world, fixed)
    assert [row[2] for row in problems(again) if row[0] < 4] == ["2003"]  # '-x came with its apostrophe
    confirm(world, again)
    assert set(WriteOff.objects.values_list("uid", flat=True)) >= {"ok", "u-1"}


# -- manage.py load -------------------------------------------------------------------------------------------------
def load(*arguments: Any) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("load", *map(str, arguments), stdout=out, stderr=out)
    except SystemExit as error:
        return int(error.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_the_load_command_takes_write_offs(world: World, tmp_path: Any) -> None:
    item = world.order_item(world.product("A"))
    file = tmp_path / "write_offs.csv"
    file.write_text(f"SKU,UID,Status,Order Item Shop ID\nA,u-1,written-off,\nA,u-2,written-off,{item.shop_item_id}\n")
    assert load(file)[0] == 0
    assert sorted(SellerTransaction.objects.values_list("amount", flat=True)) == [Decimal(85), Decimal("87.5")]
    code, out = load(file)
    assert code == 0 and "0 new, 0 changed, 2 unchanged" in out
    assert WriteOff.objects.count() == 2


def test_the_load_command_refuses_rows_with_place_and_code(world: World, tmp_path: Any) -> None:
    world.product("A")
    file = tmp_path / "write_offs.csv"
    file.write_text("SKU,UID,Status\nA,u-1,written-off\nA,1E+10,written-off\nnope,u-2,written-off\nA,u-3,lost\n")
    code, out = load(file)
    assert code == 1
    for line, column in ((3, "UID"), (4, "SKU"), (5, "Status")):
        assert f"write_offs.csv:{line}: {column}" in out
    assert WriteOff.objects.count() == 1
    assert load("--all-or-nothing", file)[0] == 2


def test_the_template_is_a_good_file() -> None:
    header, rows = csv_files.read(io.BytesIO(csv_files.template().encode()))
    assert header.names == list(csv_files.COLUMNS)
    assert [row.error for row in rows] == [None]
