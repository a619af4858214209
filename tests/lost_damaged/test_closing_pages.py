"""The pages of the period: choose a day, see what closes, confirm, pay; begin the books of all sellers."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from inventory_ops.models import AuditEvent, Job, Merchant, User
from inventory_ops.operations import jobs, proposals
from lost_damaged.models import Payment, Statement, StatementLine
from lost_damaged.operations import payments, statements
from lost_damaged.operations.adjustments import ADJUSTMENT
from lost_damaged.operations.payments import NewPayment
from lost_damaged.queries import verification
from lost_damaged.statement_forms import AdjustmentForm
from tests.lost_damaged.test_statement_lines import JUNE, MAY, begin, shipped
from tests.lost_damaged.world import World, days

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(world: World) -> Client:
    client = Client()
    client.force_login(world.finance)
    return client


def closed(world: World, price: str = "200.00", fee: str = "20.00") -> Statement:
    """The statement of May, with a payout of 180.00."""
    may = begin(world)
    shipped(world, MAY + days(1), price, fee)
    statements.close(number=may.number, by=world.finance, cut_off=date(2026, 5, 31))
    return Statement.objects.get(pk=may.pk)


def test_one_statement_is_previewed_and_closed(world: World, client: Client) -> None:
    may = begin(world)
    shipped(world, MAY + days(1))
    shipped(world, JUNE + days(1), "70.00", None)
    address = f"/finance/statements/{may.number}/close/"
    page = client.get(address, {"cut_off": "2026-05-31"})
    [row] = page.context["rows"]
    assert (row.lines, row.stay, row.closing, row.payout) == (2, 1, Decimal("450"), Decimal("450"))
    assert "Closing is final." in page.content.decode()
    assert client.post(address, {"cut_off": "2026-05-31"}).status_code == 422  # not confirmed
    assert client.get(address, {"cut_off": "nonsense"}).status_code == 422
    far = (timezone.now() + timedelta(days=3)).date().isoformat()
    assert "has to be over" in client.get(address, {"cut_off": far}).content.decode()
    assert Statement.objects.get().state == "open"
    assert client.post(address, {"cut_off": "2026-05-31", "understood": "on"}).status_code == 302
    may.refresh_from_db()
    assert (may.state, may.payout_amount, may.closed_by) == ("closed", Decimal("450"), world.finance.email)
    event = AuditEvent.objects.get(action="statement.close")
    assert (event.merchant_id, event.actor) == (world.seller.pk, world.finance.email)
    assert event.summary == f"{may.number} closed with 450.00 GBP, payout 450.00 GBP"
    again = client.post(address, {"cut_off": "2026-05-31", "understood": "on"}, follow=True)
    assert "is closed already" in again.content.decode()


def test_a_close_that_takes_in_nothing_says_why(world: World, client: Client) -> None:
    may = begin(world)
    address = f"/finance/statements/{may.number}/close/"
    answer = client.post(address, {"cut_off": "2026-04-30", "understood": "on"})
    assert answer.status_code == 422
    assert "it begins later" in answer.content.decode()


def test_all_sellers_are_closed_by_a_job_with_one_day_in_each_zone(world: World, client: Client) -> None:
    far = Merchant.objects.create(vendor_number="V9", name="Far", currency="JPY", timezone="Asia/Tokyo")
    begin(world)
    begin(world, merchant=far)
    begin(world, JUNE, merchant=world.other)
    shipped(world, MAY + days(1))
    page = client.get("/finance/statements/close/", {"cut_off": "2026-05-31"})
    assert (page.context["count"], page.context["left_out"]) == (2, 1)
    assert [(each.currency, each.payout) for each in page.context["totals"]] == [("GBP", 450), ("JPY", 0)]
    assert client.post("/finance/statements/close/", {"cut_off": "2026-05-31", "understood": "on"}).status_code == 302
    job = Job.objects.get()
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done_count, job.total_count, job.message) == ("done", 3, 3, "2 statements closed.")
    ends = dict(Statement.objects.filter(state="closed").values_list("merchant__vendor_number", "ends_at"))
    assert ends == {"V1": JUNE, "V9": datetime(2026, 5, 31, 15, tzinfo=UTC)}
    assert verification.problems() == []


def test_books_begin_for_all_sellers_without_statements(world: World, client: Client) -> None:
    shipped(world, MAY - days(1), "1.00", None)
    shipped(world, MAY + days(1), "5.00", None)
    assert "2 sellers have no statement yet" in client.get("/finance/statements/close/").content.decode()
    assert client.post("/finance/statements/begin/", {"day": "2026-05-01"}).status_code == 302
    jobs.run(Job.objects.get().pk)
    assert Statement.objects.count() == 2
    assert [line.amount for line in StatementLine.objects.all()] == [Decimal("5")]
    assert AuditEvent.objects.filter(action="statement.begin").count() == 2
    assert client.post("/finance/statements/begin/", {"day": "2099-05-01"}).status_code == 422
    assert verification.problems() == []


def test_a_statement_is_paid_in_parts_by_hand(world: World, client: Client) -> None:
    may = closed(world)
    address = f"/finance/statements/{may.number}/pay/"
    form = {"amount": "100.00", "paid_on": "2026-06-05", "reference": "BANK-1"}
    assert client.post(address, form).status_code == 302
    may.refresh_from_db()
    assert (may.state, may.paid_amount) == ("closed", 100)
    assert client.post(address, form).status_code == 302  # sent twice: booked once
    for wrong, text in (
        ({"amount": "81", "reference": "BANK-2"}, "80.00 GBP are left to pay"),
        ({"amount": "90"}, "known with another amount"),
        ({"amount": "-1", "reference": "x"}, "an amount above 0"),
        ({"amount": "0.001", "reference": "x"}, "at most 2 decimals"),
        ({"paid_on": "2999-01-01", "reference": "x"}, "not in the future"),
        ({"paid_on": "", "reference": "x"}, "required"),
    ):
        answer = client.post(address, form | wrong)
        assert (answer.status_code, text in answer.content.decode()) == (422, True), text
    assert client.post(address, form | {"amount": "80", "reference": "BANK-2"}).status_code == 302
    may.refresh_from_db()
    assert (may.state, may.paid_amount) == ("paid", 180)
    page = client.get(f"/finance/statements/{may.number}/").content.decode()
    assert "BANK-1" in page and "Book the payment" not in page
    assert [event.summary for event in AuditEvent.objects.filter(action="statement.pay").order_by("pk")] == [
        f"{may.number}: 100.00 GBP paid on 2026-06-05",
        f"{may.number}: 80.00 GBP paid on 2026-06-05",
    ]
    assert verification.problems() == []


def test_an_open_statement_and_a_negative_one_are_not_paid(world: World) -> None:
    may = begin(world)
    payment = NewPayment(may.number, Decimal(1), "GBP", date(2026, 6, 1), "R")
    [outcome] = payments.record([payment], source=Payment.Source.API, by=world.finance)
    assert "is open" in outcome.problem
    statements.close(number=may.number, by=world.finance, cut_off=date(2026, 5, 31))
    [outcome] = payments.record([payment], source=Payment.Source.API, by=world.finance)
    assert "0.00 GBP are left" in outcome.problem
    assert not Payment.objects.exists()


def test_groups_lead_to_their_lines_and_the_list_is_exported(world: World, client: Client) -> None:
    may = closed(world)
    page = client.get(f"/finance/statements/{may.number}/").content.decode()
    assert f"/finance/statement-lines/?statement={may.number}&amp;kind=fee" in page
    found = client.get("/finance/statement-lines/", {"statement": may.number, "kind": "fee"})
    assert found.context["page"].table.row_count == 1
    both = client.get("/finance/statement-lines/", {"statement": may.number, "kind": ["order", "fee"]}).content.decode()
    assert "Item price, Commission" in both and "[&#x27;" not in both
    answer = client.get("/finance/statement-lines/", {"statement": may.number, "_export": "csv"})
    text = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
    assert {(row["Kind"], row["Amount"]) for row in rows} == {("order", "200.00"), ("fee", "-20.00")}
    own = Client()
    own.force_login(User.objects.create_user("s@example.com", None, role="merchant", merchant=world.other))
    assert own.get("/finance/statement-lines/", {"statement": may.number}).context["page"].table.row_count == 0


def test_the_pdf_says_what_the_page_says(world: World, client: Client) -> None:
    world.seller.name = "Łódź Lamps & Größe"
    world.seller.save()
    may = closed(world)
    payment = NewPayment(may.number, Decimal("100"), "GBP", date(2026, 6, 5), "BANK-1")
    payments.record([payment], source=Payment.Source.PAGE, by=world.finance)
    answer = client.get(f"/finance/statements/{may.number}/", {"_export": "pdf"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    for words in (
        may.number,
        "V1 · Łódź Lamps & Größe",
        "Opening Balance GBP 0.00",
        "Payout GBP 180.00",
        "BANK-1 GBP 100.00",
        "−20.00",
    ):
        assert words in text, (words, text)
    stranger = Client()
    stranger.force_login(User.objects.create_user("s@example.com", None, role="merchant", merchant=world.other))
    assert stranger.get(f"/finance/statements/{may.number}/", {"_export": "pdf"}).status_code == 404


def test_the_sellers_home_shows_balance_what_is_on_its_way_and_the_last_payment(world: World) -> None:
    seller = Client()
    seller.force_login(User.objects.create_user("s@example.com", None, role="merchant", merchant=world.seller))
    assert "Your account" not in seller.get("/").content.decode()
    may = closed(world)
    payment = NewPayment(may.number, Decimal("100"), "GBP", date(2026, 6, 5), "BANK-1")
    payments.record([payment], source=Payment.Source.PAGE, by=world.finance)
    shipped(world, JUNE + days(1), "70.00", None)
    [account] = next(panel.data for panel in seller.get("/").context["page"].panels if panel.title == "Your account")
    assert (account.balance, account.due, account.last.reference) == (70, 80, "BANK-1")
    page = seller.get("/").content.decode()
    assert "On its way to you" in page and "BANK-1" in page


def test_an_adjustment_is_proposed_by_one_and_approved_by_another(world: World) -> None:
    may = begin(world)
    values = {"amount": "-12.50", "currency": "GBP", "reason": "Damaged pallet, agreed on the phone"}
    form = AdjustmentForm({"merchant": "V1", **values})
    assert form.is_valid(), form.errors
    for wrong in ({"amount": "0"}, {"amount": "0.001"}, {"currency": "EUR"}, {"merchant": "V404"}):
        assert not AdjustmentForm({"merchant": "V1", **values, **wrong}).is_valid()
    made = proposals.propose(kind=ADJUSTMENT, values=form.values(), merchant=world.seller, by=world.finance)
    with pytest.raises(proposals.Refused, match="second person"):
        proposals.approve(pk=made.pk, by=world.finance)
    assert not StatementLine.objects.exists()
    proposals.approve(pk=made.pk, by=User.objects.create_user("f2@example.com", None, role="finance"))
    [line] = may.lines.all()
    assert (line.kind, line.amount, line.adjustment.reason) == ("adjustment", Decimal("-12.5"), values["reason"])
    july = statements.close(number=may.number, by=world.finance)
    may.refresh_from_db()
    assert (may.adjustments_amount, may.payout_amount, july.opening_amount) == (Decimal("-12.5"), 0, Decimal("-12.5"))
    assert verification.problems() == []
