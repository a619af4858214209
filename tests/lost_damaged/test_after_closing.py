"""What happens to a closed statement: its mail, a payment that comes back, what it was at a moment, its PDF."""

from __future__ import annotations

import io
import re
import unicodedata
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from inventory_ops.models import Delivery, Merchant, Notification, User
from lost_damaged import fonts, statement_pdf
from lost_damaged.models import FinanceSettings, Payment, Statement, StatementLine
from lost_damaged.operations import payments, statement_mail, statements
from lost_damaged.operations.payments import CannotReverse, NewPayment
from lost_damaged.queries import accounts, verification
from lost_damaged.queries import statements as queries
from tests.lost_damaged.test_closing_pages import closed
from tests.lost_damaged.test_statement_lines import JUNE, MAY, begin, run_sql, shipped
from tests.lost_damaged.world import World, days, make_world
from tests.together import at_once

pytestmark = pytest.mark.django_db


def seller_of(world: World, name: str = "sells") -> User:
    return User.objects.create_user(f"{name}@example.com", None, role="merchant", merchant=world.seller)


def client(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def paid(world: World) -> tuple[Statement, Payment]:
    may = closed(world)
    new = NewPayment(may.number, Decimal(180), "GBP", date(2026, 6, 5), "BANK-1")
    payments.record([new], source=Payment.Source.API, by=world.finance)
    may.refresh_from_db()
    assert may.state == "paid"
    return may, Payment.objects.get()


# -- a payment comes back -------------------------------------------------------------------------------------------
def test_a_payment_that_came_back_is_reversed_and_paid_again(world: World) -> None:
    may, payment = paid(world)
    sells = seller_of(world)
    finance = client(world.finance)
    assert "It came back" in finance.get(f"/finance/statements/{may.number}/").text
    address = f"/finance/statements/{may.number}/payments/{payment.pk}/return/"
    fields = {"returned_on": "2026-06-09", "reference": "RET-1", "reason": "Account closed"}
    for bad, said in (
        ({"returned_on": "2026-06-04"}, "from the payment on"),
        ({"returned_on": "2999-01-01"}, "not in the future"),
        ({"reason": " "}, "required"),
        ({"reference": "BANK-1"}, "is known"),
    ):
        refused = finance.post(address, fields | bad)
        assert refused.status_code == 422 and said in refused.text, bad
    assert "waits for it again" in finance.post(address, fields, follow=True).text
    may.refresh_from_db()
    assert (may.state, may.paid_amount) == ("closed", 0)
    assert list(Payment.objects.order_by("pk").values_list("amount", "reference", "reason")) == [
        (Decimal(180), "BANK-1", ""),
        (Decimal(-180), "RET-1", "Account closed"),
    ]
    page = client(sells).get(f"/finance/statements/{may.number}/").text
    assert "Account closed" in page and "came back" in page and "It came back" not in page
    assert "Account closed" in Notification.objects.get(user=sells).text
    [account] = accounts.accounts(merchant_id=world.seller.pk)
    assert (account.due, account.last) == (Decimal(180), None)
    assert finance.post(address, fields).status_code == 404  # once
    with pytest.raises(CannotReverse, match="reversed already"):
        payments.reverse(payment=payment, returned_on=date(2026, 6, 9), reference="RET-2", reason="x", by=world.finance)
    again = NewPayment(may.number, Decimal(180), "GBP", date(2026, 6, 12), "BANK-2")
    assert payments.record([again], source=Payment.Source.API, by=world.finance)[0].state == "booked"
    may.refresh_from_db()
    assert may.state == "paid" and verification.problems() == []


def test_what_was_paid_is_the_sum_of_the_payments_by_the_database(world: World) -> None:
    may, payment = paid(world)
    for sql in (
        {"paid_amount": 0, "state": "closed"},
        {"paid_amount": Decimal(100), "state": "closed"},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            Statement.objects.filter(pk=may.pk).update(**sql)
    with pytest.raises(DatabaseError), transaction.atomic():  # a reversal says why
        Payment.objects.create(
            statement=may, amount=-1, paid_on=date(2026, 6, 9), reference="R", source="page", reverses=payment
        )
    run_sql("update lost_damaged_statement set paid_amount = 0, state = 'closed' where number = %s", may.number)
    assert [each for each in verification.problems() if may.number in each]


@pytest.mark.django_db(transaction=True)
def test_two_who_reverse_at_once(transactional_db: None) -> None:
    world = make_world()
    may, payment = paid(world)

    def work(n: int) -> bool:
        try:
            payments.reverse(
                payment=payment, returned_on=date(2026, 6, 9), reference=f"R-{n}", reason="x", by=world.finance
            )
        except CannotReverse:
            return False
        return True

    assert sorted(at_once(4, work)) == [False, False, False, True]
    may.refresh_from_db()
    assert (may.paid_amount, may.state) == (0, "closed")


# -- mails ----------------------------------------------------------------------------------------------------------
def test_people_of_a_seller_get_a_mail_when_they_want_it(world: World, settings: Any) -> None:
    settings.PUBLIC_URL = "https://ops.example.com"
    sells, other = seller_of(world), seller_of(world, "other")
    may = begin(world)
    shipped(world, MAY + days(1), "200.00", "20.00")
    page = client(sells).post(
        "/finance/statements/mail/", {"wanted": "1", "next": f"/finance/statements/{may.number}/"}, follow=True
    )
    assert "Stop mails of closed statements" in page.text
    statements.close(number=may.number, by=world.finance, cut_off=date(2026, 5, 31))
    letter = Delivery.objects.get()
    assert (letter.user, letter.title) == (sells, f"Statement {may.number} is closed")
    assert "Payout: 180.00 GBP" in letter.content["text"]
    assert f"https://ops.example.com/finance/statements/{may.number}/?_export=pdf" in letter.content["text"]
    statement_mail.want(user=sells, wanted=False)
    statements.close(number=Statement.objects.get(state="open").number, by=world.finance)
    assert Delivery.objects.count() == 1 and not Delivery.objects.filter(user=other).exists()
    assert client(world.finance).post("/finance/statements/mail/", {"wanted": "1"}).status_code == 403


# -- a moment -------------------------------------------------------------------------------------------------------
def test_what_a_statement_was_at_a_moment(world: World) -> None:
    """Three lines of an open statement, of which closing moves one; then it is paid, and the money comes back."""
    may, moment = begin(world), timezone.now() - timedelta(hours=10)

    def at(hours: float) -> Any:
        return moment + timedelta(hours=hours)

    for hour, happened, price in (
        (1, MAY + days(1), "200.00"),
        (2, JUNE + days(1), "70.00"),
        (3, MAY + days(2), "30.00"),
    ):
        shipped(world, happened, price, None)
        line = StatementLine.objects.latest("pk")
        run_sql("update lost_damaged_statementline set recorded_at = %s where id = %s", at(hour), line.pk)
    for hours, total in ((0.5, 0), (1.5, 200), (2.5, 270), (3.5, 300)):
        then = queries.at(may, at(hours))
        assert then and (then.figures.closing, then.state) == (total, "open"), hours
    statements.close(number=may.number, by=world.finance, cut_off=date(2026, 5, 31), as_of=at(4))
    may.refresh_from_db()
    june = Statement.objects.get(state="open")
    for hours, total, state in ((2.5, 270, "open"), (3.5, 300, "open"), (4.5, 230, "closed")):
        then = queries.at(may, at(hours))
        assert then and (then.figures.closing, then.state) == (total, state), hours
    assert queries.at(june, at(3)) is None
    then = queries.at(june, at(5))
    assert then and then.figures.closing == 70
    new = NewPayment(may.number, Decimal(230), "GBP", date(2026, 6, 5), "BANK-1")
    payments.record([new], source=Payment.Source.API, by=world.finance)
    now = queries.at(Statement.objects.get(pk=may.pk), timezone.now() + timedelta(seconds=1))
    assert now and (now.state, now.paid) == ("paid", 230)
    before = queries.at(Statement.objects.get(pk=may.pk), at(5))
    assert before and (before.state, before.paid) == ("closed", 0)
    browser = client(seller_of(world))
    page = browser.get(f"/finance/statements/{may.number}/", {"at": f"{at(2.5):%Y-%m-%dT%H:%M}"}).text
    assert "As it was at" in page and "270.00" in page
    # the period and the state beside it are those of the moment, though the statement is paid now
    words = re.sub(r"<[^>]*>|\s+", " ", page.split('id="lines-title"')[1].split("</table>")[0])
    assert "Open" in words and "Paid" not in words and "1 Jun 2026" not in words
    ahead = timezone.now() + timedelta(days=1)
    answer = browser.get(f"/finance/statements/{may.number}/", {"at": f"{ahead:%Y-%m-%dT%H:%M}"})
    assert answer.status_code == 422 and "Choose a moment that has passed." in answer.text
    exported = browser.get(f"/finance/statements/{may.number}/", {"at": f"{at(2.5):%Y-%m-%dT%H:%M}", "_export": "csv"})
    assert "270.00" in exported.text
    for hours, words, missing in (
        (2.5, ("As it was at", "Closing Balance 2 GBP 270.00", "GBP 70.00"), ("GBP 30.00", "BANK-1")),
        (4.5, ("As it was at", "Closing Balance 2 GBP 230.00", "GBP 30.00"), ("GBP 70.00", "BANK-1")),
        (None, ("Closing Balance 2 GBP 230.00", "BANK-1 GBP 230.00"), ("As it was at",)),
    ):
        query = {"_export": "pdf"} | ({"at": f"{at(hours):%Y-%m-%dT%H:%M}"} if hours else {})
        text = read(browser.get(f"/finance/statements/{may.number}/", query).content)
        assert [word for word in words if word not in text] == [], (hours, text)
        assert [word for word in missing if word in text] == [], (hours, text)
    assert f"?_export=pdf&amp;at={at(2.5):%Y-%m-%dT%H%%3A%M}" in page
    for bad in ("yesterday", "\x00", "9999-99-99"):
        assert browser.get(f"/finance/statements/{may.number}/", {"at": bad}).status_code == 422
    early = browser.get(f"/finance/statements/{june.number}/", {"at": f"{at(3):%Y-%m-%dT%H:%M}"})
    assert early.status_code == 422 and "was not there yet" in early.text


# -- the PDF --------------------------------------------------------------------------------------------------------
def read(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def text_of(statement: Statement) -> str:
    return read(statement_pdf.pdf_of(statement, viewer=None))


@pytest.mark.parametrize(("name", "letters"), [("متجر المصابيح", "ا"), ("台灯商店", "灯"), ("מנורות", "מ")])
def test_the_pdf_of_a_seller_with_an_arabic_a_chinese_or_a_hebrew_name(world: World, name: str, letters: str) -> None:
    if fonts.covering(letters, besides=())[1]:
        pytest.skip("no font with these letters is installed (apt install fonts-dejavu-core fonts-droid-fallback)")
    Merchant.objects.filter(pk=world.seller.pk).update(name=name)
    text = unicodedata.normalize("NFKC", text_of(closed(world)))  # Arabic letters are written in their joined forms
    assert "There is no font" not in text
    words = name.split()
    assert [word for word in words if word not in text and word[::-1] not in text] == [], text


def test_the_pdf_has_letters_beyond_latin(world: World) -> None:
    if not fonts.installed():
        pytest.skip("no font is installed (apt install fonts-noto-core, or fonts-dejavu-core)")
    FinanceSettings.objects.create(shop_name="Магазин")
    Merchant.objects.filter(pk=world.seller.pk).update(name="Фонарь και Φως")
    text = text_of(closed(world))
    assert "Фонарь και Φως" in text and "Магазин" in text and "There is no font" not in text
    chosen, missing = fonts.covering("abc Фонарь", besides=statement_pdf.OWN_FONTS)
    assert len(chosen) == 1 and not missing


def test_the_pdf_says_which_letters_it_cannot_show(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(fonts, "installed", dict)
    Merchant.objects.filter(pk=world.seller.pk).update(name="Lamp 灯")
    text = text_of(closed(world))
    assert "There is no font here for U+706F" in text and "Lamp" in text


def test_latin_statements_are_the_same_as_before_and_a_long_one_leads_to_all_lines(
    world: World, monkeypatch: Any, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://ops.example.com"
    monkeypatch.setattr(statement_pdf, "MOST_LINES", 1)
    may = closed(world)
    text = text_of(may)
    assert "The newest 1 of 2" in text
    reader = PdfReader(io.BytesIO(statement_pdf.pdf_of(may, viewer=None)))
    links = [annotation.get_object()["/A"]["/URI"] for page in reader.pages for annotation in page.get("/Annots", [])]
    assert f"https://ops.example.com/finance/statement-lines/?statement={may.number}&_export=csv" in links
