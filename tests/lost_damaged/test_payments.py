"""Payments from the bank's file and by API, by the same rules as on the page."""

from __future__ import annotations

import json
import threading
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client

from inventory_ops.models import Import
from inventory_ops.operations.imports import uploads
from inventory_ops.operations.imports.files import load_files
from lost_damaged.models import Payment, Statement
from lost_damaged.operations import payments
from lost_damaged.operations.payments import NewPayment
from lost_damaged.queries import verification
from tests import make
from tests.imports.support import write
from tests.lost_damaged.caller import Caller, unit
from tests.lost_damaged.test_closing_pages import closed
from tests.lost_damaged.world import World, make_world

pytestmark = pytest.mark.django_db

HEAD = "statement,amount,currency,paid_on,reference\n"


def load(folder: Path, rows: str) -> tuple[int, int, list[tuple[int, str]]]:
    [outcome] = load_files([write(folder, "payments", HEAD + rows)])
    return outcome.counts.new, outcome.counts.unchanged, [(error.line, error.column) for error in outcome.errors]


def test_the_banks_file(world: World, tmp_path: Path) -> None:
    may = closed(world)
    rows = (
        f"{may.number},100,GBP,2026-06-05,B-1\n"
        f"{may.number},79.99,,2026-06-06,B-2\n"
        f"{may.number},0.02,GBP,2026-06-06,B-3\n"  # 0.01 is left
        f"{may.number},1,EUR,2026-06-06,B-4\n"
        f"ST-404,1,GBP,2026-06-06,B-5\n"
    )
    assert load(tmp_path, rows) == (2, 0, [(4, "amount"), (5, "currency"), (6, "statement")])
    assert load(tmp_path, f"{may.number},100,GBP,2026-06-05,B-1\n") == (0, 1, [])
    assert load(tmp_path, f"{may.number.lower()},0.01,GBP,2026-06-07,B-6\n") == (1, 0, [])
    may.refresh_from_db()
    assert (may.state, may.paid_amount) == ("paid", Decimal("180"))
    assert set(Payment.objects.values_list("source", flat=True)) == {"csv"}
    assert verification.problems() == []


def test_finance_uploads_the_file_with_a_preview(world: World, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    may = closed(world)
    client = Client()
    client.force_login(world.finance)
    text = f"{HEAD}{may.number},180,GBP,2026-06-05,B-1\nST-404,1,GBP,2026-06-05,B-2\n"
    file = SimpleUploadedFile("bank.csv", text.encode())
    assert client.post("/imports/new/", {"kind": "payments", "file": file}).status_code == 302
    found = Import.objects.get()
    page = client.get(f"/imports/{found.pk}/").content.decode()
    assert "There is no statement of this number." in page
    assert not Payment.objects.exists()
    assert client.post(f"/imports/{found.pk}/apply/").status_code == 302
    uploads.run_apply(Import.objects.get())
    may.refresh_from_db()
    assert may.state == "paid"
    other = Client()
    other.force_login(make.user("operations"))
    assert other.get(f"/imports/{found.pk}/").status_code == 404


def pay(caller: Caller, *payments: dict[str, Any], **changes: Any) -> dict[str, Any]:
    body = json.dumps({"Request": {"Payment": list(payments)}})
    answer: dict[str, Any] = json.loads(caller.send(body, Action="RecordPayments", **changes).content)
    return answer


def test_an_erp_tells_payments_by_the_api(world: World, caller: Caller) -> None:
    may = closed(world)
    paid = {"statement": may.number, "amount": "180.00", "paid_on": "2026-06-05", "reference": "ERP-1"}
    assert "SuccessResponse" in pay(caller, paid, DryRun="1")
    assert not Payment.objects.exists()
    assert "SuccessResponse" in pay(caller, paid)
    assert "SuccessResponse" in pay(caller, paid)
    answer = pay(caller, paid | {"reference": "ERP-2"}, paid | {"amount": 180}, paid | {"paid_on": "5.6."})
    errors = answer["ErrorResponse"]["Body"]["RecordPayments"]
    assert [(each["Position"], each["ErrorCode"]) for each in errors] == [(0, "2012"), (1, "2001"), (2, "2001")]
    assert "0.00 GBP are left" in errors[0]["ErrorMessage"]
    may.refresh_from_db()
    assert (may.state, may.payments.count()) == ("paid", 1)


def test_only_finance_tells_payments(world: World) -> None:
    from lost_damaged.operations import api_keys

    user = make.user("operations")
    _, text = api_keys.create(user=user, name="x", by=user)
    answer = pay(Caller(user, text), {"statement": "ST-1"})
    assert answer["ErrorResponse"]["Head"]["ErrorCode"] == "9"


def test_post_api_without_the_slash_works_like_with_it(world: World, caller: Caller) -> None:
    body = json.dumps({"Request": {"Inventory": [unit(status="WRITTEN-OFF"), unit(uid="u-2", status="Written-off")]}})
    answer = caller.client.generic("POST", f"/api?{caller.query()}", body.encode(), content_type="application/json")
    assert (answer.status_code, list(json.loads(answer.content))) == (200, ["SuccessResponse"])
    from lost_damaged.models import WriteOff

    assert set(WriteOff.objects.values_list("uid", "status")) == {("u-1", "written-off"), ("u-2", "written-off")}


@pytest.mark.django_db(transaction=True)
def test_two_people_do_not_pay_more_than_the_payout(transactional_db: None) -> None:
    world = make_world()
    may = closed(world)
    outcomes: list[str] = []

    def run(reference: str) -> None:
        try:
            payment = NewPayment(may.number, Decimal(100), "GBP", date(2026, 6, 5), reference)
            [outcome] = payments.record([payment], source=Payment.Source.PAGE, by=world.finance)
            outcomes.append(outcome.state)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(f"R-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["booked", "refused", "refused", "refused"]
    assert Statement.objects.get(pk=may.pk).paid_amount == 100
