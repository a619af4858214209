"""Finance Import: every unit is booked once, whatever is uploaded again, changes, races or dies."""

from __future__ import annotations

import signal
import threading
from decimal import Decimal

import pytest
from django.db import connections

from inventory_ops.models import Job, Product
from inventory_ops.operations import jobs
from lost_damaged.models import SellerTransaction, Source, WriteOff, WriteOffRow
from lost_damaged.operations import imports, write_offs
from tests import child
from tests.lost_damaged.uploads import confirm, finance, lines, problems, upload
from tests.lost_damaged.world import World, items, make_world

pytestmark = pytest.mark.django_db


def test_the_same_file_again_books_nothing_and_says_so(world: World) -> None:
    world.product("A")
    text = lines("A,u-1,written-off,", "A,U-1,written-off,", "A,u-2,written-off,")
    first = confirm(world, upload(world, text))
    assert (first.rows_new, first.rows_unchanged) == (2, 1)
    again = upload(world, text)
    assert (again.rows_new, again.rows_unchanged) == (0, 3)
    page = finance(world).get(f"/finance/import/{again.pk}/").content.decode()
    assert "This very file was imported before" in page and str(first.pk) in page
    assert "/confirm/" not in page
    with pytest.raises(imports.NotWaiting, match="No row"):
        imports.confirm(record=again, by=world.finance)


def test_twins_with_other_data_and_conflicts(world: World) -> None:
    world.product("A")
    world.product("B")
    write_offs.write_off(items(("A", "old"), ("A", "gone")), source=Source.API, by=world.finance)
    number = WriteOff.objects.get(uid="gone").number
    write_offs.reverse(number=number, note="found", by=world.finance)
    record = upload(
        world,
        lines("A,t,written-off,", "B,t,written-off,", "B,old,written-off,", "A,gone,written-off,"),
    )
    assert [(line, code) for line, _, code in problems(record)] == [(2, "2010"), (3, "2010"), (4, "2004"), (5, "2005")]
    assert WriteOffRow.objects.get(line=5).error_message.count(number) == 1
    assert record.rows_unchanged == 0


def test_what_changed_between_check_and_confirmation(world: World) -> None:
    product = world.product("A")
    gone = world.product("B")
    record = upload(world, lines("A,u-1,written-off,", "A,u-2,written-off,", "B,u-3,written-off,"))
    write_offs.write_off(items(("A", "u-2")), source=Source.API, by=world.finance)
    Product.objects.filter(pk=product.pk).update(price=50)
    Product.objects.filter(pk=gone.pk).update(sku="B-old")
    confirm(world, record)
    assert (record.rows_new, record.rows_unchanged, record.rows_failed) == (1, 1, 1)
    row = WriteOffRow.objects.get(uid="u-1")
    assert (row.estimate, row.amount) == (Decimal("87.5"), Decimal("43.75"))
    page = finance(world).get(f"/finance/import/{record.pk}/").content.decode()
    assert "The amounts differ from the estimate" in page and "87.50 GBP" in page


def test_all_or_nothing_with_one_bad_row(world: World) -> None:
    world.product("A")
    rows = [f"A,u-{n},written-off," for n in range(50)]
    record = upload(world, lines(*rows, "A,x,lost,"), all_or_nothing=True)
    with pytest.raises(imports.NotWaiting, match="nothing if any row fails"):
        imports.confirm(record=record, by=world.finance)
    assert "/confirm/" not in finance(world).get(f"/finance/import/{record.pk}/").content.decode()
    good = upload(world, lines(*rows), all_or_nothing=True)
    write_offs.write_off(items(("A", "u-7", 99), ("A", "u-8")), source=Source.API, by=world.finance)
    Product.objects.filter(sku="A").update(category=None)
    job = imports.confirm(record=good, by=world.finance)
    assert job
    jobs.run(job.pk)
    job.refresh_from_db()
    good.refresh_from_db()
    assert (job.state, good.state) == ("failed", "checked")
    assert good.rows_failed == 49 and WriteOff.objects.count() == 1


# -- crashes and races ----------------------------------------------------------------------------------------------
DYING_WORKER = """
import os, signal
from inventory_ops.operations import jobs
from lost_damaged.operations import imports

original, calls = imports._book_chunk, []

def dying(file, **options):
    if len(calls) == 2:
        # in the middle of a chunk: the rows are booked, the commit has not happened
        imports._take_results = lambda file: os.kill(os.getpid(), signal.SIGKILL)
    calls.append(1)
    return original(file, **options)

imports.CHUNK, imports._book_chunk = 40, dying
jobs.run("{job}")
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_is_resumed_to_the_exact_total(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    world.product("A")
    monkeypatch.setattr(imports, "CHUNK", 40)
    record = upload(world, lines(*[f"A,u-{n:03},written-off," for n in range(200)]))
    job = imports.confirm(record=record, by=world.finance)
    assert job
    assert child.run(DYING_WORKER.format(job=job.pk)) == -signal.SIGKILL
    assert WriteOff.objects.count() == 80
    jobs.run(job.pk)  # the lease of the killed worker still holds
    assert WriteOff.objects.count() == 80
    Job.objects.update(lease_until="2020-01-01T00:00Z")
    jobs.run(job.pk)
    record.refresh_from_db()
    assert (record.state, record.rows_new, WriteOff.objects.count()) == ("done", 200, 200)
    assert sum(SellerTransaction.objects.values_list("amount", flat=True)) == Decimal("87.50") * 200
    assert list(Job.objects.values_list("state", "done_count")) == [("done", 200)]


@pytest.mark.django_db(transaction=True)
def test_an_import_and_the_api_race_in_opposite_order(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world()
    world.product("A")
    monkeypatch.setattr(imports, "CHUNK", 50)
    record = upload(world, lines(*[f"A,u-{n:03},written-off," for n in range(200)]))
    job = imports.confirm(record=record, by=world.finance)
    assert job
    states: list[str] = []

    def call() -> None:
        try:
            for start in range(200, 0, -50):
                batch = items(*[("A", f"u-{n - 1:03}") for n in range(start, start - 50, -1)])
                outcomes = write_offs.write_off(batch, source=Source.API, by=world.finance)
                states.extend(outcome.state for outcome in outcomes)
        finally:
            connections.close_all()

    def work() -> None:
        try:
            jobs.run(job.pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=call), threading.Thread(target=work), threading.Thread(target=work)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    record.refresh_from_db()
    assert record.state == "done"
    assert WriteOff.objects.count() == SellerTransaction.objects.count() == 200
    assert record.rows_new + states.count("booked") == 200
    assert record.rows_unchanged == states.count("booked")


def test_an_interrupted_import_can_be_resumed_by_hand(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.product("A")
    record = upload(world, lines("A,u-1,written-off,"))
    job = imports.confirm(record=record, by=world.finance)
    assert job
    with pytest.raises(imports.NotWaiting):
        imports.resume(record=record, by=world.finance)
    with monkeypatch.context() as patch:
        patch.setattr(imports, "_book_chunk", lambda file: 1 / 0)
        jobs.run(job.pk)
    assert "Resume to book the rest" in finance(world).get(f"/finance/import/{record.pk}/").content.decode()
    finance(world).post(f"/finance/import/{record.pk}/resume/")
    jobs.run(Job.objects.latest("created_at").pk)
    assert WriteOff.objects.count() == 1


def test_a_large_file_is_checked_by_a_worker(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.product("A")
    monkeypatch.setattr(imports, "CHECK_NOW", 10)
    record = upload(world, lines("A,u-1,written-off,"))
    assert record.state == "checking"
    assert finance(world).get(f"/finance/import/{record.pk}/").status_code == 200
    jobs.run(Job.objects.get().pk)
    record.refresh_from_db()
    assert (record.state, record.rows_new) == ("checked", 1)
    broken = upload(world, b"SKU,UID,Status\n" + b"A,u,written-off\n" * 5000 + b"A,\xff,written-off\n")
    jobs.run(Job.objects.latest("created_at").pk)
    broken.refresh_from_db()
    assert broken.state == "failed" and "Not UTF-8" in broken.message
    assert finance(world).get(f"/finance/import/{broken.pk}/").status_code == 200
